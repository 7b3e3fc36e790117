// Which private zones answer in a VPC, and what they hold: the first thing to know when a name of one does not resolve there, or resolves wrongly.
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

import { failed, Lacks, needing, notReadable, unreadable, type Finding } from "./finding.ts";
import type { ConsumerSide } from "./sides.ts";
import type { Wanted } from "./wanted.ts";

const about = "name";

interface Zone {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
}

/** Why a name of the consumer's own does not resolve in its VPC although the endpoint is available. */
export async function whyNoName(wanted: Wanted, consumer: ConsumerSide): Promise<Finding> {
  const { name, region, again } = wanted;
  const { vpc } = consumer;
  try {
    const zone = zoneOf(name, await zonesOf(vpc, region));
    if (zone === undefined)
      return failed(
        about,
        `${name} does not resolve: no private zone of that name is associated with ${vpc}`,
        `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id <zone> --vpc VPCRegion=${region},VPCId=${vpc}`,
      );
    const holds = zone.owner === consumer.owner ? await isIn(zone, name, region) : undefined;
    const message = `${name} does not resolve: the zone ${zone.name} is associated with ${vpc}`;
    const inside = `run this inside ${vpc} (docs/walkthrough.md): ${again}`;
    if (holds === true) return failed(about, `${message} and has that name, so that this does not run inside ${vpc}`, inside);
    if (holds === false) return failed(about, `${message} and has no such name`, recordCommand("CREATE", zone.id, name, consumer));
    return failed(
      about,
      `${message}, and has no such name or this does not run inside ${vpc}`,
      `account ${zone.owner} owns the zone and makes its names; ${inside}`,
    );
  } catch (error) {
    if (!(error instanceof Lacks)) return unreadable(about, error);
    return notReadable(
      "private zones",
      `${error.message}, which would tell why ${name} does not resolve`,
      `allow ${error.permission} and ec2:DescribeVpcs to the role you use, then repeat the command`,
    );
  }
}

/** What makes a name point at the endpoint that points elsewhere. */
export async function pointing({ name, region, consumer }: Wanted): Promise<string> {
  if (consumer === undefined)
    return `find its zone, and point it at the endpoint: aws route53 list-hosted-zones-by-name --dns-name ${name}`;
  const zones = await zonesOf(consumer.vpc, region).catch(() => []);
  return recordCommand("UPSERT", zoneOf(name, zones)?.id ?? `<the zone of ${name}>`, name, consumer);
}

function recordCommand(Action: "CREATE" | "UPSERT", zone: string, Name: string, { target, ipAddressType }: ConsumerSide): string {
  const AliasTarget = { HostedZoneId: target?.zone ?? "", DNSName: target?.name ?? "", EvaluateTargetHealth: false };
  const ResourceRecordSet = { Name, Type: ipAddressType === "ipv6" ? "AAAA" : "A", AliasTarget };
  const batch = JSON.stringify({ Changes: [{ Action, ResourceRecordSet }] });
  return `aws route53 change-resource-record-sets --hosted-zone-id ${zone} --change-batch '${batch}'`;
}

/** The most specific that holds the name. */
const zoneOf = (name: string, zones: readonly Zone[]): Zone | undefined =>
  zones.toSorted((a, b) => b.name.length - a.name.length).find((one) => name === one.name || name.endsWith(`.${one.name}`));

async function zonesOf(VPCId: string, region: string): Promise<readonly Zone[]> {
  const { ListHostedZonesByVPCCommand, Route53Client } = await import("@aws-sdk/client-route-53");
  const client = new Route53Client({ region });
  const zones: Zone[] = [];
  let NextToken: string | undefined;
  do {
    const asked = { VPCId, VPCRegion: region as never, ...(NextToken === undefined ? {} : { NextToken }) };
    const page = await needing("route53:ListHostedZonesByVPC", () => client.send(new ListHostedZonesByVPCCommand(asked)));
    for (const { HostedZoneId = "", Name = "", Owner } of page.HostedZoneSummaries ?? [])
      zones.push({ id: HostedZoneId, name: Name.replace(/\.$/, ""), owner: Owner?.OwningAccount ?? "" });
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return zones;
}

/** Whether the zone has addresses under that name or the wildcard over it; nothing when its records may not be read. */
async function isIn({ id }: Zone, name: string, region: string): Promise<boolean | undefined> {
  const { ListResourceRecordSetsCommand, Route53Client } = await import("@aws-sdk/client-route-53");
  const client = new Route53Client({ region });
  const wanted = [name, `\\052.${name.split(".").slice(1).join(".")}`];
  try {
    for (const StartRecordName of wanted) {
      const asked = new ListResourceRecordSetsCommand({ HostedZoneId: id, StartRecordName, MaxItems: 5 });
      const { ResourceRecordSets = [] } = await needing("route53:ListResourceRecordSets", () => client.send(asked));
      if (ResourceRecordSets.some((record) => isAddress(record, StartRecordName))) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof Lacks) return undefined;
    throw error;
  }
}

const isAddress = ({ Name = "", Type }: ResourceRecordSet, name: string): boolean =>
  Name.replace(/\.$/, "") === name && (Type === "A" || Type === "AAAA" || Type === "CNAME");
