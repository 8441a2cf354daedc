/** Whether the money for a pledge is there, found out before an hour of work instead of after it. */
import type { Chain, MessageUse, Payer } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import type { State } from "../sealing/sector.ts";
import type { DealMode } from "../sealing/sector.ts";
import { attoFil, type AttoFil, formatFil } from "../units.ts";

export interface Pledging {
  /** Sectors that are about to be pledged. */
  readonly count: number;
  readonly deal: DealMode;
  /** Sectors that are under way already, by state: they will ask for money too. */
  readonly underWay: Readonly<Partial<Record<State, number>>>;
}

type Asked = Pick<Chain, "preCommitDeposit" | "initialPledge" | "fee" | "payer" | "dealCollateral" | "miner">;

/** States of a sector whose deposit is still to be paid; in the later ones only the rest of the pledge is. */
const BEFORE_PRECOMMIT = [
  "Incoming",
  "Packing",
  "Unsealed",
  "PreCommitting",
  "SealFailed",
  "PreCommitFailed",
];
const BEFORE_COMMIT = ["PreCommitted", "Committing", "CommitFailed", "SealCommitFailed"];

/**
 * Adds up deposits, pledges and gas of what is pledged and of what is under way, and compares with who pays for them.
 * Nothing is reserved: prices move, and others may spend. A message that cannot be paid later waits until it can.
 * @throws FUNDS_MISSING, CHAIN_KEY_UNKNOWN, CHAIN_CONTROL_ADDRESS
 */
export async function requireFunds(chain: Asked, pledging: Pledging): Promise<void> {
  const needs = await needsOf(chain, pledging);
  const payers = new Map<string, { payer: Payer; needed: bigint; uses: string[] }>();
  for (const [use, needed] of needs) {
    if (needed === 0n) continue;
    const payer = await chain.payer(use, attoFil(needed));
    const share = payers.get(payer.address) ?? { payer, needed: 0n, uses: [] };
    payers.set(payer.address, {
      payer,
      needed: share.needed + needed,
      uses: [...share.uses, `${WHAT[use]}: ${formatFil(attoFil(needed))}`],
    });
  }
  for (const { payer, needed, uses } of payers.values())
    if (payer.balance < needed) throw missing(payer, attoFil(needed), uses);
}

const WHAT: Readonly<Record<MessageUse, string>> = {
  PublishDeals: "collateral and gas of deals",
  PreCommit: "deposit and gas of precommits",
  Commit: "pledge and gas of proofs",
};

async function needsOf(
  chain: Asked,
  { count, deal, underWay }: Pledging,
): Promise<readonly (readonly [MessageUse, bigint])[]> {
  const [deposit, pledge, publishCost, preCommitFee, commitFee] = await Promise.all([
    chain.preCommitDeposit(),
    chain.initialPledge(),
    deal === "self" ? publishCostOf(chain) : 0n,
    chain.fee("PreCommit"),
    chain.fee("Commit"),
  ]);
  const sum = (states: readonly string[]): number =>
    Object.entries(underWay).reduce((n, [state, some]) => n + (states.includes(state) ? some : 0), 0);
  const toPreCommit = BigInt(count + sum(BEFORE_PRECOMMIT));
  const toCommit = toPreCommit + BigInt(sum(BEFORE_COMMIT));
  // The deposit is given back when the pledge is taken.
  const rest: bigint = pledge > deposit ? pledge - deposit : 0n;
  return [
    ["PublishDeals", BigInt(count) * publishCost],
    ["PreCommit", toPreCommit * (deposit + preCommitFee)],
    ["Commit", toCommit * (rest + commitFee)],
  ];
}

/** What is in the market already counts for nothing here: other deals may take it. */
async function publishCostOf(chain: Asked): Promise<bigint> {
  const { sectorSize } = await chain.miner();
  return (await chain.dealCollateral(sectorSize)) + (await chain.fee("PublishDeals"));
}

function missing({ address, balance }: Payer, needed: AttoFil, uses: readonly string[]): PadmaError {
  return new PadmaError({
    code: "FUNDS_MISSING",
    message: "there is not enough money for these sectors: they would be sealed for nothing",
    facts: {
      payer: address,
      balance: formatFil(balance),
      needed: formatFil(needed),
      for: uses.join("; "),
    },
    next: `send ${formatFil(attoFil(needed - balance))} to ${address}, or pledge fewer sectors`,
  });
}
