import type { NetworkInfo } from "../chain/chain.ts";
import { PadmaError } from "../errors.ts";
import { EPOCHS_IN_DAY } from "../units.ts";

/** How long a sector must last after its latest proof, and how far its end may be from now (builtin-actors, policy). */
const MIN_EXPIRATION = 180 * EPOCHS_IN_DAY;
const MAX_EXTENSION = 1278 * EPOCHS_IN_DAY;
/**
 * A precommit with another lifetime would be refused, after the hours of sealing.
 * @throws LIFETIME_NOT_ALLOWED
 */
export function requireLifetime(
  { maxProveCommitDuration }: Pick<NetworkInfo, "maxProveCommitDuration">,
  lifetime: number,
): void {
  const [least, most] = [maxProveCommitDuration + MIN_EXPIRATION, MAX_EXTENSION];
  if (lifetime > least && lifetime <= most) return;
  throw new PadmaError({
    code: "LIFETIME_NOT_ALLOWED",
    kind: "user",
    message: "the network would refuse sectors with this lifetime",
    facts: { lifetimeEpochs: lifetime, "from epochs": least + 1, "to epochs": most },
    next: "correct sealing.lifetime_epochs in config.toml",
  });
}
