/** `padma info`: the miner, its power and money, its sectors, and who works for it. */
import { isPadmaError } from "../errors.ts";
import { runningDrivers } from "./drivers.ts";
import { summary } from "../store/summary.ts";
import type { Chain, MessageUse } from "../chain/chain.ts";
import { attoFil } from "../units.ts";
import type { App } from "./open.ts";
import { parametersOf, policyOf } from "./parameters.ts";
import { SPACETIME_NOTE } from "./spacetime.ts";
import type { InfoView } from "./views.ts";

/** Reads the store and the last stored head; advances nothing. */
export async function info(app: App): Promise<InfoView> {
  const chain = await app.chain();
  const [head, miner, power, balances, sectors, drivers, payers] = await Promise.all([
    chain.storedHead(),
    chain.miner(),
    chain.power(),
    chain.balances(),
    summary(app.store),
    runningDrivers(app),
    payersOf(chain),
  ]);
  return {
    network: {
      kind: chain.network.kind,
      name: chain.network.name,
      epoch: head.epoch,
      headAt: head.timestampMs,
      blockDelayMs: chain.network.blockDelayMs,
      isLocal: chain.network.isLocal,
    },
    miner: miner.address,
    sectorSize: miner.sectorSize,
    power: {
      raw: power.minerRaw.toString(),
      qualityAdjusted: power.minerQualityAdjusted.toString(),
      totalRaw: power.totalRaw.toString(),
      totalQualityAdjusted: power.totalQualityAdjusted.toString(),
      hasMinPower: power.hasMinPower,
    },
    balances: textOf(balances),
    sectors,
    total: Object.values(sectors).reduce((sum, n) => sum + n, 0),
    drivers: drivers.map(({ pid, host }) => ({ pid, host })),
    payers,
    warning: chain.network.isLocal ? null : SPACETIME_NOTE,
    parameters: await parametersNote(app, miner.sectorSize),
  };
}

const USES = { "publish deals": "PublishDeals", precommit: "PreCommit", commit: "Commit" } as const;

async function payersOf(chain: Pick<Chain, "payer">): Promise<InfoView["payers"]> {
  return Promise.all(Object.entries(USES).map(([name, use]) => payerOf(chain, name, use)));
}

/** A wallet without the key, or a token that may not ask for it, hides nothing else of the miner. */
async function payerOf(
  chain: Pick<Chain, "payer">,
  name: string,
  use: MessageUse,
): Promise<InfoView["payers"][number]> {
  try {
    const { address, balance } = await chain.payer(use, attoFil(0n));
    return { for: name, address, balance: balance.toString(), problem: null };
  } catch (error) {
    const known = ["CHAIN_KEY_UNKNOWN", "CHAIN_CONTROL_ADDRESS", "CHAIN_PERMISSION"];
    if (!isPadmaError(error, ...known)) throw error;
    return { for: name, address: null, balance: null, problem: error.message };
  }
}

function textOf<K extends string>(amounts: Readonly<Record<K, bigint>>): Readonly<Record<K, string>> {
  return Object.fromEntries(
    Object.entries<bigint>(amounts).map(([name, amount]) => [name, amount.toString()]),
  ) as Record<K, string>;
}

async function parametersNote(
  app: App,
  sectorSize: Parameters<ReturnType<typeof parametersOf>["status"]>[0],
): Promise<InfoView["parameters"]> {
  try {
    const { allowGenerated, seed, verifyingKeyDigest } = await policyOf(app);
    const sets = await parametersOf(app).status(sectorSize, seed);
    const usable = sets.filter(
      ({ circuit, files, origin }) =>
        circuit === "porep" &&
        files.every(({ state }) => state !== "missing") &&
        (verifyingKeyDigest === undefined || files[1].digest === verifyingKeyDigest) &&
        (allowGenerated || origin === "trusted"),
    );
    // As for proofs: who has made a set wants it.
    const chosen = usable.find(({ origin }) => origin === "generated") ?? usable[0];
    if (chosen === undefined) {
      const how = allowGenerated
        ? "make them with `padma params generate`"
        : "get them with `padma params fetch`";
      return { origin: "missing", note: how };
    }
    const note = chosen.origin === "generated" ? "made locally: devnet only" : null;
    return { origin: chosen.origin, note };
  } catch (error) {
    if (isPadmaError(error, "NATIVE_MISSING", "NATIVE_WRONG_CPU", "NATIVE_UNLOADABLE"))
      return { origin: "missing", note: error.message };
    throw error;
  }
}
