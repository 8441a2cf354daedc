/** `padma sectors verify` over real sectors: nothing is wrong with a whole one, and damage is named. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { App } from "../../src/app/open.ts";
import { pledge, type PledgeOptions } from "../../src/app/pledge.ts";
import { verifySectors } from "../../src/app/verifySectors.ts";
import type { CheckedFile } from "../../src/app/views.ts";
import { renderChecks } from "../../src/cli/commands/sectors/verify.ts";
import { PLAIN } from "../../src/cli/output.ts";
import { getSector } from "../../src/store/getSector.ts";
import type { SectorNumber } from "../../src/units.ts";
import { driveTo, driveToEnd, testApp } from "../helpers/repo.ts";

const CC: PledgeOptions = { count: 1, data: { kind: "zeros" }, deal: "none", maxSealing: null };
const DATA: PledgeOptions = { ...CC, data: { kind: "random" } };

async function pledgeOne(app: App, options: PledgeOptions): Promise<SectorNumber> {
  const [number] = (await pledge(app, options)).sectors;
  if (number === undefined) throw new Error("nothing was pledged");
  return number;
}

const verify = (app: App, deep: boolean) =>
  verifySectors(app, { sector: null, deep, signal: new AbortController().signal, onSector: () => {} });

/** The parts in a state. */
const parts = (files: readonly CheckedFile[], state: CheckedFile["state"]): string[] =>
  files.filter((file) => file.state === state).map(({ part }) => part);

/** What is said to be wrong. */
const wrong = (files: readonly CheckedFile[]): readonly CheckedFile[] =>
  files.filter(({ state }) => state !== "right" && state !== "absent");

/** Changes a byte in the middle. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const place = Math.floor(bytes.length / 2);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

it("a sector is right at every place on its way, and after Finalize", { timeout: 60_000 }, async () => {
  const app = await testApp();
  expect(await verify(app, true)).toEqual([]);
  const number = await pledgeOne(app, CC);
  expect(await verify(app, true)).toMatchObject([{ sector: number, state: "Incoming", ok: true }]);
  await driveTo(app, number, "Unsealed", "PC1");
  expect((await verify(app, true)).map(({ files }) => parts(files, "right"))).toEqual([["unsealed"]]);
  await driveTo(app, number, "Committing", "C1");
  const [opened] = await verify(app, true);
  expect(opened).toMatchObject({ ok: true, deep: true });
  expect(parts(opened?.files ?? [], "right")).toHaveLength(9);
  // The driver stops at Proving: a Finalize that had begun is cut, before or after it dropped the zeros.
  await driveToEnd(app, number);
  const [cut] = await verify(app, true);
  expect(wrong(cut?.files ?? [])).toEqual([]);
  expect(cut?.ok).toBe(true);
  await app.storage.dropUnsealed(await getSector(app.store, number));
  expect(await verify(app, true)).toMatchObject([{ state: "Proving", ok: true }]);
});

it("what is missing or changed is named, and the command fails over it", { timeout: 60_000 }, async () => {
  const app = await testApp();
  const number = await pledgeOne(app, DATA);
  await driveTo(app, number, "Committing", "C1");
  const { sealed, cache } = app.storage.paths(await getSector(app.store, number));
  damage(sealed);
  expect(await verify(app, false)).toMatchObject([{ ok: true }]);
  rmSync(join(cache, "sc-02-data-tree-c.dat"));
  const checks = await verify(app, true);
  const files = checks[0]?.files ?? [];
  expect(checks).toMatchObject([{ sector: number, ok: false }]);
  expect(parts(files, "wrong")).toEqual(["tree-r-last", "decoded"]);
  expect(parts(files, "missing")).toEqual(["tree-c"]);
  const shown = renderChecks(checks, PLAIN).replaceAll(/\/\S+\//g, "…/");
  expect(shown.split("\n")[0]).toBe(
    `Sector ${number} (Committing): DAMAGED, hashed again: unsealed, sealed, p_aux, t_aux, tree-d, layers`,
  );
  expect(shown).toContain("tree-c: missing");
  expect(shown).toContain("tree-r-last: …/sc-02-data-tree-r-last.dat: node 0 of row 2");
});
