// An entry of the allow-list in words: whom it speaks about, what it says, what it demands, and what it means for connections.

import { described, type Entry } from "./allow-list.ts";
import { disconnectWords } from "./disconnect.ts";

/** An entry with its conditions, and what it means for connections. The log keeps entries as they were, so nothing is taken for granted. */
export function entryWords(value: unknown): string {
  const entry = value as Partial<Entry> | undefined;
  if (entry?.principal === undefined || entry.service === undefined || entry.verdict === undefined) return "an entry";
  const { disconnect, onExpiry } = entry;
  return [
    described(entry as Entry),
    conditionWords(entry as Entry),
    onExpiry === undefined ? "" : `then who it let in is ${disconnectWords(onExpiry)}`,
    disconnect === undefined ? "" : `who was connected before is ${disconnectWords(disconnect)}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** What an entry demands: `from eu-west-1 or eu-west-2, until 2026-12-31T00:00:00.000Z`; the empty text for nothing. */
export function conditionWords({ conditions }: Pick<Entry, "conditions">): string {
  const { regions, ipAddressTypes, notBefore, expires, atMost } = conditions ?? {};
  return [
    ...(regions === undefined ? [] : [`from ${regions.join(" or ")}`]),
    ...(ipAddressTypes === undefined ? [] : [`${ipAddressTypes.join(" or ")} only`]),
    ...(notBefore === undefined ? [] : [`not before ${notBefore}`]),
    ...(expires === undefined ? [] : [`until ${expires}`]),
    ...(atMost === undefined ? [] : [`at most ${String(atMost)} ${atMost === 1 ? "connection" : "connections"}`]),
  ].join(", ");
}
