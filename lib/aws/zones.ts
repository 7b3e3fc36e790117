// Route 53: the record sets of names, only in the zones that this deployment was given.

import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  type Change,
  type ResourceRecordSet,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import { Fault, Refused } from "../faults.ts";
import type { ZoneId } from "../ids.ts";
import type { RecordSet, StandingSet } from "../names.ts";
import type { ZoneFacts, Zones } from "../ports.ts";
import { calling } from "./errors.ts";
import { disprove, prove } from "./proof-record.ts";
import { authorize, authorized, withdraw } from "./vpc-associations.ts";
import { plainName, readRecordSet, writeRecordSet } from "./record-set.ts";

/** What one change takes: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html */
const recordsMax = 1000;
const charactersMax = 32_000;
/** A zone takes 10,000 records unless AWS was asked for more, at 300 a page. */
const pagesMax = 1000;

export function hostedZones(client: Route53Client, allowed: readonly ZoneId[]): Zones {
  const inOurs = async <T>(zone: ZoneId, work: () => Promise<T>): Promise<T> => {
    if (allowed.includes(zone)) return work();
    throw new Refused(
      "ZoneNotAllowed",
      `The hosted zone ${zone} is not one of this deployment's`,
      "add it to the stack's parameter HostedZoneIds and deploy again",
    );
  };
  return {
    change: (zone, remove, create) => inOurs(zone, () => change(client, zone, remove, create)),
    at: (zone, name) => inOurs(zone, () => at(client, zone, name)),
    all: (zone) => inOurs(zone, () => all(client, zone)),
    name: async (zone) => (allowed.includes(zone) ? (await factsOf(client, zone))?.name : undefined),
    list: async () => (await Promise.all(allowed.map((zone) => factsOf(client, zone)))).flatMap((facts) => facts ?? []),
    prove: (zone, name, value) => inOurs(zone, () => prove(client, zone, name, value)),
    disprove: (zone, name, value) => inOurs(zone, () => disprove(client, zone, name, value)),
    authorize: (zone, vpc) => inOurs(zone, () => authorize(client, zone, vpc)),
    authorized: (zone) => inOurs(zone, () => authorized(client, zone)),
    withdraw: (zone, vpc) => inOurs(zone, () => withdraw(client, zone, vpc)),
  };
}

async function change(
  client: Route53Client,
  zone: ZoneId,
  remove: readonly RecordSet[],
  create: readonly RecordSet[],
): Promise<"done" | { readonly refused: string }> {
  const Changes: Change[] = [
    ...remove.map((set): Change => ({ Action: "DELETE", ResourceRecordSet: writeRecordSet(set) })),
    ...create.map((set): Change => ({ Action: "CREATE", ResourceRecordSet: writeRecordSet(set) })),
  ];
  if (Changes.length === 0) return "done";
  const tooLarge = oversize(Changes);
  if (tooLarge !== undefined) return { refused: tooLarge };
  try {
    await calling(
      "route53:ChangeResourceRecordSets",
      () => client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } })),
      `zone ${zone}`,
    );
    return "done";
  } catch (error) {
    return refusal(error);
  }
}

/** Nothing of a refused batch was done. AWS takes a target's zone that is too long as bad XML, `InvalidInput`. */
function refusal(error: unknown): { readonly refused: string } {
  if (!(error instanceof Fault) || error.retryable) throw error;
  if (error.code !== "InvalidChangeBatch" && error.code !== "InvalidInput") throw error;
  const messages = error.cause instanceof InvalidChangeBatch ? (error.cause.messages ?? []) : [];
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  return { refused: messages.length > 0 ? messages.join("; ") : said };
}

function oversize(changes: readonly Change[]): string | undefined {
  const characters = changes
    .flatMap(({ ResourceRecordSet: set }) => set?.ResourceRecords ?? [])
    .reduce((sum, { Value = "" }) => sum + Value.length, 0);
  if (changes.length <= recordsMax && characters <= charactersMax) return undefined;
  return `${String(changes.length)} record sets with ${String(characters)} characters are too many for one change`;
}

/** The list starts at the name, in Route 53's own order, and goes on past it. */
async function at(client: Route53Client, zone: ZoneId, name: string): Promise<StandingSet[]> {
  const wanted = plainName(name);
  return list(client, zone, { Name: name }, (found) => plainName(found) === wanted);
}

const all = (client: Route53Client, zone: ZoneId): Promise<StandingSet[]> => list(client, zone, {}, () => true);

/** The records from `first` on, page by page, as long as their names are wanted. */
async function list(
  client: Route53Client,
  zone: ZoneId,
  first: Partial<ResourceRecordSet>,
  wanted: (name: string) => boolean,
): Promise<StandingSet[]> {
  const found: ResourceRecordSet[] = [];
  let next = first;
  for (let pages = 1; ; pages += 1) {
    if (pages > pagesMax)
      throw new Fault("EndlessListing", "route53:ListResourceRecordSets", `${zone} has more than ${String(pagesMax)} pages`, false);
    const start = {
      ...(next.Name === undefined ? {} : { StartRecordName: next.Name }),
      ...(next.Type === undefined ? {} : { StartRecordType: next.Type }),
      ...(next.SetIdentifier === undefined ? {} : { StartRecordIdentifier: next.SetIdentifier }),
    };
    const reply = await calling(
      "route53:ListResourceRecordSets",
      () => client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...start })),
      `zone ${zone}`,
    );
    found.push(...(reply.ResourceRecordSets ?? []).filter(({ Name = "" }) => wanted(Name)));
    const more = reply.IsTruncated === true && reply.NextRecordName !== undefined && wanted(reply.NextRecordName);
    if (!more) return found.map(readRecordSet);
    next = {
      Name: reply.NextRecordName,
      Type: reply.NextRecordType,
      SetIdentifier: reply.NextRecordIdentifier,
    };
  }
}

async function factsOf(client: Route53Client, zone: ZoneId): Promise<ZoneFacts | undefined> {
  try {
    const { HostedZone } = await calling("route53:GetHostedZone", () => client.send(new GetHostedZoneCommand({ Id: zone })));
    if (HostedZone?.Name === undefined) return undefined;
    return { id: zone, name: plainName(HostedZone.Name), isPrivate: HostedZone.Config?.PrivateZone === true };
  } catch (error) {
    if (error instanceof Fault && error.code === "NoSuchHostedZone") return undefined;
    throw error;
  }
}
