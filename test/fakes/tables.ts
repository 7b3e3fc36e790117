// The tables in memory: connections, the log, the allow-list and the services, written together as the one transaction does.

import type { Entry, Removed } from "../../lib/allow-list.ts";
import { approverKind, readApprover } from "../../lib/aws/approver-row.ts";
import { readConnection } from "../../lib/aws/connection-row.ts";
import { bearingKeys, bearingOf } from "../../lib/aws/allow-list-table.ts";
import { findListed, isEntry, isFound, isRemoved, readListed } from "../../lib/aws/entry-row.ts";
import { eventRow, readEvent } from "../../lib/aws/event-row.ts";
import { counterKind, freezeKind, readCount, readFreeze, unitsKind } from "../../lib/aws/freeze-row.ts";
import { asStored, type Item } from "../../lib/aws/item.ts";
import { recordRow } from "../../lib/aws/record-row.ts";
import { readService } from "../../lib/aws/service-row.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { DrawbridgeEvent } from "../../lib/events.ts";
import { BadInput, Fault } from "../../lib/faults.ts";
import { optional } from "../../lib/optional.ts";
import type { EndpointId } from "../../lib/ids.ts";
import {
  accountOf,
  approverSubject,
  chain,
  claims,
  connectionSubject,
  counts,
  entrySubject,
  filed,
  freezeSubject,
  noHead,
  serviceSubject,
  unitMarks,
  type Change,
  type Head,
  type StoredEvent,
  type Subject,
} from "../../lib/ledger.ts";
import type { AllowList, Approvers, AuditQuery, Connections, Ledger, Services, UnreadableEntry } from "../../lib/ports.ts";
import { writesMax } from "../../lib/aws/ledger-table.ts";
import { byKey, pageOf } from "./paging.ts";

export interface FakeTables {
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly allowList: AllowList;
  readonly services: Services;
  readonly approvers: Approvers;
  /** Every committed event, in the order of the commits: what the stream would carry. */
  readonly committed: readonly StoredEvent[];
  /** Who holds which name. */
  readonly names: ReadonlyMap<string, EndpointId>;
  /** Sees each committed event as the stream would show it. */
  onCommit(listener: (event: StoredEvent) => void): void;
  /** Puts rows as they are, as somebody with rights on the table could. */
  readonly rows: {
    readonly connections: Map<string, Item>;
    readonly entries: Map<string, Item>;
    readonly services: Map<string, Item>;
    /** What else stands in the Settings table, by kind and id. */
    readonly settings: Map<string, Item>;
  };
}

/** Rows are kept as the real tables keep them, so that a record which could not be read back fails here too. */
export function fakeTables(): FakeTables {
  const rows = {
    connections: new Map<string, Item>(),
    entries: new Map<string, Item>(),
    services: new Map<string, Item>(),
    settings: new Map<string, Item>(),
  };
  const log = new Map<Subject, StoredEvent[]>();
  const committed: StoredEvent[] = [];
  const names = new Map<string, EndpointId>();
  const listeners: ((event: StoredEvent) => void)[] = [];
  const headOf = (subject: Subject): Head => {
    const last = log.get(subject)?.at(-1);
    return last === undefined ? noHead : { seq: last.seq, hash: last.hash, at: last.event.at };
  };
  const keep = (change: Change): StoredEvent[] => {
    const { subject, about } = subjectOf(change);
    const events = chain(
      subject,
      headOf(subject),
      change.events.map((event: DrawbridgeEvent) => asStored(event)),
      about,
      sha256,
    );
    const stored = events.map((event) => readEvent("AuditLog", asStored(eventRow(event))));
    const last = stored.at(-1);
    const row = recordRow(change.of, change, last === undefined ? noHead : { seq: last.seq, hash: last.hash });
    log.set(subject, [...(log.get(subject) ?? []), ...stored]);
    committed.push(...stored);
    write(rows, change, row);
    return stored;
  };
  return {
    rows,
    committed,
    names,
    onCommit: (listener) => listeners.push(listener),
    connections: connectionsOf(rows.connections),
    allowList: allowListOf(rows),
    services: {
      get: async (service) => found(rows.services.get(service), (row) => readService("Settings", row)),
      all: async () => byKey(entriesOf(rows.services)).map(({ value }) => readService("Settings", asStored(value))),
    },
    approvers: {
      get: async (name) => found(rows.settings.get(`${approverKind} ${name}`), (row) => readApprover("Settings", row)),
      all: async () =>
        byKey(entriesOf(rows.settings))
          .filter(({ key }) => key.startsWith(`${approverKind} `))
          .map(({ value }) => readApprover("Settings", asStored(value))),
    },
    ledger: {
      commit: async (change) => {
        const { subject } = subjectOf(change);
        if (change.events.length === 0) return change.expected;
        if (change.events.length >= writesMax) throw new Fault("TooLarge", "the audit log", "more than one transaction takes", false);
        const head = headOf(subject);
        if (head.seq !== change.expected.seq || head.hash !== change.expected.hash) return "conflict";
        const also = change.of === "connection" ? change.also : undefined;
        if (also !== undefined && headOf(subjectOf(also).subject).hash !== also.expected.hash) return "conflict";
        const counted = change.of === "connection" ? placed(rows.settings, change) : new Map<string, Item>();
        if (counted === "full") return "full";
        if (change.of === "connection" && !claim(names, change)) return "claimed";
        for (const [key, row] of counted) rows.settings.set(key, row);
        const stored = [change, ...(also === undefined ? [] : [also])].flatMap(keep);
        for (const event of stored) for (const listener of listeners) listener(structuredClone(event));
        return headOf(subject);
      },
      head: async (subject) => headOf(subject),
      history: async (subject, request) =>
        pageOf(
          inOrder(log.get(subject) ?? [], request?.newestFirst === true).map((value) => ({ key: String(value.seq), value })),
          subject,
          request,
        ),
      search: async (query, request) => pageOf(searched(committed, query), JSON.stringify(query), request),
    },
  };
}

