/** Shows what a driver does: a live view on a terminal, one line a move elsewhere, nothing invented. */
import type { DriveEvents, Move, StepEvent } from "../app/execute.ts";
import type { Reverted } from "../app/reverts.ts";
import type { Progress } from "../proofs/prover.ts";
import { isFailureState } from "../sealing/states.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { isoSeconds } from "./format.ts";
import type { Output } from "./output.ts";
import { type Spinner, startSpinner } from "./spinner.ts";
import { statePaint } from "./stateColour.ts";

/** What a sector does right now, or waits for. */
interface Doing {
  readonly place: string;
  readonly since: number;
  readonly progress: Progress | null;
  /** This machine's last duration of the step. */
  readonly lastMs: number | null;
  readonly waits: string | null;
}

type Waiting = Parameters<NonNullable<DriveEvents["onWait"]>>[0];

const IDLE = { progress: null, lastMs: null } as const;

/** More lines than this would push everything else off a small terminal. */
const MOST_LINES = 8;

export class Follower {
  readonly events: DriveEvents;
  readonly #output: Output;
  readonly #miner: string;
  readonly #now: () => number;
  readonly #doing = new Map<number, Doing>();
  #spinner: Spinner | null = null;

  /** `miner`: its address, for names like `s-t01000-3`. `onMove` is told of every move as well. */
  constructor(
    output: Output,
    miner: string,
    onMove: (move: Move) => void = () => {},
    now: () => number = Date.now,
  ) {
    this.#output = output;
    this.#miner = miner;
    this.#now = now;
    this.events = {
      onStep: (step) => this.#step(step),
      onWait: (wait) => this.#wait(wait),
      onMove: (move) => {
        this.#moved(move);
        onMove(move);
      },
      onRevert: (reverted) => this.#reverted(reverted),
    };
  }

  async start(): Promise<void> {
    this.#spinner = await startSpinner(this.#output, () => this.view());
  }

  stop(): void {
    this.#spinner?.stop();
  }

  /** The live lines: running sectors first, then waiting ones. */
  view(): string {
    const all = [...this.#doing].toSorted(
      ([, a], [, b]) => Number(a.waits !== null) - Number(b.waits !== null),
    );
    const lines = all.slice(0, MOST_LINES).map(([sector, doing]) => this.#doingLine(sector, doing));
    const more = all.length > MOST_LINES ? [`and ${all.length - MOST_LINES} more`] : [];
    return [...lines, ...more].join("\n  ") || "waiting for work";
  }

  #doingLine(sector: number, { place, since, progress, lastMs, waits }: Doing): string {
    const elapsed = formatDuration(this.#now() - since);
    const parts = [
      elapsed,
      ...(progress === null ? [] : [progressText(progress)]),
      ...(lastMs === null ? [] : [`last ${formatDuration(lastMs)}`]),
    ];
    return `${this.#name(sector)}  ${place}  ${parts.join(", ")}${waits === null ? "" : `  ${waits}`}`;
  }

  #step({ sector, state, step, phase, progress, lastMs }: StepEvent): void {
    const before = this.#doing.get(sector);
    if (phase === "end") {
      this.#doing.delete(sector);
      return;
    }
    this.#doing.set(sector, {
      place: `${state} · ${step}`,
      since: phase === "start" || before === undefined ? this.#now() : before.since,
      progress: progress ?? null,
      lastMs: lastMs ?? before?.lastMs ?? null,
      waits: null,
    });
  }

  #wait({ sector, state, step, reason }: Waiting): void {
    this.#doing.set(sector, { ...IDLE, place: `${state} · ${step}`, since: this.#now(), waits: reason });
    // On a terminal the live view says it.
    if (!this.#output.terminal) this.#line(" ", sector, `${state} · ${step} waits: ${reason}`);
  }

  #moved({ sector, from, to, done, step, durationMs }: Move): void {
    this.#queued(sector, to, step);
    const failed = isFailureState(to) || to === "FailedUnrecoverable";
    const { red, green, dim } = this.#output.paintNotice;
    const mark = failed ? red("✖") : green("✔");
    const moved =
      from === to ? `${from} · ${done}` : `${from} → ${statePaint(to, this.#output.paintNotice)(to)}`;
    this.#line(
      mark,
      sector,
      `${moved} ${dim(`(${from === to ? "" : `${done} `}${formatDuration(durationMs)})`)}`,
    );
  }

  #reverted({ sector, from, to, step, note }: Reverted): void {
    this.#queued(sector, to, step);
    const { red } = this.#output.paintNotice;
    const moved = `${from} → ${statePaint(to, this.#output.paintNotice)(to)}`;
    this.#line(red("✖"), sector, `${moved}: ${note}`);
  }

  /** The next step of a sector waits for its turn; at the end of the walk there is none. */
  #queued(sector: number, state: Move["to"], step: Move["step"]): void {
    if (step === null) this.#doing.delete(sector);
    else
      this.#doing.set(sector, { ...IDLE, place: `${state} · ${step}`, since: this.#now(), waits: "queued" });
  }

  /** A terminal has its eyes on it; a file that is read later needs the time. */
  #line(mark: string, sector: number, text: string): void {
    const lead = this.#output.terminal ? mark : isoSeconds(this.#now());
    this.#output.notice(`${lead} ${this.#name(sector)}  ${text}`);
  }

  #name(sector: number): string {
    return `s-${this.#miner}-${sector}`;
  }
}

function progressText({ done, total, unit }: Progress): string {
  switch (unit) {
    case "bytes":
      return `${formatBytes(done)} of ${formatBytes(total)}`;
    case "layers":
      return `layer ${done} of ${total}`;
    case "nodes":
    case "points":
      return `${Math.floor((100 * done) / total)} %`;
  }
}
