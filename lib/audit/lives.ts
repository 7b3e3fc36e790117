// The connections of a log, each told from its own events: what every report rests on.

import { evolve, type Connection } from "../connection.ts";
import type { ConnectionEvent } from "../events.ts";
import type { Instant } from "../ids.ts";
import type { StoredEvent, Subject } from "../ledger.ts";

export interface Life {
  readonly connection: Connection;
  /** What let it in last: a decision, or somebody outside. */
  readonly letIn?: StoredEvent;
  /** What ended that, when it has ended. */
  readonly ended?: StoredEvent;
}

const entering = new Set(["ConnectionApproved", "AcceptedOutside", "ConnectionAdopted"]);
const leaving = new Set(["ConnectionDenied", "RejectedOutside", "ConnectionRejected", "ConnectionClosed"]);

/** Takes the log's events in any order that keeps each connection's own. */
export interface Lives {
  add(stored: StoredEvent): void;
  readonly all: ReadonlyMap<Subject, Life>;
}

export function livesUntil(at?: Instant): Lives {
  const all = new Map<Subject, Life>();
  return {
    all,
    add(stored) {
      const { subject, event } = stored;
      if (!subject.startsWith("connection#") || (at !== undefined && event.at > at)) return;
      const before = all.get(subject);
      // A connection whose beginning is not in the log that was given cannot be told.
      if (before === undefined && stored.seq !== 1) return;
      const connection = evolve(before?.connection, event as ConnectionEvent);
      const { letIn } = before ?? {};
      const kept = entering.has(event.type) && !isUndecided(connection) ? { letIn: stored } : letIn === undefined ? {} : { letIn };
      const ended = leaving.has(event.type) ? (before?.ended ?? stored) : isIn(connection) ? undefined : before?.ended;
      all.set(subject, { connection, ...kept, ...(ended === undefined ? {} : { ended }) });
    },
  };
}

/** Accepted outside, where the service does not keep that. */
const isUndecided = ({ status }: Connection): boolean => status === "requested";

/** It may pass, as far as Drawbridge is concerned. */
export const isIn = ({ status }: Connection): boolean => status === "approved" || status === "connected" || status === "adopted";
