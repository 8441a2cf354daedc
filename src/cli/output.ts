/**
 * stdout is data, stderr is everything else. With `--json` stdout holds JSON only, and stderr one JSON object a
 * line. Colours and the live view are for terminals; their libraries are imported only there.
 */
import type { ChalkInstance } from "chalk";

/** The parts of a stream that printing needs; a test gives an array behind it. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Host {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Colours text, or leaves it as it is. */
export type Paint = (text: string) => string;
export type Colour = "red" | "green" | "yellow" | "blue" | "cyan" | "dim" | "bold";
export type Palette = Readonly<Record<Colour, Paint>>;

/** Leaves text as it is. @internal */
export const PLAIN: Palette = palette((text) => text);

function palette(paint: Paint): Palette {
  return { red: paint, green: paint, yellow: paint, blue: paint, cyan: paint, dim: paint, bold: paint };
}

export interface OutputOptions {
  readonly json: boolean;
  /** `--color`, `--no-color`, or neither. */
  readonly colour?: boolean;
}

/** Whether a stream gets colours: the flag, else NO_COLOR, else whether it is a terminal that has them. */
function wantsColour({ json, colour }: OutputOptions, sink: Sink, env: Host["env"]): boolean {
  if (json) return false;
  if (colour !== undefined) return colour;
  if (env["NO_COLOR"]) return false;
  return sink.isTTY === true && env["TERM"] !== "dumb";
}

/** Opens the output of one command; loads chalk only when something will be coloured. */
export async function openOutput(host: Host, options: OutputOptions): Promise<Output> {
  const onStdout = wantsColour(options, host.stdout, host.env);
  const onStderr = wantsColour(options, host.stderr, host.env);
  const colours = onStdout || onStderr ? await loadPalette() : PLAIN;
  return new Output(host, options.json, onStdout ? colours : PLAIN, onStderr ? colours : PLAIN);
}

async function loadPalette(): Promise<Palette> {
  const { Chalk } = await import("chalk");
  const chalk: ChalkInstance = new Chalk({ level: 1 });
  const { red, green, yellow, blue, cyan, dim, bold } = chalk;
  return { red, green, yellow, blue, cyan, dim, bold };
}

export class Output {
  readonly json: boolean;
  /** Colours of stdout. */
  readonly paint: Palette;
  /** Colours of stderr. */
  readonly paintNotice: Palette;
  /** Whether stderr is a terminal that a live view can redraw. */
  readonly terminal: boolean;
  /** Whether stderr gets colours. */
  readonly coloured: boolean;
  readonly #host: Host;

  constructor(host: Host, json: boolean, paint: Palette, paintNotice: Palette) {
    this.#host = host;
    this.json = json;
    this.paint = paint;
    this.paintNotice = paintNotice;
    this.coloured = paintNotice !== PLAIN;
    // A terminal without a width (script, some containers) would have ora clear lines without end.
    const { isTTY, columns } = host.stderr;
    this.terminal = !json && isTTY === true && columns !== 0 && host.env["TERM"] !== "dumb";
  }

  /** The command's answer, or one of several that come one by one: a JSON document on one line, or text. */
  data(value: unknown, render: (paint: Palette) => string): void {
    this.#stdout(this.json ? JSON.stringify(value, jsonValue) : render(this.paint));
  }

  /** As `data`, for JSON that is written elsewhere (lotus's has 64-bit numbers as numbers). */
  document(json: () => string, render: (paint: Palette) => string): void {
    this.#stdout(this.json ? json() : render(this.paint));
  }

  /** One line on stderr: progress, hints. */
  notice(text: string): void {
    this.line(this.json ? JSON.stringify({ notice: text }) : text);
  }

  /** One line on stderr as it is: a log line, an error. */
  line(line: string): void {
    this.#host.stderr.write(`${line}\n`);
  }

  #stdout(text: string): void {
    this.#host.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }
}

/** attoFIL and u64 are bigints in code and strings in JSON. */
export function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
