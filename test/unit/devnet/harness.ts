import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type DevnetDeps, openDevnet, type Devnet } from "../../../src/chain/devnet/devnet.ts";
import { createDevnet } from "../../../src/chain/devnet/genesis.ts";
import type { DevnetChoices } from "../../../src/chain/devnet/parameters.ts";
import type { VerifyInput, Verifier } from "../../../src/proofs/prover.ts";
import { paddedSize } from "../../../src/units.ts";
import { ZERO_COMM_D_2KIB } from "./messages.ts";

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

/**
 * Stands for the native module where a test is about the chain's own rules: a proof is genuine when it is 192 bytes of
 * 7, and CommD is a table. It records what it was asked, so that a test can see where each input came from.
 */
export class ScriptedVerifier implements Verifier {
  readonly asked: VerifyInput[] = [];
  readonly commDs = new Map<string, string>();
  /** Set to make the next calls reject: a verifier that cannot run. */
  broken: Error | undefined;

  async verifySeal(input: VerifyInput): Promise<boolean> {
    this.asked.push(input);
    if (this.broken !== undefined) throw this.broken;
    return input.proof.length === 192 && input.proof.every((byte) => byte === 7);
  }

  async commD(_size: number, pieces: readonly { commP: string; size: number }[]): Promise<string> {
    if (pieces.length === 0) return ZERO_COMM_D_2KIB;
    return this.commDs.get(pieces.map((piece) => piece.commP).join()) ?? "ff".repeat(32);
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
  await createDevnet(path, { ...CHOICES, ...choices }, { now: clock.now });
  const reopen = () => {
    const chain = openDevnet(path, { now: clock.now, verifier, ...deps });
    onTestFinished(async () => chain.close());
    return chain;
  };
  return { chain: reopen(), clock, verifier, path, reopen };
}
