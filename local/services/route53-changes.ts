// ChangeResourceRecordSets: a batch of changes, all of them or none, with Route 53's own complaints.

import { flag, isMembers, optionalText, record, rows, text } from "../members.ts";
import type { Members } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { checkAlias, checkValues } from "./route53-checks.ts";
import { isWithin, normalName } from "./route53-names.ts";
import { ownZone, recordKey, submitted } from "./route53-state.ts";
import type { RecordSet, Route53State, Zone } from "./route53-state.ts";

type Verb = "CREATE" | "DELETE" | "UPSERT";

interface RecordChange {
  readonly verb: Verb;
  readonly set: RecordSet;
}

const RECORDS_MAX = 1000;
const CHARACTERS_MAX = 32_000;

export function changeRecordSets(state: Route53State, call: Call): unknown {
  const zone = ownZone(state, call, call.input["HostedZoneId"]);
  const batch = record(call.input, "ChangeBatch");
  const changes = rows(batch, "Changes").map(readChange);
  if (changes.length === 0) throw invalidInput("Invalid request: Expected at least one change in ChangeBatch");
  checkSize(changes);
  if (state.clock.now() < zone.busyUntil) {
    throw new AwsError("PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior request.");
  }
  const records = new Map(zone.records);
  const complaints = [
    ...repeated(changes),
    ...changes.flatMap((change) => apply(state, zone, records, change)),
    ...wholeZone(zone, records, state.assumptions.zoneRecordsMax),
  ];
  if (complaints.length > 0) throw new AwsError("InvalidChangeBatch", `[${complaints.join(", ")}]`);
  zone.records = records;
  zone.busyUntil = state.clock.now() + state.assumptions.zoneBusyMs;
  return { ChangeInfo: submitted(state, call, optionalText(batch, "Comment")) };
}

function readChange(change: Members): RecordChange {
  const verb = text(change, "Action");
  if (verb !== "CREATE" && verb !== "DELETE" && verb !== "UPSERT") {
    throw invalidInput(
      `Invalid XML ; cvc-enumeration-valid: Value '${verb}' is not facet-valid with respect to enumeration '[CREATE, DELETE, UPSERT]'.`,
    );
  }
  const given = record(change, "ResourceRecordSet");
  const name = text(given, "Name");
  const set: RecordSet = { ...given, Name: normalName(name), Type: text(given, "Type"), ...alias(given) };
  const where = `Change with [Action=${verb}, Name=${name}, Type=${set.Type}, SetIdentifier=${set.SetIdentifier ?? "null"}]`;
  const isPlain = set.TTL !== undefined || set.ResourceRecords !== undefined;
  if (set.AliasTarget !== undefined && isPlain) {
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in ${where}`,
    );
  }
  if (set.AliasTarget === undefined && !isPlain) {
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in ${where}`,
    );
  }
  if (isPlain && set.TTL === undefined) throw invalidInput(`Invalid request: Missing field 'TTL' in ${where}`);
  if (isPlain && (set.ResourceRecords ?? []).length === 0)
    throw invalidInput(`Invalid request: Missing field 'ResourceRecords' in ${where}`);
  return { verb, set };
}

function alias(given: Members): Partial<RecordSet> {
  const target = given["AliasTarget"];
  if (!isMembers(target)) return {};
  const HostedZoneId = text(target, "HostedZoneId");
  if (HostedZoneId.length > 32) {
    throw invalidInput(
      `Invalid XML ; cvc-maxLength-valid: Value '${HostedZoneId}' with length = '${HostedZoneId.length}' is not facet-valid with respect to maxLength '32' for type 'ResourceId'.`,
    );
  }
  if (target["EvaluateTargetHealth"] === undefined)
    throw invalidInput("Invalid request: Missing field 'EvaluateTargetHealth' in AliasTarget");
  return {
    AliasTarget: { HostedZoneId, DNSName: normalName(text(target, "DNSName")), EvaluateTargetHealth: flag(target, "EvaluateTargetHealth") },
  };
}

