// How a question ended, in one line, read from the connection's record, and from what was told since. Pure.

import type { Connection, Decision } from "../connection.ts";
import { doerOf, isGlassBroken } from "../doer.ts";
import type { DrawbridgeEvent } from "../events.ts";
import { oneLine } from "../harmless.ts";
import { plainly } from "../plain-words.ts";
import { utc } from "../when.ts";
import { actorWords } from "../wording.ts";

const reasonCharactersMax = 500;

/** What the record itself does not say of its decision. */
export interface Beside {
  /** What was told since, such as who did what was done outside. */
  readonly since?: readonly DrawbridgeEvent[];
  /** Who wrote the entry that decided. */
  readonly writer?: string;
}

/** Nothing while this very question is open. */
export function outcomeOf(connection: Connection, question: string, beside: Beside = {}): string | undefined {
  switch (connection.status) {
    case "asking":
      return connection.question.id === question ? undefined : "No longer asked here: the question was put anew";
    case "requested":
      return "No longer asked: the allow-list decides again";
    case "adopted":
      return "No longer asked: the connection was there before Drawbridge";
    case "closed":
      return connection.decision === undefined
        ? `Withdrawn: ${withdrawn[connection.reason]}, ${utc(connection.changedAt)}`
        : decided(connection.decision, beside);
    case "approved":
    case "connected":
    case "denied":
    case "rejected":
      return decided(connection.decision, beside);
  }
}

const withdrawn = {
  deleted: "the endpoint was deleted",
  failed: "AWS shows the endpoint failed",
  expired: "AWS let the request expire",
  vanished: "AWS no longer lists the endpoint",
} as const;

/** Who, when, how, and why. */
function decided(decision: Decision, { since = [], writer }: Beside): string {
  const { verdict, because, at, reason } = plainly(decision);
  const by = doerOf(decision, since);
  const word = verdict === "accept" ? "Approved" : "Rejected";
  const person = by.kind === "approver" || by.kind === "operator";
  const why = person ? reason : because.detail;
  const who = actorWords(by, writer);
  const how = isGlassBroken(decision) ? `Break-glass: approved by ${who} alone, past its approvers` : `${word} by ${who}`;
  return `${how}, ${utc(at)}${why === undefined || why === "" ? "" : `: ${oneLine(why, reasonCharactersMax)}`}`;
}
