// What local EC2 remembers: endpoint services, endpoints, notifications, and the small network they stand in.

import { randomBytes } from "node:crypto";
import type { Assumptions } from "../assumptions.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock } from "../service.ts";
import type { ConnectEndpoint, FlowLog, GroupRule, Instance, LoadBalancer, NetworkInterface, RouteTable } from "./ec2-parts.ts";

/** AWS's states as they stand on the wire. The casing of `expired` and `partial` is by analogy: AWS does not show it. */
export const CONNECTION_STATES = [
  "pendingAcceptance",
  "pending",
  "available",
  "deleting",
  "deleted",
  "rejected",
  "failed",
  "expired",
  "partial",
] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export interface EndpointService {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly owner: string;
  readonly sequence: number;
  acceptanceRequired: boolean;
  networkLoadBalancerArns: string[];
  gatewayLoadBalancerArns: string[];
  ipAddressTypes: string[];
  supportedRegions: string[];
  privateDns: { name: string; state: "pendingVerification" | "verified" | "failed"; recordName: string; recordValue: string } | undefined;
  /** By principal; the value is the permission's id. */
  readonly permissions: Map<string, string>;
  permissionsTouched: boolean;
  state: "Available" | "Deleted";
  payer: "ServiceOwner" | undefined;
  readonly tags: Tags;
}

/** A consumer's endpoint and the provider's connection are one thing seen from two accounts. */
export interface Endpoint {
  readonly id: string;
  readonly connectionId: string;
  readonly sequence: number;
  readonly owner: string;
  readonly region: string;
  readonly service: EndpointService;
  readonly vpcId: string;
  readonly suffix: string;
  readonly createdAt: number;
  networkInterfaceIds: string[];
  /** It has been available: from then on its addresses are there, until it is deleted. */
  hasBeenAvailable: boolean;
  subnetIds: string[];
  groupIds: string[];
  ipAddressType: string;
  privateDnsEnabled: boolean;
  policyDocument: string;
  state: ConnectionState;
  /** Ends each connection that is open through it. */
  readonly open: Set<() => unknown>;
  /** Calls off the change of state that is under way. */
  callOff: (() => void) | undefined;
  readonly tags: Tags;
  readonly connectionTags: Tags;
}

export interface ConnectionNotification {
  readonly id: string;
  readonly owner: string;
  readonly sequence: number;
  readonly serviceId: string | undefined;
  readonly endpointId: string | undefined;
  topicArn: string;
  events: string[];
}

export interface Vpc {
  readonly id: string;
  readonly owner: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  dnsSupport: boolean;
  dnsHostnames: boolean;
  readonly tags: Tags;
}
export interface Subnet {
  readonly id: string;
  readonly owner: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly tags: Tags;
}
export interface SecurityGroup {
  readonly id: string;
  readonly owner: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  rules: GroupRule[];
  readonly tags: Tags;
}

export type Tags = Map<string, string>;

export interface Ec2State {
  readonly region: string;
  readonly clock: Clock;
  readonly assumptions: Assumptions;
  readonly delays: { readonly available: number; readonly deleted: number };
  readonly textAt: ((name: string) => readonly string[]) | undefined;
  readonly services: Map<string, EndpointService>;
  readonly endpoints: Map<string, Endpoint>;
  readonly notifications: Map<string, ConnectionNotification>;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly groups: Map<string, SecurityGroup>;
  readonly routeTables: Map<string, RouteTable>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly instances: Map<string, Instance>;
  readonly connectEndpoints: Map<string, ConnectEndpoint>;
  readonly flowLogs: Map<string, FlowLog>;
  /** By ARN; kept by Elastic Load Balancing. A load balancer that nobody made here is not among them. */
  readonly balancers: Map<string, LoadBalancer>;
  /** Results by account, action and ClientToken. */
  readonly tokens: Map<string, { readonly asked: string; readonly result: unknown }>;
  next(): number;
  tell(event: ConnectionEvent, endpoint: Endpoint): void;
}

export type ConnectionEvent = "Accept" | "Connect" | "Delete" | "Reject";

/** One action of EC2: takes the decoded input and gives the members of its result. */
export type Ec2Action = (state: Ec2State, call: Call) => unknown;

/** `vpce-0123456789abcdef0` */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** The caller's own service: nobody sees another's. */
export function ownService(state: Ec2State, account: string, id: string): EndpointService {
  if (!/^vpce-svc-[0-9a-f]{8,17}$/.test(id)) {
    throw new AwsError("InvalidVpcEndpointServiceIdId.Malformed", `Invalid Id: '${id}' (expecting 'vpce-svc-...')`);
  }
  const service = state.services.get(id);
  if (service === undefined || service.owner !== account || service.state === "Deleted") {
    throw new AwsError("InvalidVpcEndpointServiceId.NotFound", `The VpcEndpointService Id '${id}' does not exist`);
  }
  return service;
}

/** The same ClientToken gives the same result; with other parameters it is refused. */
export function once(state: Ec2State, call: Call, work: () => unknown): unknown {
  const token = call.input["ClientToken"];
  if (typeof token !== "string" || token === "") return work();
  const key = `${call.caller.account} ${call.action} ${token}`;
  const asked = JSON.stringify(call.input);
  const before = state.tokens.get(key);
  if (before !== undefined) {
    if (before.asked === asked) return before.result;
    throw new AwsError("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.");
  }
  const result = work();
  state.tokens.set(key, { asked, result });
  return result;
}
