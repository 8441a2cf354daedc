/** The devnet's accounts as a node's wallet: their keys come from the secret in its file. */
import { signature as signatureField } from "../../../wire/signature.ts";
import { ACCOUNTS, accountAt, accountId } from "../../devnet/accounts.ts";
import { balanceOf, resolve } from "../../devnet/actors/ledger.ts";
import type { State } from "../../devnet/state.ts";
import { slots } from "../../devnet/slots.ts";
import { type Method, method } from "../method.ts";
import { type DevnetNode, PREFIX, shownId } from "../node.ts";
import { address, bytes, signature } from "../params.ts";
import { refuse } from "../rpcError.ts";
import type { ActorId } from "../../../units.ts";

const headState = async (node: DevnetNode): Promise<State> => node.stateAt(await node.head());

const keyAddress = (state: State, id: ActorId): string =>
  state.get(slots.actor(id))?.key?.toString(PREFIX) ?? shownId(id);

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
    const account = accountAt(await headState(node), one);
    const { keys } = node.parts;
    if (account === undefined)
      throw refuse(`signing using key '${one.toString(PREFIX)}': key info not found`);
    return signatureField.toJson(keys.sign(keys.key(account.name), signed), PREFIX);
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
