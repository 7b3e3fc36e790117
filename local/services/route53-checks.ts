// What Route 53 checks in a record set: its values by type, and the target of an alias.

import { isIPv4, isIPv6 } from "node:net";
import { vpceHostedZoneId, vpceRegionOf } from "../vpce-names.ts";
import { isWithin } from "./route53-names.ts";
import type { RecordSet, Route53State, Zone } from "./route53-state.ts";

const TYPES = new Set([
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "HTTPS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SPF",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
]);

export function checkValues(set: RecordSet): string[] {
  if (!TYPES.has(set.Type)) return [`Invalid Resource Record: 'FATAL problem: UnsupportedType encountered with '${set.Type}''`];
  const values = (set.ResourceRecords ?? []).map(({ Value }) => Value);
  if (new Set(values).size < values.length)
    return [`Duplicate Resource Record: '${values.find((value, at) => values.indexOf(value) !== at) ?? ""}'`];
  if (set.Type === "CNAME" && values.length > 1) return [`Multiple CNAME records in RRSet with DNS name ${set.Name}`];
  return values.flatMap((value) => {
    const problem = problemOf(set.Type, value);
    return problem === undefined ? [] : [`Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`];
  });
}

function problemOf(type: string, value: string): string | undefined {
  switch (type) {
    case "A":
      return isIPv4(value) ? undefined : "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
    case "AAAA":
      return isIPv6(value) ? undefined : "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
    case "TXT":
    case "SPF":
      return /^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s.test(value)
        ? undefined
        : "InvalidCharacterString (Value should be enclosed in quotation marks)";
    case "CNAME":
    case "NS":
    case "PTR":
      return value.trim() === "" ? "DomainNameEmpty (Domain name is empty)" : undefined;
    default:
      return undefined;
  }
}

/** An endpoint's name must come with the zone of its Region; a name of our own zones must be there. */
export function checkAlias(state: Route53State, zone: Zone, records: ReadonlyMap<string, RecordSet>, set: RecordSet): string[] {
  const target = set.AliasTarget;
  if (target === undefined) return [];
  const what = `Tried to create an alias that targets ${target.DNSName}, type ${set.Type} in zone ${target.HostedZoneId}, but`;
  if (target.DNSName === ".")
    return ["Invalid Resource Record: 'FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '.''"];
  const region = vpceRegionOf(target.DNSName);
  if (region !== undefined) {
    return target.HostedZoneId === vpceHostedZoneId(region) ? [] : [`${what} the alias target name does not lie within the target zone`];
  }
  // Load balancers, distributions and the like: their names and zones are AWS's affair.
  if (/\.(amazonaws\.com|cloudfront\.net)\.$/.test(target.DNSName)) return [];
  const targetZone = state.zones.get(target.HostedZoneId);
  if (targetZone === undefined) return [`${what} the alias target name does not lie within the target zone`];
  if (!isWithin(target.DNSName, targetZone.name)) return [`${what} the alias target name does not lie within the target zone`];
  const there = targetZone === zone ? records : targetZone.records;
  const isThere = [...there.values()].some((one) => one.Name === target.DNSName && one.Type === set.Type);
  return isThere ? [] : [`${what} that target was not found`];
}