function connectionsOf(rows: ReadonlyMap<string, Item>): Connections {
  const all = () => entriesOf(rows).map(({ key, value }) => ({ key, value: readConnection("Connections", asStored(value)).connection }));
  return {
    load: async (endpoints) =>
      new Map(
        endpoints.flatMap((endpoint) => {
          const kept = found(rows.get(endpoint), (row) => readConnection("Connections", row));
          return kept === undefined ? [] : [[endpoint, kept]];
        }),
      ),
    ofService: async (service, request) =>
      pageOf(
        byKey(all()).filter(({ value }) => value.service === service),
        `service ${service}`,
        request,
      ),
    ofAccount: async (account, request) =>
      pageOf(
        byKey(all()).filter(({ value }) => value.account === account),
        `account ${account}`,
        request,
      ),
    asking: async (service, request) => {
      const open = all().flatMap(({ key, value }) =>
        value.status === "asking" && value.service === service ? [{ key: `${value.question.at} ${key}`, value }] : [],
      );
      return pageOf(byKey(open), `asking ${service}`, request);
    },
  };
}

function allowListOf({ entries, settings }: FakeTables["rows"]): AllowList {
  const read = (row: Item): Entry | Removed => readListed("AllowList", row);
  const look = (row: Item): Entry | Removed | UnreadableEntry => findListed("AllowList", row);
  const at = <T>(keys: Parameters<AllowList["read"]>[0], reading: (row: Item) => T): T[] =>
    [...new Set(keys.map(entryKey))].flatMap((key) => found(entries.get(key), reading) ?? []);
  const setting = (kind: string, id: string): Item[] => {
    const row = settings.get(`${kind} ${id}`);
    return row === undefined ? [] : [asStored(row)];
  };
  return {
    read: async (keys) => at(keys, read).filter(isEntry),
    inspect: async (keys) => at(keys, look).filter(isFound),
    standing: async (keys) => ({ entries: at(keys, read).filter(isEntry), removed: at(keys, read).filter(isRemoved) }),
    bearing: async (service) =>
      bearingOf(
        "Settings",
        service,
        bearingKeys(service).flatMap(({ kind, id }) => setting(String(kind), String(id))),
      ),
    counts: async (counters) => new Map(counters.flatMap((id) => setting(counterKind, id)).map((row) => readCount("Settings", row))),
    freezes: async () =>
      byKey(entriesOf(settings))
        .filter(({ key }) => key.startsWith(`${freezeKind} `))
        .map(({ value }) => readFreeze("Settings", asStored(value))),
    ofService: async (service, request) => {
      // Only the page's own rows are read: a list may be long.
      const its = entriesOf(entries).filter(({ value }) => value["service"] === service);
      const page = pageOf(byKey(its), `entries ${service}`, request);
      return { ...page, items: page.items.map((row) => look(asStored(row))).filter(isFound) };
    },
  };
}

