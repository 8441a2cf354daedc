/**
 * The arrow of imports in src/, as data: lint (oxlint.config.ts) and test/unit/imports.test.ts read it.
 *
 *     bin → cli → app → steps → tasks, store, chain, storage, proofs → sealing → wire → errors, units
 *
 * The five siblings meet in `app`; a step and a sibling know another sibling by its interface, as a type.
 */
interface Layer {
  /** Layers whose code it may import. */
  readonly values: readonly string[];
  /** Layers of which it may import types only. */
  readonly types: readonly string[];
}

const BASE = ["errors", "units"];
const PURE = ["sealing", "wire", ...BASE];
const SIBLINGS = ["tasks", "store", "chain", "storage", "proofs"];
const PASSED_IN = ["config", "log"];
/** What is asked of the system everywhere; whoever does I/O may. */
const SYSTEM = ["process", "folders", "wal"];
const sibling: Layer = { values: [...SYSTEM, ...PURE], types: [...SIBLINGS, ...PASSED_IN] };

/** A layer is a folder of src/ or a single file of it, without the extension. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  cli: { values: ["app", "steps", ...SIBLINGS, ...PASSED_IN, ...SYSTEM, ...PURE], types: [] },
  app: { values: ["steps", ...SIBLINGS, ...PASSED_IN, ...SYSTEM, ...PURE], types: [] },
  steps: sibling,
  ...Object.fromEntries(SIBLINGS.map((name) => [name, sibling])),
  sealing: { values: ["wire", ...BASE], types: [] },
  wire: { values: BASE, types: [] },
  config: { values: ["wire", ...BASE], types: [] },
  log: { values: BASE, types: [] },
  process: { values: BASE, types: [] },
  folders: { values: BASE, types: [] },
  wal: { values: [], types: [] },
  units: { values: ["errors"], types: [] },
  errors: { values: [], types: ["units"] },
};

/** Layers that do no I/O at all: they import nothing of Node's own. */
export const PURE_LAYERS: readonly string[] = ["sealing", "wire", ...BASE];

/** Packages with a home: nothing outside it knows them. */
export const HOMES: readonly { packages: readonly string[]; homes: readonly string[] }[] = [
  { packages: ["node:sqlite", "kysely"], homes: ["src/store/", "src/chain/devnet/"] },
  { packages: ["ws"], homes: ["src/chain/lotus/", "src/chain/node/"] },
  { packages: ["cbor-x"], homes: ["src/wire/cbor.ts"] },
  { packages: ["jose"], homes: ["src/chain/node/"] },
  { packages: ["commander", "@commander-js/extra-typings", "chalk", "ora"], homes: ["src/cli/"] },
];
