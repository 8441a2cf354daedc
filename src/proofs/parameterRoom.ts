/** How much memory and disk the making of parameters takes. */
import { type Circuit, type SectorSizeName, sectorSizeName } from "../units.ts";
import type { Recipe } from "./parameterSets.ts";

const MB = 1e6;

interface Room {
  readonly memory: number;
  readonly disk: number;
}

const room = (memory: number, disk: number): Room => ({ memory: memory * MB, disk: disk * MB });

/**
 * Peak memory of the process that makes them, and the length of what it makes, both rounded up. Up to 512 MiB as
 * measured; above from the number of constraints (176 bytes of memory for each), and never tried.
 */
const NEEDS: Readonly<Record<SectorSizeName, Readonly<Record<Circuit, Room>>>> = {
  "2KiB": { porep: room(600, 1200), "window-post": room(100, 20), "winning-post": room(150, 60) },
  "8MiB": { porep: room(800, 1500), "window-post": room(150, 40), "winning-post": room(200, 130) },
  "512MiB": { porep: room(900, 2100), "window-post": room(150, 60), "winning-post": room(200, 180) },
  "32GiB": {
    porep: room(25_000, 51_000),
    "window-post": room(25_000, 60_000),
    "winning-post": room(300, 300),
  },
  "64GiB": {
    porep: room(25_000, 51_000),
    "window-post": room(25_000, 60_000),
    "winning-post": room(300, 300),
  },
};

/** What must be free before a set is made. */
export function neededRoom({ circuit, sectorSize }: Recipe): Room {
  const name = sectorSizeName(sectorSize);
  if (name === undefined) throw new Error(`there are no sectors of ${sectorSize} bytes`);
  return NEEDS[name][circuit];
}
