import { devnetAdvance } from "../../../app/devnet.ts";
import type { Context } from "../../context.ts";

export async function advance(context: Context, { epochs }: { readonly epochs: number }): Promise<void> {
  const head = await context.withApp((app) => devnetAdvance(app, epochs));
  context.output.data(head, () => `Head: ${head.epoch}`);
}
