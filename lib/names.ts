// The names of accepted consumers: which label a connection gets, the records that make the name, and what became of them. Pure.

import type { Connection } from "./connection.ts";
import type { ConnectionEvent, Name, NameContent } from "./events.ts";
import { isLabel, type Instant } from "./ids.ts";
import type { DnsTarget, IpAddressType, Observed } from "./observed.ts";
import type { Service } from "./service.ts";

/** A record set as Route 53 takes it: an alias, or the ownership text beside it. */
export type RecordSet =
  | { readonly name: string; readonly type: "A" | "AAAA"; readonly target: DnsTarget }
  | { readonly name: string; readonly type: "TXT"; readonly text: string };

/** A record set as it stands in a zone: one that may be ours, or of a kind or with values that never are. That one is only looked at. */
export type StandingSet = RecordSet | { readonly name: string; readonly type: "other"; readonly shown: string };

/** What was done, or found, about names. */
export type NameSignal =
  | { readonly kind: "name-assigned"; readonly name: Name }
  | ({ readonly kind: "name-changed"; readonly fqdn: string } & NameContent)
  | { readonly kind: "name-made" | "name-removed"; readonly fqdn: string }
  /** The zone lacks these of its records, which had been made. */
  | { readonly kind: "name-drifted"; readonly fqdn: string; readonly lacks: readonly string[] }
  /** A record that is not ours stands where it should be. */
  | { readonly kind: "name-clashed"; readonly fqdn: string; readonly found: string };

/**
 * The names a connection may get, best first: the plain label belongs to the first endpoint that claims it,
 * every other endpoint gets the label with its own suffix.
 */
export function candidates(connection: Connection, service: Service, content: NameContent): Name[] {
  const { zone } = service;
  if (zone === undefined) return [];
  return fqdns(connection, service).map((fqdn) => ({ fqdn, zone: zone.id, ...content, made: false }));
}

function fqdns(connection: Connection, { zone }: Service): string[] {
  if (zone === undefined || !("decision" in connection)) return [];
  return firstLabels(connection, connection.decision?.label).map((first) => `${first}.${zone.name.replace(/\.$/, "")}`);
}

/** What its names begin with: the label or else the account; the same with its own suffix. */
export function firstLabels({ account, endpoint }: Pick<Connection, "account" | "endpoint">, wanted = String(account)): string[] {
  const label = isLabel(wanted) ? wanted : account;
  const suffix = endpoint.slice("vpce-".length);
  return [label, `${label.slice(0, 63 - suffix.length - 1).replace(/-+$/, "")}-${suffix}`];
}

/** The one of its names that the connection should have; the others are from before its label or its zone changed. */
export function fitting(connection: Connection, service: Service): Name | undefined {
  const fits = fqdns(connection, service);
  return connection.names.find(({ fqdn, zone }) => zone === service.zone?.id && fits.includes(fqdn));
}

/** What the records should hold; nothing while AWS does not show the endpoint's own name. */
export function contentOf({ dns, ipAddressType }: Observed, connection: Connection): NameContent | undefined {
  return dns === undefined ? undefined : { target: dns, types: aliasTypes(ipAddressType ?? connection.ipAddressType) };
}

export const sameContent = (a: NameContent, b: NameContent): boolean =>
  plain(a.target.name) === plain(b.target.name) && a.target.zone === b.target.zone && a.types.join() === b.types.join();

const aliasTypes = (type: IpAddressType | undefined): Name["types"] => {
  if (type === "dualstack") return ["A", "AAAA"];
  return type === "ipv6" ? ["AAAA"] : ["A"];
};

// Records

/** The record sets of a name, with the ownership text that marks them as this deployment's own. */
export function recordSets(name: Pick<Name, "fqdn"> & NameContent, owner: string): RecordSet[] {
  return [
    ...name.types.map((type) => ({ name: name.fqdn, type, target: name.target })),
    { name: ownerName(name.fqdn), type: "TXT", text: owner },
  ];
}
export const ownerName = (fqdn: string): string => `_drawbridge.${fqdn}`;

