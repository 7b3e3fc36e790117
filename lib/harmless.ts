// Text from outside made harmless to show: nothing in it is invisible, turns the direction of writing, or starts a line.

/** Without control characters and invisible marks; line breaks stay. Characters of every script stay. */
export const visible = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\p{Zl}\p{Zp}]/gu, "\n")
    .replaceAll(/(?!\n)[\p{Cc}\p{Cf}]/gu, (mark) => (mark === "\t" ? " " : ""));

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
