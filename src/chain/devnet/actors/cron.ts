import { epoch, type Epoch } from "../../../units.ts";
import { type CronEntry, numberOf, ranges, slots } from "../slots.ts";
import type { State, StateRows } from "../state.ts";

/** Something falls due at the end of an epoch. */
export function addCron(state: State, at: Epoch, entry: CronEntry): void {
  state.set(slots.cron(at), [...(state.get(slots.cron(at)) ?? []), entry]);
}

/** What was to fall due at an epoch no longer matters. */
export function removeCron(state: State, at: Epoch, entry: CronEntry): void {
  const same = (one: CronEntry) => one.kind === entry.kind && one.subject === entry.subject;
  const rest = (state.get(slots.cron(at)) ?? []).filter((one) => !same(one));
  if (rest.length === 0) state.delete(slots.cron(at));
  else state.set(slots.cron(at), rest);
}

/** The first epoch after `after`, up to and with `until`, at which something falls due. */
export function firstDue(rows: StateRows, after: Epoch, until: Epoch): Epoch | undefined {
  const { first, end } = ranges.cron(after, until);
  const [key] = rows.keys(first, end);
  return key === undefined ? undefined : epoch(numberOf(key));
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
