// The consumer's settings around the endpoint: its addresses, and the VPC's DNS.
import { DescribeNetworkInterfacesCommand, DescribeVpcAttributeCommand, type EC2Client } from "@aws-sdk/client-ec2";

import { failed, looked, needing, ok, type Finding } from "./finding.ts";
import type { ConsumerSide } from "./sides.ts";

/** The endpoint's own addresses; nothing while it has no interface. */
export async function addressesOf(ec2: EC2Client, { interfaces }: ConsumerSide): Promise<readonly string[] | undefined> {
  if (interfaces.length === 0) return undefined;
  const asked = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...interfaces] });
  const { NetworkInterfaces = [] } = await needing("ec2:DescribeNetworkInterfaces", () => ec2.send(asked));
  return NetworkInterfaces.flatMap(({ PrivateIpAddress, Ipv6Addresses = [] }) => [
    ...(PrivateIpAddress === undefined ? [] : [PrivateIpAddress]),
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ]);
}

export function vpcDns(ec2: EC2Client, { vpc: VpcId }: ConsumerSide): Promise<readonly Finding[]> {
  const about = "DNS of the VPC";
  return looked(about, async () => {
    const attribute = (Attribute: "enableDnsSupport" | "enableDnsHostnames") =>
      needing("ec2:DescribeVpcAttribute", () => ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute })));
    const support = await attribute("enableDnsSupport");
    const hostnames = await attribute("enableDnsHostnames");
    const mend = (option: string): string => `aws ec2 modify-vpc-attribute --vpc-id ${VpcId} --${option}`;
    if (support.EnableDnsSupport?.Value !== true)
      return [failed(about, `DNS support of ${VpcId} is off: no name resolves in it`, mend("enable-dns-support"))];
    if (hostnames.EnableDnsHostnames?.Value !== true)
      return [failed(about, `DNS host names of ${VpcId} are off: private zones do not answer in it`, mend("enable-dns-hostnames"))];
    return [ok(about, `DNS support and host names of ${VpcId} are on`)];
  });
}
