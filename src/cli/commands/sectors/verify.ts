import { verifySectors } from "../../../app/verifySectors.ts";
import type { CheckedFile, SectorCheck } from "../../../app/views.ts";
import { PadmaError } from "../../../errors.ts";
import { formatDuration, sectorNumber } from "../../../units.ts";
import type { Context } from "../../context.ts";
import type { Palette } from "../../output.ts";
import { startSpinner } from "../../spinner.ts";

interface Input {
  readonly sector: number | null;
  readonly deep: boolean;
}

/** The report is printed in any case; then the command fails if a sector is damaged. */
export async function verify(context: Context, { sector, deep }: Input): Promise<void> {
  const started = Date.now();
  let now: number | null = null;
  const spinner = await startSpinner(context.output, () => {
    const which = now === null ? "" : `sector ${now}  `;
    return `${which}${formatDuration(Date.now() - started)}`;
  });
  try {
    const checks = await context.withApp((app) =>
      verifySectors(app, {
        sector: sector === null ? null : sectorNumber(sector),
        deep,
        signal: context.stopSignal(),
        onSector: (number) => (now = number),
      }),
    );
    context.output.data(checks, (paint) => renderChecks(checks, paint));
    const damaged = checks.filter(({ ok }) => !ok);
    if (damaged.length > 0) throw damagedError(damaged);
  } finally {
    spinner.stop();
  }
}

/** A line a sector, and under it one for each part that is not as it should be. */
export function renderChecks(checks: readonly SectorCheck[], paint: Palette): string {
  if (checks.length === 0) return "no sectors";
  return checks.flatMap((check) => [headline(check, paint), ...complaints(check, paint)]).join("\n");
}

function headline({ sector, state, ok, deep, files }: SectorCheck, { green, red }: Palette): string {
  const right = files.filter((file) => file.state === "right").map(({ part }) => part);
  const how = deep ? "hashed again" : "lengths and roots";
  const verdict = ok ? green("ok") : red("DAMAGED");
  return `Sector ${sector} (${state}): ${verdict}, ${how}: ${right.length === 0 ? "nothing" : right.join(", ")}`;
}

function complaints({ files }: SectorCheck, { red }: Palette): string[] {
  const line = ({ part, state, detail }: CheckedFile): string =>
    red(`  ${part}: ${state === "missing" ? "missing" : (detail ?? "wrong")}`);
  return files.filter(({ state }) => state === "wrong" || state === "missing").map(line);
}

function damagedError(damaged: readonly SectorCheck[]): PadmaError {
  return new PadmaError({
    code: "SECTOR_DAMAGED",
    message:
      damaged.length === 1 ? "a sector's files are damaged" : `${damaged.length} sectors' files are damaged`,
    facts: { sectors: damaged.map(({ sector }) => sector).join(", ") },
    next: "with its data whole, `padma sectors update-state N Unsealed --really-do-it` seals it again; docs/storage.md says what each file is for",
  });
}
