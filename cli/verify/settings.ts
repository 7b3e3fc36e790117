// The consumer's settings around the endpoint: its security groups, its addresses, the VPC's DNS, and the service's private DNS name.
import {
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointServicesCommand,
  type EC2Client,
  type IpPermission,
} from "@aws-sdk/client-ec2";

import { failed, looked, ok, type Finding } from "./finding.ts";
import type { ConsumerSide } from "./sides.ts";

export function groups(ec2: EC2Client, { groups: GroupIds, vpc }: ConsumerSide, port: number): Promise<readonly Finding[]> {
  const about = "security groups";
  return looked(about, "ec2:DescribeSecurityGroups", async () => {
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [...GroupIds] }));
    const letIn = SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions.filter((rule) => covers(rule, port)).flatMap(sources));
    const [first = ""] = GroupIds;
    if (letIn.length > 0) return [ok(about, `${GroupIds.join(", ")} let in TCP ${String(port)} from ${[...new Set(letIn)].join(", ")}`)];
    return [
      failed(
        about,
        `${GroupIds.join(", ")} of the endpoint let nobody in on TCP ${String(port)}`,
        `aws ec2 authorize-security-group-ingress --group-id ${first} --protocol tcp --port ${String(port)} --cidr <the range of ${vpc}>`,
      ),
    ];
  });
}

function covers({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission, port: number): boolean {
  return IpProtocol === "-1" || ((IpProtocol === "tcp" || IpProtocol === "6") && FromPort <= port && port <= ToPort);
}

const sources = ({ IpRanges = [], UserIdGroupPairs = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission): readonly string[] =>
  [
    ...IpRanges.map(({ CidrIp }) => CidrIp),
    ...UserIdGroupPairs.map(({ GroupId }) => GroupId),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
  ].filter((source) => source !== undefined);

/** The endpoint's own addresses; nothing when they may not be read. */
export async function addressesOf(ec2: EC2Client, { interfaces }: ConsumerSide): Promise<readonly string[] | undefined> {
  if (interfaces.length === 0) return undefined;
  try {
    const asked = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...interfaces] });
    const { NetworkInterfaces = [] } = await ec2.send(asked);
    return NetworkInterfaces.flatMap(({ PrivateIpAddress, Ipv6Addresses = [] }) => [
      ...(PrivateIpAddress === undefined ? [] : [PrivateIpAddress]),
      ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    ]);
  } catch {
    return undefined;
  }
}

export async function dns(ec2: EC2Client, side: ConsumerSide): Promise<readonly Finding[]> {
  return [...(await vpcDns(ec2, side)), ...(await privateDns(ec2, side))];
}

function vpcDns(ec2: EC2Client, { vpc: VpcId }: ConsumerSide): Promise<readonly Finding[]> {
  const about = "DNS of the VPC";
  return looked(about, "ec2:DescribeVpcAttribute", async () => {
    const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsSupport" }));
    const hostnames = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: "enableDnsHostnames" }));
    const mend = (option: string): string => `aws ec2 modify-vpc-attribute --vpc-id ${VpcId} --${option}`;
    if (support.EnableDnsSupport?.Value !== true)
      return [failed(about, `DNS support of ${VpcId} is off: no name resolves in it`, mend("enable-dns-support"))];
    if (hostnames.EnableDnsHostnames?.Value !== true)
      return [failed(about, `DNS host names of ${VpcId} are off: private zones do not answer in it`, mend("enable-dns-hostnames"))];
    return [ok(about, `DNS support and host names of ${VpcId} are on`)];
  });
}

function privateDns(ec2: EC2Client, { service, privateDns: isOn, endpoint }: ConsumerSide): Promise<readonly Finding[]> {
  const about = "private DNS name";
  return looked(about, "ec2:DescribeVpcEndpointServices", async () => {
    const { ServiceDetails = [] } = await ec2.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: [service] }));
    const [detail] = ServiceDetails;
    const name = detail?.PrivateDnsName;
    if (name === undefined) return [ok(about, "the service has none of its own, so that there is none to switch on")];
    if (isOn) return [ok(about, `${name} is on`)];
    if (detail?.PrivateDnsNameVerificationState !== "verified")
      return [ok(about, `off; ${name} is not verified by the provider yet (${detail?.PrivateDnsNameVerificationState ?? "unknown"})`)];
    return [
      ok(about, `off; ${name} can be switched on with aws ec2 modify-vpc-endpoint --vpc-endpoint-id ${endpoint} --private-dns-enabled`),
    ];
  });
}
