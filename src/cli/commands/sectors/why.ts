import type { Why } from "../../../app/views.ts";
import { why } from "../../../app/why.ts";
import { sectorNumber } from "../../../units.ts";
import type { Context } from "../../context.ts";
import { isoSeconds, longDuration } from "../../format.ts";

export async function showWhy(context: Context, { sector }: { readonly sector: number }): Promise<void> {
  const found = await context.withApp((app) => why(app, sectorNumber(sector)));
  context.output.data(found, () => renderWhy(found, Date.now()));
}

/** One line; `--json` has every fact by itself. */
export function renderWhy({ sector, state, step, reason, nextTryAt, status }: Why, now: number): string {
  const place = step === null ? state : `${state} · ${step}`;
  const next = status === "waiting" && nextTryAt !== null ? `; ${nextTry(nextTryAt, now)}` : "";
  return `Sector ${sector} (${place}): ${reason}${next}`;
}

function nextTry(at: number, now: number): string {
  const seconds = Math.ceil((at - now) / 1000);
  return seconds > 0
    ? `looked at again in ${longDuration(seconds * 1000)} (${isoSeconds(at)} UTC)`
    : "due now";
}
