// Everything Drawbridge asks of the outside. Adapters are in lib/aws; fakes that remember in test/fakes.

import type { Entry, Membership, Removed, UnitMarks } from "./allow-list.ts";
import type { Approver } from "./approver.ts";
import type { Checkpoint } from "./audit/checkpoint.ts";
import type { Connection } from "./connection.ts";
import type { Fault } from "./faults.ts";
import type { Freeze } from "./freeze.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "./ids.ts";
import type { Change, EntryKey, Head, Kept, LogRow, Page, PageRequest, StoredEvent, Subject } from "./ledger.ts";
import type { RecordSet, StandingSet } from "./names.ts";
import type { Observed } from "./observed.ts";
import type { Allowed, Permit } from "./permissions.ts";
import type { PrivateDnsFacts } from "./private-dns.ts";
import type { Service } from "./service.ts";
import type { Vpc } from "./vpcs.ts";

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
  /** Who may ask to connect; all pages. */
  allowed(service: ServiceId): Promise<Allowed>;
  /** Safe to repeat; what is there or gone already counts as done. */
  allow(service: ServiceId, add: readonly AccountId[], remove: readonly AccountId[]): Promise<void>;
  /** Safe to repeat; without a name, the service has none any more. */
  setPrivateDnsName(service: ServiceId, name: string | undefined): Promise<void>;
  /** Asks AWS to look for the name's proof; its state tells later what came of it. */
  verifyPrivateDnsName(service: ServiceId): Promise<void>;
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
  readonly privateDns?: PrivateDnsFacts;
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
  /**
   * The new head; or `conflict`: somebody else committed first, read again; or `claimed`: the name belongs to another
   * connection; or `full`: the entry's limit is reached meanwhile.
   */
  commit(change: Change): Promise<Head | "conflict" | "claimed" | "full">;
  /** The last event of a subject's chain; `noHead` when it has none. Strongly consistent. */
  head(subject: Subject): Promise<Head>;
  /** One subject's events in order; strongly consistent. What is no event any more is told in its place. */
  history(subject: Subject, page?: PageRequest & { readonly newestFirst?: boolean }): Promise<Page<LogRow>>;
  /**
   * By index, newest first unless asked otherwise; may lag by seconds. What was there ten seconds before the first page
   * is on exactly one of the pages, whatever is written meanwhile.
   */
  search(query: AuditQuery, page?: PageRequest): Promise<Page<LogRow>>;
}
export interface AuditQuery {
  readonly by: "service" | "account" | "actor" | "type" | "decision" | "time";
  /** Several are read as one list. */
  readonly value?: string | readonly string[];
  readonly from?: Instant;
  readonly to?: Instant;
  readonly oldestFirst?: boolean;
}

export interface AllowList {
  /** The entries at exactly these keys; strongly consistent. A row that cannot be read is a fault: whoever decides stops. */
  read(keys: readonly EntryKey[]): Promise<Entry[]>;
  /** The same for whoever looks: a row that cannot be read is named. */
  inspect(keys: readonly EntryKey[]): Promise<(Entry | UnreadableEntry)[]>;
  /** The same, with what removed entries left at these keys. */
  standing(keys: readonly EntryKey[]): Promise<Standing>;
  /** What bears on every verdict at the service beside its entries; strongly consistent, of exact keys. */
  bearing(service: ServiceId): Promise<Bearing>;
  /** How many connections limited entries hold, by `entryId`; strongly consistent. Those that hold none may be absent. */
  counts(counters: readonly string[]): Promise<Map<string, number>>;
  freezes(): Promise<Freeze[]>;
  /** A row that cannot be read is named, and hides no other. */
  ofService(service: ServiceId | "*", page?: PageRequest): Promise<Page<Entry | UnreadableEntry>>;
}
/** What stands at an entry's key and is no entry: the row as it was found, and why it cannot be read. */
export interface UnreadableEntry extends EntryKey {
  readonly unreadable: string;
  readonly row: Readonly<Record<string, unknown>>;
}
export interface Standing {
  readonly entries: readonly Entry[];
  readonly removed: readonly Removed[];
}
export interface Bearing {
  /** The service's own freeze first, then that of every service. */
  readonly freezes: readonly Freeze[];
  readonly units: { readonly here: UnitMarks; readonly everywhere: UnitMarks };
}

/** The accounts that Drawbridge itself let ask at a service: the only ones it may take back. */
export interface Permits {
  of(service: ServiceId): Promise<Permit[]>;
  /** Also over one that is there. */
  keep(service: ServiceId, permit: Permit): Promise<void>;
  /** Does nothing where it was kept anew since. */
  forget(service: ServiceId, permit: Permit): Promise<void>;
}

/** AWS Organizations, asked only where entries speak of units or organizations. May be minutes old. */
export interface Organizations {
  /** Never throws: what cannot be found out is `unknown`. */
  of(account: AccountId): Promise<Membership>;
}

export interface Services {
  get(service: ServiceId): Promise<Service | undefined>;
  all(): Promise<Service[]>;
}

/** Those who are asked; strongly consistent. */
export interface Approvers {
  get(name: string): Promise<Approver | undefined>;
  all(): Promise<Approver[]>;
}

