import { epoch, type Epoch } from "../../../units.ts";
import { type CronEntry, numberOf, ranges, slots } from "../slots.ts";
import type { State } from "../state.ts";

/** Something falls due at the end of an epoch. */
export function addCron(state: State, at: Epoch, entry: CronEntry): void {
  state.set(slots.cron(at), [...(state.get(slots.cron(at)) ?? []), entry]);
}

/** Takes out what falls due after `after`, up to and with `until`, in order. */
export function takeDue(state: State, after: Epoch, until: Epoch): readonly CronEntry[] {
  const range = ranges.cron(after, until);
  return state.keys(range.first, range.end).flatMap((key) => {
    const slot = slots.cron(epoch(numberOf(key)));
    const entries = state.get(slot) ?? [];
    state.delete(slot);
    return entries;
  });
}
