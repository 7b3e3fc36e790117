// HTML in which nothing can be left unescaped by mistake: the only way to markup is a template, and whatever is put into one is text.

import { visible } from "../harmless.ts";

/** Markup that a template made. Nothing that came from outside can be one. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = Markup | string | number | undefined | readonly Piece[];

/** `html\`<p>${text}</p>\``: texts are escaped, markup and lists of it go in as they are, nothing stays nothing. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(strings.reduce((made, next, index) => made + shown(pieces[index - 1]) + next));

function shown(piece: Piece): string {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(shown).join("");
  return escaped(String(piece));
}

const escaped = (text: string): string => visible(text).replaceAll(/[&<>"'`]/g, (character) => `&#${String(character.charCodeAt(0))};`);
