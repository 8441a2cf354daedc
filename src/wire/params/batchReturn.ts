import { arrayOf, messageCodec, tuple, uint } from "../field.ts";

/** Exit code of the item at `index` of a batch. */
export interface FailCode {
  readonly index: number;
  readonly code: number;
}

/** What a batched method returns: the message may exit 0 although some of its items failed. */
export interface BatchReturn {
  readonly successCount: number;
  /** Ascending by index; an item that is not here succeeded. */
  readonly failCodes: readonly FailCode[];
}

export const batchReturn = messageCodec<BatchReturn>(
  "BatchReturn",
  tuple<BatchReturn>({
    successCount: uint,
    failCodes: arrayOf(tuple<FailCode>({ index: uint, code: uint }, { index: "Idx" })),
  }),
);

/** The exit code of the item at `index`: 0 unless it is among the failed. */
export function exitCodeOf(result: BatchReturn, index: number): number {
  return result.failCodes.find((fail) => fail.index === index)?.code ?? 0;
}
