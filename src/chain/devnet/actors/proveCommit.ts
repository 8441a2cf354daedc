/** Miner method 34, ProveCommitSectors3 (builtin-actors v18). */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { ProvenClaim } from "../../../proofs/prover.ts";
import { attoFil, epoch, type Epoch } from "../../../units.ts";
import { commDOf, commROf } from "../../../wire/cid.ts";
import { ACTOR } from "../../../wire/methods.ts";
import { batchReturn } from "../../../wire/params/batchReturn.ts";
import {
  type ProveCommitSectors3Params,
  proveCommitSectors3Params,
  type SectorActivationManifest,
} from "../../../wire/params/proveCommitSectors3.ts";
import { Abort, EXIT } from "../exitCodes.ts";
import { initialPledgeFor, POLICY } from "../parameters.ts";
import { type MinerState, type PreCommitState, slots } from "../slots.ts";
import { type Call, decodeParams, type Method, demand } from "./call.ts";
import { removeCron } from "./cron.ts";
import { activateDeal, isPieceCid, isPieceSize } from "./market.ts";
import { availableBalance, expiryOf, fundsOf, minerFor } from "./miner.ts";
import { addSectorPower } from "./power.ts";

/** 192 bytes a partition; the large sectors have ten. */
const PROOF_BYTES = 192;
const LARGE_SECTOR = 2 ** 35;

/** One sector of the message on its way: `refusal` once a check has failed it. */
interface Candidate {
  readonly manifest: SectorActivationManifest;
  readonly preCommit: PreCommitState;
  readonly proof: Uint8Array;
  refusal: string | null;
}

/**
 * With `requireActivationSuccess` one refused sector fails the message; without it the others are proven, and the
 * return says which failed. No sector proven fails the message in any case.
 */
export const proveCommitSectors3: Method = async (call) => {
  const params = decodeParams(proveCommitSectors3Params, call);
  const miner = minerFor(call);
  checkShape(call, miner, params);
  const candidates = params.sectorActivations.map((manifest, i) => candidate(call, params, manifest, i));
  const strict = params.requireActivationSuccess;
  await checkEach(candidates, strict, (one) => checkTime(call, one));
  const proved = await provedOnes(call, miner, candidates);
  await checkEach(candidates, strict, (one) => checkProof(call, proved, one));
  await checkEach(candidates, strict, async (one) => checkPieces(call, miner, one));
  const proven = candidates.filter((one) => one.refusal === null);
  activate(call, miner, proven);
  notify(call, params, proven);
  return batchReturn.encode({
    successCount: proven.length,
    failCodes: candidates.flatMap((one, index) =>
      one.refusal === null ? [] : [{ index, code: EXIT.illegalArgument }],
    ),
  });
};

function checkShape(call: Call, miner: MinerState, params: ProveCommitSectors3Params): void {
  const { sectorActivations: manifests, sectorProofs: proofs, aggregateProof } = params;
  const limit = miner.sectorSize >= LARGE_SECTOR ? 10 * PROOF_BYTES : PROOF_BYTES;
  const numbers = new Set(manifests.map((manifest) => manifest.sectorNumber));
  demand(manifests.length > 0, () => "no sectors to prove");
  demand(manifests.length <= POLICY.maxBatch, () => `more than ${POLICY.maxBatch} sectors in the message`);
  demand(numbers.size === manifests.length, () => "a sector is in the message twice");
  demand(
    (proofs.length === 0) !== (aggregateProof.length === 0),
    () => "there must be either one proof a sector or an aggregate proof",
  );
  demand(aggregateProof.length === 0, () => "aggregate proofs are not checked by a devnet");
  demand(params.aggregateProofType === null, () => "the aggregate's type must be null without an aggregate");
  demand(
    proofs.length === manifests.length,
    () => `${manifests.length} sectors, but ${proofs.length} proofs`,
  );
  demand(
    proofs.every((proof) => proof.length <= limit),
    () => `a proof is longer than ${limit} bytes`,
  );
}

