// What happened, as a timeline: when, by whom, and what.

import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { moment } from "./render.ts";
import { table } from "./table.ts";
import type { Look } from "./terminal.ts";

/** The history of one subject. */
export const story = (history: readonly Told[], look: Look): string =>
  timeline(
    history.map(({ event, sentence }) => ({ at: event.at, who: actorWords(event.by), what: sentence })),
    look,
  );

/** One event a line or more. */
export function timeline(
  events: readonly {
    readonly at: string;
    readonly who: string;
    readonly what: string;
    readonly about?: string;
  }[],
  look: Look,
): string {
  const about = events.some((event) => event.about !== undefined);
  return table(
    [
      { head: "WHEN (UTC)" },
      { head: "BY", breaks: true },
      ...(about ? [{ head: "ABOUT", breaks: true } as const] : []),
      { head: "WHAT", breaks: true },
    ],
    events.map(({ at, who, what, about: subject = "" }) => [moment(at), who, ...(about ? [subject] : []), what]),
    look,
  );
}
