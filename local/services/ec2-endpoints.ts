// Endpoints as their consumer sees them: services to be found, endpoints created, described, changed, deleted.

import { randomBytes } from "node:crypto";
import { flag, optionalText, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { dnsEntries } from "./ec2-connections.ts";
import { filtered, paged } from "./ec2-lists.ts";
import type { FilterFields } from "./ec2-lists.ts";
import { becomeAvailable, begin, remove } from "./ec2-lifecycle.ts";
import { attach } from "./ec2-interfaces.ts";
import { checkNetwork, defaultGroup, zonesOf, zonesOfService } from "./ec2-network.ts";
import { mayAsk } from "./ec2-permissions.ts";
import { newId, once } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, Endpoint, EndpointService } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

const ALLOW_ALL = JSON.stringify({ Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }] });

export const endpointActions: Readonly<Record<string, Ec2Action>> = {
  DescribeVpcEndpointServices: describeServices,
  CreateVpcEndpoint: (state, call) => once(state, call, () => create(state, call)),
  DescribeVpcEndpoints: describe,
  ModifyVpcEndpoint: modify,
  DeleteVpcEndpoints(state, call) {
    const Unsuccessful = texts(call.input, "VpcEndpointIds").flatMap((id) => {
      const endpoint = state.endpoints.get(id);
      if (endpoint === undefined || endpoint.owner !== call.caller.account || !isSeen(endpoint, call) || endpoint.state === "deleted") {
        return [
          { ResourceId: id, Error: { Code: "InvalidVpcEndpointId.NotFound", Message: `The Vpc Endpoint Id '${id}' does not exist` } },
        ];
      }
      if (endpoint.state !== "deleting") remove(state, endpoint);
      return [];
    });
    return { Unsuccessful };
  },
};

