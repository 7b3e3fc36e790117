// Text from outside made harmless to show: nothing in it is invisible, turns the direction of writing, or starts a line.

/**
 * What nobody sees, or what steers: control and format characters (zero width, direction, tags), line and paragraph separators,
 * letters that are blank, and halves of characters. What looks like another text, or turns it round, could make a page lie.
 */
export const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{34F}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{2800}\u{3164}\u{FFA0}\u{E0000}-\u{E007F}]/u;
const everyUnseen = new RegExp(unseen, "gu");

/** With each of them as its code: for terminals, and wherever it is to be seen that it was there. */
export const coded = (text: string): string => text.replaceAll(everyUnseen, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);

/** JSON with each of them as JSON's own escapes: the value stays the same. Line breaks between members stay. */
export const codedJson = (json: string): string =>
  json.replaceAll(everyUnseen, (mark) =>
    mark === "\n" ? mark : mark.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );

/** Without control characters and invisible marks; line breaks stay. Characters of every script stay. */
export const visible = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\p{Zl}\p{Zp}]/gu, "\n")
    .replaceAll(everyUnseen, (mark) => (mark === "\n" ? mark : mark === "\t" ? " " : ""));

/** The text on one line, with an ellipsis where it is longer than `max` characters. */
export function oneLine(text: string, max: number): string {
  const line = visible(text).replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join("")}…`;
}

/** The text in ASCII, for places that take nothing else: accents go, what has no likeness becomes `?`. */
export const ascii = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[\u2018\u2019]/g, "'")
    .replaceAll(/[\u201c\u201d]/g, '"')
    .replaceAll(/[\u2013\u2014]/g, "-")
    .replaceAll("…", "...")
    .replaceAll(/[^ -~]/gu, "?");
