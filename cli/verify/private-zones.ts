// Which private zones answer in a VPC: the first thing to know when a name of one does not resolve there.
import { failed, isDenied, notReadable, type Finding } from "./finding.ts";

/** Why a name of the consumer's own does not resolve in its VPC although the endpoint is available. */
export async function whyNoName(name: string, vpc: string, region: string): Promise<Finding> {
  const about = "name";
  const zones = await zonesOf(vpc, region);
  if (zones === undefined)
    return notReadable(
      "private zones",
      `your credentials lack route53:ListHostedZonesByVPC, which would tell why ${name} does not resolve`,
      "allow route53:ListHostedZonesByVPC and ec2:DescribeVpcs to the role you use, then repeat the command",
    );
  const zone = zones.find((one) => name === one || name.endsWith(`.${one}`));
  if (zone === undefined)
    return failed(
      about,
      `${name} does not resolve: no private zone of that name is associated with ${vpc}`,
      `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id <zone> --vpc VPCRegion=${region},VPCId=${vpc}`,
    );
  return failed(
    about,
    `${name} does not resolve: the zone ${zone} is associated with ${vpc} and has no such name, or this does not run inside ${vpc}`,
    `look at its records, and run this inside ${vpc} (docs/walkthrough.md)`,
  );
}

/** Their names; nothing when they may not be listed. */
async function zonesOf(VPCId: string, region: string): Promise<readonly string[] | undefined> {
  const { ListHostedZonesByVPCCommand, Route53Client } = await import("@aws-sdk/client-route-53");
  const client = new Route53Client({ region });
  const names: string[] = [];
  let NextToken: string | undefined;
  try {
    do {
      const asked = { VPCId, VPCRegion: region as never, ...(NextToken === undefined ? {} : { NextToken }) };
      const page = await client.send(new ListHostedZonesByVPCCommand(asked));
      names.push(...(page.HostedZoneSummaries ?? []).map(({ Name = "" }) => Name.replace(/\.$/, "")));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    return names.sort((a, b) => b.length - a.length);
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}