/** The counters as they are after the change; or `full`, and then nothing is written. */
function placed(settings: ReadonlyMap<string, Item>, { events }: Extract<Change, { of: "connection" }>): Map<string, Item> | "full" {
  const after = new Map<string, Item>();
  for (const { counter, add, atMost } of counts(events)) {
    const key = `${counterKind} ${counter}`;
    const count = Number(settings.get(key)?.["count"] ?? 0);
    if (add > 0 && atMost !== undefined && count >= atMost) return "full";
    after.set(key, { kind: counterKind, id: counter, count: count + add, v: 1 });
  }
  return after;
}

/** Claims and gives up names, or does neither. */
function claim(names: Map<string, EndpointId>, { after, events }: Extract<Change, { of: "connection" }>): boolean {
  const { claim, release } = claims(events);
  const all = [...new Set([...claim, ...release])];
  if (all.some((fqdn) => (names.get(fqdn) ?? after.endpoint) !== after.endpoint)) return false;
  const kept = new Set(after.names.map(({ fqdn }) => fqdn));
  for (const fqdn of all) {
    if (kept.has(fqdn)) names.set(fqdn, after.endpoint);
    else names.delete(fqdn);
  }
  return true;
}

function write(rows: FakeTables["rows"], change: Change, row: Item | undefined): void {
  const put = (table: Map<string, Item>, key: string): void => {
    if (row === undefined) table.delete(key);
    else table.set(key, asStored(row));
  };
  if (change.of === "connection") put(rows.connections, change.after.endpoint);
  else if (change.of === "entry") {
    put(rows.entries, entryKey(change.key));
    const marks = unitMarks(change);
    if (marks !== undefined) {
      const key = `${unitsKind} ${change.key.service}`;
      const before = rows.settings.get(key);
      const sum = (name: "entries" | "rejects"): number => Number(before?.[name] ?? 0) + marks[name];
      rows.settings.set(key, { kind: unitsKind, id: change.key.service, entries: sum("entries"), rejects: sum("rejects"), v: 1 });
    }
  } else if (change.of === "approver") put(rows.settings, `${approverKind} ${change.key}`);
  else if (change.of === "freeze") put(rows.settings, `${freezeKind} ${change.key}`);
  else put(rows.services, change.key);
}

function subjectOf(change: Change): { subject: Subject; about: Parameters<typeof chain>[3] } {
  if (change.of === "connection") {
    const { endpoint, service, account } = change.after;
    return { subject: connectionSubject(endpoint), about: { service, account } };
  }
  if (change.of === "entry")
    return {
      subject: entrySubject(change.key.service, change.key.principal),
      about: { service: change.key.service, ...optional("account", accountOf(change.key.principal)) },
    };
  if (change.of === "approver") return { subject: approverSubject(change.key), about: {} };
  if (change.of === "freeze") return { subject: freezeSubject(change.key), about: { service: change.key } };
  return { subject: serviceSubject(change.key), about: { service: change.key } };
}

function searched(
  committed: readonly StoredEvent[],
  { by, value, from, to, oldestFirst = false }: AuditQuery,
): { key: string; value: StoredEvent }[] {
  const values: readonly unknown[] = [value ?? []].flat();
  if (by !== "time" && (values.length === 0 || values.includes(""))) throw new BadInput(by, value, `say which ${by} to search for`);
  if (from !== undefined && to !== undefined && from >= to) throw new BadInput("to", to, `give a time after ${from}`);
  const hits = committed.filter((stored) => {
    const { at } = stored.event;
    if ((from !== undefined && at < from) || (to !== undefined && at >= to)) return false;
    if (by === "time") return true;
    return values.includes(by === "service" || by === "account" ? stored[by] : filed(stored)[by]);
  });
  const sorted = byKey(hits.map((stored) => ({ key: filed(stored).atKey, value: stored })));
  return oldestFirst ? sorted : sorted.reverse();
}

const inOrder = <T>(items: readonly T[], backwards: boolean): readonly T[] => (backwards ? items.toReversed() : items);
const entryKey = ({ service, principal }: { readonly service: string; readonly principal: string }): string => `${service} ${principal}`;
const entriesOf = (rows: ReadonlyMap<string, Item>): { key: string; value: Item }[] => [...rows].map(([key, value]) => ({ key, value }));
const found = <T>(row: Item | undefined, read: (row: Item) => T): T | undefined => (row === undefined ? undefined : read(asStored(row)));
