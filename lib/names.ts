// The names of accepted consumers: which label a connection gets, and the records that make the name.

import type { Connection } from "./connection.ts";
import type { Name } from "./events.ts";
import { isLabel } from "./ids.ts";
import type { DnsTarget, IpAddressType } from "./observed.ts";
import type { Service } from "./service.ts";

/** A record set as Route 53 takes it: an alias, or the ownership text beside it. */
export type RecordSet =
  | { readonly name: string; readonly type: "A" | "AAAA"; readonly target: DnsTarget }
  | { readonly name: string; readonly type: "TXT"; readonly text: string };

/**
 * The names a connection may get, best first: the plain label belongs to the first endpoint that claims it,
 * every other endpoint gets the label with its own suffix.
 */
export function candidates(connection: Connection, service: Service, target: DnsTarget): Name[] {
  if (service.zone === undefined || !("decision" in connection)) return [];
  const wanted = connection.decision?.label ?? connection.account;
  const label = isLabel(wanted) ? wanted : connection.account;
  const suffix = connection.endpoint.slice("vpce-".length);
  const { id, name } = service.zone;
  return [label, `${label.slice(0, 63 - suffix.length - 1).replace(/-+$/, "")}-${suffix}`].map((first) => ({
    fqdn: `${first}.${name.replace(/\.$/, "")}`,
    zone: id,
    target,
    types: aliasTypes(connection.ipAddressType),
    made: false,
  }));
}

/** The record sets of a name, with the ownership text that marks them as this deployment's own. */
export function recordSets(name: Name, owner: string): RecordSet[] {
  return [
    ...name.types.map((type) => ({ name: name.fqdn, type, target: name.target })),
    { name: `_drawbridge.${name.fqdn}`, type: "TXT", text: owner },
  ];
}

const aliasTypes = (type: IpAddressType | undefined): Name["types"] => {
  if (type === "dualstack") return ["A", "AAAA"];
  return type === "ipv6" ? ["AAAA"] : ["A"];
};
