import { initRepo } from "../../../app/init.ts";
import { initLotus } from "../../../app/initLotus.ts";
import type { Initialised } from "../../../app/newRepo.ts";
import { SPACETIME_NOTE } from "../../../app/spacetime.ts";
import { PadmaError } from "../../../errors.ts";
import { formatBytes, formatFil, type SectorSizeName } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { interrupted } from "../../interrupt.ts";

interface Input {
  readonly network: "devnet" | "lotus";
  readonly actor: string | null;
  readonly owner: string | null;
  readonly worker: string | null;
  readonly sectorSize: SectorSizeName | null;
  readonly iProveSpacetimeElsewhere: boolean;
  readonly instant: boolean;
  readonly blockDelay: number | null;
  readonly finality: number | null;
  readonly challengeDelay: number | null;
}

export async function init(context: Context, input: Input): Promise<void> {
  refuseOthersFlags(input);
  const made = input.network === "lotus" ? await onLotus(context, input) : await onDevnet(context, input);
  context.output.data(made, () => renderInit(made));
  if (made.parameters === "missing") {
    const size = input.sectorSize ?? "2KiB";
    context.output.notice(
      `sealing needs parameters, once on a machine: padma params generate --size ${size}`,
    );
  }
}

function onDevnet(context: Context, input: Input): Promise<Initialised> {
  const { sectorSize, instant, blockDelay, finality, challengeDelay } = input;
  return initRepo({
    path: context.repo(),
    sectorSize: sectorSize ?? "2KiB",
    instant,
    ...(blockDelay === null ? {} : { blockDelayMs: blockDelay }),
    ...(finality === null ? {} : { finality }),
    ...(challengeDelay === null ? {} : { challengeDelay }),
    env: context.env,
  });
}

async function onLotus(context: Context, input: Input): Promise<Initialised> {
  const { output } = context;
  const { actor, owner, worker, sectorSize, iProveSpacetimeElsewhere: provenElsewhere } = input;
  const signal = context.stopSignal();
  const made = await initLotus({
    path: context.repo(),
    env: context.env,
    actor,
    owner,
    worker,
    sectorSize,
    provenElsewhere,
    log: context.log,
    signal,
    events: {
      onSent: ({ cid, from, value }) =>
        output.notice(
          `creating a miner: ${from} pays ${formatFil(value)} in message ${cid}; waiting for it to land`,
        ),
    },
  }).catch((error: unknown) => {
    throw signal.aborted
      ? interrupted("stopped; the same init goes on, and never makes a second miner")
      : error;
  });
  if (provenElsewhere) output.notice(SPACETIME_NOTE);
  output.notice("the node's address is not kept: set FULLNODE_API_INFO, or network.api_info in config.toml");
  return made;
}

const ONLY_LOTUS = ["actor", "owner", "worker"] as const;
const ONLY_DEVNET = ["instant", "blockDelay", "finality", "challengeDelay"] as const;

/** A flag that would do nothing is a mistake. */
function refuseOthersFlags(input: Input): void {
  const flags = input.network === "lotus" ? ONLY_DEVNET : ONLY_LOTUS;
  const given = flags.find((name) => input[name] !== null && input[name] !== false);
  if (given === undefined) return;
  const written = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new PadmaError({
    code: "INIT_FLAG",
    kind: "user",
    message: `--${written} means nothing with --network ${input.network}`,
    next: "leave it out, or name the other network",
  });
}

export function renderInit({ path, network, miner, sectorSize, parameters }: Initialised): string {
  return [
    `Repo: ${path}`,
    `Network: ${network}`,
    `Miner: ${miner} (${formatBytes(sectorSize)} sectors)`,
    ...(parameters === null ? [] : [`Parameters: ${parameters}`]),
  ].join("\n");
}
