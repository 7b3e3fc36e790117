// DynamoDB as the adapters use it: strong reads by key, lagging indexes, conditional transactions, the real chain.

import { hash } from "node:crypto";
import { entryId, type Entry, type Removed, type UnitMarks } from "../../lib/allow-list.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Freeze } from "../../lib/freeze.ts";
import type { AccountId, EndpointId, ServiceId } from "../../lib/ids.ts";
import {
  connectionSubject,
  entrySubject,
  freezeSubject,
  noHead,
  serviceSubject,
  type Change,
  type EntryKey,
  type Head,
  type Kept,
  type Page,
  type PageRequest,
  type StoredEvent,
  type Subject,
} from "../../lib/ledger.ts";
import type { Bearing } from "../../lib/ports.ts";
import type { Service } from "../../lib/service.ts";
import type { Invocation } from "./lambda.ts";
import { isWritten, standing } from "./oracle-since.ts";
import type { World } from "./world.ts";

export const sha256 = (text: string): string => hash("sha256", text, "hex");

/** The allow-list at one moment; a new map with each change, so that a reader's copy stays as it was. */
export type Table = ReadonlyMap<string, Entry>;
export { entryId };

export interface Stored {
  kept: Kept;
  readonly versions: { readonly at: number; readonly connection: Connection }[];
}

export class Store {
  readonly records = new Map<EndpointId, Stored>();
  readonly log = new Map<Subject, StoredEvent[]>();
  entries: Table = new Map();
  /** Every table there ever was. */
  readonly tables: { readonly at: number; readonly table: Table }[] = [];
  readonly services = new Map<ServiceId, Service>();
  removed: ReadonlyMap<string, Removed> = new Map();
  readonly freezes = new Map<ServiceId | "*", Freeze>();
  readonly counters = new Map<string, number>();
  readonly marks = new Map<ServiceId | "*", UnitMarks>();
  readonly nameClaims = new Map<string, EndpointId>();
  readonly proofs = new Map<string, { readonly until: number; readonly holder: string }>();
  commits = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  head(subject: Subject): Head {
    const last = this.log.get(subject)?.at(-1);
    return last === undefined ? noHead : { seq: last.seq, hash: last.hash, at: last.event.at };
  }

  /** The one write, all or nothing: the condition is the record's version, a name's claim its own. */
  commit(change: Change, by: Invocation): Head | "conflict" | "claimed" | "full" {
    const head = this.head(subjectOf(change).subject);
    if (head.seq !== change.expected.seq) {
      by.conflicts += 1;
      return "conflict";
    }
    if (change.of === "connection") {
      const { also } = change;
      if (also !== undefined && this.head(subjectOf(also).subject).seq !== also.expected.seq) {
        by.conflicts += 1;
        return "conflict";
      }
      const { endpoint } = change.after;
      const { claim, release } = this.#world.system.claims(change.events);
      if (claim.some((fqdn) => (this.nameClaims.get(fqdn) ?? endpoint) !== endpoint)) return "claimed";
      const places = this.#world.system.counts(change.events);
      const full = ({ counter, add, atMost }: (typeof places)[number]): boolean =>
        add > 0 && atMost !== undefined && (this.counters.get(counter) ?? 0) >= atMost;
      if (places.some(full)) {
        by.conflicts += 1;
        return "full";
      }
      for (const { counter, add } of places) this.counters.set(counter, (this.counters.get(counter) ?? 0) + add);
      for (const fqdn of release) this.nameClaims.delete(fqdn);
      for (const fqdn of claim) this.nameClaims.set(fqdn, endpoint);
    }
    const { added, before, after } = this.#write(change, by);
    // An answer about an account writes its entry in the same transaction.
    const also = change.of === "connection" && change.also !== undefined ? this.#write(change.also, by) : undefined;
    this.commits += 1;
    this.#world.committed(change, before, added, by);
    if (change.of === "connection" && change.also !== undefined && also !== undefined)
      this.#world.committed(change.also, undefined, also.added, by);
    return after;
  }

