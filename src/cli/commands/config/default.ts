import { defaultConfigToml, loadConfig } from "../../../config/config.ts";
import type { Context } from "../../context.ts";

/** JSON has no comments: with --json the defaults alone. */
export async function showDefault({ output }: Context): Promise<void> {
  output.data(loadConfig(null, {}), () => defaultConfigToml());
}
