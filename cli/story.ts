// The history of one subject as a timeline.

import { isEvent } from "../lib/ledger.ts";
import { isGlassBroken } from "../lib/doer.ts";
import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { timeline } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export const story = (history: readonly Told[], terminal: Terminal): string => timeline(history.map(toldLine), terminal);

/** A row that is no event any more has its line too. */
export const toldLine = (row: Told): { at: string; who: string; what: string; loud: boolean } =>
  isEvent(row)
    ? { at: row.event.at, who: actorWords(row.event.by), what: row.sentence, loud: isGlassBroken(row.event) }
    : { at: row.at ?? "", who: "not known", what: row.sentence, loud: false };
