// The entry that an answer about an account writes: accepted from now on, or rejected for so many days without a question.

import { refer, standingAt, type Entry, type Restored } from "../allow-list.ts";
import { authorOf, type Approver } from "../approver.ts";
import type { Connection } from "../connection.ts";
import type { Actor, ConnectionEvent, EntryRef, PolicyEvent, Source } from "../events.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import { entrySubject, notBefore, type EntryChange, type EntryKey } from "../ledger.ts";
import { optional } from "../optional.ts";
import type { AllowList, Ledger } from "../ports.ts";
import { saidOf, written, type SaidEntry } from "../said-entry.ts";

export interface StandingPorts {
  readonly allowList: Pick<AllowList, "read">;
  readonly ledger: Pick<Ledger, "head">;
}

export interface Wish {
  readonly verdict: "accept" | "reject";
  /** After so many days the entry says nothing any more, and people are asked again. */
  readonly days?: number;
  readonly by: Extract<Actor, { kind: "approver" | "operator" }>;
  readonly approver: Pick<Approver, "name" | "arn">;
  readonly reason?: string;
  readonly source: Source;
}

export const quietDaysMax = 365;
const day = 86_400_000;

export const accountKey = ({ service, account }: Pick<Connection, "service" | "account">): EntryKey => ({
  service,
  principal: `account#${account}`,
});

/** Only where nothing but an `ask` would be overruled: an operator's accept or reject is not an approver's to replace. */
export const mayStand = (entry: Pick<Entry, "verdict"> | undefined): boolean => entry === undefined || entry.verdict === "ask";

function restored(entry: Entry): Restored {
  const { service: _service, principal: _principal, version: _version, authors: _authors, afterwards: _afterwards, ...rest } = entry;
  return rest;
}

export interface Prepared {
  readonly ref: EntryRef;
  /** The change, once the answer decided; nothing when it did not. */
  readonly change: (events: readonly ConnectionEvent[]) => Promise<EntryChange | undefined>;
}

/** Nothing when an entry stands there that an answer may not replace. */
export async function prepare(
  { allowList, ledger }: StandingPorts,
  connection: Connection,
  wish: Wish,
  now: Instant,
): Promise<Prepared | undefined> {
  const key = accountKey(connection);
  // The head is read before the entry, so that a change in between is a conflict and not overwritten.
  const expected = await ledger.head(entrySubject(key.service, key.principal));
  const before = (await allowList.read([key])).find(({ principal }) => principal === key.principal);
  const stands = before && standingAt(before, now);
  if (!mayStand(stands)) return undefined;
  const { verdict, days, by, approver, reason, source } = wish;
  const at = notBefore(now, expected);
  const said: SaidEntry = {
    ...(stands === undefined ? {} : saidOf(stands)),
    ...key,
    verdict,
    conditions: days === undefined ? {} : { expires: instant(milliseconds(now) + days * day) },
    // What is connected already is not what the question was about.
    ...(verdict === "reject" ? { disconnect: "keep" as const } : {}),
  };
  const after: Entry = {
    ...written(said, stands, { version: expected.seq + 1, author: authorOf(approver), at, ...optional("reason", reason) }),
    ...optional("authors", before === undefined ? [] : before.authors),
    ...(days === undefined ? {} : { afterwards: stands === undefined ? "nothing" : restored(stands) }),
  };
  const told = {
    at,
    by,
    because: { rule: "approvers", detail: reason ?? `${approver.name}'s answer about ${connection.endpoint}` },
    source,
  } as const;
  const event: PolicyEvent =
    before === undefined
      ? { type: "EntryAdded", entry: refer(after), to: after, ...told }
      : { type: "EntryChanged", entry: refer(after), from: before, to: after, ...told };
  return {
    ref: refer(after),
    change: async (events) =>
      events.some((one) => (one.type === "ConnectionApproved" || one.type === "ConnectionDenied") && one.standing !== undefined)
        ? { of: "entry", key, after, expected, events: [event] }
        : undefined,
  };
}
