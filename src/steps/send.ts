/** How every message goes out: written down, pushed, its CID written down. */
import type { Chain, OutgoingMessage } from "../chain/chain.ts";
import type { MessageKind, Outbox } from "../store/outbox.ts";
import type { SectorNumber } from "../units.ts";

export interface SendDeps {
  readonly chain: Pick<Chain, "push">;
  readonly outbox: Outbox;
}

/**
 * Sends the message for a purpose exactly once and returns its CID.
 *
 * FAIL before `open` returns: nothing is stored or sent; the step runs again.
 * FAIL between `open` and `sent`: the next run opens the same row and pushes it with the same uuid, for which the
 * chain returns the message that it already has.
 */
export async function send(
  { chain, outbox }: SendDeps,
  kind: MessageKind,
  sector: SectorNumber,
  make: () => Promise<Omit<OutgoingMessage, "uuid">>,
): Promise<string> {
  const message = await outbox.open(kind, sector, make);
  const { cid } = await chain.push(message);
  await outbox.sent(message.uuid, cid);
  return cid;
}
