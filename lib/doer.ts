// Who decided, as far as it is known by now: what was done outside shows no name until CloudTrail tells it.

import type { Decision } from "./connection.ts";
import type { Actor, DrawbridgeEvent } from "./events.ts";

/** Of a decision, with what the log has told since. */
export function doerOf({ by, verdict, at }: Pick<Decision, "by" | "verdict" | "at">, events: readonly DrawbridgeEvent[]): Actor {
  if (by.kind !== "outside" || by.arn !== undefined) return by;
  const told = events.find((event) => event.type === "Attributed" && event.action === verdict && event.at >= at);
  return told?.type === "Attributed" ? { kind: "outside", arn: told.arn } : by;
}

/** One operator alone, past those who are asked. */
export const isGlassBroken = ({ because }: Pick<Decision, "because">): boolean => because.rule === "break-glass";
