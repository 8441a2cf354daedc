/** Command line → command → exit code. Builds a fresh parser for each call, so that tests run it in process. */
import { Argument, Command as Parser, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { CommanderError } from "commander";
import { PadmaError } from "../errors.ts";
import type { LogLevel } from "../log.ts";
import type { Command } from "./command.ts";
import { COMMANDS, GROUPS } from "./commands.ts";
import { Context, type GlobalOptions } from "./context.ts";
import { type ExitCode, report } from "./exit.ts";
import { type Host, openOutput } from "./output.ts";
import { logLevel, NotAllowed, text } from "./parse.ts";

const EPILOGUE = `
Exit codes: 0 done, 1 the work failed, 2 wrong use or configuration, 75 try again later, 130 interrupted.
A repo is made by \`padma init\`; \`padma pledge-sector --wait\` seals a sector in it.`;

/** What the parser found: a command with its values, or text for stdout. */
type Parsed =
  | {
      readonly run: Command;
      readonly input: Readonly<Record<string, unknown>>;
      readonly options: GlobalOptions;
    }
  | { readonly show: string };

/** Runs one command line (without node and script) and resolves with the exit code; never rejects. */
export async function runProgram(
  argv: readonly string[],
  host: Host,
  commands: readonly Command[] = COMMANDS,
  onContext: (context: Context) => void = () => {},
): Promise<ExitCode> {
  let parsed: Parsed;
  try {
    parsed = await parse(argv, commands);
  } catch (error) {
    // Which flags were given is not known: an error in them should still come as JSON to who asked for JSON.
    return report(error, await openOutput(host, { json: argv.includes("--json") }));
  }
  if ("show" in parsed) {
    host.stdout.write(parsed.show);
    return 0;
  }
  const output = await openOutput(host, parsed.options);
  const context = new Context(host, output, parsed.options);
  onContext(context);
  try {
    await parsed.run.run(context, parsed.input);
    return 0;
  } catch (error) {
    return report(error, output);
  } finally {
    context.close();
  }
}

/** @throws USAGE (user) for a command line that no command takes. */
async function parse(argv: readonly string[], commands: readonly Command[]): Promise<Parsed> {
  let shown = "";
  let found: Parsed | undefined;
  const program = build(
    commands,
    (chosen) => (found = chosen),
    (help) => (shown += help),
  );
  const asksVersion = argv[0] === "-V" || argv[0] === "--version";
  try {
    await program.parseAsync(asksVersion ? ["version", ...argv.slice(1)] : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof HelpShown)) throw error;
  }
  return found ?? { show: shown };
}

/** Ends the parser's work after it has shown a help text. */
class HelpShown extends Error {}

/** The parser of all commands; it runs nothing, and says what was chosen. */
export function build(
  commands: readonly Command[],
  choose: (parsed: Parsed) => void,
  show: (help: string) => void,
): CommandUnknownOpts {
  const program: CommandUnknownOpts = new Parser("padma")
    .description("Seals Filecoin sectors from a terminal, a shell script or cron.")
    .usage("<command> [options]")
    .addOption(
      new Option("--repo <path>", "the repo's folder (or PADMA_PATH)")
        .argParser(checked(text, "--repo"))
        .default(undefined, "~/.padma"),
    )
    .option("--json", "print JSON on stdout, and nothing else there")
    .option("--color", "use colours also where they would be left out")
    .option("--no-color", "use no colours (or NO_COLOR)")
    .addOption(
      new Option("--log-level <level>", "debug, info, warn or error").argParser(
        checked(logLevel, "--log-level"),
      ),
    )
    .option("-V, --version", "print padma's version")
    .addHelpText("after", EPILOGUE);
  settle(program, show);
  for (const command of commands) {
    for (const path of [command.path, ...(command.alsoAt ?? [])]) add(program, path, command, choose, show);
  }
  return program;
}

/** Nothing is printed and no process ended by the parser itself. */
function settle(parser: CommandUnknownOpts, show: (help: string) => void): void {
  // `padma` alone and `padma sectors` alone show their help as an error; it is what was asked for.
  parser.configureOutput({ writeOut: show, writeErr: show, outputError: () => {} });
  parser.configureHelp({ showGlobalOptions: true });
  parser.helpOption("-h, --help", "show this help").helpCommand(false).allowExcessArguments(false);
  parser.exitOverride((error) => {
    const isHelp = error.code === "commander.help" || error.code === "commander.helpDisplayed";
    throw isHelp ? new HelpShown() : usageError(error, parser);
  });
}

