// The log's own shape: subjects, sequences, the hash chain, and what one commit holds.

import type { Approver } from "./approver.ts";
import type { Entry, Principal, Removed, UnitMarks } from "./allow-list.ts";
import type { Connection } from "./connection.ts";
import { canonical } from "./canonical.ts";
import { optional } from "./optional.ts";
import { actorKey, decisionOf, type ConnectionEvent, type DrawbridgeEvent, type PolicyEvent } from "./events.ts";
import type { Freeze } from "./freeze.ts";
import type { AccountId, EndpointId, Instant, ServiceId } from "./ids.ts";
import type { Service } from "./service.ts";

/** `connection#vpce-…`, `entry#<service>#<principal>`, `service#vpce-svc-…`, `deployment`. */
export type Subject = string;

export const connectionSubject = (endpoint: EndpointId): Subject => `connection#${endpoint}`;
export const entrySubject = (service: ServiceId | "*", principal: string): Subject => `entry#${service}#${principal}`;
export const serviceSubject = (service: ServiceId): Subject => `service#${service}`;
export const approverSubject = (name: string): Subject => `approver#${name}`;
const deploymentSubject: Subject = "deployment";
/** A freeze stands in its service's own chain. */
export const freezeSubject = (id: ServiceId | "*"): Subject => (id === "*" ? deploymentSubject : serviceSubject(id));

/** An event of a connection's own. */
export type StoredOfConnection = StoredEvent & { readonly event: ConnectionEvent };

/** An event in its place in the log. */
export interface StoredEvent {
  readonly subject: Subject;
  readonly seq: number;
  readonly event: DrawbridgeEvent;
  readonly service?: ServiceId | "*";
  readonly account?: AccountId;
  /** The hash of the event before it in this subject's chain; of the empty text for the first. */
  readonly previous: string;
  readonly hash: string;
  /** As a search read it: the index keys that are not simply what the event says. No part of the hash; see audit/filing.ts. */
  readonly filedUnder?: Readonly<Record<string, string>>;
}

/** A row of the log that is no event any more, since somebody altered it past Drawbridge. It stands where it stands, and hides no other. */
export interface UnreadableRow {
  readonly subject: Subject;
  /** 0 where its key is no event's place. */
  readonly seq: number;
  readonly unreadable: string;
  /** When it is filed, as far as that can be told. */
  readonly at?: Instant;
}
export type LogRow = StoredEvent | UnreadableRow;
export const isEvent = <R extends LogRow>(row: R): row is R & StoredEvent => !("unreadable" in row);
export const isOfConnection = (row: LogRow): row is StoredOfConnection => isEvent(row) && row.subject.startsWith("connection#");

/** The last event of a subject's chain. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  /** When it happened; absent where that is not known, or there is none. */
  readonly at?: Instant;
}
export const noHead: Head = { seq: 0, hash: "" };

/** SHA-256 of a text, as lower-case hex. An argument, so that the core needs no library. */
export type Hash = (text: string) => string;

/** One commit. `expected` is the head that was read; any other is a conflict. What `after` leaves out is removed. */
export type Change = { readonly expected: Head } & (
  | {
      readonly of: "connection";
      readonly after: Connection;
      readonly events: readonly ConnectionEvent[];
      /** The entry that the answer writes, in the same transaction. */
      readonly also?: EntryChange;
    }
  | Omit<EntryChange, "expected">
  | { readonly of: "service"; readonly key: ServiceId; readonly after?: Service; readonly events: readonly PolicyEvent[] }
  | { readonly of: "approver"; readonly key: string; readonly after?: Approver; readonly events: readonly PolicyEvent[] }
  | { readonly of: "freeze"; readonly key: ServiceId | "*"; readonly after?: Freeze; readonly events: readonly PolicyEvent[] }
);

export interface EntryChange {
  readonly of: "entry";
  readonly expected: Head;
  readonly key: EntryKey;
  readonly after?: Entry;
  readonly tombstone?: Removed;
  readonly events: readonly PolicyEvent[];
}

export interface EntryKey {
  readonly service: ServiceId | "*";
  readonly principal: Principal;
}

/** A record as it was read, with the head that the next commit builds on. */
export interface Kept {
  readonly connection: Connection;
  readonly head: Head;
}

/**
 * What a commit claims and gives up beside its records: a name belongs to one connection at a time.
 * Claims are conditional items in the same transaction.
 */
