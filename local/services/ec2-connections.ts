// Connections as the provider sees them: listed, accepted, rejected.

import { text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { vpceDnsEntries } from "../vpce-names.ts";
import { filtered, paged } from "./ec2-lists.ts";
import type { FilterFields } from "./ec2-lists.ts";
import { accept, reject } from "./ec2-lifecycle.ts";
import { zonesOf } from "./ec2-network.ts";
import { ownService } from "./ec2-state.ts";
import type { ConnectionState, Ec2Action, Ec2State, Endpoint, EndpointService } from "./ec2-state.ts";
import { tagRows } from "./ec2-tags.ts";

export const connectionActions: Readonly<Record<string, Ec2Action>> = {
  DescribeVpcEndpointConnections(state, call) {
    const mine = [...state.endpoints.values()].filter((endpoint) => endpoint.service.owner === call.caller.account);
    const { page, ...more } = paged(call, filtered(call, mine, fields(state)));
    return { VpcEndpointConnections: page.map((endpoint) => connection(state, endpoint)), ...more };
  },
  AcceptVpcEndpointConnections: (state, call) => each(state, call, "accept", (endpoint) => accept(state, endpoint)),
  RejectVpcEndpointConnections: (state, call) => each(state, call, "reject", (endpoint) => reject(state, endpoint)),
};

function fields(state: Ec2State): FilterFields<Endpoint> {
  return {
    "service-id": (endpoint) => endpoint.service.id,
    "vpc-endpoint-owner": (endpoint) => endpoint.owner,
    "vpc-endpoint-region": () => state.region,
    "vpc-endpoint-state": (endpoint) => endpoint.state,
    "ip-address-type": (endpoint) => endpoint.ipAddressType,
    ...(state.assumptions.vpcEndpointIdFilterWorks ? { "vpc-endpoint-id": (endpoint: Endpoint) => endpoint.id } : {}),
  };
}

function each(state: Ec2State, call: Call, verb: "accept" | "reject", work: (endpoint: Endpoint) => void): unknown {
  const service = ownService(state, call.caller.account, text(call.input, "ServiceId"));
  const ids = texts(call.input, "VpcEndpointIds");
  if (ids.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter VpcEndpointIds");
  const Unsuccessful = [...new Set(ids)].flatMap((id) => {
    const problem = act(state, service, id, verb, work);
    return problem === undefined ? [] : [{ ResourceId: id, Error: problem }];
  });
  return { Unsuccessful };
}

function act(
  state: Ec2State,
  service: EndpointService,
  id: string,
  verb: "accept" | "reject",
  work: (endpoint: Endpoint) => void,
): { Code: string; Message: string } | undefined {
  if (!/^vpce-[0-9a-f]{8,17}$/.test(id))
    return { Code: "InvalidVpcEndpointId.Malformed", Message: `Invalid Id: '${id}' (expecting 'vpce-...')` };
  const endpoint = state.endpoints.get(id);
  if (endpoint === undefined || endpoint.service !== service) {
    return { Code: "InvalidVpcEndpointId.NotFound", Message: `The Vpc Endpoint Id '${id}' does not exist` };
  }
  if (!allows(state, verb, endpoint.state)) {
    return {
      Code: state.assumptions.wrongStateCode,
      Message: `The VPC endpoint connection ${id} cannot be ${verb}ed in the state ${endpoint.state}`,
    };
  }
  const isDone = verb === "accept" && (endpoint.state === "pending" || endpoint.state === "available");
  if (!isDone) work(endpoint);
  return undefined;
}

function allows(state: Ec2State, verb: "accept" | "reject", from: ConnectionState): boolean {
  if (verb === "reject") return from === "pendingAcceptance" || from === "pending" || from === "available" || from === "partial";
  if (from === "pending" || from === "available") return state.assumptions.acceptAgainSucceeds;
  return from === "pendingAcceptance" || (from === "rejected" && state.assumptions.acceptAfterRejectSucceeds);
}

function connection(state: Ec2State, endpoint: Endpoint): unknown {
  const { service } = endpoint;
  const isNamed = endpoint.state !== "pendingAcceptance" || state.assumptions.dnsEntriesWhilePendingAcceptance;
  const tags = state.assumptions.consumerTagsOnConnections
    ? new Map([...endpoint.tags, ...endpoint.connectionTags])
    : endpoint.connectionTags;
  return {
    ServiceId: service.id,
    VpcEndpointId: endpoint.id,
    VpcEndpointOwner: endpoint.owner,
    VpcEndpointState: endpoint.state,
    CreationTimestamp: new Date(endpoint.createdAt),
    DnsEntries: isNamed ? dnsEntries(state, endpoint) : [],
    NetworkLoadBalancerArns: service.networkLoadBalancerArns,
    GatewayLoadBalancerArns: service.gatewayLoadBalancerArns,
    IpAddressType: endpoint.ipAddressType,
    VpcEndpointConnectionId: endpoint.connectionId,
    Tags: tagRows(tags),
    VpcEndpointRegion: endpoint.region,
  };
}

export function dnsEntries(state: Ec2State, endpoint: Endpoint): { DnsName: string; HostedZoneId: string }[] {
  const { id, suffix, service, region } = endpoint;
  const zones = zonesOf(state, endpoint.subnetIds).map((zone) => zone.replace(state.region, region));
  return vpceDnsEntries({ id, suffix, serviceId: service.id }, region, zones);
}
