// How many columns of a terminal a text takes, and where it breaks: at spaces, so that ids and other words to copy stay whole.

import { largest } from "../lib/largest.ts";

/** As many lines as it takes; a word that is longer than the room stays whole. */
export function broken(text: string, room: number): string[] {
  if (columnsOf(text) <= room) return [text];
  const made: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (columnsOf(longer) <= room) current = longer;
    else {
      if (current !== "") made.push(current);
      current = word;
    }
  }
  return [...made, current];
}

/** The longest of the words, and so the least room that none of them exceeds. */
export const longestWord = (text: string): number => largest(text.split(" ").map(columnsOf));

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const wide =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}]/u;

/** How many columns a terminal gives the text. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  let sum = 0;
  for (const { segment } of graphemes.segment(text)) sum += wide.test(segment) ? 2 : 1;
  return sum;
}
