/** What bytes or JSON of the chain are taken for: as the caller says, or the one thing that they can be. */
import { type Facts, isPadmaError, PadmaError } from "../errors.ts";
import {
  type ActorMethod,
  MESSAGE_SHAPE,
  methodsCalled,
  type Shape,
  SIGNED_MESSAGE_SHAPE,
} from "../wire/actorMethods.ts";
import type { ActorName } from "../wire/methods.ts";

export type MessageKind = "params" | "return" | "message" | "signed-message";

/** What the caller says; null where it says nothing. */
export interface Told {
  readonly kind: MessageKind | null;
  readonly to: ActorName | null;
  /** Number or name. */
  readonly method: string | null;
}

interface Reading {
  readonly kind: MessageKind;
  readonly shape: Shape;
  /** For params and return. */
  readonly method: ActorMethod | null;
}

/** A result, with what it was taken for. */
export interface ReadAs<T> {
  readonly value: T;
  readonly kind: MessageKind;
  readonly method: ActorMethod | null;
  /** What nobody said, a sentence; null when everything was. */
  readonly assumed: string | null;
}

type Tried<T> = { readonly reading: Reading } & ({ readonly value: T } | { readonly refusal: PadmaError });

/**
 * Reads as the kind that was told, else as the only kind that does not refuse.
 * @throws PadmaError (kind `user`) WIRE_*, MESSAGE_KIND, MESSAGE_METHOD, MESSAGE_NO_CODEC
 */
export function readAs<T>(told: Told, read: (shape: Shape, kind: MessageKind) => T): ReadAs<T> {
  const tried = readings(told).map((reading) => attempt(reading, read));
  const fits = tried.filter((each) => "value" in each);
  const [fit] = fits;
  if (fit === undefined) throw nothingFits(tried);
  if (fits.length > 1) {
    const kinds = fits.map(({ reading }) => reading.kind).join(" or ");
    throw unclear("MESSAGE_KIND", `this can be ${kinds}`, {}, "say which with --kind");
  }
  const { kind, method } = fit.reading;
  return { value: fit.value, kind, method, assumed: assumption(told, fit.reading) };
}

/** An error of the wire is the caller's: the input is what it gave. */
export function asInput(error: PadmaError): PadmaError {
  return new PadmaError({
    code: error.code,
    kind: "user",
    message: error.message,
    facts: error.facts,
    ...(error.next === undefined ? {} : { next: error.next }),
    cause: error,
  });
}

function readings(told: Told): readonly Reading[] {
  const kinds = told.kind === null ? likelyKinds(told) : [told.kind];
  return kinds.map((kind) => {
    if (kind === "message") return { kind, shape: MESSAGE_SHAPE, method: null };
    if (kind === "signed-message") return { kind, shape: SIGNED_MESSAGE_SHAPE, method: null };
    const method = methodTold(told);
    const shape = kind === "params" ? method.params : method.returns;
    if (shape === null) throw noCodec(method, kind);
    return { kind, shape, method };
  });
}

/** Only params and returns are of a method. */
const likelyKinds = ({ method }: Told): readonly MessageKind[] =>
  method === null ? ["message", "signed-message"] : ["params", "return"];

function methodTold({ method, to }: Told): ActorMethod {
  if (method === null) {
    const next = "name it with --to and --method";
    throw unclear("MESSAGE_METHOD", "params and returns are of a method, and none is named", {}, next);
  }
  const [found, ...more] = methodsCalled(method, to);
  if (found === undefined) {
    const message = to === null ? "no actor has this method" : `the ${to} actor has no such method`;
    throw unclear("MESSAGE_METHOD", message, { method }, "give its number, or its name as lotus has it");
  }
  if (more.length > 0) {
    const actors = [found, ...more].map(({ actor, name }) => `${actor} (${name})`).join(", ");
    throw unclear(
      "MESSAGE_METHOD",
      "several actors have this method",
      { method, actors },
      "say which with --to",
    );
  }
  return found;
}

function attempt<T>(reading: Reading, read: (shape: Shape, kind: MessageKind) => T): Tried<T> {
  try {
    return { reading, value: read(reading.shape, reading.kind) };
  } catch (error) {
    if (!isPadmaError(error)) throw error;
    return { reading, refusal: error };
  }
}

function nothingFits(tried: readonly Tried<unknown>[]): PadmaError {
  const refusals = tried.flatMap((each) => ("refusal" in each ? [each] : []));
  const [first, ...more] = refusals;
  if (first !== undefined && more.length === 0) return asInput(first.refusal);
  const reasons = refusals.map(({ reading, refusal }) => [reading.kind, refusal.message] as const);
  const kinds = reasons.map(([kind]) => kind).join(" nor ");
  return unclear("MESSAGE_KIND", `this is neither ${kinds}`, Object.fromEntries(reasons), NEXT_KIND);
}

const NEXT_KIND = "say what it is with --kind; params and returns need --method, and often --to";

function assumption(told: Told, { kind, method }: Reading): string | null {
  if (told.kind !== null && (told.to !== null || method === null)) return null;
  if (method === null) return `taken for a ${kind.replace("-", " ")}`;
  return `taken for the ${kind} of ${methodTitle(method)}`;
}

/** `miner.PreCommitSectorBatch2 (method 28)` */
export const methodTitle = ({ actor, name, number }: ActorMethod): string =>
  `${actor}.${name} (method ${number})`;

function noCodec({ actor, name, number }: ActorMethod, kind: MessageKind): PadmaError {
  return unclear(
    "MESSAGE_NO_CODEC",
    `padma does not know the ${kind} of ${name}`,
    { actor, method: number },
    "decode it with lotus: lotus state decode-params",
  );
}

function unclear(code: string, message: string, facts: Facts, next: string): PadmaError {
  return new PadmaError({ code, kind: "user", message, facts, next });
}
