// What stands at an entry's key, and since when it keeps out whom it keeps out, a second time, written without lib/: a version that
// only says who they are is as old as the one before, and so is what comes back when an answer has run out.

import type { Entry, Restored } from "../../lib/allow-list.ts";

type Speaking = Entry | Restored;
const speaking = new WeakMap<Speaking, number>();

/** Of each entry as it is written, over what stood there. */
export function isWritten(after: Entry, stood: Entry | undefined): void {
  const same = stood !== undefined && after.verdict !== "accept" && meaning(after) === meaning(stood);
  speaking.set(after, same ? saysSince(stood) : Date.parse(after.at));
  if (typeof after.afterwards === "object" && stood !== undefined) speaking.set(after.afterwards, saysSince(stood));
}

/** What comes back, as old as it was. */
function comesBack(entry: Entry, kept: Restored): Entry {
  speaking.set(entry, saysSince(kept));
  return entry;
}

export const saysSince = (entry: Speaking): number => speaking.get(entry) ?? Date.parse(entry.at);

const meaning = ({ verdict, disconnect, conditions: { regions, ipAddressTypes, notBefore, expires } }: Entry): string =>
  JSON.stringify([verdict, disconnect, regions, ipAddressTypes, notBefore, expires]);

/** What an answer kept out for a while. */
export function whenOver(entry: Entry): Entry[] {
  const { afterwards, disconnect: _, ...answer } = entry;
  return afterwards === undefined || afterwards === "nothing" ? [] : [comesBack({ ...answer, ...afterwards }, afterwards)];
}

/** What stands in the entry's place when the clock shows `clock`. */
export const standing = (entry: Entry, clock: string): Entry[] =>
  entry.afterwards !== undefined && Date.parse(clock) >= Date.parse(entry.conditions.expires ?? "") ? whenOver(entry) : [entry];
