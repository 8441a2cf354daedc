/** Addresses of the built-in actors and the method numbers that padma sends (builtin-actors v18). */
import { idAddress } from "./address.ts";

export const ACTOR = {
  system: idAddress(0),
  init: idAddress(1),
  reward: idAddress(2),
  cron: idAddress(3),
  power: idAddress(4),
  market: idAddress(5),
  verifiedRegistry: idAddress(6),
  datacap: idAddress(7),
  burntFunds: idAddress(99),
} as const;

/** Every actor takes a plain send. */
export const METHOD_SEND = 0;

export const METHOD = {
  market: { AddBalance: 2, PublishStorageDeals: 4 },
  miner: { PreCommitSectorBatch2: 28, ProveCommitSectors3: 34 },
} as const;
