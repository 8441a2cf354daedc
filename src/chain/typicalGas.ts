import type { MessageUse } from "./chain.ts";

/** Gas of a message for one sector, rounded up from what networks charge for 2 KiB to 64 GiB. */
export const TYPICAL_GAS: Readonly<Record<MessageUse, bigint>> = {
  PublishDeals: 40_000_000n,
  PreCommit: 30_000_000n,
  Commit: 150_000_000n,
};