/** Both count double for an UPSERT. */
function checkSize(changes: readonly RecordChange[]): void {
  let count = 0;
  let characters = 0;
  for (const { verb, set } of changes) {
    const weight = verb === "UPSERT" ? 2 : 1;
    const values = set.ResourceRecords ?? [];
    count += weight * Math.max(values.length, 1);
    characters += weight * values.reduce((sum, { Value }) => sum + Value.length, 0);
  }
  if (count > RECORDS_MAX) throw new AwsError("InvalidChangeBatch", `[Number of records limit of ${RECORDS_MAX} exceeded.]`);
  if (characters > CHARACTERS_MAX) throw new AwsError("InvalidChangeBatch", `[Number of characters limit of ${CHARACTERS_MAX} exceeded.]`);
}

/** Changes the copy, or says what is wrong. */
function apply(state: Route53State, zone: Zone, records: Map<string, RecordSet>, { verb, set }: RecordChange): string[] {
  const what = `resource record set [name='${set.Name}', type='${set.Type}'${set.SetIdentifier === undefined ? "" : `, set identifier='${set.SetIdentifier}'`}]`;
  const key = recordKey(set);
  const existing = records.get(key);
  if (!isWithin(set.Name, zone.name)) return [`RRSet with DNS name ${set.Name} is not permitted in zone ${zone.name}`];
  if (verb === "DELETE") {
    if (existing === undefined) return [`Tried to delete ${what} but it was not found`];
    if (!isEqual(existing, set)) return [`Tried to delete ${what} but the values provided do not match the current values`];
    records.delete(key);
    return [];
  }
  if (verb === "CREATE" && existing !== undefined) return [`Tried to create ${what} but it already exists`];
  const problems = set.AliasTarget === undefined ? checkValues(set) : checkAlias(state, zone, records, set);
  if (problems.length > 0) return problems;
  records.set(key, set);
  return conflicts(zone, records, set);
}

function conflicts(zone: Zone, records: ReadonlyMap<string, RecordSet>, set: RecordSet): string[] {
  if (set.Type === "CNAME" && set.Name === zone.name)
    return [`RRSet of type CNAME with DNS name ${set.Name} is not permitted at apex in zone ${zone.name}`];
  const others = [...records.values()].filter((other) => other.Name === set.Name && other.Type !== set.Type);
  const clashes = set.Type === "CNAME" ? others.length > 0 : others.some((other) => other.Type === "CNAME");
  return clashes
    ? [
        `RRSet of type ${set.Type} with DNS name ${set.Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
      ]
    : [];
}

/** One set may be deleted and made again in one batch, but not made twice. */
function repeated(changes: readonly RecordChange[]): string[] {
  const seen = new Set<string>();
  return changes.flatMap(({ verb, set }) => {
    const key = `${verb === "DELETE" ? "-" : "+"} ${recordKey(set)}`;
    const isRepeat = seen.has(key);
    seen.add(key);
    return isRepeat ? [`The request contains an invalid set of changes for a resource record set '${set.Type} ${set.Name}'`] : [];
  });
}

function wholeZone(zone: Zone, records: ReadonlyMap<string, RecordSet>, most: number): string[] {
  return [
    ...(records.size > most && records.size > zone.records.size
      ? [`The limit of ${most} resource record sets in hosted zone ${zone.id} is exceeded.`]
      : []),
    ...(records.has(recordKey({ Name: zone.name, Type: "NS" }))
      ? []
      : ["A HostedZone must contain at least one NS record for the zone itself."]),
    ...(records.has(recordKey({ Name: zone.name, Type: "SOA" })) ? [] : ["A HostedZone must contain exactly one SOA record."]),
  ];
}

/** A DELETE must name all values; their order does not matter. */
function isEqual(a: RecordSet, b: RecordSet): boolean {
  const form = (set: RecordSet): string => {
    const values = (set.ResourceRecords ?? []).map(({ Value }) => Value).sort();
    const others = Object.entries(set).filter(([name, value]) => value !== undefined && name !== "ResourceRecords");
    return JSON.stringify([values, others.sort(([x], [y]) => (x < y ? -1 : 1))]);
  };
  return form(a) === form(b);
}

function invalidInput(message: string): AwsError {
  return new AwsError("InvalidInput", message);
}
