import { type Plugin, build } from "esbuild";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { HOMES, LAYERS, PURE_LAYERS } from "../../tools/arrow.ts";

const root = path.join(import.meta.dirname, "../..");
const modules = globSync("src/**/*.ts", { cwd: root }).toSorted();

/** One import: a file of src/ on the left, a file of src/ or a package on the right. */
interface Edge {
  from: string;
  to: string;
}

/** Where a specifier in a file leads: a path from the top folder, or the package as written. */
function target(from: string, specifier: string): string {
  return specifier.startsWith(".") ? path.posix.join(path.posix.dirname(from), specifier) : specifier;
}

/** What remains at run time, as esbuild's parser sees it: import, export … from, import() and require(). */
async function valueEdges(): Promise<Edge[]> {
  const edges: Edge[] = [];
  const note: Plugin = {
    name: "note every import, follow none",
    setup(bundler) {
      bundler.onResolve({ filter: /.*/ }, ({ kind, importer, path: specifier }) => {
        if (kind === "entry-point") return undefined;
        const from = path.relative(root, importer);
        edges.push({ from, to: target(from, specifier) });
        return { path: specifier, external: true };
      });
    },
  };
  await build({
    absWorkingDir: root,
    entryPoints: modules,
    outdir: "unused",
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    plugins: [note],
    logLevel: "silent",
  });
  return edges;
}

/** Every import that is written, types too. Comments that quote one are dropped first. */
function writtenEdges(from: string): Edge[] {
  const text = readFileSync(path.join(root, from), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const specifier = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+)["']/g;
  return [...text.matchAll(specifier)].map(([, written = ""]) => ({
    from,
    to: target(from, written),
  }));
}

/** "src/chain/devnet/clock.ts" → "chain", "src/units.ts" → "units"; a package has no layer. */
function layerOf(file: string): string | undefined {
  return /^src\/([^/.]+)/.exec(file)?.[1];
}

/** The edges that lead to a layer which `reachable` does not name. */
function against(edges: Edge[], reachable: (layer: string) => readonly string[]): string[] {
  return edges
    .filter(({ from, to }) => {
      const [here, there] = [layerOf(from) ?? "", layerOf(to)];
      return there !== undefined && there !== here && !reachable(here).includes(there);
    })
    .map(({ from, to }) => `${from} → ${to}`);
}

const values = (layer: string): readonly string[] => LAYERS[layer]?.values ?? [];
const valuesAndTypes = (layer: string): readonly string[] => [
  ...values(layer),
  ...(LAYERS[layer]?.types ?? []),
];

describe("imports in src/", () => {
  let runtime: Edge[] = [];
  let written: Edge[] = [];

  beforeAll(async () => {
    runtime = await valueEdges();
    written = modules.flatMap(writtenEdges);
  });

  it("are read from every module, by two readers that agree", () => {
    expect(modules.length).toBeGreaterThan(10);
    expect(runtime.length).toBeGreaterThan(10);
    const seen = new Set(written.map(({ from, to }) => `${from} → ${to}`));
    expect(runtime.map(({ from, to }) => `${from} → ${to}`).filter((edge) => !seen.has(edge))).toEqual([]);
  });

  it("leave no folder without a place on the arrow", () => {
    const layers = new Set(modules.map(layerOf));
    expect([...layers].filter((layer) => layer === undefined || !(layer in LAYERS))).toEqual([]);
  });

  it("follow the arrow with what runs", () => {
    expect(against(runtime, values)).toEqual([]);
  });

  it("follow the arrow with types", () => {
    expect(against(written, valuesAndTypes)).toEqual([]);
  });

  it.each(HOMES)("keep $packages at home", ({ packages, homes }) => {
    const away = written
      .filter(({ to }) => packages.some((name) => to === name || to.startsWith(`${name}/`)))
      .filter(({ from }) => !homes.some((home) => from.startsWith(home)));
    expect(away).toEqual([]);
  });

  it("take nothing of Node into the pure layers", () => {
    const impure = written.filter(
      ({ from, to }) => PURE_LAYERS.includes(layerOf(from) ?? "") && to.startsWith("node:"),
    );
    expect(impure).toEqual([]);
  });
});

describe("the arrow itself", () => {
  it("has no way back: what a layer imports never imports that layer", () => {
    const reach = (layer: string): string[] => values(layer).flatMap((next) => [next, ...reach(next)]);
    const circles = Object.keys(LAYERS).filter((layer) => reach(layer).includes(layer));
    expect(circles).toEqual([]);
  });

  it("is enforced on imports that turn back", () => {
    const turned = [{ from: "src/store/a.ts", to: "src/app/b.ts" }];
    expect(against(turned, valuesAndTypes)).toEqual(["src/store/a.ts → src/app/b.ts"]);
  });

  it("lets a sibling see another one's types and nothing else", () => {
    const sideways = [{ from: "src/tasks/a.ts", to: "src/store/b.ts" }];
    expect(against(sideways, valuesAndTypes)).toEqual([]);
    expect(against(sideways, values)).toHaveLength(1);
  });
});
