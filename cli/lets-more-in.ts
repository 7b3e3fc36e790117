// What lets more in and is easily written by mistake, as a question: an entry in the place of one that rejects, and what is no longer demanded.

import { described, hasExpired, type Entry } from "../lib/allow-list.ts";
import { differences } from "../lib/differences.ts";
import type { Put } from "../lib/operator/entries.ts";
import { lostBounds } from "../lib/said-entry.ts";
import { connections } from "./outlook.ts";
import { harmless } from "./render.ts";

/** Nothing where the entry lets in no more than the one before. */
export function letsMoreIn({ before, entry, outlook }: Put): string | undefined {
  if (before === undefined) return undefined;
  const lost = differences(lostBounds(before, entry), {});
  const asked = isLifted(before, entry) ? liftedWords(before, entry) : lost === "" ? undefined : `This drops what is not given: ${lost}.`;
  if (asked === undefined) return undefined;
  const cut = outlook?.cut.length ?? 0;
  return `${harmless(asked)}${cut === 0 ? "" : ` It cuts ${connections(cut)}.`} Go on?`;
}

const isLifted = (before: Entry, after: Entry): boolean =>
  before.verdict === "reject" && after.verdict !== "reject" && !hasExpired(before, after.at);

function liftedWords(before: Entry, { verdict }: Entry): string {
  const what = verdict === "accept" ? "lets in" : "has approvers asked about";
  return `This ${what} whom the entry there rejects: ${described(before)}${before.reason === undefined ? "" : `, because ${before.reason}`}.`;
}
