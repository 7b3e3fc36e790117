// What the end of an entry, or a new reject, means for the connections that are there: kept, cut, or cut after a while.

import { instant, milliseconds, type Instant } from "./ids.ts";

export type Disconnect = "keep" | "now" | { readonly afterHours: number };

/** From when on a connection is to be cut, given since when its ground is gone; never, where it is kept. */
export function dueAfter(since: Instant, disconnect: Disconnect): Instant | undefined {
  if (disconnect === "keep") return undefined;
  return disconnect === "now" ? since : instant(milliseconds(since) + disconnect.afterHours * 3_600_000);
}

/** `kept`, `cut at once`, `cut after 24 hours`. */
export function disconnectWords(disconnect: Disconnect): string {
  if (disconnect === "keep") return "kept";
  if (disconnect === "now") return "cut at once";
  return `cut after ${String(disconnect.afterHours)} ${disconnect.afterHours === 1 ? "hour" : "hours"}`;
}
