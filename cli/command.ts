// What a command is, and how its arguments are read: an option nobody knows is refused with the nearest one there is.

import { parseArgs } from "node:util";
import type { Api } from "./client.ts";
import { nearest } from "../lib/nearest.ts";
import { wrongUsage } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  /** What its value is called in the help; a flag has none. */
  readonly value?: string;
  /** May be given several times. */
  readonly several?: true;
  readonly help: string;
}
export type Options = Readonly<Record<string, Option>>;

export interface Command {
  readonly name: string;
  /** `<service-id>`, `[…]` where it may be left out. */
  readonly operands: string;
  readonly summary: string;
  /** What the summary leaves unsaid. */
  readonly more?: string;
  readonly options: Options;
  readonly examples: readonly string[];
  run(call: Call): Promise<void>;
}

/** One call of a command. */
export interface Call {
  readonly operands: readonly string[];
  readonly given: Given;
  readonly api: Api;
  readonly terminal: Terminal;
  /** Ends the command's work: one JSON document, or the text for people. */
  result(value: unknown, text: () => string): void;
}

/** The options as they were given. */
export interface Given {
  text(name: string): string | undefined;
  texts(name: string): readonly string[] | undefined;
  flag(name: string): boolean;
}

export const globals: Options = {
  api: {
    value: "URL",
    help: "the deployment's API, the stack's output ApiUrl; or set DRAWBRIDGE_API",
  },
  json: { help: "print exactly one JSON document on stdout" },
  help: { help: "show this help" },
  version: { help: "show the version" },
};

export const yes: Options = { yes: { help: "do it without asking, for programs" } };
export const paging: Options = {
  limit: { value: "N", help: "at most so many, 1 to 1000 (100 unless told)" },
  cursor: { value: "CURSOR", help: "go on where the page before ended" },
  all: { help: "every page" },
};

export interface Read {
  readonly positionals: readonly string[];
  readonly given: Given;
}

/** Reads a command's arguments; `strict` refuses what it does not know. */
export const readArguments = (args: readonly string[], options: Options, strict: boolean): Read =>
  readKnown(args, { ...globals, ...options }, strict);

/** Reads arguments by the options that there are. */
export function readKnown(args: readonly string[], known: Options, strict: boolean): Read {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value }]) => [
        name,
        {
          type: value === undefined ? "boolean" : "string",
          ...(name === "help" ? { short: "h" } : {}),
        },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = known[token.name];
    if (option === undefined) {
      if (strict) throw unknownOption(token.rawName, known);
      continue;
    }
    if (strict) checkValue(token.rawName, option, token.value, values.has(token.name));
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
  }
  return {
    positionals,
    given: {
      text: (name) => values.get(name)?.at(-1),
      texts: (name) => values.get(name),
      flag: (name) => values.has(name),
    },
  };
}

function checkValue(name: string, option: Option, value: string | undefined, again: boolean): void {
  if (option.value === undefined && value !== undefined) throw wrongUsage(`${name} takes no value`);
  if (option.value !== undefined && (value === undefined || value === ""))
    throw wrongUsage(`${name} needs a value: ${name} ${option.value}`);
  if (again && option.several !== true) throw wrongUsage(`${name} is given twice`);
}

function unknownOption(name: string, known: Options): Error {
  const near = nearest(name.replace(/^-+/, ""), Object.keys(known));
  return wrongUsage(`there is no option ${name}`, near === undefined ? "see --help" : `did you mean --${near}?`);
}

/** The operands by count; a wrong count shows the form. */
export function operandsOf(
  call: Pick<Call, "operands">,
  command: Pick<Command, "name" | "operands">,
  least: number,
  most: number = least,
): readonly string[] {
  const { length } = call.operands;
  if (length < least || length > most)
    throw wrongUsage(
      `${length < least ? "something is missing" : `${call.operands.slice(most).join(" ")} is too much`}: drawbridge ${command.name} ${command.operands}`,
      `see drawbridge ${command.name} --help`,
    );
  if (call.operands.some((word) => word.trim() === ""))
    throw wrongUsage(`an empty word stands where ${command.operands} is wanted`, `see drawbridge ${command.name} --help`);
  return call.operands;
}
