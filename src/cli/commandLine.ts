/** The parser, built from the commands' data anew for each call. It runs nothing: it says what was asked for. */
import { Argument, Command as Parser, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { CommanderError } from "commander";
import { PadmaError } from "../errors.ts";
import type { LogLevel } from "../log.ts";
import type { Command } from "./command.ts";
import { GROUPS } from "./commands.ts";
import type { GlobalOptions } from "./context.ts";
import { logLevel, NotAllowed, text } from "./parse.ts";

/** A command with its values, or a help text for stdout. */
export type Parsed =
  | {
      readonly command: Command;
      readonly input: Readonly<Record<string, unknown>>;
      readonly options: GlobalOptions;
    }
  | { readonly help: string };

/** @throws USAGE (user) for a command line that no command takes. */
export function parse(argv: readonly string[], commands: readonly Command[], width: number): Promise<Parsed> {
  const tree = new Tree(width);
  for (const command of commands) {
    for (const path of [command.path, ...(command.alsoAt ?? [])]) tree.add(path, command);
  }
  const asksVersion = argv[0] === "-V" || argv[0] === "--version";
  return tree.read(asksVersion ? ["version", ...argv.slice(1)] : argv);
}

/** Ends commander's work after it has shown a help text. */
class HelpShown extends Error {}

const EPILOGUE = `
Exit codes: 0 done, 1 the work failed, 2 wrong use or configuration,
75 try again later, 130 interrupted (the sector goes on later).`;

/** One call's tree of commander commands. */
class Tree {
  readonly #program: CommandUnknownOpts;
  readonly #width: number;
  #help = "";
  #chosen: Parsed | undefined;

  constructor(width: number) {
    this.#width = width;
    this.#program = globalOptions(new Parser("padma"))
      .description("Seals Filecoin sectors from a terminal, a shell script or cron.")
      .usage("<command> [options]")
      .addHelpText("after", EPILOGUE);
    this.#settle(this.#program);
  }

  async read(argv: readonly string[]): Promise<Parsed> {
    try {
      await this.#program.parseAsync(argv, { from: "user" });
    } catch (error) {
      if (!(error instanceof HelpShown)) throw error;
    }
    return this.#chosen ?? { help: this.#help };
  }

  add(path: readonly string[], command: Command): void {
    const parent = path.slice(0, -1).reduce((above, name) => this.#group(above, name), this.#program);
    const parser: CommandUnknownOpts = parent.command(path.at(-1) ?? "");
    const { summary, description } = command;
    parser.summary(summary).description(description === undefined ? summary : `${summary}\n\n${description}`);
    parser.addHelpText("after", examples(command));
    this.#settle(parser);
    const read = values(parser, command);
    parser.action(() => {
      this.#chosen = { command, input: read(), options: chosenGlobals(this.#program) };
    });
  }

  /** The commands of one word (`sectors`), made when the first of them is added. */
  #group(parent: CommandUnknownOpts, name: string): CommandUnknownOpts {
    const made = parent.commands.find((child) => child.name() === name);
    if (made !== undefined) return made;
    const parser: CommandUnknownOpts = parent.command(name).description(GROUPS[name] ?? "");
    this.#settle(parser.usage("<command> [options]"));
    return parser;
  }

  /** Nothing is printed and no process ended by commander itself. */
  #settle(parser: CommandUnknownOpts): void {
    const show = (help: string): void => {
      this.#help += help;
    };
    // `padma` alone and `padma sectors` alone show their help as an error; here it is what was asked for.
    parser.configureOutput({
      writeOut: show,
      writeErr: show,
      outputError: () => {},
      getOutHelpWidth: () => this.#width,
      getErrHelpWidth: () => this.#width,
      getOutHasColors: () => false,
    });
    parser.configureHelp({ showGlobalOptions: true });
    parser.helpOption("-h, --help", "show this help").helpCommand(false).allowExcessArguments(false);
    parser.exitOverride((error) => {
      const isHelp = error.code === "commander.help" || error.code === "commander.helpDisplayed";
      throw isHelp ? new HelpShown() : usageError(error, parser);
    });
  }
}

function globalOptions(program: Parser): CommandUnknownOpts {
  return program
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
    .option("-V, --version", "print padma's version");
}

function chosenGlobals(program: CommandUnknownOpts): GlobalOptions {
  const given = program.opts() as { repo?: string; json?: true; color?: boolean; logLevel?: LogLevel };
  return {
    repo: given.repo ?? null,
    json: given.json === true,
    logLevel: given.logLevel ?? null,
    ...(given.color === undefined ? {} : { colour: given.color }),
  };
}

/** Adds the command's options and arguments; the function returned reads what was given for them. */
function values(parser: CommandUnknownOpts, command: Command): () => Record<string, unknown> {
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
  return () => {
    const given: Readonly<Record<string, unknown>> = parser.opts();
    return Object.fromEntries([
      ...options.map(({ key, name, fallback }) => [key, given[name] ?? fallback]),
      ...args.map((key, index) => [key, parser.processedArgs[index]]),
    ]);
  };
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
      const facts = { allowed: error.message };
      const message = `${name} cannot be "${word}"`;
      throw new PadmaError({ code: "USAGE", kind: "user", message, facts, next: helpOf(parser) });
    }
  };
}

const helpOf = (parser?: CommandUnknownOpts): string =>
  `${parser === undefined ? "padma" : wordsOf(parser).join(" ")} --help`;

function wordsOf(parser: CommandUnknownOpts): readonly string[] {
  return parser.parent === null ? [parser.name()] : [...wordsOf(parser.parent), parser.name()];
}

function examples({ examples = [] }: Command): string {
  if (examples.length === 0) return "";
  return `\nExamples:\n${examples.map(({ line, about }) => `  $ ${line}\n      ${about}`).join("\n")}`;
}
