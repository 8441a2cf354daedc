/** Runs a command line in this process, as bin/padma.js would, and keeps what it printed. */
import type { Command } from "../../../src/cli/command.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { runProgram } from "../../../src/cli/program.ts";

interface Setting {
  readonly env?: Record<string, string>;
  readonly commands?: readonly Command[];
  readonly cwd?: string;
  /** Whether stdout and stderr say that they are terminals. */
  readonly terminal?: boolean;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function padma(line: string | readonly string[], setting: Setting = {}): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  const isTTY = setting.terminal === true;
  const code = await runProgram(
    typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line,
    {
      stdout: { write: (text) => (printed.stdout += text), isTTY },
      stderr: { write: (text) => (printed.stderr += text), isTTY },
      env: setting.env ?? {},
      cwd: setting.cwd ?? "/nowhere",
    },
    setting.commands,
  );
  return { code, ...printed };
}

/** The real commands, with bodies that only note what they were given. */
export function recorders(): { commands: Command[]; seen: { path: string; input: object }[] } {
  const seen: { path: string; input: object }[] = [];
  const commands = COMMANDS.map((command) => ({
    ...command,
    run: async (_: unknown, input: object) => {
      seen.push({ path: command.path.join(" "), input });
    },
  }));
  return { commands, seen };
}

/** One command `fail` that ends with this error. */
export function failing(error: unknown): Command {
  return {
    path: ["fail"],
    summary: "fails",
    options: {},
    arguments: {},
    run: () => Promise.reject(error instanceof Error ? error : new Error(String(error))),
  };
}
