/** A node with a thousand messages in its pool, of which one lands with each tipset, among others. */
import {
  ChainModel,
  executed,
  messageOf,
  MODEL,
  ModelNode,
  type ModelTipSet,
} from "../helpers/chainModel.ts";

export const WAITING = 1000;
const OTHERS = 100;

export interface WaitingNode {
  readonly node: ModelNode;
  readonly cids: readonly string[];
  /** Makes the next tipset and tells of it. */
  readonly mine: () => ModelTipSet;
}

export function waitingNode(): WaitingNode {
  const model = new ChainModel();
  const node = new ModelNode(model);
  const draft = (From: string) => ({ To: "t099", From, Value: "1", GasLimit: 0, Method: 0, Params: null });
  const awaited = Array.from({ length: WAITING }, (_, nonce) => messageOf(draft(MODEL.worker), nonce));
  node.pool.push(...awaited);
  const mine = (): ModelTipSet => {
    const others = Array.from({ length: OTHERS }, (_, i) =>
      executed(messageOf(draft(`t1other${i}`), model.head.Height)),
    );
    const landing = node.pool.splice(0, 1).map((message) => executed(message));
    const tipset = model.extend([...landing, ...others]);
    node.notify("apply", tipset);
    return tipset;
  };
  return { node, cids: awaited.map(({ CID }) => CID["/"]), mine };
}
