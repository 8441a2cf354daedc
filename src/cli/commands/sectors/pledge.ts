import { drive } from "../../../app/drive.ts";
import type { App } from "../../../app/open.ts";
import { pledge } from "../../../app/pledge.ts";
import { preflight } from "../../../app/preflight.ts";
import { pledgeResults } from "../../../app/sectors.ts";
import type { PledgeResult } from "../../../app/views.ts";
import { why } from "../../../app/why.ts";
import { PadmaError } from "../../../errors.ts";
import type { SectorNumber } from "../../../units.ts";
import { sectorNumber } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { Follower } from "../../follow.ts";
import { interrupted } from "../../interrupt.ts";
import type { Data } from "../../parse.ts";

interface Input {
  readonly count: number;
  readonly wait: boolean;
  readonly data: Data | null;
  readonly deal: "self" | "none" | null;
  readonly maxSealing: number | null;
  readonly iProveSpacetimeElsewhere: boolean;
}

export async function pledgeSectors(context: Context, input: Input): Promise<void> {
  const { output } = context;
  await context.withApp(async (app) => {
    const { count, deal, maxSealing, iProveSpacetimeElsewhere: provenElsewhere } = input;
    if (input.wait) await preflight(app);
    // Asked for before anything is stored: a Ctrl-C from here on must leave a sector that goes on later.
    const signal = input.wait ? context.stopSignal() : null;
    const { sectors, committedCapacity, driver } = await pledge(app, {
      count,
      deal,
      maxSealing,
      provenElsewhere,
      data: absolute(context, input.data),
    });
    if (signal === null || !output.json) {
      for (const sector of sectors)
        output.data({ sector, state: "Incoming" }, () => created(sector, committedCapacity));
    }
    if (signal !== null) await follow(context, app, sectors, signal);
    else if (!driver)
      output.notice("no driver is running: start one with `padma run`, or pass --wait the next time");
  });
}

const absolute = (context: Context, data: Data | null): Data | null =>
  data?.kind === "file" ? { kind: "file", path: context.path(data.path) } : data;

/** Lotus's words. */
function created(sector: number, committedCapacity: boolean): string {
  return `Created ${committedCapacity ? "CC " : ""}sector:  ${sector}`;
}

/** Drives until these sectors are done, and prints where they are. */
async function follow(
  { output }: Context,
  app: App,
  sectors: readonly SectorNumber[],
  signal: AbortSignal,
): Promise<void> {
  const miner = await (await app.chain()).miner();
  const follower = new Follower(output, miner.address);
  await follower.start();
  let results: readonly PledgeResult[];
  try {
    await drive(app, { until: { sectors }, signal, events: follower.events });
  } finally {
    follower.stop();
    // After an error too: the sectors are there all the same, and their numbers must not be lost with it.
    results = await pledgeResults(app, sectors);
    for (const result of results) output.data(result, () => `Sector ${result.sector}: ${result.state}`);
  }
  const unfinished = results.filter(({ state }) => state !== "Proving");
  if (unfinished.length === 0) return;
  if (signal.aborted) throw goesOnLater(unfinished);
  throw await outOfAttempts(app, unfinished);
}

const numbers = (results: readonly PledgeResult[]): string =>
  `sector${results.length === 1 ? "" : "s"} ${results.map(({ sector }) => sector).join(", ")}`;

function goesOnLater(unfinished: readonly PledgeResult[]): PadmaError {
  const verb = unfinished.length === 1 ? "goes" : "go";
  return interrupted(`stopped; ${numbers(unfinished)} ${verb} on later`, "padma run");
}

async function outOfAttempts(app: App, unfinished: readonly PledgeResult[]): Promise<PadmaError> {
  const facts: Record<string, string> = {};
  for (const { sector, state } of unfinished) {
    const { reason } = await why(app, sectorNumber(sector));
    facts[`sector ${sector} in ${state}`] = reason;
  }
  return new PadmaError({
    code: "PLEDGE_NOT_PROVING",
    message: `${numbers(unfinished)} did not get to Proving`,
    facts,
    next: `padma sectors status --log ${unfinished[0]?.sector ?? ""}`.trimEnd(),
  });
}