/** `error: unknown option '--cout'\n(Did you mean --count?)` → the same as one of padma's own errors. */
function usageError({ message }: CommanderError, parser: CommandUnknownOpts): PadmaError {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  const hint = more.join(" ").replace(/^\((.*)\)$/, "$1");
  return new PadmaError({
    code: "USAGE",
    kind: "user",
    message: first,
    ...(hint === "" ? {} : { facts: { hint } }),
    next: helpOf(parser),
  });
}

/** A value that is refused names its flag, what is allowed, and where to read more. */
function checked<T>(
  parse: (word: string) => T,
  name: string,
  parser?: CommandUnknownOpts,
): (word: string) => T {
  return (word) => {
    try {
      return parse(word);
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error;
      const message = `${name} cannot be "${word}"`;
      throw new PadmaError({
        code: "USAGE",
        kind: "user",
        message,
        facts: { allowed: error.message },
        next: helpOf(parser),
      });
    }
  };
}

const helpOf = (parser?: CommandUnknownOpts): string =>
  `${parser === undefined ? "padma" : wordsOf(parser).join(" ")} --help`;

function wordsOf(parser: CommandUnknownOpts): readonly string[] {
  return parser.parent === null ? [parser.name()] : [...wordsOf(parser.parent), parser.name()];
}

/** The parser of a group of commands (`sectors`), made when its first command is added. */
function group(parent: CommandUnknownOpts, name: string, show: (help: string) => void): CommandUnknownOpts {
  const made = parent.commands.find((child) => child.name() === name);
  if (made !== undefined) return made;
  const parser: CommandUnknownOpts = parent
    .command(name)
    .description(GROUPS[name] ?? "")
    .usage("<command> [options]");
  settle(parser, show);
  return parser;
}

function add(
  program: CommandUnknownOpts,
  path: readonly string[],
  command: Command,
  choose: (parsed: Parsed) => void,
  show: (help: string) => void,
): void {
  const parent = path.slice(0, -1).reduce((above, name) => group(above, name, show), program);
  const parser: CommandUnknownOpts = parent.command(path.at(-1) ?? "");
  parser.summary(command.summary).description(describe(command));
  settle(parser, show);
  const options = Object.entries(command.options).map(([key, spec]) => {
    const option = new Option(spec.flags, spec.about);
    if (spec.parse) option.argParser(checked(spec.parse, `--${option.name()}`, parser));
    if (spec.shown !== undefined) option.default(spec.fallback, spec.shown);
    parser.addOption(option);
    return { key, name: option.attributeName(), fallback: spec.fallback };
  });
  const args = Object.entries(command.arguments).map(([key, spec]) => {
    const arg = new Argument(spec.name, spec.about);
    arg.argParser(checked(spec.parse, arg.name(), parser));
    if (spec.shown !== undefined) arg.default(spec.fallback, spec.shown);
    parser.addArgument(arg);
    return key;
  });
  parser.addHelpText("after", () => examples(command));
  parser.action(() => {
    const given: Readonly<Record<string, unknown>> = parser.opts();
    const fromOptions = options.map(({ key, name, fallback }) => [key, given[name] ?? fallback]);
    const fromArguments = args.map((key, index) => [key, parser.processedArgs[index]]);
    choose({
      run: command,
      input: Object.fromEntries([...fromOptions, ...fromArguments]),
      options: globals(program),
    });
  });
}

const describe = ({ summary, description }: Command): string =>
  description === undefined ? summary : `${summary}\n\n${description}`;

function examples({ examples = [] }: Command): string {
  if (examples.length === 0) return "";
  return `\nExamples:\n${examples.map(({ line, about }) => `  $ ${line}\n      ${about}`).join("\n")}`;
}

function globals(program: CommandUnknownOpts): GlobalOptions {
  const {
    repo,
    json,
    color,
    logLevel: level,
  } = program.opts() as {
    repo?: string;
    json?: boolean;
    color?: boolean;
    logLevel?: LogLevel;
  };
  return {
    repo: repo ?? null,
    json: json === true,
    logLevel: level ?? null,
    ...(color === undefined ? {} : { colour: color }),
  };
}