function create(state: Ec2State, call: Call): unknown {
  const { input, caller } = call;
  const serviceName = text(input, "ServiceName");
  const service = [...state.services.values()].find((one) => one.name === serviceName);
  const region = regionOf(state, call);
  if (
    service === undefined ||
    !mayAsk(state, service, caller.account) ||
    !service.supportedRegions.includes(region) ||
    (optionalText(input, "ServiceRegion") ?? region) !== state.region
  ) {
    throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${serviceName}' does not exist`);
  }
  const type = optionalText(input, "VpcEndpointType") ?? "Gateway";
  const offered = service.networkLoadBalancerArns.length > 0 ? "Interface" : "GatewayLoadBalancer";
  if (type !== offered)
    throw new AwsError("InvalidParameter", `Endpoint type (${type}) does not match available service types ([${offered}]).`);
  const subnetIds = texts(input, "SubnetIds");
  const groupIds = texts(input, "SecurityGroupIds");
  const vpcId = text(input, "VpcId");
  checkNetwork(state, caller.account, vpcId, subnetIds, groupIds);
  const endpoint: Endpoint = {
    id: newId("vpce"),
    connectionId: newId("vpce-con"),
    sequence: state.next(),
    owner: caller.account,
    region,
    service,
    vpcId,
    suffix: [...randomBytes(8)].map((byte) => "abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36]).join(""),
    createdAt: state.clock.now(),
    networkInterfaceIds: [],
    hasBeenAvailable: false,
    subnetIds: [...subnetIds],
    groupIds: groupIds.length === 0 ? [defaultGroup(caller.account, vpcId)] : [...groupIds],
    ipAddressType: ipAddressType(service, optionalText(input, "IpAddressType")),
    privateDnsEnabled: flag(input, "PrivateDnsEnabled"),
    policyDocument: optionalText(input, "PolicyDocument") ?? ALLOW_ALL,
    state: service.acceptanceRequired ? "pendingAcceptance" : "pending",
    open: new Set(),
    callOff: undefined,
    tags: tagsFrom(call, "vpc-endpoint"),
    connectionTags: new Map(),
  };
  if (endpoint.privateDnsEnabled) checkPrivateDns(service, endpoint.state === "pendingAcceptance");
  checkZones(state, service, subnetIds);
  state.endpoints.set(endpoint.id, endpoint);
  standIn(state, endpoint);
  begin(state, endpoint);
  return { VpcEndpoint: described(state, endpoint), ClientToken: optionalText(input, "ClientToken") };
}

/** Where the caller is. Services are all in one Region here; endpoints are where their consumers make them. */
const regionOf = (state: Ec2State, { signedFor }: Call): string => signedFor ?? state.region;

/** An endpoint stands only in zones in which the service's load balancer stands, where that is one of ours. */
function checkZones(state: Ec2State, service: EndpointService, subnetIds: readonly string[]): void {
  const offered = zonesOfService(state, service);
  const zones = zonesOf(state, subnetIds);
  const stray = subnetIds.find((_id, at) => !offered.includes(zones[at] ?? ""));
  if (stray !== undefined && service.networkLoadBalancerArns.some((arn) => state.balancers.has(arn)))
    throw new AwsError(
      "InvalidParameter",
      `The VPC endpoint service ${service.name} does not support the availability zone of the subnet: ${stray}.`,
    );
}

/** One network interface in each of its subnets, those that exist only by assumption included. */
function standIn(state: Ec2State, endpoint: Endpoint): void {
  for (const one of state.interfaces.values())
    if (one.attachedTo === endpoint.id && !endpoint.subnetIds.includes(one.subnetId)) state.interfaces.delete(one.id);
  endpoint.networkInterfaceIds = endpoint.subnetIds.map((subnetId) => {
    const there = [...state.interfaces.values()].find((one) => one.attachedTo === endpoint.id && one.subnetId === subnetId);
    if (there !== undefined) there.groupIds = [...endpoint.groupIds];
    const made = there ?? attach(state, subnetId, endpoint.groupIds, { kind: "vpc_endpoint", attachedTo: endpoint.id });
    return made?.id ?? newId("eni");
  });
}

/** The ordering trap: with acceptance required, private DNS cannot be switched on before the provider has accepted. */
function checkPrivateDns(service: EndpointService, isWaiting: boolean): void {
  if (isWaiting) {
    throw new AwsError(
      "InvalidParameter",
      `Private DNS can only be enabled after the endpoint connection is accepted by the owner of ${service.name}.`,
    );
  }
  if (service.privateDns?.state !== "verified") {
    throw new AwsError(
      "InvalidParameter",
      `Private DNS can't be enabled because the service ${service.name} does not provide a private DNS name.`,
    );
  }
}

function ipAddressType(service: EndpointService, asked: string | undefined): string {
  const isDual = service.ipAddressTypes.length > 1;
  const type = asked ?? (isDual ? "ipv4" : (service.ipAddressTypes[0] ?? "ipv4"));
  const isOffered = type === "dualstack" ? isDual : service.ipAddressTypes.includes(type);
  if (!isOffered) throw new AwsError("InvalidParameter", `The IP address type ${type} is not supported by the service ${service.name}.`);
  return type;
}

const FIELDS: FilterFields<Endpoint> = {
  "ip-address-type": (endpoint) => endpoint.ipAddressType,
  "service-name": (endpoint) => endpoint.service.name,
  "vpc-id": (endpoint) => endpoint.vpcId,
  "vpc-endpoint-id": (endpoint) => endpoint.id,
  "vpc-endpoint-state": (endpoint) => endpoint.state,
  "vpc-endpoint-type": (endpoint) => typeOf(endpoint.service),
};

function describe(state: Ec2State, call: Call): unknown {
  const ids = texts(call.input, "VpcEndpointIds");
  const mine = [...state.endpoints.values()].filter((endpoint) => endpoint.owner === call.caller.account && isSeen(endpoint, call));
  const wanted = ids.length === 0 ? mine : ids.map((id) => own(state, call, id));
  const { page, ...more } = paged(
    call,
    filtered(call, wanted, FIELDS, (endpoint) => endpoint.tags),
  );
  return { VpcEndpoints: page.map((endpoint) => described(state, endpoint)), ...more };
}

function modify(state: Ec2State, call: Call): unknown {
  const { input } = call;
  const endpoint = own(state, call, text(input, "VpcEndpointId"));
  if (!/^(pendingAcceptance|pending|available)$/.test(endpoint.state)) {
    throw new AwsError("IncorrectState", `The VPC endpoint ${endpoint.id} cannot be modified in the state ${endpoint.state}`);
  }
  const isWaiting = endpoint.state === "pendingAcceptance";
  if (flag(input, "PrivateDnsEnabled")) checkPrivateDns(endpoint.service, isWaiting);
  const subnetIds = changed(endpoint.subnetIds, texts(input, "AddSubnetIds"), texts(input, "RemoveSubnetIds"));
  const groupIds = changed(endpoint.groupIds, texts(input, "AddSecurityGroupIds"), texts(input, "RemoveSecurityGroupIds"));
  checkNetwork(state, endpoint.owner, endpoint.vpcId, subnetIds, groupIds);
  checkZones(state, endpoint.service, subnetIds);
  endpoint.ipAddressType = ipAddressType(endpoint.service, optionalText(input, "IpAddressType") ?? endpoint.ipAddressType);
  endpoint.subnetIds = subnetIds;
  endpoint.groupIds = groupIds;
  standIn(state, endpoint);
  if (input["PrivateDnsEnabled"] !== undefined) endpoint.privateDnsEnabled = flag(input, "PrivateDnsEnabled");
  if (flag(input, "ResetPolicy")) endpoint.policyDocument = ALLOW_ALL;
  endpoint.policyDocument = optionalText(input, "PolicyDocument") ?? endpoint.policyDocument;
  if (!isWaiting) becomeAvailable(state, endpoint);
  return { Return: true };
}

/** Each Region shows its own. */
const isSeen = ({ region }: Endpoint, { signedFor }: Call): boolean => signedFor === undefined || signedFor === region;

function own(state: Ec2State, call: Call, id: string): Endpoint {
  if (!/^vpce-[0-9a-f]{8,17}$/.test(id)) throw new AwsError("InvalidVpcEndpointId.Malformed", `Invalid Id: '${id}' (expecting 'vpce-...')`);
  const endpoint = state.endpoints.get(id);
  if (endpoint === undefined || endpoint.owner !== call.caller.account || !isSeen(endpoint, call)) {
    throw new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${id}' does not exist`);
  }
  return endpoint;
}

function described(state: Ec2State, endpoint: Endpoint): unknown {
  return {
    VpcEndpointId: endpoint.id,
    VpcEndpointType: typeOf(endpoint.service),
    VpcId: endpoint.vpcId,
    ServiceName: endpoint.service.name,
    State: endpoint.state,
    PolicyDocument: endpoint.policyDocument,
    RouteTableIds: [],
    SubnetIds: endpoint.subnetIds,
    Groups: endpoint.groupIds.map((GroupId) => ({ GroupId, GroupName: state.groups.get(GroupId)?.name ?? "default" })),
    IpAddressType: endpoint.ipAddressType,
    DnsOptions: { DnsRecordIpType: endpoint.ipAddressType },
    PrivateDnsEnabled: endpoint.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: endpoint.networkInterfaceIds,
    DnsEntries: dnsEntries(state, endpoint),
    CreationTimestamp: new Date(endpoint.createdAt),
    Tags: tagRows(endpoint.tags),
    OwnerId: endpoint.owner,
    ServiceRegion: state.region,
  };
}

function describeServices(state: Ec2State, call: Call): unknown {
  const names = texts(call.input, "ServiceNames");
  const seen = [...state.services.values()].filter((service) => mayAsk(state, service, call.caller.account));
  const missing = names.find((name) => !seen.some((service) => service.name === name));
  if (missing !== undefined) throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${missing}' does not exist`);
  const wanted = names.length === 0 ? seen : seen.filter((service) => names.includes(service.name));
  const fields: FilterFields<EndpointService> = {
    owner: (service) => service.owner,
    "service-name": (service) => service.name,
    "service-region": () => state.region,
    "service-type": typeOf,
    "supported-ip-address-types": (service) => service.ipAddressTypes,
  };
  const { page, ...more } = paged(
    call,
    filtered(call, wanted, fields, (service) => service.tags),
  );
  return { ServiceNames: page.map((service) => service.name), ServiceDetails: page.map((service) => detail(state, service)), ...more };
}

function detail(state: Ec2State, service: EndpointService): unknown {
  return {
    ServiceName: service.name,
    ServiceId: service.id,
    ServiceType: [{ ServiceType: typeOf(service) }],
    ServiceRegion: state.region,
    AvailabilityZones: zonesOfService(state, service),
    Owner: service.owner,
    BaseEndpointDnsNames: [`${service.id}.${state.region}.vpce.amazonaws.com`],
    PrivateDnsName: service.privateDns?.name,
    PrivateDnsNames: service.privateDns === undefined ? [] : [{ PrivateDnsName: service.privateDns.name }],
    VpcEndpointPolicySupported: false,
    AcceptanceRequired: service.acceptanceRequired,
    ManagesVpcEndpoints: false,
    Tags: tagRows(service.tags),
    PrivateDnsNameVerificationState: service.privateDns?.state,
    SupportedIpAddressTypes: service.ipAddressTypes,
  };
}

function typeOf(service: EndpointService): string {
  return service.networkLoadBalancerArns.length > 0 ? "Interface" : "GatewayLoadBalancer";
}

function changed(before: readonly string[], add: readonly string[], remove: readonly string[]): string[] {
  return [...new Set([...before, ...add])].filter((one) => !remove.includes(one));
}
