/** Which failure event a step's error becomes, and with it which failure state it leads to. */
import type { PadmaError } from "../errors.ts";
import type { SectorEvent } from "./events.ts";
import type { Failure, Step } from "./sector.ts";

type FailureEvent = Extract<SectorEvent, { failure: Failure }>;

const FAILURE_EVENT = {
  CommP: "SectorAddPieceFailed",
  PublishDeals: "SectorAddPieceFailed",
  AwaitDeals: "SectorAddPieceFailed",
  AddPiece: "SectorAddPieceFailed",
  Ticket: "SectorSealPreCommit1Failed",
  PC1: "SectorSealPreCommit1Failed",
  PC2: "SectorSealPreCommit2Failed",
  SendPreCommit: "SectorChainPreCommitFailed",
  AwaitPreCommit: "SectorChainPreCommitFailed",
  AwaitSeed: "SectorChainPreCommitFailed",
  C1: "SectorComputeProofFailed",
  C2: "SectorComputeProofFailed",
  SendCommit: "SectorCommitFailed",
  AwaitCommit: "SectorCommitFailed",
} as const satisfies Partial<Record<Step, FailureEvent["kind"]>>;

type FailingStep = keyof typeof FAILURE_EVENT;
const fails = (step: Step): step is FailingStep => Object.hasOwn(FAILURE_EVENT, step);

/** The event for a step's error; null for Finalize and Diagnose, which wait and try again where they are. */
export function failureEvent(step: Step, error: PadmaError): FailureEvent | null {
  return fails(step) ? { kind: FAILURE_EVENT[step], failure: failureOf(step, error) } : null;
}

export function failureOf(step: Step, error: PadmaError): Failure {
  const { exitCode } = error.facts;
  return {
    step,
    code: error.code,
    message: error.message,
    ...(error.next === undefined ? {} : { next: error.next }),
    ...(typeof exitCode === "number" ? { exitCode } : {}),
  };
}
