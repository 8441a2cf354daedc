// What the other tools share: running a program, with its output shown.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Exit code of a process that a signal ended, as shells count it. */
const SIGINT_EXIT = 130;
const SIGNALLED_EXIT = 1;

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGINT") return resolve(SIGINT_EXIT);
      return resolve(code ?? SIGNALLED_EXIT);
    });
  });
}

/** Runs a program on this terminal. Resolves with its exit code; rejects if it does not start. */
export function run(command, args, env = process.env) {
  return finished(spawn(command, args, { cwd: root, stdio: "inherit", env }));
}

/** Runs a program, shows its output as it comes, and keeps it: `{ code, output }`. */
export async function runAndKeep(command, args, env = process.env) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  for (const [pipe, shown] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    pipe.setEncoding("utf8");
    pipe.on("data", (text) => {
      shown.write(text);
      output += text;
    });
  }
  const code = await finished(child);
  return { code, output };
}
