/** The program's entry: bin/padma.js imports the bundle of this file. */
import type { Context } from "./context.ts";
import { systemErrorCode } from "../errors.ts";
import { exit, type ExitCode } from "./exit.ts";
import { runProgram } from "./program.ts";

let context: Context | undefined;
let readerGone = false;

// `padma sectors list | head`: the reader has what it wanted. Work that still runs stops as after a Ctrl-C, and
// nothing more is said.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (systemErrorCode(error) !== "EPIPE") throw error;
    readerGone = true;
    context?.readerGone();
  });
}

const code: ExitCode = await runProgram(
  process.argv.slice(2),
  { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() },
  undefined,
  (made) => {
    context = made;
  },
);
exit(readerGone && code === 130 ? 0 : code);
