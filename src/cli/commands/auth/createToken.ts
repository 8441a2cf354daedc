import { repoToken } from "../../../app/nodeAccess.ts";
import type { Permission } from "../../../chain/node/permissions.ts";
import type { Context } from "../../context.ts";
import { requiredPermission } from "./permission.ts";

export async function createToken(
  context: Context,
  { perm }: { readonly perm: Permission | null },
): Promise<void> {
  const permission = requiredPermission(perm);
  const token = await context.withApp((app) => repoToken(app, permission));
  context.output.data({ token, permission }, () => token);
}
