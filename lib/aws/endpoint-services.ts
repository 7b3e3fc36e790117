// EC2's endpoint services as their provider sees them.

import {
  AcceptVpcEndpointConnectionsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  RejectVpcEndpointConnectionsCommand,
  type EC2Client,
  type ServiceConfiguration,
  type VpcEndpointConnection,
} from "@aws-sdk/client-ec2";
import { BadInput, Fault } from "../faults.ts";
import { instant, isAccountId, isEndpointId, type EndpointId, type ServiceId } from "../ids.ts";
import { awsState, type DnsTarget, type IpAddressType, type Observed } from "../observed.ts";
import type { EndpointServices, ServiceFacts } from "../ports.ts";
import { notification, notify, stopNotifying } from "./connection-notifications.ts";
import { decideAll, endpointsPerCall, type Decisions } from "./endpoint-decisions.ts";
import { allow, allowed } from "./endpoint-permissions.ts";
import { calling } from "./errors.ts";
import { listSize } from "./list-size.ts";
import { privateDnsOf, setPrivateDnsName, verifyPrivateDnsName } from "./private-dns-name.ts";

const rowsPerPage = 1000;
/** Far more than any service has; a listing that goes on longer is in a circle. */
const pagesMax = 1000;

/** `decider` is the client for Accept and Reject: one that does not retry, where the caller paces them. */
export function vpcEndpointServices(client: EC2Client, decider = client, idsPerCall = endpointsPerCall): EndpointServices {
  const accept = (ServiceId: ServiceId) => (ids: EndpointId[]) =>
    decider.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: ids }));
  const reject = (ServiceId: ServiceId) => (ids: EndpointId[]) =>
    decider.send(new RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: ids }));
  // What one call takes is found out once for each process.
  const accepts: Decisions = { action: "ec2:AcceptVpcEndpointConnections", size: listSize(idsPerCall) };
  const rejects: Decisions = { action: "ec2:RejectVpcEndpointConnections", size: listSize(idsPerCall) };
  return {
    connections: async (service) => connections(client, named(service)),
    accept: async (service, endpoints, calls) => decideAll(accepts, endpoints, accept(named(service)), calls),
    reject: async (service, endpoints, calls) => decideAll(rejects, endpoints, reject(named(service)), calls),
    describe: async (service) => describe(client, named(service)),
    notify: async (service, topic) => notify(client, named(service), topic),
    notification: async (service, topic) => notification(client, named(service), topic),
    stopNotifying: (id) => stopNotifying(client, id),
    setPrivateDnsName: async (service, name) => setPrivateDnsName(client, named(service), name),
    verifyPrivateDnsName: async (service) => verifyPrivateDnsName(client, named(service)),
    allowed: async (service) => allowed(client, named(service)),
    allow: async (service, add, remove) => allow(client, named(service), add, remove),
  };
}

