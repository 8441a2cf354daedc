import { updateState } from "../../../app/sectors.ts";
import { PadmaError } from "../../../errors.ts";
import { isState, STATE_NAMES } from "../../../sealing/states.ts";
import { sectorNumber } from "../../../units.ts";
import type { Context } from "../../context.ts";

interface Input {
  readonly sector: number;
  readonly state: string;
  readonly reallyDoIt: boolean;
}

/** As in lotus, the flag is asked for before the state is looked at. */
export async function update(context: Context, { sector, state, reallyDoIt }: Input): Promise<void> {
  if (!reallyDoIt) throw onlyForAdvancedUsers(sector, state);
  if (!isState(state)) throw noSuchState(state);
  const status = await context.withApp((app) => updateState(app, sectorNumber(sector), state));
  context.output.data(status, () => `Sector ${sector}: ${status.state}`);
}

function onlyForAdvancedUsers(sector: number, state: string): PadmaError {
  return new PadmaError({
    code: "NOT_REALLY",
    kind: "user",
    message: "this is a command for advanced users, only use it if you are sure of what you are doing",
    next: `padma sectors update-state ${sector} ${state} --really-do-it`,
  });
}

function noSuchState(state: string): PadmaError {
  return new PadmaError({
    code: "STATE_UNKNOWN",
    kind: "user",
    message: `"${state}" is not a valid state`,
    facts: { "Possible states for sectors are": STATE_NAMES.join(", ") },
  });
}
