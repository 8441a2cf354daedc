/** Channels of one websocket: values by number, `xrpc.ch.val` and `xrpc.ch.close` (go-jsonrpc, websocket.go). */
import * as v from "valibot";
import type { PadmaError } from "../../errors.ts";

export interface ChannelListener {
  readonly onValue: (value: unknown) => void;
  /** The channel is over, once; null when the node closed it. */
  readonly onClose: (reason: PadmaError | null) => void;
}

export interface Channel {
  /** Asks the node to close the channel; what is on its way still comes. */
  cancel(): void;
}

interface Expected {
  /** The answer has named the channel: what came early goes to the listener. */
  is(id: number, listener: ChannelListener): void;
  /** The answer has come, whatever it was. */
  done(): void;
}

const valueFrame = v.object({
  method: v.literal("xrpc.ch.val"),
  params: v.tuple([v.number(), v.unknown()]),
});
const closeFrame = v.object({ method: v.literal("xrpc.ch.close"), params: v.tuple([v.number()]) });

/** A node that streams into a channel that nobody has asked for does not fill the memory. */
const MOST_EARLY = 1000;

export class Channels {
  readonly #listeners = new Map<number, ChannelListener>();
  /** What came for channels whose number is not known yet, in order. */
  #early: { readonly id: number; readonly give: (listener: ChannelListener) => void }[] = [];
  #expected = 0;

  /** A channel is being asked for: values of unknown ones are kept until it is clear whose they are. */
  expect(): Expected {
    this.#expected += 1;
    return {
      is: (id, listener) => this.#register(id, listener),
      done: () => {
        this.#expected -= 1;
        if (this.#expected === 0) this.#early = [];
      },
    };
  }

  /** True when the frame was a channel's. */
  take(frame: unknown): boolean {
    const value = v.safeParse(valueFrame, frame);
    if (value.success) {
      const [id, content] = value.output.params;
      this.#give(id, ({ onValue }) => onValue(content));
      return true;
    }
    const close = v.safeParse(closeFrame, frame);
    if (!close.success) return false;
    this.#give(close.output.params[0], (listener) => this.#close(close.output.params[0], listener, null));
    return true;
  }

  closeAll(reason: PadmaError): void {
    for (const [id, listener] of this.#listeners) this.#close(id, listener, reason);
  }

  #register(id: number, listener: ChannelListener): void {
    this.#listeners.set(id, listener);
    const mine = this.#early.filter((early) => early.id === id);
    this.#early = this.#early.filter((early) => early.id !== id);
    for (const { give } of mine) give(listener);
  }

  #give(id: number, give: (listener: ChannelListener) => void): void {
    const listener = this.#listeners.get(id);
    if (listener !== undefined) give(listener);
    else if (this.#expected > 0 && this.#early.length < MOST_EARLY) this.#early.push({ id, give });
  }

  #close(id: number, listener: ChannelListener, reason: PadmaError | null): void {
    if (this.#listeners.delete(id)) listener.onClose(reason);
  }
}
