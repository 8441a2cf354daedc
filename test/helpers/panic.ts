/** Proves with settings that the library cannot read; prints what came out. */
import { writeFile } from "node:fs/promises";
import { argv, stdout } from "node:process";
import { loadNative } from "../../src/proofs/native.ts";

const native = loadNative();
const SIZE = 2048;
const zeros = new Uint8Array(32);
const values = { proverId: native.proverId(1000), ticket: zeros, seed: zeros, commR: zeros, commD: zeros };
const claim = { ...values, sectorSize: SIZE, sectorNumber: 1, c1Output: `${argv[2] ?? "."}/c1` };

/** The library reads its settings from the current folder when it first needs one, and panics over a broken file. */
await writeFile("rust-fil-proofs.config.toml", "no settings");
const error: unknown = await native.c2([claim]).catch((cause: unknown) => cause);
const code = error instanceof Error && "code" in error ? error.code : undefined;
const { proofType } = native.proofInfo(SIZE);
stdout.write(JSON.stringify({ code, isError: error instanceof Error, proofType }));
