// What happened, as a timeline: when, by whom, and what.

import { isEvent } from "../lib/ledger.ts";
import { isGlassBroken } from "../lib/doer.ts";
import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { moment } from "./render.ts";
import { table } from "./table.ts";
import type { Look } from "./terminal.ts";

/** The history of one subject. */
export const story = (history: readonly Told[], look: Look): string => timeline(history.map(toldLine), look);

interface Line {
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly about?: string;
  /** To be seen among many. */
  readonly loud?: boolean;
}

/** A row that is no event any more has its line too. */
export const toldLine = (row: Told): Line =>
  isEvent(row)
    ? { at: row.event.at, who: actorWords(row.event.by), what: row.sentence, loud: isGlassBroken(row.event) }
    : { at: row.at ?? "", who: "not known", what: row.sentence };

/** One event a line or more. */
export function timeline(events: readonly Line[], look: Look): string {
  const about = events.some((event) => event.about !== undefined);
  return table(
    [
      { head: "WHEN (UTC)" },
      { head: "BY", breaks: true },
      ...(about ? [{ head: "ABOUT", breaks: true } as const] : []),
      { head: "WHAT", breaks: true },
    ],
    events.map(({ at, who, what, about: subject = "", loud = false }) => [
      moment(at),
      who,
      ...(about ? [subject] : []),
      loud ? { text: what, style: "red" } : what,
    ]),
    look,
  );
}
