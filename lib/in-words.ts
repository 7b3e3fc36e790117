// An event of the log in words, also one that somebody altered past Drawbridge, and that lacks what its sentence is made of.

import type { ConnectionEvent, DrawbridgeEvent } from "./events.ts";
import { sentence, sentenceOfConnection } from "./wording.ts";

export const inWords = (event: DrawbridgeEvent): string => said(event, sentence);
/** The same for those who tell of connections alone. */
export const inWordsOfConnection = (event: ConnectionEvent): string => said(event, sentenceOfConnection);

function said<E extends DrawbridgeEvent>(event: E, sentenceOf: (event: E) => string): string {
  try {
    const words: unknown = sentenceOf(event);
    if (typeof words === "string") return words;
  } catch {
    // Said below: the event itself is shown, and verification says whether it was written so.
  }
  return `${event.type}, whose members are not those of such an event; see drawbridge audit verify`;
}
