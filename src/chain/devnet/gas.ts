/**
 * Gas, simplified: a fixed price for each method (what a real 2 KiB network charged for one sector) and for each byte
 * on chain, at a base fee that never moves.
 */
import { type AttoFil, attoFil } from "../../units.ts";
import type { Message } from "../../wire/message.ts";
import { METHOD, METHOD_SEND } from "../../wire/methods.ts";

/** attoFIL a unit of gas, burnt: the network's least base fee. */
export const BASE_FEE = attoFil(100n);
/** attoFIL a unit of gas, beside the base fee; goes to the reward actor, which pays nobody here. */
export const GAS_PREMIUM = attoFil(100n);

const PER_BYTE = 1_300;
/** A signed message without its parameters, about. */
const MESSAGE_BYTES = 200;
const UNKNOWN_METHOD = 1_000_000;
const PER_METHOD: ReadonlyMap<number, number> = new Map([
  [METHOD_SEND, 500_000],
  [METHOD.market.AddBalance, 2_000_000],
  [METHOD.market.PublishStorageDeals, 12_000_000],
  [METHOD.power.CreateMiner, 30_000_000],
  [METHOD.miner.PreCommitSectorBatch2, 12_000_000],
  [METHOD.miner.ProveCommitSectors3, 90_000_000],
]);

/** What executing a message costs: by its method and parameters. */
export function gasOf({ method, params }: Pick<Message, "method" | "params">): number {
  return (PER_METHOD.get(method) ?? UNKNOWN_METHOD) + PER_BYTE * (MESSAGE_BYTES + params.length);
}

/** The limit that goes into a message: a quarter more than it will use, as nodes do. */
export const gasLimitFor = (gas: number): bigint => BigInt(Math.ceil(gas * 1.25));

/** The most that a message may cost its sender, beside its value. */
export const maxGasCost = (message: { gasLimit: bigint; gasFeeCap: AttoFil }): AttoFil =>
  attoFil(message.gasLimit * message.gasFeeCap);
