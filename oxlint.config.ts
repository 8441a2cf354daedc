import { defineConfig, type OxlintOverride } from "oxlint";
import { HOMES, LAYERS, PURE_LAYERS } from "./tools/arrow.ts";

const homed = HOMES.flatMap(({ packages, homes }) => packages.map((name) => ({ name, homes })));

/** Import paths that lead to a layer, from up to three folders below src/. */
const pathsTo = (layer: string) =>
  ["..", "../..", "../../.."].flatMap((up) => [`${up}/${layer}/**`, `${up}/${layer}.ts`]);

function refuse(layers: readonly string[], message: string, allowTypeImports: boolean) {
  return layers.length === 0 ? [] : [{ group: layers.flatMap(pathsTo), message, allowTypeImports }];
}

/** Packages whose home is elsewhere. */
function strangers(place: string) {
  return homed
    .filter(({ homes }) => !homes.some((home) => place.startsWith(home)))
    .map(({ name, homes }) => ({
      group: [name, `${name}/*`],
      message: `Only ${homes.join(" and ")} may import it.`,
    }));
}

/** The rule for a place in src/: what the arrow refuses there, and packages whose home is elsewhere. */
function imports(layer: string, place: string): NonNullable<OxlintOverride["rules"]> {
  const { values, types } = LAYERS[layer] ?? { values: [], types: [] };
  const others = Object.keys(LAYERS).filter((name) => name !== layer && !values.includes(name));
  const never = others.filter((name) => !types.includes(name));
  const typesOnly = others.filter((name) => types.includes(name));
  const patterns = [
    ...refuse(never, "The arrow of imports does not go this way (tools/arrow.ts).", false),
    ...refuse(typesOnly, "Only its types: `import type` (tools/arrow.ts).", true),
    ...strangers(place),
    ...(PURE_LAYERS.includes(layer) ? [{ group: ["node:*"], message: "This layer is pure." }] : []),
  ];
  return { "no-restricted-imports": ["error", { patterns }] };
}

const layers = Object.keys(LAYERS).map((layer) => ({
  files: [`src/${layer}/**`, `src/${layer}.ts`],
  rules: imports(layer, `src/${layer}/`),
}));

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "promise", "vitest"],
  categories: { correctness: "error", suspicious: "error" },
  env: { node: true, es2024: true },
  ignorePatterns: ["dist", "/native", "crates", "test/fixtures"],
  rules: {
    eqeqeq: "error",
    "no-console": "error",
    "no-var": "error",
    "prefer-const": "error",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "typescript/consistent-type-imports": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/only-throw-error": ["error", { allowRethrowing: true, allowThrowingUnknown: true }],
    "typescript/return-await": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "unicorn/prefer-node-protocol": "error",
    "no-shadow": "off",
    // Matters of taste.
    "import/no-named-as-default-member": "off",
    "promise/always-return": "off",
    "promise/no-promise-in-callback": "off",
    "unicorn/consistent-function-scoping": "off",
    "unicorn/no-array-reverse": "off",
    "unicorn/no-array-sort": "off",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
    "vitest/expect-expect": ["error", { assertFunctionNames: ["expect", "expect*", "fc.assert"] }],
    "vitest/no-conditional-expect": "off",
    "vitest/no-conditional-tests": "off",
    // tsc does it better: an exhaustive switch that returns everywhere needs no return after it.
    "typescript/consistent-return": "off",
    // A branded type (units.ts) is made by an assertion, and loses its brand under a minus sign.
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/no-unsafe-unary-minus": "off",
  },
  overrides: [
    ...layers,
    // Some places are the home of a package inside a layer.
    { files: ["src/chain/devnet/**"], rules: imports("chain", "src/chain/devnet/") },
    { files: ["src/chain/lotus/**"], rules: imports("chain", "src/chain/lotus/") },
    { files: ["src/chain/node/**"], rules: imports("chain", "src/chain/node/") },
    { files: ["src/wire/cbor.ts"], rules: imports("wire", "src/wire/cbor.ts") },
    { files: ["src/cli/**"], rules: { "no-console": "off" } },
    {
      files: ["test/**"],
      rules: { "vitest/no-disabled-tests": "error", "vitest/no-focused-tests": "error" },
    },
    { files: ["*.config.ts"], rules: { "import/no-default-export": "off" } },
  ],
});
