/** What a sector stands on. */
import type { Epoch } from "../units.ts";
import type { SectorEvent } from "./events.ts";
import type { Footing } from "./sector.ts";

/** The footing that an event gives a sector: at which epoch, and in which tipset where the event names it. */
export function footingOf(
  event: SectorEvent,
): { readonly what: Footing; readonly epoch: Epoch; readonly tipset: readonly string[] } | null {
  switch (event.kind) {
    case "SectorDealsLanded":
      return { what: "publish", epoch: event.epoch, tipset: event.tipset };
    case "SectorPreCommitLanded":
    case "SectorRetryWaitSeed":
      return { what: "preCommit", epoch: event.epoch, tipset: event.tipset };
    case "SectorSeedReady":
      return { what: "seed", epoch: event.seed.epoch, tipset: [] };
    case "SectorProving":
      return { what: "commit", epoch: event.activation, tipset: event.tipset };
    default:
      return null;
  }
}
