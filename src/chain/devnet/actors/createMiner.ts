/** Power method 2, CreateMiner (builtin-actors v18; deposit: FIP-0077). */
import { concatBytes } from "@noble/hashes/utils.js";
import { type ActorId, attoFil, epoch } from "../../../units.ts";
import { actorAddress, type Address, idAddress } from "../../../wire/address.ts";
import { encodeCbor } from "../../../wire/cbor.ts";
import {
  type CreateMinerParams,
  createMinerParams,
  createMinerReturn,
} from "../../../wire/params/createMiner.ts";
import { EXIT } from "../exitCodes.ts";
import { CREATE_MINER_DEPOSIT, POLICY, sealProofOf, windowPostProofOf } from "../parameters.ts";
import { slots } from "../slots.ts";
import type { State } from "../state.ts";
import { int64 } from "../block.ts";
import { type Call, decodeParams, type Method, demand } from "./call.ts";
import { addCron } from "./cron.ts";
import { actorAt, newActorId, resolve, transfer } from "./ledger.ts";

/** Anybody may: the owner need not be the sender. The value of the message becomes the miner's, most of it locked. */
export const createMiner: Method = async (call) => {
  const params = decodeParams(createMinerParams, call);
  const owner = ownerOf(call.state, params.owner);
  const worker = workerOf(call.state, params.worker);
  checkPeer(params);
  checkProofType(call, params);
  demand(
    call.value >= CREATE_MINER_DEPOSIT,
    () =>
      `not enough balance to lock for create miner deposit: sent balance ${call.value} < deposit ${CREATE_MINER_DEPOSIT}`,
    EXIT.actorInsufficientFunds,
  );
  const id = newActorId(call.state);
  const robustAddress = robustAddressOf(call);
  call.state.set(slots.address(robustAddress), id);
  writeMiner(call, id, owner, worker, params);
  return createMinerReturn.encode({ idAddress: idAddress(id), robustAddress });
};

function writeMiner(
  call: Call,
  id: ActorId,
  owner: ActorId,
  worker: ActorId,
  { peer, multiaddrs }: CreateMinerParams,
): void {
  const { state, machine, receiver, value } = call;
  const { sectorSize } = machine.parameters;
  state.set(slots.actor(id), { balance: attoFil(0n), nonce: 0n, key: null });
  state.set(slots.miner(id), { owner, worker, sectorSize, sealProof: sealProofOf(sectorSize) });
  state.set(slots.funds(id), { preCommitDeposits: attoFil(0n), initialPledge: attoFil(0n) });
  state.set(slots.claim(id), { raw: 0n, qualityAdjusted: 0n });
  state.set(slots.peer(id), { id: peer, multiaddrs });
  transfer(state, receiver, id, value);
  state.set(slots.vesting(id), CREATE_MINER_DEPOSIT);
  const vested = epoch(call.epoch + POLICY.createMinerVesting);
  addCron(state, vested, { kind: "depositVested", miner: id, subject: 0n });
}

function ownerOf(state: State, owner: Address): ActorId {
  const id = resolve(state, owner);
  demand(id !== undefined, () => `unable to resolve address ${owner.toString()}`);
  demand(actorAt(state, id).key !== null, () => `owner ${owner.toString()} is no account`);
  return id;
}

function workerOf(state: State, worker: Address): ActorId {
  const id = resolve(state, worker);
  demand(id !== undefined, () => `unable to resolve address ${worker.toString()}`);
  const protocol = actorAt(state, id).key?.protocol;
  demand(protocol === 3, () => `worker account ${worker.toString()} must have BLS pubkey`);
  return id;
}

function checkPeer({ peer, multiaddrs }: CreateMinerParams): void {
  const bytes = multiaddrs.reduce((sum, one) => sum + one.length, 0);
  demand(
    peer.length <= POLICY.maxPeerIdBytes,
    () => `peer ID size of ${peer.length} exceeds maximum size of ${POLICY.maxPeerIdBytes}`,
  );
  demand(
    multiaddrs.every((one) => one.length > 0),
    () => "invalid empty multiaddr",
  );
  demand(
    bytes <= POLICY.maxMultiaddrBytes,
    () => `multiaddr size of ${bytes} exceeds maximum of ${POLICY.maxMultiaddrBytes}`,
  );
}

/** A devnet verifies with one key, so all its sectors have one size. */
function checkProofType({ machine }: Call, { windowPoStProofType: found }: CreateMinerParams): void {
  const only = windowPostProofOf(machine.parameters.sectorSize);
  demand(found === only, () => `proof type ${found} not allowed for new miner actors, here only ${only}`);
}

/** The address that keeps its meaning over a reorg (ref-fvm, next_actor_address): of the sender, its nonce, and a count. */
const robustAddressOf = ({ origin }: Call): Address =>
  actorAddress(concatBytes(encodeCbor(origin.address.toBytes()), int64(Number(origin.nonce)), int64(0)));
