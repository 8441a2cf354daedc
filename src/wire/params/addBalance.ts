import type { Address } from "../address.ts";
import { address, messageCodec } from "../field.ts";

/** Parameter of market method 2: whose escrow the message's value goes to. A bare address, no tuple. */
export const addBalanceParams = messageCodec<Address>("AddBalance", address);
