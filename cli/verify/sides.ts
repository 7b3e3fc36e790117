// The endpoint as its consumer sees it, and the connection as its provider sees it: whichever the caller's account is.
import {
  DescribeVpcEndpointsCommand,
  type EC2Client,
  paginateDescribeVpcEndpointConnections,
  type VpcEndpoint,
  type VpcEndpointConnection,
} from "@aws-sdk/client-ec2";

import { Lacks, needing } from "./finding.ts";

export interface ConsumerSide {
  readonly endpoint: string;
  readonly owner: string;
  readonly state: string;
  /** Why it is as it is, where AWS says so. */
  readonly error: string | undefined;
  readonly service: string;
  readonly serviceId: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
  readonly interfaces: readonly string[];
  /** What a name must point at: the Regional name, with the zone that an alias takes. */
  readonly target: { readonly name: string; readonly zone: string } | undefined;
  readonly ipAddressType: string;
  readonly privateDns: boolean;
}

export interface ProviderSide {
  readonly endpoint: string;
  readonly state: string;
  readonly serviceId: string;
  readonly consumer: string;
  readonly balancers: readonly string[];
}

export interface Sides {
  readonly consumer: ConsumerSide | undefined;
  readonly provider: ProviderSide | undefined;
  /** The permissions without which a side could not be looked at. */
  readonly missing: readonly string[];
}

export async function sidesOf(ec2: EC2Client, endpoint: string): Promise<Sides> {
  const missing: string[] = [];
  const consumer = await unlessDenied(missing, "ec2:DescribeVpcEndpoints", async () => {
    try {
      const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [endpoint] }));
      return VpcEndpoints.map((one) => asConsumer(one, endpoint))[0];
    } catch (error) {
      if (error instanceof Error && /VpcEndpoint(Id)?\.NotFound/.test(error.name)) return undefined;
      throw error;
    }
  });
  const provider = await unlessDenied(missing, "ec2:DescribeVpcEndpointConnections", async () => {
    for await (const page of paginateDescribeVpcEndpointConnections({ client: ec2 }, {}))
      for (const one of page.VpcEndpointConnections ?? []) if (one.VpcEndpointId === endpoint) return asProvider(one, endpoint);
    return undefined;
  });
  return { consumer, provider, missing };
}

async function unlessDenied<T>(missing: string[], permission: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await needing(permission, look);
  } catch (error) {
    if (!(error instanceof Lacks)) throw error;
    missing.push(permission);
    return undefined;
  }
}

/** AWS names the Regional one first. */
const targetOf = ({ DnsEntries: [first] = [] }: Pick<VpcEndpoint, "DnsEntries">): ConsumerSide["target"] =>
  first?.DnsName === undefined ? undefined : { name: first.DnsName, zone: first.HostedZoneId ?? "" };

const asConsumer = (one: VpcEndpoint, endpoint: string): ConsumerSide => ({
  endpoint,
  owner: one.OwnerId ?? "",
  state: stateOf(one.State),
  error: one.LastError?.Message,
  service: one.ServiceName ?? "",
  serviceId: one.ServiceName?.split(".").at(-1) ?? "",
  vpc: one.VpcId ?? "",
  subnets: one.SubnetIds ?? [],
  groups: (one.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  interfaces: one.NetworkInterfaceIds ?? [],
  target: targetOf(one),
  ipAddressType: one.IpAddressType ?? "ipv4",
  privateDns: one.PrivateDnsEnabled === true,
});

const asProvider = (one: VpcEndpointConnection, endpoint: string): ProviderSide => ({
  endpoint,
  state: stateOf(one.VpcEndpointState),
  serviceId: one.ServiceId ?? "",
  consumer: one.VpcEndpointOwner ?? "",
  balancers: one.NetworkLoadBalancerArns ?? [],
});

/** AWS writes `pendingAcceptance` here and `PendingAcceptance` there. */
const stateOf = (state: string | undefined): string =>
  state === undefined ? "unknown" : `${state.charAt(0).toLowerCase()}${state.slice(1)}`;
