/**
 * Every path below `storage/`, in one table. Finished files carry lotus's names, so a sector can be handed over.
 */
import { join } from "node:path";
import type { ActorId, SectorNumber } from "../units.ts";
import type { SectorPaths, SectorRef } from "./storage.ts";

type SectorId = Pick<SectorRef, "miner" | "number">;

/** `s-t01000-3`: lotus's name of a sector in file names. */
function sectorName(miner: ActorId, number: SectorNumber): string {
  return `s-t0${miner}-${number}`;
}

export interface Layout {
  readonly root: string;
  readonly folders: {
    readonly unsealed: string;
    readonly sealed: string;
    readonly cache: string;
    readonly attempts: string;
    readonly staged: string;
  };
  sector(sector: SectorId): SectorPaths;
  attempts(sector: SectorId): string;
}

/** The paths under `root` (`$PADMA_PATH/storage`). Makes nothing. */
export function createLayout(root: string): Layout {
  const folders = {
    unsealed: join(root, "unsealed"),
    sealed: join(root, "sealed"),
    cache: join(root, "cache"),
    attempts: join(root, "attempts"),
    staged: join(root, "staged"),
  };
  return {
    root,
    folders,
    sector({ miner, number }) {
      const name = sectorName(miner, number);
      return {
        unsealed: join(folders.unsealed, name),
        sealed: join(folders.sealed, name),
        cache: join(folders.cache, name),
      };
    },
    attempts: ({ miner, number }) => join(folders.attempts, sectorName(miner, number)),
  };
}
