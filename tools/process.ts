/** What the other tools share: running a program, with its output shown. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Exit code for a Ctrl-C, as shells count it. */
const INTERRUPTED = 130;
const FAILED = 1;

/** Resolves with the exit code when the program has ended and its pipes are read; rejects if it did not start. */
async function finished(child: ChildProcess): Promise<number> {
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return signal === "SIGINT" ? INTERRUPTED : (code ?? FAILED);
}

/** Runs a program on this terminal. */
export function run(command: string, args: readonly string[], env = process.env): Promise<number> {
  return finished(spawn(command, args, { cwd: root, stdio: "inherit", env }));
}

/** Runs a program, shows its output as it comes, and keeps it. */
export async function runAndKeep(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  const keep = (shown: NodeJS.WriteStream) => (text: string) => {
    shown.write(text);
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", keep(process.stdout));
  child.stderr.setEncoding("utf8").on("data", keep(process.stderr));
  const code = await finished(child);
  return { code, output };
}
