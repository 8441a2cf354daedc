/** Driving: claims tasks and runs their steps until a condition is met. `padma run` and `--wait` are this. */
import { isPadmaError } from "../errors.ts";
import { loadNative, nativeCall } from "../proofs/native.ts";
import { sectorsACore } from "../proofs/pc1Batches.ts";
import { plan } from "../sealing/plan.ts";
import type { StepSettings } from "../steps/step.ts";
import { selectSectors } from "../store/selectSectors.ts";
import { lastDurations } from "../store/lastDurations.ts";
import { createDriverRegistry } from "../store/drivers.ts";
import { createOutbox } from "../store/outbox.ts";
import { createTaskQueue } from "../store/taskQueue.ts";
import { systemClock } from "../tasks/clock.ts";
import { type DriveOptions, drive as driveTasks } from "../tasks/driver.ts";
import { Follower } from "../tasks/follower.ts";
import { RevertWatch } from "../tasks/revertWatch.ts";
import { hostLimits, thisMachine } from "../tasks/limits.ts";
import type { ParameterSource } from "../steps/c2.ts";
import { type C2Memory, needsOf } from "../tasks/needs.ts";
import type { PaddedSize, SectorNumber } from "../units.ts";
import { isAlive, thisDriver } from "./drivers.ts";
import { type DriveEvents, execute } from "./execute.ts";
import { settleReverts } from "./reverts.ts";
import type { App } from "./open.ts";
import { gatherPc1 } from "./pc1Claims.ts";
import { parameterSource } from "./parameters.ts";
import { preflight } from "./preflight.ts";

export type Until =
  | "stopped"
  | { readonly idle: { readonly patienceMs: number } }
  | { readonly sectors: readonly SectorNumber[] };

export interface DriveRequest {
  readonly until: Until;
  /** Stops: running steps are ended and go on with the next driver. */
  readonly signal: AbortSignal;
  readonly events?: DriveEvents;
}

/**
 * What C2 takes, counted in the parameters. Without parameters other steps go on: C2 itself tells what is missing, and
 * a proof that would not fit is refused by the process that would make it.
 */
async function c2Memory(parameters: ParameterSource, sectorSize: PaddedSize): Promise<C2Memory> {
  try {
    const folder = await parameters.provingDir(sectorSize);
    return await nativeCall(() => loadNative().c2Memory(folder, sectorSize, 1));
  } catch (error) {
    const known = [
      "PARAMS_MISSING",
      "PARAMS_DAMAGED",
      "PARAMS_UNTRUSTED",
      "PROOF_IO",
      "PROOF_PARAMS_DAMAGED",
    ];
    if (!isPadmaError(error, ...known)) throw error;
    return { streamed: 0, kept: 0 };
  }
}

/**
 * Drives whatever is pending, its own sectors first, and returns when the condition is met or the signal is aborted.
 * @throws what `preflight` finds and PROOF_BACKEND, before anything is claimed; STORE_DAMAGED, CHAIN_DATABASE_DAMAGED
 */
export async function drive(app: App, request: DriveRequest): Promise<void> {
  await preflight(app);
  const chain = await app.chain();
  const embedded = app.network.kind === "devnet" ? await app.devnet() : null;
  const queue = createTaskQueue(app.store, app.now);
  const { sectorSize } = await chain.miner();
  const machine = thisMachine();
  const { memory, cores, c2: proofs } = app.config.limits;
  const limits = hostLimits(machine, {
    ...(memory === null ? {} : { memoryBytes: memory }),
    ...(cores === 0 ? {} : { cores }),
    perStep: { C2: proofs },
  });
  const prover = await app.proofs.prover(app);
  const steps = {
    chain,
    prover,
    storage: app.storage,
    parameters: await parameterSource(app),
    outbox: createOutbox(app.store, app.now),
    settings: settingsOf(app),
  };
  const c2 = await c2Memory(steps.parameters, sectorSize);
  const pc1 = { sectorsACore: await sectorsACore(), waitMs: app.config.sealing.pc1WaitMs };
  const blocked = new Set<number>();
  const events = watched(request.events ?? {}, blocked, await lastDurations(app.store));
  const reverts = {
    store: app.store,
    chain,
    // A node's head moves by itself; what was seen of it last may be on the chain that is gone.
    knownHead: () => (embedded === null ? chain.head() : chain.storedHead()),
    retry: app.retry,
    now: app.now,
    log: app.log,
    ...(events.onRevert === undefined ? {} : { onRevert: events.onRevert }),
  };
  const deps = { store: app.store, queue, steps, retry: app.retry, now: app.now, log: app.log, events };
  const claims = gatherPc1({
    queue,
    gathering: prover.pc1Gathering,
    sectorSize,
    execute: (task, signal) => execute(task, signal, deps),
  });
  try {
    await driveTasks(
      {
        ...claims,
        drivers: createDriverRegistry(app.store),
        follower: new Follower({
          chain,
          timeOf: (at) => chain.timeOf(at),
          jumpTo: embedded?.instant === true ? (to) => embedded.jumpTo(to) : null,
          queue,
          log: app.log,
        }),
        ...(chain.onHead === undefined ? {} : { onHead: chain.onHead.bind(chain) }),
        reverts: new RevertWatch({
          settle: () => settleReverts(reverts),
          everyMs: chain.network.blockDelayMs,
          log: app.log,
        }),
        isAlive,
        dataVersion: () => app.store.dataVersion(),
        clock: { ...systemClock, now: app.now },
        log: app.log,
      },
      {
        me: await thisDriver(),
        limits,
        needs: needsOf(sectorSize, limits, c2, pc1),
        first: typeof request.until === "object" && "sectors" in request.until ? request.until.sectors : [],
        ...endOf(app, request.until, blocked),
        signal: request.signal,
      },
    );
  } finally {
    await prover.close();
  }
}

function settingsOf({ config }: App): StepSettings {
  const { messageConfidence, seedConfidence, finality, lifetimeEpochs } = config.sealing;
  return { messageConfidence, seedConfidence, finality, lifetime: lifetimeEpochs };
}

/** Says how long a step took last time, and remembers which sectors wait for somebody to put something right outside of them. */
function watched(events: DriveEvents, blocked: Set<number>, last: ReadonlyMap<string, number>): DriveEvents {
  return {
    ...events,
    onStep: (step) => {
      const lastMs = last.get(step.step);
      events.onStep?.(lastMs === undefined ? step : { ...step, lastMs });
    },
    onBlocked: (about) => {
      blocked.add(about.sector);
      events.onBlocked?.(about);
    },
    onMove: (move) => {
      blocked.delete(move.sector);
      events.onMove?.(move);
    },
  };
}

function endOf(
  app: App,
  until: Until,
  blocked: ReadonlySet<number>,
): Pick<DriveOptions, "until" | "patienceMs"> {
  if (until === "stopped") return { until: "stopped", patienceMs: 0 };
  if ("idle" in until) return { until: "idle", patienceMs: until.idle.patienceMs };
  const { sectors } = until;
  // A step that can never fit this host would be waited for for ever: `why` says what it needs.
  return { until: async ({ stuck }) => stuck || areDone(app, sectors, blocked), patienceMs: 0 };
}

/** In Proving, or where nothing moves them any more without a person. */
async function areDone(
  app: App,
  numbers: readonly SectorNumber[],
  blocked: ReadonlySet<number>,
): Promise<boolean> {
  const open = numbers.filter((number) => !blocked.has(number));
  const sectors = await selectSectors(app.store, open);
  return sectors.every((sector) => sector.state === "Proving" || plan(sector, app.retry).do === "nothing");
}