/** Route 53, only in the zones of this deployment. */
export interface Zones {
  /** All or nothing in one zone. `exists` or `mismatch` name what stands in the way; throttling and overlap throw a retryable Fault. */
  change(zone: ZoneId, remove: readonly RecordSet[], create: readonly RecordSet[]): Promise<"done" | { readonly refused: string }>;
  /** The record sets at exactly this name. */
  at(zone: ZoneId, name: string): Promise<StandingSet[]>;
  /** Every record set of the zone, all pages: complete or it throws. */
  all(zone: ZoneId): Promise<StandingSet[]>;
  /** The zone's name without the final dot; nothing when it does not exist or is not this deployment's. */
  name(zone: ZoneId): Promise<string | undefined>;
  /** This deployment's zones, as far as they exist. */
  list(): Promise<ZoneFacts[]>;
  /** Adds the value to the text record at the name, beside those of others; safe to repeat. */
  prove(zone: ZoneId, name: string, value: string): Promise<void>;
  /** Takes only that value away. */
  disprove(zone: ZoneId, name: string, value: string): Promise<void>;
  /** Lets the VPC's account associate it with the private zone; safe to repeat. */
  authorize(zone: ZoneId, vpc: Vpc): Promise<void>;
  /** Every VPC that is let associate with the zone, all pages, whoever let it: complete or it throws. An association is no authorization. */
  authorized(zone: ZoneId): Promise<readonly Vpc[]>;
  /** Takes that back, with the association; safe to repeat. */
  withdraw(zone: ZoneId, vpc: Vpc): Promise<void>;
}
export interface ZoneFacts {
  readonly id: ZoneId;
  readonly name: string;
  readonly isPrivate: boolean;
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
  /** `compare`: look at all of it, and whether Route 53 has its names and its VPCs' authorizations too. */
  readonly why: "look-again" | "requested" | "sweep" | "entry-changed" | "added" | "compare";
}

/** What has been claimed stays claimed until `seconds` have passed: leases, and messages sent once. */
export interface Proofs {
  claim(kind: string, id: string, seconds: number): Promise<boolean>;
  /** From now on so long; false where it is not the caller's any more. It is free at no moment in between. */
  extend(kind: string, id: string, seconds: number): Promise<boolean>;
  release(kind: string, id: string): Promise<void>;
}

/** Small things that end by themselves: codes, sessions, questions about to be mailed. Strongly consistent; what is over is not there. */
export interface Slips {
  get(kind: string, id: string): Promise<Slip | undefined>;
  /** Puts it, also over one that is there. */
  put(slip: Slip): Promise<void>;
  remove(kind: string, ids: readonly string[]): Promise<void>;
  ofKind(kind: string): Promise<Slip[]>;
  /** Counts one up in its `count`, if it is there and has fewer than `most`; gives the new count. */
  count(kind: string, id: string, most: number): Promise<number | undefined>;
}
export interface Slip {
  readonly kind: string;
  readonly id: string;
  readonly until: Instant;
  readonly count?: number;
  readonly data: Readonly<Record<string, string>>;
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
  /** The same for programs: what every subscriber gets that is not a person's mailbox or telephone. */
  readonly json?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Approvers' addresses as subscriptions of the approvals topic, each filtered to its own name. */
export interface Subscriptions {
  /** Asks the address to confirm; gives the subscription. Safe to repeat. */
  subscribe(name: string, email: string): Promise<string>;
  /** With the token from AWS's mail; unsubscribing then needs AWS credentials, since scanners open unsubscribe links. */
  confirm(token: string): Promise<string>;
  remove(subscription: string): Promise<void>;
  /** All of the topic. */
  all(): Promise<Subscription[]>;
  /** Whether only AWS credentials can end it, and whether it is filtered to this name alone; nothing when it is gone. */
  inspect(subscription: string): Promise<{ readonly protected: boolean; readonly approver?: string } | undefined>;
}
export interface Subscription {
  /** Absent until confirmed. */
  readonly arn?: string;
  readonly protocol: string;
  readonly endpoint: string;
}

/** The keys that sign links; the newest signs, all verify. Cached for minutes, so that a rotation needs no deploy. */
export interface Keys {
  link(): Promise<readonly string[]>;
}

/** Signs what the log's checkpoints state. The private half never leaves KMS. */
export interface SigningKey {
  readonly arn: string;
  /** DER, as base64. */
  sign(text: string): Promise<string>;
  /** PEM. */
  publicKey(): Promise<string>;
}

/** Where checkpoints are kept: each number is written once, by whoever is first, and nobody can change or remove it. */
export interface Checkpoints {
  last(): Promise<Checkpoint | undefined>;
  read(number: number): Promise<Checkpoint>;
  put(checkpoint: Checkpoint): Promise<"done" | "taken">;
  putKey(arn: string, pem: string): Promise<"done" | "taken">;
}

/** The same for whoever verifies them: as they were first written, whatever was put over them or marked as deleted. */
export interface KeptCheckpoints {
  /** The number of the last; 0 when there is none. */
  last(): Promise<number>;
  /** Those from one number to another, in order; of all there are unless told. */
  list(from?: number, to?: number): Promise<readonly KeptCheckpoint[]>;
  /** The public keys that were kept beside them, by ARN. */
  keys(): Promise<Map<string, string>>;
}
export interface KeptCheckpoint {
  readonly key: string;
  readonly writtenOver: boolean;
  read(): Promise<Checkpoint>;
}