/** All that the name's records may hold by our own doing. */
export const ownSets = (name: Name, owner: string): RecordSet[] =>
  [...(name.was ?? []), name].flatMap((content) => recordSets({ fqdn: name.fqdn, target: content.target, types: content.types }, owner));

export interface RecordChange {
  readonly remove: readonly RecordSet[];
  readonly create: readonly RecordSet[];
}

/** The change that makes or removes a name. `present` is what stands at it, where that was looked up; else it is as the log says. */
export function changeOf(kind: "make-name" | "remove-name", name: Name, owner: string, present?: readonly StandingSet[]): RecordChange {
  const wanted = kind === "make-name" ? recordSets(name, owner) : [];
  const there = present === undefined ? assumed(kind, name, owner) : ownSets(name, owner).filter((set) => has(present, set));
  return {
    remove: distinct(there).filter((set) => !has(wanted, set)),
    create: wanted.filter((set) => !has(present ?? there, set)),
  };
}

/** A name that was made has its last records; one that drifted, or whose connection was away, is made as if there were none. */
function assumed(kind: "make-name" | "remove-name", name: Name, owner: string): RecordSet[] {
  const before = name.was?.at(-1);
  if (before === undefined || sameContent(before, name)) return kind === "remove-name" ? recordSets(name, owner) : [];
  return recordSets({ fqdn: name.fqdn, ...before }, owner);
}

export const has = (sets: readonly StandingSet[], set: StandingSet): boolean => sets.some((one) => sameSet(one, set));
const distinct = (sets: readonly RecordSet[]): RecordSet[] => sets.filter((set, at) => sets.findIndex((one) => sameSet(one, set)) === at);

/** Route 53 shows names with a final dot and in lower case. */
function sameSet(a: StandingSet, b: StandingSet): boolean {
  if (plain(a.name) !== plain(b.name) || a.type === "other" || b.type === "other" || a.type !== b.type) return false;
  if (a.type === "TXT" || b.type === "TXT") return a.type === "TXT" && b.type === "TXT" && a.text === b.text;
  return plain(a.target.name) === plain(b.target.name) && a.target.zone === b.target.zone;
}
export const plain = (name: string): string => name.toLowerCase().replace(/\.$/, "");

// What the log keeps of it

type Told = ConnectionEvent extends infer E ? (E extends ConnectionEvent ? Omit<E, "at" | "by" | "because" | "source"> : never) : never;

/** The events that follow from what was done about a name. Two runs may have done it at once; the second finds the first one's event. */
export function toldOfNames(
  connection: Connection,
  signal: NameSignal,
  { service, now }: { readonly service: Service; readonly now: Instant },
): Told[] {
  if (signal.kind === "name-assigned") {
    const isNew = connection.names.every(({ fqdn }) => fqdn !== signal.name.fqdn);
    const wanted = connection.status === "connected" && fitting(connection, service) === undefined;
    // It was chosen by the label that the connection had then, which may have changed since.
    const fits = fqdns(connection, service).includes(signal.name.fqdn);
    return wanted && isNew && fits ? [{ type: "NameAssigned", name: signal.name }] : [];
  }
  const name = connection.names.find(({ fqdn }) => fqdn === signal.fqdn);
  if (name === undefined) return [];
  const { fqdn } = name;
  switch (signal.kind) {
    case "name-changed":
      return connection.status === "connected" && !sameContent(name, signal)
        ? [{ type: "NameChanged", fqdn, target: signal.target, types: signal.types }]
        : [];
    case "name-made":
      return name.made ? [] : [{ type: "NameMade", fqdn }];
    case "name-removed":
      return [{ type: "NameRemoved", fqdn }];
    case "name-drifted":
      return name.made ? [{ type: "NameDrifted", fqdn, lacks: signal.lacks }] : [];
    case "name-clashed": {
      const before = connection.trouble?.effect === "make-name" ? connection.trouble : undefined;
      return [{ type: "NameClashed", fqdn, found: signal.found, first: before?.first ?? now, count: (before?.count ?? 0) + 1 }];
    }
  }
}
