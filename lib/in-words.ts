// An event of the log in words, also one that somebody altered past Drawbridge, and that lacks what its sentence is made of.

import type { DrawbridgeEvent } from "./events.ts";
import { sentence } from "./wording.ts";

export function inWords(event: DrawbridgeEvent): string {
  try {
    const words: unknown = sentence(event);
    if (typeof words === "string") return words;
  } catch {
    // Said below: the event itself is shown, and verification says whether it was written so.
  }
  return `${event.type}, whose members are not those of such an event; see drawbridge audit verify`;
}
