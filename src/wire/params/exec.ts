import type { CID } from "../cid.ts";
import { bytes, cid, messageCodec, tuple } from "../field.ts";

/** Parameters of init method 2: a new actor, by the code it runs. */
export interface ExecParams {
  readonly codeCid: CID;
  /** CBOR of the parameters of the actor's constructor. */
  readonly constructorParams: Uint8Array;
}

/** Parameters of init method 3, which only an address manager may send: the actor gets an f4 address. */
export interface Exec4Params extends ExecParams {
  readonly subAddress: Uint8Array;
}

export const execParams = messageCodec<ExecParams>(
  "Exec",
  tuple<ExecParams>({ codeCid: cid, constructorParams: bytes }, { codeCid: "CodeCID" }),
);

export const exec4Params = messageCodec<Exec4Params>(
  "Exec4",
  tuple<Exec4Params>({ codeCid: cid, constructorParams: bytes, subAddress: bytes }, { codeCid: "CodeCID" }),
);