/** Only the filter `service-id` is used: whether AWS takes the one for endpoints is in doubt. Without any it lists every service's. */
async function connections(client: EC2Client, service: ServiceId): Promise<Observed[]> {
  const action = "ec2:DescribeVpcEndpointConnections";
  const found = new Map<EndpointId, Observed>();
  let token: string | undefined;
  for (let pages = 1; ; pages += 1) {
    if (pages > pagesMax) throw new Fault("EndlessListing", action, `${service} has more than ${String(pagesMax)} pages`, false);
    const NextToken = token;
    const command = new DescribeVpcEndpointConnectionsCommand({
      Filters: [{ Name: "service-id", Values: [service] }],
      MaxResults: rowsPerPage,
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    const reply = await calling(action, () => client.send(command));
    for (const row of reply.VpcEndpointConnections ?? []) {
      const observed = observedOf(action, service, row);
      found.set(observed.endpoint, observed);
    }
    if (reply.NextToken === undefined || reply.NextToken === "") return [...found.values()];
    token = reply.NextToken;
  }
}

/** A row that lacks an id or its owner fails the listing: left out, it would look like a connection that is gone. */
function observedOf(action: string, service: ServiceId, row: VpcEndpointConnection): Observed {
  const {
    ServiceId = service,
    VpcEndpointId = "",
    VpcEndpointOwner = "",
    VpcEndpointState,
    VpcEndpointRegion,
    CreationTimestamp,
    IpAddressType,
  } = row;
  if (ServiceId !== service || !isEndpointId(VpcEndpointId) || !isAccountId(VpcEndpointOwner))
    throw new Fault(
      "UnexpectedReply",
      action,
      `asked for ${service}, AWS gave service ${ServiceId}, endpoint "${VpcEndpointId}" of "${VpcEndpointOwner}"`,
      false,
    );
  const ipAddressType = ipAddressTypes[String(IpAddressType).toLowerCase()];
  const dns = regionalName(VpcEndpointId, service, row);
  return {
    endpoint: VpcEndpointId,
    service,
    account: VpcEndpointOwner,
    state: awsState(VpcEndpointState),
    ...(VpcEndpointRegion === undefined || VpcEndpointRegion === "" ? {} : { region: VpcEndpointRegion }),
    ...(ipAddressType === undefined ? {} : { ipAddressType }),
    ...(CreationTimestamp === undefined ? {} : { createdAt: instant(CreationTimestamp.getTime()) }),
    ...(dns === undefined ? {} : { dns }),
  };
}

const ipAddressTypes: Readonly<Record<string, IpAddressType>> = {
  ipv4: "ipv4",
  ipv6: "ipv6",
  dualstack: "dualstack",
};

/**
 * The endpoint's Regional name with its zone. The order of the entries is not documented, so it is known by its form:
 * `vpce-<id>-<random>.vpce-svc-…`, where a zonal name has `-<zone>` after the random part.
 */
function regionalName(endpoint: EndpointId, service: ServiceId, { DnsEntries = [] }: VpcEndpointConnection): DnsTarget | undefined {
  const regional = new RegExp(`^${endpoint}-[0-9a-z]+\\.${service}\\.`, "i");
  const entry = DnsEntries.find(({ DnsName = "", HostedZoneId = "" }) => regional.test(DnsName) && HostedZoneId !== "");
  return entry?.DnsName === undefined || entry.HostedZoneId === undefined ? undefined : { name: entry.DnsName, zone: entry.HostedZoneId };
}

async function describe(client: EC2Client, service: ServiceId): Promise<ServiceFacts | undefined> {
  try {
    const reply = await calling("ec2:DescribeVpcEndpointServiceConfigurations", () =>
      client.send(new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [service] })),
    );
    const found = reply.ServiceConfigurations?.find(({ ServiceId }) => ServiceId === service);
    return found === undefined ? undefined : factsOf(service, found);
  } catch (error) {
    if (error instanceof Fault && /^InvalidVpcEndpointService(Id)?\.NotFound$/.test(error.code)) return undefined;
    throw error;
  }
}

/** When AWS does not say whether acceptance is required, it is taken as not: that is told, and nothing is relied on. */
function factsOf(service: ServiceId, configuration: ServiceConfiguration): ServiceFacts {
  const { ServiceName = "", AcceptanceRequired = false, ServiceState, Tags = [], SupportedRegions = [] } = configuration;
  const privateDns = privateDnsOf(configuration);
  return {
    service,
    serviceName: ServiceName,
    acceptanceRequired: AcceptanceRequired,
    state: ServiceState ?? "unknown",
    tags: Object.fromEntries(Tags.flatMap(({ Key, Value = "" }) => (Key === undefined ? [] : [[Key, Value]]))),
    // One that was taken back stays listed as closed.
    regions: SupportedRegions.flatMap(({ Region, ServiceState: at = "Available" }) => (at === "Available" ? (Region ?? []) : [])),
    ...(privateDns === undefined ? {} : { privateDns }),
  };
}

function named(service: ServiceId): ServiceId {
  if ((service as string) === "") throw new BadInput("service", service, "an empty id would mean every service of the account");
  return service;
}
