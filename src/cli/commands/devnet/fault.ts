import { clearFaults, listFaults, orderFault } from "../../../app/devnet.ts";
import type { Fault, StoredFault } from "../../../chain/chain.ts";
import { PadmaError } from "../../../errors.ts";
import type { Body } from "../../command.ts";
import type { Context } from "../../context.ts";

/** The body of a command that orders the fault which its values describe. */
export function ordering<Input>(make: (input: Input) => Fault): Body<Input> {
  return async (context, input) => {
    const fault = make(input);
    if ("count" in fault && fault.message === "publish" && fault.sector !== null) throw namesNoSector();
    const ordered = await context.withApp((app) => orderFault(app, fault));
    context.output.data(ordered, () => line(ordered));
  };
}

export async function list(context: Context): Promise<void> {
  const faults = await context.withApp(listFaults);
  context.output.data(faults, () => faults.map(line).join("\n"));
}

export async function clear(context: Context, { id }: { readonly id: number | null }): Promise<void> {
  const cleared = await context.withApp((app) => clearFaults(app, id));
  context.output.data(cleared, () => cleared.map(line).join("\n"));
}

const line = ({ id, does }: StoredFault): string => `${id}\t${does}`;

function namesNoSector(): PadmaError {
  return new PadmaError({
    code: "USAGE",
    kind: "user",
    message: "a publish message names no sector",
    next: "leave --sector out: the next publish message is meant",
  });
}
