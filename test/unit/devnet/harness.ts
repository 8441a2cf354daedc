import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type DevnetDeps, openDevnet, type Devnet } from "../../../src/chain/devnet/devnet.ts";
import { createDevnet } from "../../../src/chain/devnet/genesis.ts";
import type { DevnetChoices } from "../../../src/chain/devnet/parameters.ts";
import { createSignatures } from "../../../src/proofs/signatures.ts";
import { paddedSize } from "../../../src/units.ts";
import { ScriptedVerifier } from "./scriptedVerifier.ts";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "padma-devnet-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Wall time that only the test moves. */
export class TestClock {
  ms = 1_800_000_000_000;
  readonly now = (): number => this.ms;
  pass(ms: number): void {
    this.ms += ms;
  }
}

export interface TestDevnet {
  readonly chain: Devnet;
  readonly clock: TestClock;
  readonly verifier: ScriptedVerifier;
  readonly path: string;
  /** Another opener of the same file, as another process would be. */
  readonly reopen: () => Devnet;
}

/** The native module's, as everywhere: what it checks here was signed by other code (`test/helpers/curves.ts`). */
export const signatures = createSignatures();

export const CHOICES: DevnetChoices = {
  sectorSize: paddedSize(2048),
  verifyingKey: new Uint8Array(16).fill(9),
};

export async function testDevnet(
  choices: Partial<DevnetChoices> = {},
  deps: Partial<DevnetDeps> = {},
): Promise<TestDevnet> {
  const clock = new TestClock();
  const verifier = new ScriptedVerifier();
  const path = join(temporaryFolder(), "devnet.db");
  await createDevnet(path, { ...CHOICES, ...choices }, { now: clock.now, signatures });
  const reopen = () => {
    const chain = openDevnet(path, { now: clock.now, verifier, signatures, ...deps });
    onTestFinished(async () => chain.close());
    return chain;
  };
  return { chain: reopen(), clock, verifier, path, reopen };
}
