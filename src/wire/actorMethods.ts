/** What the methods of the built-in actors take and return, as bytes and as lotus's JSON. */
import { PadmaError } from "../errors.ts";
import type { Address, NetworkPrefix } from "./address.ts";
import type { Codec } from "./field.ts";
import { type JsonValue, wrongJson } from "./json.ts";
import { messageCbor, signedMessageCbor } from "./message.ts";
import {
  ACTOR,
  ACTOR_NAMES,
  type ActorName,
  EXPORTED,
  exportedMethod,
  METHOD,
  METHOD_SEND,
} from "./methods.ts";
import { addBalanceParams } from "./params/addBalance.ts";
import { batchReturn } from "./params/batchReturn.ts";
import { controlAddressesReturn } from "./params/controlAddresses.ts";
import { createMinerParams, createMinerReturn, execReturn } from "./params/createMiner.ts";
import { exec4Params, execParams } from "./params/exec.ts";
import { extendSectorExpiration2Params } from "./params/extendSectorExpiration2.ts";
import {
  declareFaultsParams,
  declareFaultsRecoveredParams,
  terminateSectorsParams,
  terminateSectorsReturn,
} from "./params/partitionSectors.ts";
import { preCommitSectorBatch2Params } from "./params/preCommitSectorBatch2.ts";
import { proveCommitSectors3Params } from "./params/proveCommitSectors3.ts";
import { publishStorageDealsParams, publishStorageDealsReturn } from "./params/publishStorageDeals.ts";
import { submitWindowedPoStParams } from "./params/submitWindowedPoSt.ts";
import {
  withdrawBalanceParams,
  withdrawBalanceReturn,
  withdrawEscrowParams,
} from "./params/withdrawBalance.ts";

/** Canonical bytes ⇄ lotus's JSON; the type between them is the shape's own. Throws PadmaError WIRE_*. */
export interface Shape {
  readonly toJson: (bytes: Uint8Array, network: NetworkPrefix) => JsonValue;
  readonly fromJson: (json: JsonValue) => Uint8Array;
}

export interface ActorMethod {
  readonly actor: ActorName;
  /** As lotus has it: `PreCommitSectorBatch2`, `AddBalanceExported`. */
  readonly name: string;
  readonly number: number;
  /** null: padma knows the method's name alone. */
  readonly params: Shape | null;
  readonly returns: Shape | null;
}

const shape = <T>(codec: Codec<T>): Shape => ({
  toJson: (bytes, network) => codec.toJson(codec.decode(bytes), network),
  fromJson: (json) => codec.encode(codec.fromJson(json)),
});

export const MESSAGE_SHAPE: Shape = shape(messageCbor);
export const SIGNED_MESSAGE_SHAPE: Shape = shape(signedMessageCbor);

/** No bytes at all: what most methods return, and a few take. null in JSON. */
const NOTHING: Shape = {
  toJson: (bytes) => {
    if (bytes.length === 0) return null;
    throw new PadmaError({
      code: "WIRE_NOT_EMPTY",
      message: "nothing is expected here, there are bytes",
      facts: { found: bytes.length },
    });
  },
  fromJson: (json) => {
    if (json === null) return new Uint8Array(0);
    throw wrongJson("null", json);
  },
};

type Shapes = readonly [params: Shape, returns: Shape];
const SHAPES: { readonly [A in ActorName]: Readonly<Partial<Record<keyof (typeof METHOD)[A], Shapes>>> } = {
  init: {
    Exec: [shape(execParams), shape(execReturn)],
    Exec4: [shape(exec4Params), shape(execReturn)],
  },
  power: {
    CreateMiner: [shape(createMinerParams), shape(createMinerReturn)],
  },
  market: {
    AddBalance: [shape(addBalanceParams), NOTHING],
    WithdrawBalance: [shape(withdrawEscrowParams), shape(withdrawBalanceReturn)],
    PublishStorageDeals: [shape(publishStorageDealsParams), shape(publishStorageDealsReturn)],
  },
  miner: {
    ControlAddresses: [NOTHING, shape(controlAddressesReturn)],
    SubmitWindowedPoSt: [shape(submitWindowedPoStParams), NOTHING],
    TerminateSectors: [shape(terminateSectorsParams), shape(terminateSectorsReturn)],
    DeclareFaults: [shape(declareFaultsParams), NOTHING],
    DeclareFaultsRecovered: [shape(declareFaultsRecoveredParams), NOTHING],
    WithdrawBalance: [shape(withdrawBalanceParams), shape(withdrawBalanceReturn)],
    ConfirmChangeWorkerAddress: [NOTHING, NOTHING],
    RepayDebt: [NOTHING, NOTHING],
    PreCommitSectorBatch2: [shape(preCommitSectorBatch2Params), NOTHING],
    ExtendSectorExpiration2: [shape(extendSectorExpiration2Params), NOTHING],
    ProveCommitSectors3: [shape(proveCommitSectors3Params), shape(batchReturn)],
  },
};

/** Every method that has a name here. @internal for tests and docs */
export const ACTOR_METHODS: readonly ActorMethod[] = ACTOR_NAMES.flatMap((actor) => {
  const shapes: Readonly<Record<string, Shapes | undefined>> = SHAPES[actor];
  const method = (name: string, number: number, [params, returns]: Shapes | [null, null]): ActorMethod => ({
    actor,
    name,
    number,
    params,
    returns,
  });
  return [
    method("Send", METHOD_SEND, [NOTHING, NOTHING]),
    ...Object.entries(METHOD[actor]).map(([name, number]) =>
      method(name, number, shapes[name] ?? [null, null]),
    ),
    ...EXPORTED[actor].map((name) =>
      method(`${name}Exported`, exportedMethod(name), shapes[name] ?? [null, null]),
    ),
  ];
});

/** The methods of this number or name (any case), of one actor or of any. */
export function methodsCalled(method: string, actor: ActorName | null): readonly ActorMethod[] {
  const wanted = method.toLowerCase();
  return ACTOR_METHODS.filter(
    ({ actor: its, name, number }) =>
      (actor === null || its === actor) && (name.toLowerCase() === wanted || String(number) === method),
  );
}

/** Which of these actors lives at an address: every network has but one init, power and market actor. */
export function actorAt(address: Address): ActorName | null {
  return (["init", "power", "market"] as const).find((name) => ACTOR[name].equals(address)) ?? null;
}