function candidate(
  call: Call,
  params: ProveCommitSectors3Params,
  manifest: SectorActivationManifest,
  index: number,
): Candidate {
  const preCommit = call.state.get(slots.preCommit(call.receiver, manifest.sectorNumber));
  demand(preCommit !== undefined, () => `sector ${manifest.sectorNumber} is not precommitted`, EXIT.notFound);
  const proof = params.sectorProofs[index] ?? new Uint8Array(0);
  return { manifest, preCommit, proof, refusal: null };
}

/** Runs a check over what has not failed yet. A refusal is kept, or fails the message. */
async function checkEach(
  candidates: readonly Candidate[],
  strict: boolean,
  check: (one: Candidate) => Promise<string | null> | string | null,
): Promise<void> {
  for (const one of candidates) {
    if (one.refusal !== null) continue;
    const refusal = await check(one);
    if (refusal === null) continue;
    one.refusal = `sector ${one.manifest.sectorNumber}: ${refusal}`;
    if (strict) throw new Abort(EXIT.illegalArgument, one.refusal);
  }
  const reasons = candidates.flatMap((one) => one.refusal ?? []);
  demand(reasons.length < candidates.length, () => reasons.join("; "));
}

/** Too early fails the whole message, too late only the sector. */
function checkTime(call: Call, { manifest, preCommit }: Candidate): string | null {
  const seedAt = seedEpoch(call, preCommit);
  const due = preCommit.epoch + call.machine.parameters.maxProveCommitDuration;
  demand(
    call.epoch > seedAt,
    () =>
      `too early to prove sector ${manifest.sectorNumber}: its seed is drawn at ${seedAt}, it is ${call.epoch}`,
    EXIT.forbidden,
  );
  return call.epoch > due ? `too late to prove it at ${call.epoch}, it was due at ${due}` : null;
}

function checkProof(call: Call, proved: ReadonlySet<Candidate>, one: Candidate): string | null {
  if (proved.has(one)) return null;
  const { verifyingKeyDigest } = call.machine.parameters;
  return `invalid proof under the verifying key ${verifyingKeyDigest} of this network`;
}

/** Those whose proof is right, of those that nothing has refused yet. All of a message are verified together. */
async function provedOnes(
  call: Call,
  miner: MinerState,
  candidates: readonly Candidate[],
): Promise<ReadonlySet<Candidate>> {
  const open = candidates.filter((one) => one.refusal === null);
  const claims = await Promise.all(open.map((one) => claimOf(call, miner, one)));
  const verdicts = await call.machine.verifier.verifySeals(call.machine.verifyingKey, claims);
  return new Set(open.filter((_, index) => verdicts[index]));
}

/** Everything that the proof is bound to comes from the chain's own state. */
async function claimOf(call: Call, miner: MinerState, { preCommit, proof }: Candidate): Promise<ProvenClaim> {
  const { randomness } = call.machine;
  const { info } = preCommit;
  return {
    sectorSize: miner.sectorSize,
    miner: call.receiver,
    number: info.sectorNumber,
    ticket: bytesToHex(randomness.ticket(info.sealRandEpoch, call.receiver)),
    seed: bytesToHex(randomness.seed(seedEpoch(call, preCommit), call.receiver)),
    commD: await expectedCommD(call, miner, preCommit),
    commR: bytesToHex(commROf(info.sealedCid)),
    proof,
  };
}

/** What the precommit promised; a sector without data has the CommD of zeros. */
async function expectedCommD(call: Call, miner: MinerState, { info }: PreCommitState): Promise<string> {
  if (info.unsealedCid !== null) return bytesToHex(commDOf(info.unsealedCid));
  return call.machine.verifier.commD(miner.sectorSize, []);
}

/**
 * The pieces of the manifest, in order, must make up the CommD that was precommitted. What could never be a sector's
 * pieces is refused here: the verifier only rejects when it cannot run, and then the chain waits for it.
 */
