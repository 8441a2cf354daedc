/** PC1 of several sectors in one call, each with a signal of its own. */
import { cancelled, proofError } from "./failures.ts";
import type { Pc1Outcome } from "./protocol.ts";
import type { Pc1Input } from "./prover.ts";

export interface Made {
  readonly commD: string;
}

/** Runs a batch; when the signal is aborted its process is ended. */
export type Pc1Call = (inputs: readonly Pc1Input[], signal: AbortSignal) => Promise<readonly Pc1Outcome[]>;

/** Somebody who wants PC1 of a sector. */
export interface Member extends Pick<PromiseWithResolvers<Made>, "resolve" | "reject"> {
  readonly input: Pc1Input;
  readonly signal: AbortSignal;
}

/** A sector of the call. */
interface Seat {
  readonly input: Pc1Input;
  /** Null: nobody wants it any more, and its result will be dropped. */
  member: Member | null;
  /** Was cancelled here, and hears of it when nothing is written any more. */
  gone: Member | null;
}

/**
 * A cancelled sector's labels go on with the others', as there is no way to stop one alone, and to end the process would
 * cost all of them up to a layer: its call ends with the batch, so that its lease is held for as long as its memory is.
 * The process is ended when nobody is left.
 *
 * FAIL: a cancelled sector's folder is removed while the batch runs, by the next try of its PC1 under another ticket (in
 * this driver or in one that has its lease now), or by Finalize → what was open goes into nowhere, and its next layer
 * cannot be made, as the process makes no folder after its start: so none comes back. That is an error of this sector
 * alone, which nobody hears of.
 * FAIL: the process dies → all of them fail with that, and each is tried again.
 */
export class Pc1Batch {
  readonly #stop = new AbortController();
  readonly #seats: readonly Seat[];
  /** What must not be heard of after the end. */
  readonly #deafen = new Map<Member, () => void>();

  constructor(members: readonly Member[]) {
    this.#seats = members.map(({ input }) => ({ input, member: null, gone: null }));
    this.#seats.forEach((seat, index) => this.#sit(seat, members[index]));
  }

  /** For one whose very call was cancelled here: its labels are on their way. */
  takeUp(member: Member): boolean {
    if (this.#stop.signal.aborted) return false;
    const wanted = JSON.stringify(member.input);
    const seat = this.#seats.find(
      ({ member: now, input }) => now === null && JSON.stringify(input) === wanted,
    );
    if (seat === undefined) return false;
    seat.gone?.reject(cancelled("pc1"));
    seat.gone = null;
    this.#sit(seat, member);
    return true;
  }

  /** Settles every member. */
  async run(call: Pc1Call): Promise<void> {
    const inputs = this.#seats.map(({ input }) => input);
    try {
      const outcomes = await call(inputs, this.#stop.signal);
      this.#seats.forEach((seat, index) => settle(seat, outcomes[index]));
    } catch (error) {
      for (const { member } of this.#seats) member?.reject(error);
    }
    for (const { gone } of this.#seats) gone?.reject(cancelled("pc1"));
    for (const forget of this.#deafen.values()) forget();
  }

  #sit(seat: Seat, member: Member | undefined): void {
    if (member === undefined) return;
    const getUp = (): void => {
      seat.member = null;
      seat.gone = member;
      if (this.#seats.every((other) => other.member === null)) this.#stop.abort();
    };
    seat.member = member;
    member.signal.addEventListener("abort", getUp, { once: true });
    this.#deafen.set(member, () => member.signal.removeEventListener("abort", getUp));
  }
}

function settle({ member }: Seat, outcome: Pc1Outcome | undefined): void {
  if (outcome === undefined) member?.reject(new Error("PC1 gave fewer results than it had sectors"));
  else if ("failure" in outcome) member?.reject(proofError(outcome.failure));
  else member?.resolve(outcome);
}
