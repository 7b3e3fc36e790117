// Text that fits the terminal and does it no harm: details, prose, times. Tables are in table.ts.

import { styleText } from "node:util";
import { coded } from "../lib/harmless.ts";
import { largest } from "../lib/largest.ts";
import { broken, columnsOf } from "./columns.ts";
import type { Look } from "./terminal.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

export const gap = 2;
const narrowest = 16;

/** What outsiders wrote may not steer the terminal. */
export const harmless = coded;

export const painted = (text: string, style: Style, { colour }: Pick<Look, "colour">): string =>
  colour ? styleText(style, text, { validateStream: false }) : text;

/** Names and values, one pair a line. */
export function details(pairs: readonly (readonly [string, string])[], { width, colour }: Look): string {
  const room = largest(pairs.map(([name]) => columnsOf(name))) + gap;
  return pairs
    .flatMap(([name, value]) =>
      broken(harmless(value), Math.max(width - room, narrowest)).map(
        (part, index) => `${painted((index === 0 ? name : "").padEnd(room), "dim", { colour })}${part}`,
      ),
    )
    .join("\n");
}

/** A line of prose broken to the terminal's width, what follows set in by `indent`. */
export function prose(line: string, { width }: Pick<Look, "width">, indent = 0): string {
  const [, lead = "", rest = ""] = /^( *)(.*)$/.exec(harmless(line)) ?? [];
  const room = Math.max(width - Math.max(lead.length, indent), narrowest);
  return broken(rest, room)
    .map((part, index) => `${index === 0 ? lead : " ".repeat(indent)}${part}`)
    .join("\n");
}

/** An instant to the second, where one event follows another: `2026-11-23 10:00:01`. */
export const moment = (at: string): string => at.slice(0, 19).replace("T", " ");

/** An instant to the minute, in lists: `2026-11-23 10:00`. */
export const minute = (at: string): string => at.slice(0, 16).replace("T", " ");

/** A length of time in its largest fitting unit: `45 s`, `12 min`, `3 h`, `2 d`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${String(seconds)} s`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`;
  return seconds < 172_800 ? `${String(Math.floor(seconds / 3600))} h` : `${String(Math.floor(seconds / 86_400))} d`;
}
