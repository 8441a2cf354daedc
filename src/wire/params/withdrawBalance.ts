import type { AttoFil } from "../../units.ts";
import type { Address } from "../address.ts";
import { address, attoFilField, messageCodec, tuple } from "../field.ts";

/** Parameters of miner method 16: out of the miner's balance, to its beneficiary. */
export interface WithdrawBalanceParams {
  readonly amountRequested: AttoFil;
}

/** Parameters of market method 3: out of an escrow, to its owner. */
export interface WithdrawEscrowParams {
  readonly providerOrClientAddress: Address;
  readonly amount: AttoFil;
}

export const withdrawBalanceParams = messageCodec<WithdrawBalanceParams>(
  "WithdrawBalance",
  tuple<WithdrawBalanceParams>({ amountRequested: attoFilField }),
);

export const withdrawEscrowParams = messageCodec<WithdrawEscrowParams>(
  "WithdrawBalance",
  tuple<WithdrawEscrowParams>({ providerOrClientAddress: address, amount: attoFilField }),
);

/** What both return: how much was paid out, which may be less than was asked for. A bare amount, no tuple. */
export const withdrawBalanceReturn = messageCodec<AttoFil>("WithdrawBalanceReturn", attoFilField);
