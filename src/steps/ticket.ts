import type { Chain } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { At } from "../sealing/sector.ts";
import { epoch, type Epoch, type SectorNumber } from "../units.ts";
import type { StepOutcome } from "./step.ts";

type Asked = Pick<Chain, "head" | "ticket" | "tipsetAt" | "network" | "preCommit" | "sector" | "isAllocated">;

/**
 * Draws the seal ticket one finality below the head, where no reorg reaches it (lotus: SealRandomnessLookback), at an
 * epoch that has a tipset: that of a null round is the next tipset's, which may not be final. On a young chain the epoch
 * is negative, which the network takes as genesis. Reads only: may run again.
 *
 * The chain is asked first. A precommit that is there fixes the ticket: another one would give another CommR, and the
 * number is taken. A sector that is there must not be sealed at all: its replica is what it proves. Nor one whose number
 * was used up: no precommit of it would be taken.
 */
export async function ticket(sector: At<"Ticket">, { chain }: { chain: Asked }): Promise<StepOutcome> {
  const head = await chain.head();
  if ((await chain.sector(sector.number)) !== null) throw onChainAlready(sector.number);
  const preCommit = await chain.preCommit(sector.number);
  if (preCommit === null && (await chain.isAllocated(sector.number))) throw numberTaken(sector.number);
  const at: Epoch = preCommit?.sealRandEpoch ?? (await finalTipset(chain, head.epoch));
  return { event: { kind: "SectorTicket", ticket: await chain.ticket(at) } };
}

function numberTaken(number: SectorNumber): PadmaError {
  return new PadmaError({
    code: "CHAIN_NUMBER_TAKEN",
    message: `the chain has used the number ${number} before, and takes no precommit of it again`,
    next: "pledge another sector; does another program seal for this miner?",
  });
}

/** Not so far down that the ticket would be old when the sector is sealed: rather a null round, then. */
async function finalTipset(chain: Asked, head: Epoch): Promise<Epoch> {
  const { finality, maxPreCommitRandomnessLookback } = chain.network;
  const final = epoch(head - finality);
  const found = final > 0 ? await chain.tipsetAt(final) : null;
  const oldest = head - (finality + maxPreCommitRandomnessLookback) / 2;
  return found === null || found.epoch < oldest ? final : found.epoch;
}

function onChainAlready(number: SectorNumber): PadmaError {
  return new PadmaError({
    code: "CHAIN_SECTOR_EXISTS",
    message: `sector ${number} is on chain already: sealing it again would replace what it proves`,
    next: "was an older padma.db restored? restore a newer one, or pledge another sector",
  });
}
