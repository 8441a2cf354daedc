import { PadmaError } from "../errors.ts";
import type { At } from "../sealing/sector.ts";
import { publishStorageDealsReturn } from "../wire/params/publishStorageDeals.ts";
import { receipt, type ReceiptDeps, requireSuccess } from "./receipt.ts";
import type { StepOutcome, StepRun } from "./step.ts";

/** Reads the deal ids from the receipt: one for each piece, in order. Looks once; may run again. */
export async function awaitDeals(
  sector: At<"AwaitDeals">,
  deps: ReceiptDeps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome> {
  const landed = await receipt(
    deps,
    { kind: "PublishDeals", sector: sector.number, cid: sector.publish },
    run,
  );
  if (!("exitCode" in landed)) return landed;
  await requireSuccess(deps.outbox, "PublishDeals", sector.number, landed);
  const { ids } = publishStorageDealsReturn.decode(landed.returned);
  if (ids.length !== sector.drafts.length) {
    await deps.outbox.close("PublishDeals", sector.number);
    throw new PadmaError({
      code: "CHAIN_DEALS_MISSING",
      message: `got ${ids.length} deal ids from PublishStorageDeals for ${sector.drafts.length} pieces`,
      facts: { message: sector.publish },
    });
  }
  const { epoch, tipset } = landed;
  return { event: { kind: "SectorDealsLanded", dealIds: ids.map(Number), epoch, tipset } };
}
