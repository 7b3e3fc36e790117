// DynamoDB as the adapters use it: strong reads by key, lagging indexes, conditional transactions, the real chain.

import { hash } from "node:crypto";
import type { Entry } from "../../lib/allow-list.ts";
import type { Connection } from "../../lib/connection.ts";
import type { AccountId, EndpointId, ServiceId } from "../../lib/ids.ts";
import {
  connectionSubject,
  entrySubject,
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
import type { Service } from "../../lib/service.ts";
import type { Invocation } from "./lambda.ts";
import type { World } from "./world.ts";

export const sha256 = (text: string): string => hash("sha256", text, "hex");

/** The allow-list at one moment; a new map with each change, so that a reader's copy stays as it was. */
export type Table = ReadonlyMap<string, Entry>;
export const entryId = ({ service, principal }: { readonly service: string; readonly principal: string }): string =>
  `${service}/${principal}`;

interface Stored {
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
  readonly nameClaims = new Map<string, EndpointId>();
  readonly proofs = new Map<string, { readonly until: number; readonly holder: string }>();
  commits = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  head(subject: Subject): Head {
    const last = this.log.get(subject)?.at(-1);
    return last === undefined ? noHead : { seq: last.seq, hash: last.hash };
  }

  /** The one write, all or nothing: the condition is the record's version, a name's claim its own. */
  commit(change: Change, by: Invocation): Head | "conflict" | "claimed" {
    const { subject, about } = subjectOf(change);
    const head = this.head(subject);
    if (head.seq !== change.expected.seq) {
      by.conflicts += 1;
      return "conflict";
    }
    if (change.of === "connection") {
      const { endpoint } = change.after;
      const { claim, release } = this.#world.system.claims(change.events);
      if (claim.some((fqdn) => (this.nameClaims.get(fqdn) ?? endpoint) !== endpoint)) return "claimed";
      for (const fqdn of release) this.nameClaims.delete(fqdn);
      for (const fqdn of claim) this.nameClaims.set(fqdn, endpoint);
    }
    const added = this.#world.system.chain(subject, change.expected, change.events, about, sha256);
    const last = added.at(-1);
    if (last === undefined) throw new Error(`a commit without events for ${subject}`);
    const before = change.of === "connection" ? this.records.get(change.after.endpoint)?.kept.connection : undefined;
    this.log.set(subject, [...(this.log.get(subject) ?? []), ...added]);
    this.commits += 1;
    this.#put(change, { seq: last.seq, hash: last.hash });
    for (const { event, seq } of added)
      this.#world.tell("log", () => `${subject} ${String(seq)} ${event.type}: ${event.because.detail} (${by.name})`);
    this.#world.committed(change, before, added, by);
    return { seq: last.seq, hash: last.hash };
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
      if (change.after === undefined) entries.delete(entryId(change.key));
      else entries.set(entryId(change.key), change.after);
      this.entries = entries;
      this.tables.push({ at: now, table: entries });
    } else if (change.after !== undefined) this.services.set(change.key, change.after);
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

  claim(kind: string, id: string, seconds: number, clock: number, holder: string): boolean {
    const key = `${kind} ${id}`;
    const there = this.proofs.get(key);
    if (there !== undefined && there.until > Math.floor(clock / 1000)) return false;
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
  return { subject: serviceSubject(change.key), about: { service: change.key } };
}
