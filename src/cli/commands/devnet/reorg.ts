import { devnetReorg } from "../../../app/devnet.ts";
import type { Context } from "../../context.ts";

export async function reorg(context: Context, { depth }: { readonly depth: number }): Promise<void> {
  const done = await context.withApp((app) => devnetReorg(app, depth));
  context.output.data(done, () => renderReorg(done));
}

type Done = Awaited<ReturnType<typeof devnetReorg>>;

function renderReorg({ left, ancestor, head, returned }: Done): string {
  const line = ({ epoch, tipset }: Done["head"]): string => `${epoch} ${tipset.join(" ")}`;
  return [
    `Left:\t\t${line(left)}`,
    `Ancestor:\t${line(ancestor)}`,
    `Head:\t\t${line(head)}`,
    `In the pool again:\t${returned} messages`,
  ].join("\n");
}
