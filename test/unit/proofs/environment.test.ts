import { expect, it } from "vitest";
import { cacheFolder, childEnvironment } from "../../../src/proofs/environment.ts";

const SETTINGS = { parentsDir: "/parents", parametersDir: "/parameters" };

it("sets the library's settings itself and inherits none of them", () => {
  const env = childEnvironment(
    {
      PATH: "/bin",
      FIL_PROOFS_VERIFY_CACHE: "true",
      FIL_PROOFS_UNKNOWN: "1",
      RAYON_NUM_THREADS: "7",
      RUST_LOG: "trace",
    },
    SETTINGS,
  );
  expect(env).toMatchObject({
    PATH: "/bin",
    FIL_PROOFS_VERIFY_CACHE: "false",
    FIL_PROOFS_PARENT_CACHE: "/parents",
    FIL_PROOFS_PARAMETER_CACHE: "/parameters",
  });
  expect(Object.keys(env).filter((name) => /UNKNOWN|RAYON|RUST_LOG/.test(name))).toEqual([]);
});

it("limits both of the library's thread pools", () => {
  expect(childEnvironment({}, { ...SETTINGS, threads: 3 })).toMatchObject({
    RAYON_NUM_THREADS: "3",
    EC_GPU_NUM_THREADS: "3",
  });
});

it("finds the cache folder as the build does", () => {
  expect(cacheFolder({ PADMA_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/c");
  expect(cacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/x/padma");
  expect(cacheFolder({ HOME: "/h" })).toBe("/h/.cache/padma");
  expect(cacheFolder({ PADMA_CACHE: "", XDG_CACHE_HOME: "", HOME: "/h" })).toBe("/h/.cache/padma");
});
