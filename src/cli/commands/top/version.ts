import { version, type VersionView } from "../../../app/version.ts";
import type { Context } from "../../context.ts";

export async function showVersion({ output }: Context): Promise<void> {
  const view = version();
  output.data(view, () => renderVersion(view));
}

export function renderVersion({ padma, node, native, cpu }: VersionView): string {
  const about = Object.entries(native).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(" ") : String(value)}`,
  );
  return [`padma\t${padma}`, `node\t${node}`, `native\t${about.join(", ")}`, `cpu\t${cpu}`].join("\n");
}
