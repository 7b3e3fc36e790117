// JSON that says one thing only: exactly as it is written, with no member twice and nothing that a reader drops or rounds.

export interface ExactJson {
  /** Nothing where the text is no JSON. */
  readonly value: unknown;
  /** Written anew, the value gives the same text: two readers cannot take it for two things. */
  readonly isExact: boolean;
}

/** `indent` as it was written with. */
export function exactJson(text: string, indent?: number): ExactJson {
  try {
    const value: unknown = JSON.parse(text);
    return { value, isExact: escaped(JSON.stringify(value, null, indent)) === escaped(text) };
  } catch {
    return { value: undefined, isExact: false };
  }
}

/** A character may stand for itself or as its code; which of them was written bears on nothing. */
const escaped = (text: string): string =>
  text.replaceAll(/[^\n\x20-\x7e]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
