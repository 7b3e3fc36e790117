// What an operator says of an entry, as against what comes with the writing: version, author, and since when it says so. Pure.

import type { Entry } from "./allow-list.ts";
import { canonical } from "./canonical.ts";
import type { Verdict } from "./events.ts";
import type { Instant } from "./ids.ts";
import { optional } from "./optional.ts";

export type SaidEntry = Omit<Entry, "version" | "author" | "authors" | "at" | "reason" | "since" | "afterwards">;

/** All that it may say; what a later version wrote besides came with that writing. */
const members: readonly string[] = Object.keys({
  service: true,
  principal: true,
  verdict: true,
  conditions: true,
  name: true,
  label: true,
  vpc: true,
  contact: true,
  purpose: true,
  ticket: true,
  labels: true,
  asking: true,
  onExpiry: true,
  disconnect: true,
} satisfies Record<keyof SaidEntry, true>);

export const saidOf = (entry: Entry): SaidEntry =>
  Object.fromEntries(Object.entries(entry).filter(([member]) => members.includes(member))) as SaidEntry;

export const saysTheSame = (entry: Entry, said: SaidEntry): boolean => canonical(saidOf(entry)) === canonical(said);

/** The entry as it is written over another. Where it keeps out the same ones in the same way, the time that it gave them runs on. */
export function written(
  said: SaidEntry,
  before: Entry | undefined,
  by: { readonly version: number; readonly author: string; readonly at: Instant; readonly reason?: string },
): Entry {
  const runsOn = before !== undefined && said.verdict !== "accept" && canonical(grip(before)) === canonical(grip(said));
  return { ...said, ...by, ...optional("since", runsOn ? (before.since ?? before.at) : undefined) };
}

/** Whom an entry that does not accept keeps out, and what it means for those who were there before. */
const grip = ({ verdict, conditions, disconnect }: SaidEntry): object => ({ verdict, conditions, disconnect });

/** Who they are, which stays with their entry whatever becomes of them. */
const whoTheyAre = ["name", "label", "vpc", "contact", "purpose", "ticket"] as const;

/** What is said, over what the entry says already of who they are. Tags are kept one by one. */
export function over(said: SaidEntry, before: Entry | undefined): SaidEntry {
  if (before === undefined) return said;
  const kept = Object.fromEntries(whoTheyAre.flatMap((field) => (before[field] === undefined ? [] : [[field, before[field]]])));
  const labels = before.labels === undefined ? said.labels : { ...before.labels, ...said.labels };
  return { ...kept, ...said, ...optional("labels", labels) };
}

/** What holds an entry within bounds, as far as it is not there any more: losing it lets more in, for longer, or with fewer asked. */
export function lostBounds(before: Entry, after: SaidEntry): Readonly<Record<string, unknown>> {
  const [was, is] = [bounds(before, after.verdict), bounds(after, after.verdict)];
  return Object.fromEntries(Object.entries(was).filter(([field, value]) => value !== undefined && is[field] === undefined));
}

/** A condition bounds only what is let in by itself; a rejected consumer is not even asked about. */
function bounds({ conditions, asking, onExpiry }: SaidEntry, verdict: Verdict): Readonly<Record<string, unknown>> {
  if (verdict === "reject") return {};
  return verdict === "ask" ? { ...asking } : { ...conditions, ...asking, ...optional("onExpiry", onExpiry) };
}