async function checkPieces(call: Call, miner: MinerState, one: Candidate): Promise<string | null> {
  const { pieces } = one.manifest;
  const end = pieces.reduce((used, { size }) => Math.ceil(used / size) * size + size, 0); // each is aligned to its size
  if (pieces.some((piece) => piece.verifiedAllocationKey !== null))
    return "a devnet has no verified allocations";
  if (!pieces.every((piece) => isPieceSize(piece.size) && isPieceCid(piece.cid)))
    return "a piece is malformed";
  if (end > miner.sectorSize) return `pieces up to byte ${end} do not fit into ${miner.sectorSize}`;
  const commPs = pieces.map((piece) => ({ commP: bytesToHex(commDOf(piece.cid)), size: piece.size }));
  const commD = await call.machine.verifier.commD(miner.sectorSize, commPs);
  return commD === (await expectedCommD(call, miner, one.preCommit))
    ? null
    : "its pieces do not make up the unsealed CID that was precommitted";
}

/** Deposits become pledge, precommits become sectors, and the miner gains power. */
function activate(call: Call, miner: MinerState, proven: readonly Candidate[]): void {
  const { state, receiver } = call;
  const pledge = initialPledgeFor(miner.sectorSize);
  const deposits = proven.reduce((sum, one) => sum + one.preCommit.deposit, 0n);
  const pledges = pledge * BigInt(proven.length);
  const available = availableBalance(state, receiver) + deposits;
  demand(
    available >= pledges,
    () => `the initial pledge is ${pledges} attoFIL, the miner has ${available} free`,
    EXIT.actorInsufficientFunds,
  );
  const funds = fundsOf(state, receiver);
  state.set(slots.funds(receiver), {
    preCommitDeposits: attoFil(funds.preCommitDeposits - deposits),
    initialPledge: attoFil(funds.initialPledge + pledges),
  });
  for (const one of proven) activateSector(call, miner, one);
}

function activateSector(call: Call, miner: MinerState, { manifest, preCommit }: Candidate): void {
  const { info } = preCommit;
  const number = info.sectorNumber;
  const dataBytes = manifest.pieces.reduce((sum, piece) => sum + piece.size, 0);
  const { at, entry } = expiryOf(call, number, preCommit.epoch);
  removeCron(call.state, at, entry);
  call.state.delete(slots.preCommit(call.receiver, number));
  call.state.set(slots.sector(call.receiver, number), {
    number,
    sealProof: info.sealProof,
    sealedCid: info.sealedCid.toString(),
    activation: call.epoch,
    expiration: info.expiration,
    dealWeight: BigInt(dataBytes) * BigInt(info.expiration - call.epoch),
    initialPledge: initialPledgeFor(miner.sectorSize),
  });
  addSectorPower(call.state, call.receiver, miner.sectorSize);
}

/** A rejected notification leaves the sector active and the deal not, unless the message requires success. */
function notify(call: Call, params: ProveCommitSectors3Params, proven: readonly Candidate[]): void {
  for (const { sector, address, piece } of proven.flatMap((one) => notificationsOf(call, one))) {
    const refusal = address.equals(ACTOR.market)
      ? activateDeal(call.state, call.epoch, piece)
      : `${address.toString()} takes no notifications`;
    const isFatal = refusal !== undefined && params.requireNotificationSuccess;
    demand(!isFatal, () => `sector ${sector}: ${refusal}`);
  }
}

function notificationsOf(call: Call, { manifest, preCommit }: Candidate) {
  const { expiration, sectorNumber: sector } = preCommit.info;
  return manifest.pieces.flatMap(({ cid, size, notify }) =>
    notify.map(({ address, payload }) => {
      const piece = { provider: call.receiver, sector, expiration, cid, size, payload };
      return { sector, address, piece };
    }),
  );
}

function seedEpoch(call: Call, preCommit: PreCommitState): Epoch {
  return epoch(preCommit.epoch + call.machine.parameters.preCommitChallengeDelay);
}
