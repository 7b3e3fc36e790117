// The history of one subject as a timeline.

import { isGlassBroken } from "../lib/doer.ts";
import type { Told } from "../lib/operator/history.ts";
import { actorWords } from "../lib/wording.ts";
import { timeline } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export const story = (history: readonly Told[], terminal: Terminal): string =>
  timeline(
    history.map(({ event, sentence }) => ({ at: event.at, who: actorWords(event.by), what: sentence, loud: isGlassBroken(event) })),
    terminal,
  );
