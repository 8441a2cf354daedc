/** What every lotus process answers: its version, tokens, and how far its sync is. */
import { bytesToJson, type JsonValue } from "../../../wire/json.ts";
import { countReceipts } from "../../devnet/receipts.ts";
import { type Method, method } from "../method.ts";
import { text, texts } from "../params.ts";
import { createToken, permissionsOf, PERMISSIONS } from "../permissions.ts";
import { refuse } from "../rpcError.ts";

/** Full node API 2.3.0, as lotus 1.36 numbers it: clients compare the upper two bytes. */
const API_VERSION = 0x02_03_00;

export const COMMON: Readonly<Record<string, Method>> = {
  Version: method("read", [], ({ node, version }) => ({
    Version: `padma-${version}+devnet`,
    APIVersion: API_VERSION,
    BlockDelay: node.chain.network.blockDelayMs / 1000,
    Agent: "padma",
  })),
  AuthVerify: method("read", [text], async ({ secret }, token) => [...(await permissionsOf(secret, token))]),
  AuthNew: method("admin", [texts], async ({ secret }, wanted) => {
    const unknown = wanted.find((one) => !PERMISSIONS.some((known) => known === one));
    if (unknown !== undefined) throw refuse(`there is no permission '${unknown}'`);
    const token = await createToken(
      secret,
      PERMISSIONS.filter((one) => wanted.includes(one)),
    );
    return bytesToJson(new TextEncoder().encode(token));
  }),
  SyncState: method("read", [], ({ node }) => syncState(countReceipts(node.parts.database))),
};

/** There is nobody to sync with: one worker, always at rest, as a lotus node shows those that have nothing to do. */
const syncState = (applied: number): JsonValue => ({
  ActiveSyncs: [
    {
      WorkerID: 0,
      Base: null,
      Target: null,
      Stage: 0,
      Height: 0,
      Start: "0001-01-01T00:00:00Z",
      End: "0001-01-01T00:00:00Z",
      Message: "",
    },
  ],
  VMApplied: applied,
});
