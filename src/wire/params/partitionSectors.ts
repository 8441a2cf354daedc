/** Methods that name sectors by where they lie: terminations, faults, recoveries. */
import type { Bitfield } from "../bitfield.ts";
import { arrayOf, bitfield, bool, messageCodec, tuple, uint } from "../field.ts";

/** Sectors of one partition. */
export interface PartitionSectors {
  /** Index of the deadline, 0 … 47. */
  readonly deadline: number;
  /** Counted from 0 in each deadline. */
  readonly partition: number;
  readonly sectors: Bitfield;
}

/** Parameters of miner method 9. */
export interface TerminateSectorsParams {
  readonly terminations: readonly PartitionSectors[];
}

/** What miner method 9 returns. */
export interface TerminateSectorsReturn {
  /** False when some terminations are left for later messages; until then the miner cannot withdraw. */
  readonly done: boolean;
}

/** Parameters of miner method 10. */
export interface DeclareFaultsParams {
  readonly faults: readonly PartitionSectors[];
}

/** Parameters of miner method 11. */
export interface DeclareFaultsRecoveredParams {
  readonly recoveries: readonly PartitionSectors[];
}

const declarations = arrayOf(tuple<PartitionSectors>({ deadline: uint, partition: uint, sectors: bitfield }));

export const terminateSectorsParams = messageCodec<TerminateSectorsParams>(
  "TerminateSectors",
  tuple<TerminateSectorsParams>({ terminations: declarations }),
);

export const terminateSectorsReturn = messageCodec<TerminateSectorsReturn>(
  "TerminateSectorsReturn",
  tuple<TerminateSectorsReturn>({ done: bool }),
);

export const declareFaultsParams = messageCodec<DeclareFaultsParams>(
  "DeclareFaults",
  tuple<DeclareFaultsParams>({ faults: declarations }),
);

export const declareFaultsRecoveredParams = messageCodec<DeclareFaultsRecoveredParams>(
  "DeclareFaultsRecovered",
  tuple<DeclareFaultsRecoveredParams>({ recoveries: declarations }),
);
