// The help: of the whole command and of each of its parts, broken to the terminal's width.

import { capital } from "../lib/capital.ts";
import { largest } from "../lib/largest.ts";
import { broken } from "./columns.ts";
import { globals, type Command, type Options } from "./command.ts";
import { painted, prose } from "./render.ts";
import type { Look } from "./terminal.ts";

/** Commands that belong together, under one title. */
export interface Section {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Longer lines are hard to read, however wide the terminal is. */
const widthMost = 100;
const inset = 2;
/** What is told beside a name has at least this room; else it stands below the name. */
const besideLeast = 34;

/** The help as lines, each broken to its width. */
const page = (look: Look, parts: (look: Look) => readonly string[]): string =>
  parts({ ...look, width: Math.min(look.width, widthMost) }).join("\n");

export const helpOfAll = (sections: readonly Section[], look: Look): string =>
  page(look, (look) => {
    const room = roomOf(sections.flatMap(({ commands }) => commands.map(({ name }) => name)));
    return [
      "drawbridge: who may connect to your AWS PrivateLink services",
      "",
      "Usage: drawbridge <command> [options]",
      ...sections.flatMap(({ title, commands }) => ["", heading(title, look), ...pairs(namesAndSummaries(commands), look, room)]),
      "",
      heading("Everywhere", look),
      ...pairs([["help", "this help, or that of a command: drawbridge help allow"], ...optionPairs(globals)], look, room),
      "",
      ...[
        "Requests are signed with your AWS credentials (AWS_PROFILE, aws sso login, environment …), so that the log names you.",
        "They need the permission execute-api:Invoke on the deployment's API.",
        "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.",
      ].map((line) => prose(line, look)),
      "",
      heading("First steps", look),
      ...examples(
        [
          "export DRAWBRIDGE_API=https://abc123.execute-api.eu-west-1.amazonaws.com",
          "drawbridge services add vpce-svc-0123456789abcdef0 --zone privatelink.example.com",
          "drawbridge allow 222222222222 --service vpce-svc-0123456789abcdef0 --name acme",
          "drawbridge show vpce-0123456789abcdef0",
        ],
        look,
      ),
    ];
  });

/** The help of commands that share their first word. */
export const helpOfGroup = (word: string, commands: readonly Command[], look: Look): string =>
  page(look, (look) => [
    `Usage: drawbridge ${word} <command> [options]`,
    "",
    heading("Commands", look),
    ...pairs(namesAndSummaries(commands), look),
    "",
    prose(
      `See drawbridge ${commands[0]?.name ?? word} --help and so on.${commands.some(({ name }) => name === `${word} list`) ? ` drawbridge ${word} alone is drawbridge ${word} list.` : ""}`,
      look,
    ),
  ]);

export const helpOf = ({ name, operands, summary, more, options, examples: given }: Command, look: Look): string =>
  page(look, (look) => [
    prose(`Usage: drawbridge ${[name, operands, "[options]"].filter((part) => part !== "").join(" ")}`, look, 7),
    "",
    prose(asSentence(summary), look),
    ...(more === undefined ? [] : [prose(more, look)]),
    ...(Object.keys(options).length === 0 ? [] : ["", heading("Options", look), ...pairs(optionPairs(options), look)]),
    "",
    heading("Everywhere", look),
    ...pairs(optionPairs(globals), look),
    "",
    heading(given.length === 1 ? "Example" : "Examples", look),
    ...examples(given, look),
  ]);

const heading = (title: string, look: Look): string => painted(`${title}:`, "bold", look);

type Pair = readonly [name: string, told: string];

const namesAndSummaries = (commands: readonly Command[]): Pair[] => commands.map(({ name, summary }) => [name, summary]);
const optionPairs = (options: Options): Pair[] =>
  Object.entries(options).map(([name, { value, help }]) => [`--${name}${value === undefined ? "" : ` ${value}`}`, help]);

const roomOf = (names: readonly string[]): number => largest(names.map(({ length }) => length)) + 2;

/** Names, and what is told of each beside it, or below where there is no room. */
function pairs(told: readonly Pair[], { width }: Look, room = roomOf(told.map(([name]) => name))): string[] {
  const beside = width - inset - room >= besideLeast;
  const left = " ".repeat(beside ? inset + room : inset * 3);
  return told.flatMap(([name, text]) => {
    const [first = "", ...others] = broken(text, width - left.length);
    const begin = `${" ".repeat(inset)}${name}`;
    return [...(beside ? [`${begin.padEnd(left.length)}${first}`] : [begin, `${left}${first}`]), ...others.map((part) => `${left}${part}`)];
  });
}

/** A command that is too long goes on in the next line, as a shell reads it. */
function examples(lines: readonly string[], { width }: Look): string[] {
  return lines.flatMap((line) => {
    const parts = partsOf(line);
    const made: string[] = [];
    let current = " ".repeat(inset);
    for (const [index, part] of parts.entries()) {
      const longer = index === 0 ? `${current}${part}` : `${current} ${part}`;
      const ends = index === parts.length - 1;
      if (index === 0 || longer.length + (ends ? 0 : 2) <= width) current = longer;
      else {
        made.push(`${current} \\`);
        current = `${" ".repeat(inset * 3)}${part}`;
      }
    }
    return [...made, current];
  });
}

/** An option stays with its value, a pipe with what it leads to, and what is quoted in one piece. */
function partsOf(line: string): string[] {
  const parts: string[] = [];
  for (const word of line.match(/(?:'[^']*'|"[^"]*"|[^'" ])+/g) ?? []) {
    const last = parts.pop();
    if (last === undefined) parts.push(word);
    else if (/^(--|[|>])/.test(word)) parts.push(last, word);
    else parts.push(`${last} ${word}`);
  }
  return parts;
}

const asSentence = (text: string): string => `${capital(text)}.`;