export function claims(events: readonly ConnectionEvent[]): { claim: string[]; release: string[] } {
  return {
    claim: events.flatMap((event) => (event.type === "NameAssigned" ? [event.name.fqdn] : [])),
    release: events.flatMap((event) => (event.type === "NameRemoved" ? [event.fqdn] : [])),
  };
}

/** What a commit takes from, or gives back to, the counters of limited entries; a place is taken only below `atMost`. */
export interface Count {
  readonly counter: string;
  readonly add: number;
  readonly atMost?: number;
}

export function counts(events: readonly ConnectionEvent[]): Count[] {
  const net = new Map<string, Count>();
  const add = (counter: string | undefined, places: 1 | -1, atMost?: number): void => {
    if (counter === undefined) return;
    const before = net.get(counter);
    const most = atMost ?? before?.atMost;
    net.set(counter, { counter, add: (before?.add ?? 0) + places, ...optional("atMost", most) });
  };
  for (const event of events) {
    if (event.type === "ConnectionApproved") add(event.counter, 1, event.atMost);
    if (event.type === "ConnectionCounted") add(event.counter, 1);
    if (event.type === "ConnectionDenied" || event.type === "RejectedOutside" || event.type === "ConnectionClosed") add(event.counter, -1);
  }
  return [...net.values()].filter((count) => count.add !== 0);
}

/** How the marks of entries for units and organizations change; nothing when the entry names one consumer. */
export function unitMarks({ key, events, after }: Extract<Change, { of: "entry" }>): UnitMarks | undefined {
  const [first] = events;
  if (!/^(ou|org)#/.test(key.principal) || first === undefined) return undefined;
  const before = "from" in first ? (first.from as Partial<Entry> | undefined) : undefined;
  const rejects = (entry: Partial<Entry> | undefined): number => (entry?.verdict === "reject" ? 1 : 0);
  const marks = { entries: (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1), rejects: rejects(after) - rejects(before) };
  return marks.entries === 0 && marks.rejects === 0 ? undefined : marks;
}

/** When what follows a chain's last event happens: clocks differ by minutes, and within a chain time does not run back. */
export const notBefore = (now: Instant, { at }: Pick<Head, "at">): Instant => (at !== undefined && at > now ? at : now);

/** Puts events into their places after `head`, each chained to the one before. */
export function chain(
  subject: Subject,
  head: Head,
  events: readonly DrawbridgeEvent[],
  about: { service?: ServiceId | "*"; account?: AccountId },
  hash: Hash,
): StoredEvent[] {
  let { seq, hash: previous } = head;
  return events.map((event) => {
    seq += 1;
    const body = { subject, seq, event, ...optional("service", about.service), ...optional("account", about.account), previous };
    const stored: StoredEvent = { ...body, hash: bodyHash(body, hash) };
    previous = stored.hash;
    return stored;
  });
}

/** What an event's hash must be: over all of it but the hash itself, and but what the store files it under. */
export const bodyHash = ({ subject, seq, event, service, account, previous }: Omit<StoredEvent, "hash">, hash: Hash): string =>
  hash(canonical({ subject, seq, event, service, account, previous }));

/** Whether the events form an unbroken chain from the first; if not, the sequence at which it breaks. */
export function firstBreak(events: readonly StoredEvent[], hash: Hash): number | undefined {
  let head = noHead;
  for (const stored of events) {
    if (stored.seq !== head.seq + 1 || stored.previous !== head.hash || bodyHash(stored, hash) !== stored.hash) return head.seq + 1;
    head = { seq: stored.seq, hash: stored.hash };
  }
  return undefined;
}

/** What the log's indexes file an event under. */
export function filed(stored: StoredEvent): { actor: string; type: string; decision?: string; atKey: string; bucket: string } {
  const { event, subject, seq } = stored;
  return {
    actor: actorKey(event.by),
    type: event.type,
    ...optional("decision", decisionOf(event)),
    atKey: `${event.at}#${subject}#${paddedSeq(seq)}`,
    bucket: allTime,
  };
}

/** What every event is filed under, to be found by its time alone. */
export const allTime = "log";

/** Sequences sort as text. */
export const paddedSeq = (seq: number): string => String(seq).padStart(12, "0");

/** The account that an entry speaks of, if it speaks of one: its events belong to that account's story. */
export const accountOf = (principal: Principal): AccountId | undefined =>
  principal.startsWith("account#") ? (principal.slice("account#".length) as AccountId) : undefined;

/** A page of a list; `cursor` is present when there is more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}
export interface PageRequest {
  readonly limit?: number;
  readonly cursor?: string;
}
