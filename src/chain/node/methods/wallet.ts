/** The devnet's accounts as a node's wallet: their keys come from the secret in its file. */
import type { ActorId } from "../../../units.ts";
import type { Address } from "../../../wire/address.ts";
import { signedMessageCbor, signingBytes } from "../../../wire/message.ts";
import { signature as signatureField } from "../../../wire/signature.ts";
import { type Account, ACCOUNTS, accountAt, accountId } from "../../devnet/accounts.ts";
import { balanceOf, resolve } from "../../devnet/actors/ledger.ts";
import type { State } from "../../devnet/state.ts";
import { slots } from "../../devnet/slots.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, PREFIX, shownId } from "../node.ts";
import { address, bytes, message, signature } from "../params.ts";
import { refuse } from "../rpcError.ts";

const headState = async (node: DevnetNode): Promise<State> => node.stateAt(await node.head());

const keyAddress = (state: State, id: ActorId): string =>
  state.get(slots.actor(id))?.key?.toString(PREFIX) ?? shownId(id);

/** @throws RpcError for an address whose key is elsewhere. */
export function accountOf(state: State, one: Address): Account {
  const account = accountAt(state, one);
  if (account === undefined) throw refuse(`signing using key '${one.toString(PREFIX)}': key info not found`);
  return account;
}

export const WALLET: Readonly<Record<string, Method>> = {
  /** The owner's: the worker's belongs to the devnet's own miner. */
  WalletDefaultAddress: method("write", [], async ({ node }) =>
    keyAddress(await headState(node), accountId("owner")),
  ),
  WalletList: method("write", [], async ({ node }) => {
    const state = await headState(node);
    return ACCOUNTS.map(({ id }) => keyAddress(state, id));
  }),
  WalletHas: method(
    "write",
    [address],
    async ({ node }, one) => accountAt(await headState(node), one) !== undefined,
  ),
  WalletBalance: method("read", [address], async ({ node }, one) => {
    const state = await headState(node);
    const id = resolve(state, one);
    return id === undefined ? "0" : String(balanceOf(state, id));
  }),
  WalletSign: method("sign", [address, bytes], async ({ node }, one, signed) => {
    const account = accountOf(await headState(node), one);
    const { keys } = node.parts;
    return signatureField.toJson(keys.sign(keys.key(account.name), signed), PREFIX);
  }),
  WalletSignMessage: method("sign", [address, message], async ({ node }, one, unsigned) => {
    const account = accountOf(await headState(node), one);
    const { keys } = node.parts;
    const made = keys.sign(keys.key(account.name), signingBytes(unsigned));
    return signedMessageCbor.toJson({ message: unsigned, signature: made }, PREFIX);
  }),
  WalletVerify: method("read", [address, bytes, signature], async ({ node }, one, signed, made) => {
    const state = await headState(node);
    const id = resolve(state, one);
    const key = one.protocol === 0 && id !== undefined ? state.get(slots.actor(id))?.key : one;
    if (key === null || key === undefined) throw refuse("failed to resolve address: not an account");
    if (key.protocol !== 1 && key.protocol !== 3) throw refuse("failed to resolve address: not an account");
    const [isGenuine] = await node.parts.keys.verify([{ signature: made, signer: key, signed }]);
    return isGenuine === true;
  }),
};
