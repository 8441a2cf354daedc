import { configToml, withoutSecrets } from "../../../config/config.ts";
import type { Context } from "../../context.ts";

export async function show(context: Context): Promise<void> {
  const config = await context.withApp(async (app) => withoutSecrets(app.config));
  context.output.data(config, () => configToml(config));
}
