/** `padma auth …`: who may do what at the node that `devnet serve` makes of the repo. */
import { PERMISSIONS } from "../../chain/node/permissions.ts";
import { command, value } from "../command.ts";
import { oneOf } from "../parse.ts";

const PERMISSION = value(
  "--perm <permission>",
  "read, write, sign or admin; each includes those before it",
  oneOf(...PERMISSIONS),
);

export const authCreateToken = command({
  path: ["auth", "create-token"],
  summary: "print a token for the node of this repo",
  description: "A token is good until the repo's node-secret file is removed; that ends all of them.",
  options: { perm: PERMISSION },
  examples: [{ line: "padma auth create-token --perm sign", about: "enough to seal with" }],
  load: async () => (await import("./auth/createToken.ts")).createToken,
});

export const authApiInfo = command({
  path: ["auth", "api-info"],
  summary: "print how to reach the node of this repo: address and token",
  options: { perm: PERMISSION },
  examples: [
    {
      line: "export $(padma auth api-info --perm sign)",
      about: "for every padma and lotus command of this shell",
    },
  ],
  load: async () => (await import("./auth/apiInfo.ts")).showApiInfo,
});
