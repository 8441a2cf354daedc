import { apiInfo } from "../../../app/nodeAccess.ts";
import type { Permission } from "../../../chain/node/permissions.ts";
import type { Context } from "../../context.ts";
import { requiredPermission } from "./permission.ts";

/** As `lotus auth api-info` prints it. */
export async function showApiInfo(
  context: Context,
  { perm }: { readonly perm: Permission | null },
): Promise<void> {
  const permission = requiredPermission(perm);
  const found = await context.withApp((app) => apiInfo(app, permission));
  if (!found.served) {
    context.output.notice("no node serves this repo now: the address is the default of `padma devnet serve`");
  }
  const variable = `FULLNODE_API_INFO=${found.value}`;
  context.output.data({ ...found, permission, variable }, () => variable);
}
