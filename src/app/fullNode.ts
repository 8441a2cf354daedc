import type { Config } from "../config/config.ts";
import { PadmaError } from "../errors.ts";

/**
 * Where the Lotus nodes are: the environment as lotus's own programs read it, else the configuration.
 * @throws NODE_UNKNOWN
 */
export function fullNodeApiInfo(
  env: Readonly<Record<string, string | undefined>>,
  { network }: Pick<Config, "network">,
): string {
  const found = env["FULLNODE_API_INFO"] || network.apiInfo;
  if (found) return found;
  throw new PadmaError({
    code: "NODE_UNKNOWN",
    kind: "user",
    message: "nothing says where the Lotus node is",
    next: "set FULLNODE_API_INFO to what `lotus auth api-info --perm sign` prints, or network.api_info in config.toml",
  });
}
