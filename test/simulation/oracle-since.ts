// Since when an entry keeps out whom it keeps out, a second time, written without lib/: a version that only says who they are is as
// old as the one before.

import type { Entry } from "../../lib/allow-list.ts";

const speaking = new WeakMap<Entry, number>();

/** Of each entry as it is written, over the one that stood there. */
export function isWritten(after: Entry, before: Entry | undefined): void {
  const same = before !== undefined && after.verdict !== "accept" && meaning(after) === meaning(before);
  speaking.set(after, same ? saysSince(before) : Date.parse(after.at));
}

export const saysSince = (entry: Entry): number => speaking.get(entry) ?? Date.parse(entry.at);

const meaning = ({ verdict, disconnect, conditions: { regions, ipAddressTypes, notBefore, expires } }: Entry): string =>
  JSON.stringify([verdict, disconnect, regions, ipAddressTypes, notBefore, expires]);
