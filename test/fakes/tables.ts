// The tables in memory: connections, the log, the allow-list and the services, written together as the one transaction does.

import type { Entry } from "../../lib/allow-list.ts";
import { connectionRow, readConnection } from "../../lib/aws/connection-row.ts";
import { entryRow, readEntry } from "../../lib/aws/entry-row.ts";
import { eventRow, readEvent } from "../../lib/aws/event-row.ts";
import { asStored, type Item } from "../../lib/aws/item.ts";
import { readService, serviceRow } from "../../lib/aws/service-row.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { DrawbridgeEvent } from "../../lib/events.ts";
import { BadInput, Fault } from "../../lib/faults.ts";
import { milliseconds, type EndpointId } from "../../lib/ids.ts";
import {
  chain,
  claims,
  connectionSubject,
  entrySubject,
  filed,
  noHead,
  serviceSubject,
  type Change,
  type Head,
  type StoredEvent,
  type Subject,
} from "../../lib/ledger.ts";
import type { AllowList, AuditQuery, Clock, Connections, Ledger, Services } from "../../lib/ports.ts";
import { writesMax } from "../../lib/aws/ledger-table.ts";
import { daysBack } from "../../lib/aws/audit-search.ts";
import { byKey, pageOf } from "./paging.ts";

export interface FakeTables {
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly allowList: AllowList;
  readonly services: Services;
  /** Every committed event, in the order of the commits: what the stream would carry. */
  readonly committed: readonly StoredEvent[];
  /** Who holds which name. */
  readonly names: ReadonlyMap<string, EndpointId>;
  /** Sees each committed event as the stream would show it. */
  onCommit(listener: (event: StoredEvent) => void): void;
  /** Puts rows as they are, as somebody with rights on the table could. */
  readonly rows: { readonly connections: Map<string, Item>; readonly entries: Map<string, Item>; readonly services: Map<string, Item> };
}

/** Rows are kept as the real tables keep them, so that a record which could not be read back fails here too. */
export function fakeTables(clock: Clock): FakeTables {
  const rows = { connections: new Map<string, Item>(), entries: new Map<string, Item>(), services: new Map<string, Item>() };
  const log = new Map<Subject, StoredEvent[]>();
  const committed: StoredEvent[] = [];
  const names = new Map<string, EndpointId>();
  const listeners: ((event: StoredEvent) => void)[] = [];
  const headOf = (subject: Subject): Head => {
    const last = log.get(subject)?.at(-1);
    return last === undefined ? noHead : { seq: last.seq, hash: last.hash };
  };
  return {
    rows,
    committed,
    names,
    onCommit: (listener) => listeners.push(listener),
    connections: connectionsOf(rows.connections),
    allowList: allowListOf(rows.entries),
    services: {
      get: async (service) => found(rows.services.get(service), (row) => readService("Settings", row)),
      all: async () => byKey(entriesOf(rows.services)).map(({ value }) => readService("Settings", asStored(value))),
    },
    ledger: {
      commit: async (change) => {
        const { subject, about } = subjectOf(change);
        if (change.events.length === 0) return change.expected;
        if (change.events.length >= writesMax) throw new Fault("TooLarge", "the audit log", "more than one transaction takes", false);
        const head = headOf(subject);
        if (head.seq !== change.expected.seq || head.hash !== change.expected.hash) return "conflict";
        if (change.of === "connection" && !claim(names, change)) return "claimed";
        const events = chain(
          subject,
          head,
          change.events.map((event: DrawbridgeEvent) => asStored(event)),
          about,
          sha256,
        );
        const stored = events.map((event) => readEvent("AuditLog", asStored(eventRow(event))));
        log.set(subject, [...(log.get(subject) ?? []), ...stored]);
        committed.push(...stored);
        write(rows, change, headOf(subject));
        for (const event of stored) for (const listener of listeners) listener(structuredClone(event));
        return headOf(subject);
      },
      head: async (subject) => headOf(subject),
      history: async (subject, request) =>
        pageOf(
          (log.get(subject) ?? []).map((value) => ({ key: String(value.seq), value })),
          subject,
          request,
        ),
      search: async (query, request) => pageOf(searched(committed, query, clock), JSON.stringify(query), request),
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

function allowListOf(rows: ReadonlyMap<string, Item>): AllowList {
  const read = (row: Item): Entry => readEntry("AllowList", row);
  return {
    read: async (keys) => [...new Set(keys.map(entryKey))].flatMap((key) => found(rows.get(key), read) ?? []),
    ofService: async (service, request) => {
      const its = entriesOf(rows).map(({ key, value }) => ({ key, value: read(asStored(value)) }));
      return pageOf(byKey(its.filter(({ value }) => value.service === service)), `entries ${service}`, request);
    },
  };
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

function write(rows: FakeTables["rows"], change: Change, head: Head): void {
  const put = (table: Map<string, Item>, key: string, row: Item | undefined): void => {
    if (row === undefined) table.delete(key);
    else table.set(key, asStored(row));
  };
  if (change.of === "connection") put(rows.connections, change.after.endpoint, connectionRow({ connection: change.after, head }));
  else if (change.of === "entry") put(rows.entries, entryKey(change.key), change.after && entryRow(change.after));
  else put(rows.services, change.key, change.after && serviceRow(change.after));
}

function subjectOf(change: Change): { subject: Subject; about: Parameters<typeof chain>[3] } {
  if (change.of === "connection") {
    const { endpoint, service, account } = change.after;
    return { subject: connectionSubject(endpoint), about: { service, account } };
  }
  if (change.of === "entry")
    return { subject: entrySubject(change.key.service, change.key.principal), about: { service: change.key.service } };
  return { subject: serviceSubject(change.key), about: { service: change.key } };
}

function searched(
  committed: readonly StoredEvent[],
  { by, value, from, to, oldestFirst = false }: AuditQuery,
  clock: Clock,
): { key: string; value: StoredEvent }[] {
  if (by !== "time" && (value === undefined || value === "")) throw new BadInput(by, value, `say which ${by} to search for`);
  const earliest =
    by === "time" && from === undefined ? milliseconds(to ?? clock()) - (daysBack + 1) * 86_400_000 : Number.NEGATIVE_INFINITY;
  const hits = committed.filter((stored) => {
    const { at } = stored.event;
    if ((from !== undefined && at < from) || (to !== undefined && at >= to) || milliseconds(at) < earliest) return false;
    if (by === "time") return true;
    return (by === "service" || by === "account" ? stored[by] : filed(stored)[by]) === value;
  });
  const sorted = byKey(hits.map((stored) => ({ key: filed(stored).atKey, value: stored })));
  return oldestFirst ? sorted : sorted.reverse();
}

const entryKey = ({ service, principal }: { readonly service: string; readonly principal: string }): string => `${service} ${principal}`;
const entriesOf = (rows: ReadonlyMap<string, Item>): { key: string; value: Item }[] => [...rows].map(([key, value]) => ({ key, value }));
const found = <T>(row: Item | undefined, read: (row: Item) => T): T | undefined => (row === undefined ? undefined : read(asStored(row)));
