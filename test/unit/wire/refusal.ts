import { expect } from "vitest";
import { PadmaError } from "../../../src/errors.ts";

/** The error that `action` throws; fails when it throws none, or one that padma did not mean. */
export function refusal(action: () => unknown): PadmaError {
  try {
    action();
  } catch (error) {
    if (error instanceof PadmaError) return error;
    throw error;
  }
  return expect.fail("expected a refusal, but it went through");
}
