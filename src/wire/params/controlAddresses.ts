import type { Address } from "../address.ts";
import { address, arrayOf, messageCodec, tuple } from "../field.ts";

/** What miner method 2 returns; it takes no parameters. */
export interface ControlAddressesReturn {
  readonly owner: Address;
  readonly worker: Address;
  readonly controlAddrs: readonly Address[];
}

export const controlAddressesReturn = messageCodec<ControlAddressesReturn>(
  "ControlAddressesReturn",
  tuple<ControlAddressesReturn>({ owner: address, worker: address, controlAddrs: arrayOf(address) }),
);
