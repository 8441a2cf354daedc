/**
 * The calendar of WindowPoSt. A devnet demands no proof of spacetime: every miner has the network's calendar, its
 * deadlines hold no partitions, and nothing ever falls due in them.
 */
import type { Epoch } from "../../../units.ts";
import type { JsonValue } from "../../../wire/json.ts";
import { bitfield as bitfieldField } from "../../../wire/field.ts";
import { type Method, method } from "../method.ts";
import { PREFIX } from "../node.ts";
import { address, tipSetKey, uint64 } from "../params.ts";
import { refuse } from "../rpcError.ts";

/** builtin-actors v18, runtime policy; epochs. */
const DEADLINES = 48;
const CHALLENGE_WINDOW = 60;
const PERIOD = DEADLINES * CHALLENGE_WINDOW;
const CHALLENGE_LOOKBACK = 20;
const FAULT_CUTOFF = 70;

export const DEADLINE: Readonly<Record<string, Method>> = {
  StateMinerProvingDeadline: method("read", [address, tipSetKey], async ({ node }, one, key) => {
    const { block } = await node.minerAt(one, key);
    return deadlineJson(block.header.height);
  }),
  StateMinerDeadlines: method("read", [address, tipSetKey], async ({ node }, one, key) => {
    await node.minerAt(one, key);
    const PostSubmissions = bitfieldField.toJson([], PREFIX);
    return Array.from({ length: DEADLINES }, () => ({
      PostSubmissions,
      DisputableProofCount: 0,
      DailyFee: "0",
    }));
  }),
  StateMinerPartitions: method("read", [address, uint64, tipSetKey], async ({ node }, one, index, key) => {
    await node.minerAt(one, key);
    if (index >= DEADLINES) throw refuse(`failed to load the deadline: invalid deadline ${index}`);
    return [];
  }),
};

/** Start of the proving period that an epoch is in, and which of its deadlines is open. */
export function deadlineAt(at: Epoch): { readonly start: number; readonly index: number } {
  const start = Math.floor(at / PERIOD) * PERIOD;
  return { start, index: Math.floor((at - start) / CHALLENGE_WINDOW) };
}

function deadlineJson(at: Epoch): JsonValue {
  const { start, index } = deadlineAt(at);
  const open = start + index * CHALLENGE_WINDOW;
  return {
    CurrentEpoch: at,
    PeriodStart: start,
    Index: index,
    Open: open,
    Close: open + CHALLENGE_WINDOW,
    Challenge: open - CHALLENGE_LOOKBACK,
    FaultCutoff: open - FAULT_CUTOFF,
    WPoStPeriodDeadlines: DEADLINES,
    WPoStProvingPeriod: PERIOD,
    WPoStChallengeWindow: CHALLENGE_WINDOW,
    WPoStChallengeLookback: CHALLENGE_LOOKBACK,
    FaultDeclarationCutoff: FAULT_CUTOFF,
  };
}
