// Hosted zones: made, listed, deleted, and their records listed page by page in DNS order.

import { optionalNumber, optionalText, record, rows, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { compareText, normalName, sortName } from "./route53-names.ts";
import { changeInfo, newAwsId, ownZone, recordKey, submitted, zoneId } from "./route53-state.ts";
import type { RecordSet, Route53Action, Route53State, Vpc, Zone } from "./route53-state.ts";

const NAME_SERVERS = ["ns-1.awsdns-00.com", "ns-513.awsdns-00.net", "ns-1025.awsdns-00.org", "ns-1537.awsdns-00.co.uk"];

export const zoneActions: Readonly<Record<string, Route53Action>> = {
  CreateHostedZone: create,
  GetHostedZone(state, call) {
    const zone = ownZone(state, call, call.input["Id"]);
    return { HostedZone: zoneRow(zone), ...(zone.isPrivate ? { VPCs: zone.vpcs } : { DelegationSet: { NameServers: NAME_SERVERS } }) };
  },
  DeleteHostedZone(state, call) {
    const zone = ownZone(state, call, call.input["Id"]);
    if (zone.records.size > 2) {
      throw new AwsError(
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
      );
    }
    state.zones.delete(zone.id);
    return { ChangeInfo: submitted(state, call) };
  },
  ListHostedZones(state, call) {
    const mine = zonesOf(state, call).sort((a, b) => compareText(a.id, b.id));
    const marker = optionalText(call.input, "Marker");
    const { page, next, size } = pageOf(call, marker === undefined ? mine : mine.filter((zone) => zone.id >= zoneId(marker)), 100);
    return { HostedZones: page.map(zoneRow), Marker: marker, IsTruncated: next !== undefined, NextMarker: next?.id, MaxItems: size };
  },
  ListHostedZonesByName(state, call) {
    const DNSName = optionalText(call.input, "DNSName");
    const from = DNSName === undefined ? "" : sortName(normalName(DNSName));
    const fromId = zoneId(call.input["HostedZoneId"]);
    const rest = zonesOf(state, call)
      .filter((zone) => sortName(zone.name) > from || (sortName(zone.name) === from && zone.id >= fromId))
      .sort((a, b) => compareText(sortName(a.name), sortName(b.name)) || compareText(a.id, b.id));
    const { page, next, size } = pageOf(call, rest, 100);
    return {
      HostedZones: page.map(zoneRow),
      DNSName,
      HostedZoneId: fromId === "" ? undefined : fromId,
      IsTruncated: next !== undefined,
      NextDNSName: next?.name,
      NextHostedZoneId: next?.id,
      MaxItems: size,
    };
  },
  ListResourceRecordSets: listRecords,
  GetChange(state, call) {
    const id = text(call.input, "Id").replace(/^\/?change\//, "");
    const change = state.changes.get(id);
    if (change === undefined || change.owner !== call.caller.account)
      throw new AwsError("NoSuchChange", `Could not find resource with ID: ${id}`, 404);
    return { ChangeInfo: changeInfo(state, change) };
  },
  ChangeTagsForResource(state, call) {
    const { tags } = ownZone(state, call, call.input["ResourceId"]);
    for (const tag of rows(call.input, "AddTags")) tags.set(text(tag, "Key"), optionalText(tag, "Value") ?? "");
    for (const key of texts(call.input, "RemoveTagKeys")) tags.delete(key);
    return {};
  },
  ListTagsForResource(state, call) {
    const { id, tags } = ownZone(state, call, call.input["ResourceId"]);
    return { ResourceTagSet: { ResourceType: "hostedzone", ResourceId: id, Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) } };
  },
};

function create(state: Route53State, call: Call): unknown {
  const { input, caller } = call;
  const callerReference = text(input, "CallerReference");
  const given = text(input, "Name");
  if (!/^[^\s.]+(\.[^\s.]+)*\.?$/.test(given) || given.length > 255)
    throw new AwsError("InvalidDomainName", `${given} is not a valid domain name`);
  if ([...state.zones.values()].some((zone) => zone.owner === caller.account && zone.callerReference === callerReference)) {
    throw new AwsError("HostedZoneAlreadyExists", `A hosted zone has already been created with the specified caller reference.`, 409);
  }
  const vpc = vpcOf(input["VPC"]);
  const name = normalName(given);
  const zone: Zone = {
    id: newAwsId("Z"),
    owner: caller.account,
    name,
    isPrivate: vpc !== undefined,
    callerReference,
    comment: optionalText(record(input, "HostedZoneConfig"), "Comment"),
    records: new Map(firstRecords(name).map((set): [string, RecordSet] => [recordKey(set), set])),
    vpcs: vpc === undefined ? [] : [vpc],
    authorizations: [],
    busyUntil: 0,
    tags: new Map(),
  };
  state.zones.set(zone.id, zone);
  return {
    HostedZone: zoneRow(zone),
    ChangeInfo: submitted(state, call),
    ...(vpc === undefined ? { DelegationSet: { NameServers: NAME_SERVERS } } : { VPC: vpc }),
    Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
  };
}

function firstRecords(Name: string): RecordSet[] {
  return [
    { Name, Type: "NS", TTL: 172_800, ResourceRecords: NAME_SERVERS.map((server) => ({ Value: `${server}.` })) },
    {
      Name,
      Type: "SOA",
      TTL: 900,
      ResourceRecords: [{ Value: `${NAME_SERVERS[0] ?? ""}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` }],
    },
  ];
}

function listRecords(state: Route53State, call: Call): unknown {
  const zone = ownZone(state, call, call.input["HostedZoneId"]);
  const name = optionalText(call.input, "StartRecordName");
  const type = optionalText(call.input, "StartRecordType");
  const identifier = optionalText(call.input, "StartRecordIdentifier");
  if (name === undefined && type !== undefined)
    throw new AwsError("InvalidInput", "The input is not valid: a start record type needs a start record name");
  if (type === undefined && identifier !== undefined)
    throw new AwsError("InvalidInput", "The input is not valid: a start record identifier needs a start record type");
  const from = name === undefined ? undefined : place({ Name: normalName(name), Type: type ?? "", SetIdentifier: identifier ?? "" });
  const sorted = [...zone.records.values()].sort((a, b) => comparePlaces(place(a), place(b)));
  const rest = from === undefined ? sorted : sorted.filter((set) => comparePlaces(place(set), from) >= 0);
  const { page, next, size } = pageOf(call, rest, 300);
  return {
    ResourceRecordSets: page,
    IsTruncated: next !== undefined,
    NextRecordName: next?.Name,
    NextRecordType: next?.Type,
    NextRecordIdentifier: next?.SetIdentifier,
    MaxItems: size,
  };
}

function place(set: Pick<RecordSet, "Name" | "Type" | "SetIdentifier">): readonly string[] {
  return [sortName(set.Name), set.Type, set.SetIdentifier ?? ""];
}

function comparePlaces(a: readonly string[], b: readonly string[]): number {
  return a.map((part, at) => compareText(part, b[at] ?? "")).find((order) => order !== 0) ?? 0;
}

function pageOf<T>(call: Call, items: readonly T[], max: number): { page: readonly T[]; next: T | undefined; size: number } {
  const asked = optionalNumber(call.input, "MaxItems") ?? max;
  if (!Number.isInteger(asked) || asked < 1) throw new AwsError("InvalidInput", `Value '${asked}' for MaxItems must be at least 1`);
  const size = Math.min(asked, max);
  return { page: items.slice(0, size), next: items[size], size };
}

function zonesOf(state: Route53State, call: Call): Zone[] {
  return [...state.zones.values()].filter((zone) => zone.owner === call.caller.account);
}

function zoneRow(zone: Zone): unknown {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { Comment: zone.comment, PrivateZone: zone.isPrivate },
    ResourceRecordSetCount: zone.records.size,
  };
}

export function vpcOf(given: unknown): Vpc | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const vpc = given as Readonly<Record<string, unknown>>;
  const VPCId = text(vpc, "VPCId");
  if (!/^vpc-[0-9a-f]{8,17}$/.test(VPCId)) throw new AwsError("InvalidVPCId", `The VPC ${VPCId} is not valid`);
  return { VPCRegion: text(vpc, "VPCRegion"), VPCId };
}
