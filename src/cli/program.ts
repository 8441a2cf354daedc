/** Command line → command → exit code; tests run it in process. */
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { parse, type Parsed } from "./commandLine.ts";
import { Context } from "./context.ts";
import { type ExitCode, report } from "./exit.ts";
import { type Host, openOutput } from "./output.ts";

const HELP_WIDTH = 80;

/** Runs one command line (without node and script) and resolves with the exit code; never rejects. */
export async function runProgram(
  argv: readonly string[],
  host: Host,
  commands: readonly Command[] = COMMANDS,
  onContext: (context: Context) => void = () => {},
): Promise<ExitCode> {
  let parsed: Parsed;
  try {
    parsed = await parse(argv, commands, host.stdout.columns ?? HELP_WIDTH);
  } catch (error) {
    // Which flags were given is not known: an error in them should still come as JSON to who asked for JSON.
    return report(error, await openOutput(host, { json: argv.includes("--json") }));
  }
  if ("help" in parsed) {
    host.stdout.write(parsed.help);
    return 0;
  }
  const output = await openOutput(host, parsed.options);
  const context = new Context(host, output, parsed.options);
  onContext(context);
  try {
    await parsed.command.run(context, parsed.input);
    return 0;
  } catch (error) {
    return report(error, output);
  } finally {
    context.close();
  }
}
