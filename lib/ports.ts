// Everything Drawbridge asks of the outside, on one screen. Adapters are in lib/aws; fakes that remember in test/fakes.

import type { Entry } from "./allow-list.ts";
import type { Connection } from "./connection.ts";
import type { Fault } from "./faults.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "./ids.ts";
import type { Change, EntryKey, Head, Kept, Page, PageRequest, StoredEvent, Subject } from "./ledger.ts";
import type { RecordSet } from "./names.ts";
import type { Observed } from "./observed.ts";
import type { Service } from "./service.ts";

/** May differ between instances by minutes; never decides an order. */
export type Clock = () => Instant;
/** A new id of at least 128 random bits, fit for a URL. */
export type NewId = () => string;

/** EC2 as the provider sees it. Reads may be stale by seconds; owner and state come from here alone. */
export interface EndpointServices {
  /** Every connection of the service, all pages: complete or it throws. Throws when the id is empty, since AWS would list all. */
  connections(service: ServiceId): Promise<Observed[]>;
  /**
   * One outcome for each id, in the order given. Safe to repeat: what already is as wanted counts as done.
   * Each call of AWS goes through `calls`, which may wait, repeat, and end them.
   */
  accept(service: ServiceId, endpoints: readonly EndpointId[], calls?: Calls): Promise<Outcome[]>;
  reject(service: ServiceId, endpoints: readonly EndpointId[], calls?: Calls): Promise<Outcome[]>;
  /** Nothing when AWS does not know the service in this account and Region. */
  describe(service: ServiceId): Promise<ServiceFacts | undefined>;
  /** Makes, or finds, the connection notification of all four events to the topic; gives its id. Safe to repeat. */
  notify(service: ServiceId, topic: string): Promise<string>;
  /** The id of the enabled notification to the topic, if there is one. */
  notification(service: ServiceId, topic: string): Promise<string | undefined>;
  /** Removes it; safe when it is gone. */
  stopNotifying(notification: string): Promise<void>;
}
export type Outcome = {
  readonly endpoint: EndpointId;
  readonly failure?: { readonly code: string; readonly message: string };
  /** AWS was not asked about this one, for a reason that passes. */
  readonly later?: Fault;
};
/** Makes the calls of one action, at a pace that AWS allows; lib/loop/pacing.ts. */
export interface Calls {
  make<T>(call: () => Promise<T>): Promise<T>;
}
export interface ServiceFacts {
  readonly service: ServiceId;
  readonly serviceName: string;
  readonly acceptanceRequired: boolean;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly regions: readonly string[];
}

/** The records of connections. Reads by id are strongly consistent; lists by service or account may lag by seconds. */
export interface Connections {
  load(endpoints: readonly EndpointId[]): Promise<Map<EndpointId, Kept>>;
  ofService(service: ServiceId, page?: PageRequest): Promise<Page<Connection>>;
  ofAccount(account: AccountId, page?: PageRequest): Promise<Page<Connection>>;
  /** Open questions, oldest first. */
  asking(service: ServiceId, page?: PageRequest): Promise<Page<Connection>>;
}

/** The one write: records, events and the claims they need, all or nothing. */
export interface Ledger {
  /** The new head; or `conflict`: somebody else committed first, read again; or `claimed`: the name belongs to another connection. */
  commit(change: Change): Promise<Head | "conflict" | "claimed">;
  /** The last event of a subject's chain; `noHead` when it has none. Strongly consistent. */
  head(subject: Subject): Promise<Head>;
  /** One subject's events in order. */
  history(subject: Subject, page?: PageRequest): Promise<Page<StoredEvent>>;
  /** By index, newest first unless asked otherwise; may lag by seconds. */
  search(query: AuditQuery, page?: PageRequest): Promise<Page<StoredEvent>>;
}
export interface AuditQuery {
  readonly by: "service" | "account" | "actor" | "type" | "decision" | "time";
  readonly value?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly oldestFirst?: boolean;
}

export interface AllowList {
  /** The entries at exactly these keys; strongly consistent. */
  read(keys: readonly EntryKey[]): Promise<Entry[]>;
  ofService(service: ServiceId | "*", page?: PageRequest): Promise<Page<Entry>>;
}

export interface Services {
  get(service: ServiceId): Promise<Service | undefined>;
  all(): Promise<Service[]>;
}

/** Route 53, only in the zones of this deployment. */
export interface Zones {
  /** All or nothing in one zone. `exists` or `mismatch` name what stands in the way; throttling and overlap throw a retryable Fault. */
  change(zone: ZoneId, remove: readonly RecordSet[], create: readonly RecordSet[]): Promise<"done" | { readonly refused: string }>;
  /** The record sets at exactly this name. */
  at(zone: ZoneId, name: string): Promise<RecordSet[]>;
  /** The zone's name without the final dot; nothing when it does not exist or is not this deployment's. */
  name(zone: ZoneId): Promise<string | undefined>;
}

/** Wakes a function by its queue. At least once. */
export interface Wake {
  observe(look: Look, delaySeconds?: number): Promise<void>;
  admit(look: Look): Promise<void>;
  dns(look: Look, delaySeconds?: number): Promise<void>;
}
/** Look at these endpoints of the service, or at all of it. */
export interface Look {
  readonly service: ServiceId;
  readonly endpoints?: readonly EndpointId[];
  /** How many delayed looks came before. */
  readonly attempt?: number;
  readonly why: "look-again" | "requested" | "sweep" | "entry-changed" | "added";
}

/** What has been claimed stays claimed until `seconds` have passed: leases, and messages sent once. */
export interface Proofs {
  claim(kind: string, id: string, seconds: number): Promise<boolean>;
  release(kind: string, id: string): Promise<void>;
}

/** The bus. Gives the positions that were not taken, each with its reason. */
export interface Bus {
  put(events: readonly StoredEvent[]): Promise<{ readonly index: number; readonly reason: string }[]>;
}

/** Where an event waits that the bus did not take; a redrive reads it from the log by its key. */
export interface Undelivered {
  put(key: { readonly subject: Subject; readonly seq: number; readonly reason: string }): Promise<void>;
}

/** People. Each may be told more than once only when a claim was lost after sending. */
export interface People {
  approvers(message: Message): Promise<void>;
  decisions(message: Message): Promise<void>;
}
export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The keys that sign links; the newest signs, all verify. Cached for minutes, so that a rotation needs no deploy. */
export interface Keys {
  link(): Promise<readonly string[]>;
}
