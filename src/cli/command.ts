/**
 * A command is data; its body is imported when it runs. Help, docs/commands.md and the parser all come from the
 * data, so that what is written about a command is what it does.
 */
import type { Context } from "./context.ts";

/** One flag, or one flag with a value. */
export interface OptionSpec<T> {
  /** As commander writes it: `--count <n>`, `-l, --log`. */
  readonly flags: string;
  readonly about: string;
  /** Throws commander's InvalidArgumentError; absent for a flag without a value. */
  readonly parse?: (text: string) => T;
  readonly fallback: T;
  /** The default as the user would write it; absent where there is nothing to show. */
  readonly shown?: string;
}

export interface ArgumentSpec<T> {
  /** `<sector>`, `[epochs]`. */
  readonly name: string;
  readonly about: string;
  readonly parse: (text: string) => T;
  readonly fallback?: T;
  /** The default as the user would write it. */
  readonly shown?: string;
}

type Options = Readonly<Record<string, OptionSpec<unknown>>>;
type Arguments = Readonly<Record<string, ArgumentSpec<unknown>>>;
type Values<S> = {
  readonly [K in keyof S]: S[K] extends OptionSpec<infer T> | ArgumentSpec<infer T> ? T : never;
};

/** What a body gets: the context, and its options and arguments in one record of checked values. */
export type Body<Input> = (context: Context, input: Input) => Promise<void>;

export interface Example {
  readonly line: string;
  readonly about: string;
}

interface Described {
  /** Words on the command line: `["sectors", "pledge"]`. */
  readonly path: readonly string[];
  /** Other words for the same command: `[["pledge-sector"]]`. */
  readonly alsoAt?: readonly (readonly string[])[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** More, for the command's own help. */
  readonly description?: string;
  readonly examples?: readonly Example[];
  /** Exit codes beyond those that every command has. */
  readonly exits?: Readonly<Record<number, string>>;
}

/** A command with the types of its values forgotten: what the program and the documentation work with. */
export interface Command extends Described {
  readonly options: Options;
  readonly arguments: Arguments;
  readonly run: Body<Readonly<Record<string, unknown>>>;
}

interface Spec<O extends Options, A extends Arguments> extends Described {
  readonly options?: O;
  readonly arguments?: A;
  readonly load: () => Promise<Body<Values<O> & Values<A>>>;
}

/** Checks that the body takes what the options and arguments give. */
export function command<O extends Options = {}, A extends Arguments = {}>(spec: Spec<O, A>): Command {
  const { load, options, arguments: args, ...described } = spec;
  return {
    ...described,
    options: options ?? {},
    arguments: args ?? {},
    run: async (context, input) => (await load())(context, input as Values<O> & Values<A>),
  };
}

/** `--wait`: false unless given. */
export function flag(flags: string, about: string): OptionSpec<boolean> {
  return { flags, about, fallback: false };
}

/** `--patience <time>` with a default, written as a user would write it. */
export function valueOr<T>(
  flags: string,
  about: string,
  parse: (text: string) => T,
  shown: string,
): OptionSpec<T> {
  return { flags, about, parse, fallback: parse(shown), shown };
}

/** `--states <a,b>`: null unless given. */
export function value<T>(flags: string, about: string, parse: (text: string) => T): OptionSpec<T | null> {
  return { flags, about, parse, fallback: null };
}

/** A word after the command; with `shown` it may be left out. */
export function argument<T>(
  name: string,
  about: string,
  parse: (text: string) => T,
  shown?: string,
): ArgumentSpec<T> {
  return shown === undefined ? { name, about, parse } : { name, about, parse, fallback: parse(shown), shown };
}
