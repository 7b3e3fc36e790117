// What committed events count as: every event passes through the log's stream, so the decisions are counted there.

import type { DrawbridgeEvent } from "../events.ts";
import type { StoredEvent } from "../ledger.ts";
import type { Count } from "./counts.ts";

const counted: Partial<Record<DrawbridgeEvent["type"], Count>> = {
  ConnectionRequested: "ConnectionsRequested",
  ApprovalRequested: "QuestionsAsked",
  ConnectionApproved: "ConnectionsApproved",
  ConnectionDenied: "ConnectionsDenied",
  ConnectionAvailable: "ConnectionsAvailable",
  EffectFailed: "EffectsFailed",
};

export function eventCounts(events: readonly StoredEvent[]): readonly (readonly [Count, number])[] {
  const names = events.flatMap(({ event }) => counted[event.type] ?? []);
  const sums = [...Map.groupBy(names, (name) => name)].map(([name, its]): [Count, number] => [name, its.length]);
  return [["EventsPublished", events.length], ...sums];
}
