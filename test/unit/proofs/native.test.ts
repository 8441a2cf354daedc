import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadNative, loadNativeFrom, nativeCall, nativeFolder } from "../../../src/proofs/native.ts";

const HERE = await readFile("/proc/cpuinfo", "utf8");

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "padma-native-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

const builtFor = (cpu: object): string =>
  JSON.stringify({ arch: process.arch, portable: false, flags: [], ...cpu });

it("loads the module that the build installed", () => {
  expect(loadNative().proofInfo(2048)).toMatchObject({ proofType: 5, proofBytes: 192, layers: 2 });
  expect(nativeFolder()).toMatch(/\/native$/);
});

it("says how to build a module that is missing", async () => {
  const folder = await folderWith({});
  expect(() => loadNativeFrom(folder, HERE)).toThrow(
    expect.objectContaining({
      code: "NATIVE_MISSING",
      kind: "user",
      next: expect.stringContaining("npm run build"),
      facts: { path: join(folder, "padma-node.node") },
    }),
  );
});

describe("a module built for another CPU", () => {
  it("is refused before it is loaded, with the instruction sets that are missing here", async () => {
    const cpu = builtFor({ flags: ["sse2", "avx1024", "sha9"] });
    const folder = await folderWith({ "padma-node.node": "never loaded", "cpu.json": cpu });
    expect(() => loadNativeFrom(folder, `flags\t\t: fpu sse2 avx\n`)).toThrow(
      expect.objectContaining({
        code: "NATIVE_WRONG_CPU",
        kind: "user",
        facts: expect.objectContaining({ missing: "avx1024 sha9" }),
      }),
    );
  });

  it("is refused when it is of another architecture, or nobody knows of which", async () => {
    const other = await folderWith({ "padma-node.node": "", "cpu.json": builtFor({ arch: "riscv64" }) });
    expect(() => loadNativeFrom(other, HERE)).toThrow(expect.objectContaining({ code: "NATIVE_WRONG_CPU" }));
    const unknown = await folderWith({ "padma-node.node": "" });
    expect(() => loadNativeFrom(unknown, HERE)).toThrow(
      expect.objectContaining({ code: "NATIVE_WRONG_CPU" }),
    );
  });

  it("is loaded when it was built for any CPU", async () => {
    const folder = await folderWith({ "cpu.json": builtFor({ portable: true, flags: ["avx1024"] }) });
    await copyFile(join(nativeFolder(), "padma-node.node"), join(folder, "padma-node.node"));
    expect(loadNativeFrom(folder, HERE).proofInfo(2048).proofType).toBe(5);
  });
});

it("keeps the loader's words about a file that is no module", async () => {
  const folder = await folderWith({ "padma-node.node": "not a library", "cpu.json": builtFor({}) });
  expect(() => loadNativeFrom(folder, HERE)).toThrow(
    expect.objectContaining({
      code: "NATIVE_UNLOADABLE",
      facts: expect.objectContaining({ reason: expect.stringMatching(/invalid ELF header|too short/) }),
    }),
  );
});

it("keeps the crate's code and facts on the synchronous and the asynchronous path", async () => {
  const native = loadNative();
  await expect(nativeCall(() => native.proofInfo(4096))).rejects.toMatchObject({ code: "PROOF_BAD_INPUT" });
  const missing = nativeCall(() => native.digestFile("/no/such/file"));
  await expect(missing).rejects.toMatchObject({
    name: "PadmaError",
    code: "PROOF_IO",
    facts: { path: "/no/such/file", errno: "2" },
  });
});
