// What happened, as a timeline: when, by whom, and what.

import { decisionOf, type DrawbridgeEvent } from "../lib/events.ts";
import { isEvent } from "../lib/ledger.ts";
import { optional } from "../lib/optional.ts";
import { isGlassBroken } from "../lib/doer.ts";
import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { moment, type Style } from "./render.ts";
import { table } from "./table.ts";
import type { Look } from "./terminal.ts";

/** The history of one subject. */
export const story = (history: readonly Told[], look: Look): string => timeline(history.map(toldLine), look);

interface Line {
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly about?: string;
  readonly style?: Style;
}

/** A row that is no event any more has its line too. */
export const toldLine = (row: Told): Line =>
  isEvent(row)
    ? { at: row.event.at, who: actorWords(row.event.by), what: row.sentence, ...optional("style", styleOf(row.event)) }
    : { at: row.at ?? "", who: "not known", what: row.sentence, style: "red" };

/** Let in, kept out or in doubt; what somebody should look at is red. */
function styleOf(event: DrawbridgeEvent): Style | undefined {
  if (isGlassBroken(event) || troubles.has(event.type)) return "red";
  const decision = decisionOf(event);
  if (decision !== undefined) return decision === "accepted" ? "green" : decision === "noted" ? "dim" : "yellow";
  return event.type === "AnswerRefused" ? "yellow" : undefined;
}
const troubles: ReadonlySet<string> = new Set(["EffectFailed", "NameClashed", "AcceptanceSwitchedOff", "ApproverLost"]);

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
    events.map(({ at, who, what, about: subject = "", style }) => [
      moment(at),
      who,
      ...(about ? [subject] : []),
      style === undefined ? what : { text: what, style },
    ]),
    look,
  );
}
