// Tables, timelines and details as text that fits the terminal and does it no harm.

import { styleText } from "node:util";
import type { Terminal } from "./terminal.ts";

type Look = Pick<Terminal, "width" | "colour">;
export type Style = "bold" | "dim" | "red" | "green" | "yellow";

export interface Column {
  readonly head: string;
  /** May be broken into lines when the table is too wide; ids and other words to copy stay whole. */
  readonly breaks?: boolean;
}
export type Cell = string | { readonly text: string; readonly style: Style };

const gap = 2;
const narrowest = 16;
/** As long as the id of a service: words up to here stay whole while there is room. */
const wordWhole = 26;

/** Control, direction and invisible characters as their codes: what outsiders wrote may not steer the terminal. */
export const harmless = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u{00AD}\u{061C}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{206F}\u{FEFF}\u{FFF9}-\u{FFFB}\u{E0000}-\u{E007F}]|\p{Cs}/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );

export const painted = (text: string, style: Style, { colour }: Pick<Look, "colour">): string =>
  colour ? styleText(style, text, { validateStream: false }) : text;

/** An aligned table; where the columns that stay whole do not fit, each row becomes a block of its own. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: Look): string {
  const cells = rows.map((row) => row.map(plain));
  const natural = columns.map(({ head }, index) => Math.max(columnsOf(head), ...cells.map((row) => columnsOf(row[index]?.text ?? ""))));
  const least = columns.map((_, index) => leastOf(cells.map((row) => row[index]?.text ?? "")));
  const widths = fitted(columns, natural, least, look.width);
  if (widths === undefined)
    return cells
      .map((row) =>
        details(
          row.map((cell, index) => [columns[index]?.head ?? "", cell.text]),
          look,
        ),
      )
      .join("\n\n");
  const head = line(
    columns.map(({ head }) => ({ text: head, style: "dim" })),
    widths,
    look,
  );
  return [head, ...cells.flatMap((row) => lines(row, widths, look))].join("\n");
}

/** Names and values, one pair a line. */
export function details(pairs: readonly (readonly [string, string])[], { width, colour }: Look): string {
  const room = Math.max(...pairs.map(([name]) => columnsOf(name))) + gap;
  return pairs
    .flatMap(([name, value]) =>
      broken(harmless(value), Math.max(width - room, narrowest), whole).map(
        (part, index) => `${painted((index === 0 ? name : "").padEnd(room), "dim", { colour })}${part}`,
      ),
    )
    .join("\n");
}

/** A line of prose broken to the terminal's width, what follows set in by `indent`. */
export function prose(line: string, { width }: Pick<Look, "width">, indent = 0): string {
  const [, lead = "", rest = ""] = /^( *)(.*)$/.exec(harmless(line)) ?? [];
  const room = Math.max(width - Math.max(lead.length, indent), narrowest);
  return broken(rest, room, whole)
    .map((part, index) => `${index === 0 ? lead : " ".repeat(indent)}${part}`)
    .join("\n");
}

/** When, who and what, one event a line or more. */
export function timeline(
  events: readonly {
    readonly at: string;
    readonly who: string;
    readonly what: string;
    readonly about?: string;
    /** To be seen among many. */
    readonly loud?: boolean;
  }[],
  look: Look,
): string {
  const about = events.some((event) => event.about !== undefined);
  const columns: Column[] = [
    { head: "WHEN (UTC)" },
    { head: "BY", breaks: true },
    ...(about ? [{ head: "ABOUT", breaks: true }] : []),
    { head: "WHAT", breaks: true },
  ];
  return table(
    columns,
    events.map(({ at, who, what, about: subject = "", loud = false }) => [
      moment(at),
      who,
      ...(about ? [subject] : []),
      loud ? { text: what, style: "red" } : what,
    ]),
    look,
  );
}

/** An instant to the second: `2026-11-23 10:00:01`. */
export const moment = (at: string): string => at.slice(0, 19).replace("T", " ");

/** A length of time in its largest fitting unit: `45 s`, `12 min`, `3 h`, `2 d`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`;
  return seconds < 172_800 ? `${String(Math.floor(seconds / 3600))} h` : `${String(Math.floor(seconds / 86_400))} d`;
}

interface Plain {
  readonly text: string;
  readonly style?: Style;
}
const plain = (cell: Cell): Plain => (typeof cell === "string" ? { text: harmless(cell) } : { ...cell, text: harmless(cell.text) });

/** A column's least width: that of its longest word, within bounds. */
const leastOf = (texts: readonly string[]): number =>
  Math.max(narrowest, ...texts.flatMap((text) => text.split(" ")).map((word) => Math.min(columnsOf(word), wordWhole)));

/** Takes what is too much from the widest columns that may break; nothing when even that is not enough. */
function fitted(columns: readonly Column[], natural: readonly number[], least: readonly number[], width: number): number[] | undefined {
  const widths = [...natural];
  let over = widths.reduce((sum, each) => sum + each, 0) + gap * (widths.length - 1) - width;
  while (over > 0) {
    const breakable = widths.map((each, index) => (columns[index]?.breaks === true && each > (least[index] ?? narrowest) ? each : 0));
    const widest = Math.max(...breakable);
    if (widest === 0) return undefined;
    widths[breakable.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

function lines(row: readonly Plain[], widths: readonly number[], look: Look): string[] {
  const parts = row.map(({ text }, index) => broken(text, widths[index] ?? Infinity));
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    line(
      row.map((cell, index) => ({ ...cell, text: parts[index]?.[at] ?? "" })),
      widths,
      look,
    ),
  );
}

const line = (row: readonly Plain[], widths: readonly number[], look: Look): string =>
  row
    .map(({ text, style }, index) => {
      const padding = index === row.length - 1 ? "" : " ".repeat(Math.max(0, (widths[index] ?? 0) - columnsOf(text)));
      return `${style === undefined || text === "" ? text : painted(text, style, look)}${padding}`;
    })
    .join(" ".repeat(gap))
    .trimEnd();

/** Breaks at spaces; a word longer than the line is cut, unless it is to stay whole. */
function broken(text: string, width: number, long: (word: string, width: number) => string[] = cut): string[] {
  if (columnsOf(text) <= width) return [text];
  const made: string[] = [];
  let current = "";
  for (const word of text.split(" ").flatMap((each) => long(each, width))) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (columnsOf(longer) <= width) current = longer;
    else {
      if (current !== "") made.push(current);
      current = word;
    }
  }
  return [...made, current];
}

const whole = (word: string): string[] => [word];

function cut(word: string, width: number): string[] {
  if (columnsOf(word) <= width) return [word];
  const made: string[] = [];
  let current = "";
  for (const { segment } of graphemes.segment(word)) {
    if (columnsOf(current + segment) > width) {
      made.push(current);
      current = "";
    }
    current += segment;
  }
  return [...made, current];
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const wide =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}]/u;

/** How many columns a terminal gives the text. */
function columnsOf(text: string): number {
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) sum += wide.test(segment) ? 2 : 1;
  return sum;
}
