// How events are made: what became true, stamped with when, by whom, because of what, and what brought it up.

import type { Actor, Because, Choice, ConnectionEvent, EntryRef, Refusal, Source } from "./events.ts";
import type { Instant } from "./ids.ts";

export type Kind<T extends ConnectionEvent = ConnectionEvent> = T extends ConnectionEvent
  ? Omit<T, "at" | "by" | "because" | "source">
  : never;

export interface Moment {
  readonly now: Instant;
  readonly source: Source;
}

export const stamp = <const K extends Kind>({ now: at, source }: Moment, kind: K, by: Actor, because: Because) => ({
  ...kind,
  at,
  by,
  because,
  source,
});

/** What Drawbridge itself does. */
export const did = <const K extends Kind>(
  moment: Moment,
  kind: K,
  because: Because = { rule: "names", detail: "the name follows the connection" },
) => stamp(moment, kind, { kind: "drawbridge" }, because);

export const ruled = (by: Actor, detail: string): Because => ({
  rule: by.kind === "operator" ? "operator" : by.kind === "outside" ? "outside" : "approvers",
  detail,
});

/** An answer that decides nothing. */
export const refusedAnswer = (moment: Moment, choice: Choice, by: Actor, { cause, why }: Refusal) =>
  stamp(moment, { type: "AnswerRefused", choice, cause, why }, by, ruled(by, why));

/** One operator alone, past those who are asked. */
export const glassBroken = (reason: string | undefined): Because => ({ rule: "break-glass", detail: reason ?? "one operator alone" });

/** Who does what an entry says; without one it is Drawbridge itself. */
export const byEntry = (entry: EntryRef | undefined): Actor => (entry === undefined ? { kind: "drawbridge" } : { kind: "entry", entry });
