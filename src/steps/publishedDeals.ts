import type { Chain, Landed } from "../chain/chain.ts";
import type { At, Piece } from "../sealing/sector.ts";
import { publishStorageDealsReturn } from "../wire/params/publishStorageDeals.ts";
import { notLanded, type ReceiptDeps } from "./receipt.ts";
import type { StepOutcome, StepRun } from "./step.ts";

type Deps = Omit<ReceiptDeps, "settings"> & { readonly chain: Pick<Chain, "network"> };
type Dealt = Piece & Required<Pick<Piece, "dealId" | "publish">>;

/**
 * Whether the deals of a sealed sector still are those that it knows, by the receipts of their messages as they are
 * now; null when they are. A reorg after their ids were read gives them other ids: the market counts again. What is
 * final is not asked for.
 */
export async function publishedDeals(
  { number, pieces }: At<"SendCommit">,
  deps: Deps,
  run: Pick<StepRun, "attempt">,
): Promise<StepOutcome | null> {
  const head = await deps.chain.head();
  const dealt = pieces.filter(isDealt).filter(({ publish }) => {
    return publish.epoch >= head.epoch - deps.chain.network.finality;
  });
  const messages = [...new Set(dealt.map(({ publish }) => publish.message))];
  if (messages.length === 0) return null;
  const landed = await deps.chain.lookup(messages);
  const missing = messages.find((cid) => !landed.has(cid));
  if (missing !== undefined)
    return notLanded(deps, { kind: "PublishDeals", sector: number, cid: missing }, run);
  return outcomeOf(number, dealt, landed);
}

const isDealt = (piece: Piece): piece is Dealt => piece.dealId !== undefined && piece.publish !== undefined;

function outcomeOf(
  sector: number,
  dealt: readonly Dealt[],
  landed: ReadonlyMap<string, Landed>,
): StepOutcome | null {
  const deals = dealt.map(({ dealId: from, publish }) => ({ from, to: idIn(landed, publish) }));
  const gone = deals.flatMap(({ from, to }) => (to === undefined ? [from] : []));
  if (gone.length > 0) {
    const message = `deal ${gone.join(", ")} of sector ${sector} was published again after a reorg, and failed; the data stays in it`;
    return { event: { kind: "SectorDealsExpired", dealIds: gone, message } };
  }
  const renumbered = deals.flatMap(({ from, to }) => (to === undefined || to === from ? [] : [{ from, to }]));
  return renumbered.length === 0 ? null : { event: { kind: "SectorDealsRenumbered", deals: renumbered } };
}

/** Undefined when the message failed this time. */
function idIn(landed: ReadonlyMap<string, Landed>, { message, index }: Dealt["publish"]): number | undefined {
  const found = landed.get(message);
  if (found === undefined || found.exitCode !== 0) return undefined;
  const id = publishStorageDealsReturn.decode(found.returned).ids[index];
  return id === undefined ? undefined : Number(id);
}
