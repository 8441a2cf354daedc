/** What `padma bench` may be asked for, and of which phase. */
import { PadmaError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { SectorSizeName } from "../../units.ts";
import type { Environment } from "../open.ts";
import type { Run } from "./measure.ts";
import type { ResultsPlace } from "./results.ts";
import type { BenchPhase, PeerName } from "./work.ts";

/** What is being done; the runs themselves come as they end. */
export type BenchEvent =
  | { readonly what: "building" | "generating" | "sealing" | "comparing" }
  /** The results are too large for the folder that would have been better. */
  | { readonly what: "placed"; readonly place: ResultsPlace }
  | { readonly what: "ran"; readonly run: Run };

/** Options that not every phase takes. */
interface Fitting {
  /** Proofs or sectors a run. */
  readonly batch: number;
  /** Of PC1: each run in a new process, the reference's without its parents file. */
  readonly coldParents: boolean;
  /** Folder for what the runs write; null: memory where it has room, else the temporary folder. */
  readonly results: string | null;
}

export interface BenchOptions extends Fitting {
  readonly phase: BenchPhase;
  readonly size: SectorSizeName;
  /** Instead of the best that this CPU has. */
  readonly backend: string | null;
  readonly against: PeerName | null;
  /** Null: as many as the phase needs. */
  readonly repeat: number | null;
  /** Parts of a run too. */
  readonly detail: boolean;
  readonly env: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchEvent) => void;
}

const TAKEN: Readonly<Record<BenchPhase, readonly (keyof Fitting)[]>> = {
  commp: [],
  addpiece: ["results"],
  pc1: ["batch", "coldParents", "results"],
  pc2: ["results"],
  c1: ["batch", "results"],
  c2: ["batch"],
  params: ["results"],
};

const UNSET: Fitting = { batch: 1, coldParents: false, results: null };

/** The options of `all` as one phase takes them: without those that are about others. */
export function fitting<Options extends Fitting>(phase: BenchPhase, options: Options): Options {
  const taken = TAKEN[phase].map((name) => [name, options[name]] as const);
  return { ...options, ...UNSET, ...Object.fromEntries(taken) };
}

/** @throws BENCH_BATCH, BENCH_NO_PARENTS, BENCH_NO_RESULTS, BENCH_PEER (all user): the phase takes no such option */
export function requireFitting({ phase, against, ...options }: BenchOptions): void {
  requirePeer(phase, against);
  const names = ["batch", "coldParents", "results"] as const;
  const wrong = names.find((name) => options[name] !== UNSET[name] && !TAKEN[phase].includes(name));
  if (wrong !== undefined) throw REFUSALS[wrong](phase);
}

/** @throws BENCH_PEER (user): the peer has nothing to compare this phase with. */
export function requirePeer(phase: BenchPhase | "all", against: PeerName | null): void {
  if (against !== "hashhash" || phase === "commp") return;
  const message = `go-fil-commp-hashhash computes CommP alone, not ${phase}`;
  throw refusal("BENCH_PEER", message, "measure commp against it, or --against reference");
}

const REFUSALS: Readonly<Record<keyof Fitting, (phase: BenchPhase) => PadmaError>> = {
  batch: (phase) => {
    const reasons: Partial<Record<BenchPhase, string>> = {
      params: "parameters are made one set at a time",
      commp: "CommP is of one piece at a time",
      addpiece: "AddPiece is of one piece at a time",
    };
    const message = reasons[phase] ?? `${phase} is of one sector at a time`;
    return refusal("BENCH_BATCH", message, "leave --batch out");
  },
  coldParents: (phase) =>
    refusal("BENCH_NO_PARENTS", `${phase} has no parents`, "leave --cold-parents out, or measure pc1"),
  results: (phase) => refusal("BENCH_NO_RESULTS", `${phase} writes no files`, "leave --results out"),
};

const refusal = (code: string, message: string, next: string): PadmaError =>
  new PadmaError({ code, kind: "user", message, next });
