// How a question ended, in one line, read from the connection's record alone. Pure.

import type { Connection, Decision } from "../connection.ts";
import { oneLine } from "../harmless.ts";
import { utc } from "../when.ts";
import { actorWords } from "../wording.ts";

const reasonCharactersMax = 500;

/** Nothing while this very question is open. */
export function outcomeOf(connection: Connection, question: string): string | undefined {
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
        : decided(connection.decision);
    case "approved":
    case "connected":
    case "denied":
    case "rejected":
      return decided(connection.decision);
  }
}

const withdrawn = {
  deleted: "the endpoint was deleted",
  failed: "AWS shows the endpoint failed",
  expired: "AWS let the request expire",
  vanished: "AWS no longer lists the endpoint",
} as const;

/** Who, when, how, and why. */
function decided({ verdict, by, because, at, reason }: Decision): string {
  const word = verdict === "accept" ? "Approved" : "Rejected";
  const person = by.kind === "approver" || by.kind === "operator";
  const why = person ? reason : because.detail;
  return `${word} by ${actorWords(by)}, ${utc(at)}${why === undefined || why === "" ? "" : `: ${oneLine(why, reasonCharactersMax)}`}`;
}