  #write(change: Change, by: Invocation): { added: StoredEvent[]; before: Connection | undefined; after: Head } {
    const { subject, about } = subjectOf(change);
    const added = this.#world.system.chain(subject, change.expected, change.events, about, sha256);
    const last = added.at(-1);
    if (last === undefined) throw new Error(`a commit without events for ${subject}`);
    const before = change.of === "connection" ? this.records.get(change.after.endpoint)?.kept.connection : undefined;
    this.log.set(subject, [...(this.log.get(subject) ?? []), ...added]);
    const after = { seq: last.seq, hash: last.hash, at: last.event.at };
    this.#put(change, after);
    for (const { event, seq } of added)
      this.#world.tell("log", () => `${subject} ${String(seq)} ${event.type}: ${event.because.detail} (${by.name})`);
    return { added, before, after };
  }

  #put(change: Change, head: Head): void {
    const { now } = this.#world.schedule;
    if (change.of === "connection") {
      const stored = this.records.get(change.after.endpoint) ?? { kept: { connection: change.after, head }, versions: [] };
      stored.kept = { connection: change.after, head };
      stored.versions.push({ at: now, connection: change.after });
      this.records.set(change.after.endpoint, stored);
    } else if (change.of === "entry") {
      const entries = new Map(this.entries);
      const before = this.entries.get(entryId(change.key));
      if (change.after !== undefined) isWritten(change.after, before && standing(before, change.after.at)[0]);
      if (change.after === undefined) entries.delete(entryId(change.key));
      else entries.set(entryId(change.key), change.after);
      this.entries = entries;
      this.tables.push({ at: now, table: entries });
      const removed = new Map(this.removed);
      if (change.tombstone === undefined) removed.delete(entryId(change.key));
      else removed.set(entryId(change.key), change.tombstone);
      this.removed = removed;
      const [was, more] = [this.marks.get(change.key.service), this.#world.system.unitMarks(change)];
      if (more !== undefined)
        this.marks.set(change.key.service, { entries: (was?.entries ?? 0) + more.entries, rejects: (was?.rejects ?? 0) + more.rejects });
    } else if (change.of === "freeze") {
      if (change.after === undefined) this.freezes.delete(change.key);
      else this.freezes.set(change.key, change.after);
    } else if (change.of === "service") {
      const before = this.services.get(change.key);
      this.#world.besides.permissions.written(before);
      this.#world.besides.care.written(change.key, before, change.after);
      if (change.after === undefined) this.services.delete(change.key);
      else this.services.set(change.key, change.after);
    }
  }

  load(endpoints: readonly EndpointId[]): Map<EndpointId, Kept> {
    const found = new Map<EndpointId, Kept>();
    for (const endpoint of endpoints) {
      const stored = this.records.get(endpoint);
      if (stored !== undefined) found.set(endpoint, stored.kept);
    }
    return found;
  }

  ofService(service: ServiceId, page: PageRequest = {}): Page<Connection> {
    return this.#index((connection) => connection.service === service, page);
  }

  ofAccount(account: AccountId, page: PageRequest = {}): Page<Connection> {
    return this.#index((connection) => connection.account === account, page);
  }

  /** An index shows each record as it was a little while ago, and gives pages of any length, empty ones too. */
  #index(matches: (connection: Connection) => boolean, page: PageRequest): Page<Connection> {
    const { schedule, faults, random } = this.#world;
    const behind = faults.happens("lag") ? random.between(1, 120_000) : 0;
    const at = schedule.now - behind;
    const all = [...this.records.entries()]
      .filter(([endpoint]) => page.cursor === undefined || endpoint > page.cursor)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const size = this.#world.setup.pageSize;
    const items = all.slice(0, size).flatMap(([, { versions }]) => {
      const shown = versions.findLast((version) => version.at <= at)?.connection;
      return shown !== undefined && matches(shown) ? [shown] : [];
    });
    const last = all[size - 1]?.[0];
    return last === undefined || all.length <= size ? { items } : { items, cursor: last };
  }

  readEntries(keys: readonly EntryKey[]): Entry[] {
    return keys.flatMap((key) => this.entries.get(entryId(key)) ?? []);
  }

  readRemoved(keys: readonly EntryKey[]): Removed[] {
    return keys.flatMap((key) => this.removed.get(entryId(key)) ?? []);
  }

  bearing(service: ServiceId): Bearing {
    const none = { entries: 0, rejects: 0 };
    return {
      freezes: [service, "*" as const].flatMap((id) => this.freezes.get(id) ?? []),
      units: { here: this.marks.get(service) ?? none, everywhere: this.marks.get("*") ?? none },
    };
  }

  claim(kind: string, id: string, seconds: number, clock: number, holder: string): boolean {
    const key = `${kind} ${id}`;
    const there = this.proofs.get(key);
    if (there !== undefined && there.until > Math.floor(clock / 1000)) return false;
    this.proofs.set(key, { until: Math.ceil(clock / 1000) + seconds, holder });
    return true;
  }

  extend(kind: string, id: string, seconds: number, clock: number, holder: string): boolean {
    const key = `${kind} ${id}`;
    if (this.proofs.get(key)?.holder !== holder) return false;
    this.proofs.set(key, { until: Math.ceil(clock / 1000) + seconds, holder });
    return true;
  }

  release(kind: string, id: string, holder: string): void {
    const key = `${kind} ${id}`;
    if (this.proofs.get(key)?.holder === holder) this.proofs.delete(key);
  }
}

function subjectOf(change: Change): { subject: Subject; about: { service?: ServiceId | "*"; account?: AccountId } } {
  if (change.of === "connection")
    return { subject: connectionSubject(change.after.endpoint), about: { service: change.after.service, account: change.after.account } };
  if (change.of === "entry")
    return { subject: entrySubject(change.key.service, change.key.principal), about: { service: change.key.service } };
  if (change.of === "freeze") return { subject: freezeSubject(change.key), about: { service: change.key } };
  if (change.of === "service") return { subject: serviceSubject(change.key), about: { service: change.key } };
  throw new Error(`the simulation changes no ${change.of}`);
}
