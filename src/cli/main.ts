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
// What a pipe has not taken yet would be lost with the process.
await Promise.all([written(process.stdout), written(process.stderr)]);
exit(readerGone && code === 130 ? 0 : code);

/** Once everything written before is with the reader, or there is none any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
}
