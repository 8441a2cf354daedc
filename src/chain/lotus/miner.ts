/** The miner that padma seals for, as the chain shows it. */
import { isPadmaError, PadmaError } from "../../errors.ts";
import type { PaddedSize } from "../../units.ts";
import { actorIdOf, type NetworkPrefix, parseAddress } from "../../wire/address.ts";
import type { MinerInfo } from "../chain.ts";
import { boolAnswer, minerInfoAnswer, textAnswer } from "./answers.ts";
import type { Nodes } from "./nodes.ts";

/** RegisteredSealProof (V1_1) by sector size (go-state-types, abi/sector.go). */
const SEAL_PROOFS: ReadonlyMap<number, number> = new Map([
  [2048, 5],
  [8_388_608, 6],
  [536_870_912, 7],
  [34_359_738_368, 8],
  [68_719_476_736, 9],
]);

type TipSetLinks = readonly { readonly "/": string }[];

/**
 * The miner with the key addresses of its owner and worker.
 * @throws PadmaError CHAIN_MINER_UNKNOWN (user), CHAIN_SECTOR_SIZE, and as `Nodes.call`
 */
export async function minerAt(
  nodes: Pick<Nodes, "call">,
  address: string,
  head: TipSetLinks,
): Promise<MinerInfo> {
  const info = await minerInfo(nodes, address, head);
  const [owner, worker, ...control] = await Promise.all(
    [info.Owner, info.Worker, ...(info.ControlAddresses ?? [])].map((id) => keyAddress(nodes, id, head)),
  );
  const sealProof = sealProofOf(address, info.SectorSize);
  return {
    id: actorIdOf(parseAddress(address)),
    address,
    owner: owner ?? info.Owner,
    worker: worker ?? info.Worker,
    control,
    sectorSize: info.SectorSize,
    sealProof,
  };
}

/** @throws PadmaError CHAIN_MINER_UNKNOWN (user), and as `Nodes.call` */
async function minerInfo(nodes: Pick<Nodes, "call">, address: string, head: TipSetLinks) {
  try {
    return await nodes.call("StateMinerInfo", [address, head], minerInfoAnswer);
  } catch (error) {
    throw isPadmaError(error, "CHAIN_RPC") && NO_MINER.test(error.message) ? unknown(address, error) : error;
  }
}

/**
 * How a node says that the state has no such miner (lotus, chain/types ErrActorNotFound; chain/actors/builtin/miner
 * Load). Anything else, a state that it does not have or a call that took too long, says nothing of the miner.
 */
const NO_MINER = /actor not found|actor code is not miner|unknown actor code/;

/** How this network shows addresses, as the node shows those of the miner. @throws as `minerAt` */
export async function prefixOf(nodes: Pick<Nodes, "call">, address: string): Promise<NetworkPrefix> {
  const { Owner } = await minerInfo(nodes, address, []);
  return Owner.startsWith("f") ? "f" : "t";
}

/** Who signs for an account; an owner that is another actor (a multisig) has no key, and keeps its ID address. */
export async function keyAddress(
  nodes: Pick<Nodes, "call">,
  address: string,
  head: TipSetLinks,
): Promise<string> {
  try {
    return await nodes.call("StateAccountKey", [address, head], textAnswer);
  } catch (error) {
    if (!isPadmaError(error, "CHAIN_RPC")) throw error;
    return address;
  }
}

/** @throws PadmaError CHAIN_KEY_UNKNOWN (user) unless the node's wallet can sign for the address */
export async function requireKey(nodes: Pick<Nodes, "call">, address: string): Promise<void> {
  if (await nodes.call("WalletHas", [address], boolAnswer)) return;
  throw missingKey(address);
}

/** `addresses`: all that could have signed. */
export function missingKey(addresses: string): PadmaError {
  return new PadmaError({
    code: "CHAIN_KEY_UNKNOWN",
    kind: "user",
    message: "the node's wallet has no key for the address that should sign",
    facts: { address: addresses },
    next: "import the key with `lotus wallet import`, or name the node that has it in FULLNODE_API_INFO",
  });
}

function sealProofOf(address: string, size: PaddedSize): number {
  const proof = SEAL_PROOFS.get(size);
  if (proof !== undefined) return proof;
  throw new PadmaError({
    code: "CHAIN_SECTOR_SIZE",
    message: "padma does not know the sector size of the miner",
    facts: { miner: address, sectorSize: size },
  });
}

function unknown(address: string, cause: PadmaError): PadmaError {
  return new PadmaError({
    code: "CHAIN_MINER_UNKNOWN",
    kind: "user",
    message: `the node does not know the miner: ${cause.message}`,
    facts: { miner: address, ...cause.facts },
    next: "is it the right network, and is the node synced? name the miner with --actor",
    cause,
  });
}
