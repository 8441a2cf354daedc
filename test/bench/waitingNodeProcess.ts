/** `waitingNode` in a process of its own: each message from the parent makes a tipset. */
import { waitingNode } from "./waitingNode.ts";

const { node, cids, mine } = waitingNode();
const server = await node.serve();
process.on("message", mine);
process.on("disconnect", () => process.exit(0));
process.send?.({ url: `http://${server.host}`, cids });
