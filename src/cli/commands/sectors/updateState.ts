import { updateState } from "../../../app/sectors.ts";
import { PadmaError } from "../../../errors.ts";
import type { State } from "../../../sealing/sector.ts";
import { sectorNumber } from "../../../units.ts";
import type { Context } from "../../context.ts";

interface Input {
  readonly sector: number;
  readonly state: State;
  readonly reallyDoIt: boolean;
}

/** Prints nothing on success but a line on stderr, as lotus prints nothing. */
export async function update(context: Context, { sector, state, reallyDoIt }: Input): Promise<void> {
  if (!reallyDoIt) throw onlyForAdvancedUsers(sector, state);
  const status = await context.withApp((app) => updateState(app, sectorNumber(sector), state));
  context.output.data(status, () => `Sector ${sector}: ${status.state}`);
}

function onlyForAdvancedUsers(sector: number, state: State): PadmaError {
  return new PadmaError({
    code: "NOT_REALLY",
    kind: "failed",
    message: "this is a command for advanced users, only use it if you are sure of what you are doing",
    next: `padma sectors update-state ${sector} ${state} --really-do-it`,
  });
}
