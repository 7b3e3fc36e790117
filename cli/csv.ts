// Comma-separated values that a spreadsheet shows as they are: no cell of them is taken for a formula.

import { harmless } from "./render.ts";

/** RFC 4180 with LF, a heading first. */
export const csv = (head: readonly string[], rows: readonly (readonly string[])[]): string => [head, ...rows].map(csvLine).join("\n");

const csvLine = (cells: readonly string[]): string => cells.map(cell).join(",");

/**
 * What a spreadsheet would run is text with an apostrophe before it, also behind blanks and in full-width letters. Where a semicolon
 * parts cells, as in much of Europe, quotes within a line part nothing: what follows one could be a cell of its own.
 */
const formula = /(?<before>^|;)(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;

function cell(text: string): string {
  const shown = harmless(text);
  const safe = shown.replaceAll(formula, "$<before>'");
  return /[",\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
