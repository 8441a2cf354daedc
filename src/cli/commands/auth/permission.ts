import { type Permission, PERMISSIONS } from "../../../chain/node/permissions.ts";
import { PadmaError } from "../../../errors.ts";

/** The permission that was asked for: it is never guessed. */
export function requiredPermission(perm: Permission | null): Permission {
  if (perm !== null) return perm;
  throw new PadmaError({
    code: "USAGE",
    kind: "user",
    message: "which permission is not said",
    next: `add --perm with one of ${PERMISSIONS.join(", ")}`,
  });
}
