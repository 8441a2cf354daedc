/** Who may call what: lotus's four permissions, in JSON web tokens (HS256) that the repo's secret signs. */
import { errors, jwtVerify, SignJWT } from "jose";
import { PadmaError } from "../../errors.ts";

/** Each includes those before it. */
export const PERMISSIONS = ["read", "write", "sign", "admin"] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What a caller without a token may do, as on a lotus node. */
export const ANYBODY: readonly Permission[] = ["read"];

const isPermission = (value: unknown): value is Permission => PERMISSIONS.some((one) => one === value);

/** A permission and those below it: what `auth create-token --perm` gives. */
export const permissionsUpTo = (most: Permission): readonly Permission[] =>
  PERMISSIONS.slice(0, PERMISSIONS.indexOf(most) + 1);

/** A token for the permissions. It never expires: who wants it back makes a new secret. `secret`: 32 bytes. */
export async function createToken(secret: Uint8Array, permissions: readonly Permission[]): Promise<string> {
  return new SignJWT({ Allow: permissions }).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(secret);
}

/**
 * The permissions that a token gives.
 * @throws PadmaError NODE_TOKEN for a token that this secret did not sign.
 */
export async function permissionsOf(secret: Uint8Array, token: string): Promise<readonly Permission[]> {
  try {
    const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
    const allowed: unknown = payload["Allow"];
    return Array.isArray(allowed) ? allowed.filter(isPermission) : [];
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new PadmaError({ code: "NODE_TOKEN", message: "the token is none of this node", cause });
  }
}
