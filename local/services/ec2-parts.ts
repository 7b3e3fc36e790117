// What stands in a VPC: group rules, route tables, network interfaces, instances, load balancers, and who writes down what passed.

import { randomBytes } from "node:crypto";
import type { Tags } from "./ec2-state.ts";

export interface GroupRule {
  readonly id: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, or `-1` for all. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** Exactly one of these two: a range, or the members of another group. */
  readonly cidr?: string;
  readonly groupId?: string;
  readonly description?: string;
}

/** A rule for everything, unless told otherwise. */
export function groupRule(given: Partial<GroupRule> & Pick<GroupRule, "isEgress">): GroupRule {
  return { id: `sgr-0${randomBytes(8).toString("hex")}`, protocol: "-1", from: -1, to: -1, ...given };
}

export interface RouteTable {
  readonly id: string;
  readonly owner: string;
  readonly vpcId: string;
  /** Subnets by the id of their association. */
  readonly associations: Map<string, string>;
  readonly tags: Tags;
}

export interface NetworkInterface {
  readonly id: string;
  readonly owner: string;
  readonly sequence: number;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly address: string;
  readonly kind: "interface" | "vpc_endpoint" | "network_load_balancer" | "ec2_instance_connect_endpoint";
  /** The instance, endpoint or load balancer that it belongs to. */
  readonly attachedTo: string;
  groupIds: string[];
}

export interface Instance {
  readonly id: string;
  readonly owner: string;
  readonly sequence: number;
  readonly imageId: string;
  readonly type: string;
  /** As it was given, not in base 64. */
  readonly userData: string;
  readonly interfaceId: string;
  readonly launchedAt: number;
  state: "running" | "stopped" | "terminated";
  readonly tags: Tags;
}

export interface ConnectEndpoint {
  readonly id: string;
  readonly owner: string;
  readonly interfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly tags: Tags;
}

export interface FlowLog {
  readonly id: string;
  readonly owner: string;
  readonly sequence: number;
  /** A VPC, subnet or network interface. */
  readonly resourceId: string;
  readonly trafficType: string;
  readonly logGroupName: string;
  readonly roleArn: string;
  readonly interval: number;
  readonly createdAt: number;
  readonly tags: Tags;
}

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  /** `net/name/id`, as CloudWatch calls it. */
  readonly fullName: string;
  readonly dnsName: string;
  readonly owner: string;
  readonly vpcId: string;
  zones: readonly string[];
  groupIds: readonly string[];
  /** Whether the groups' inbound rules hold for what comes through PrivateLink. */
  filtersPrivateLink: boolean;
  isCrossZone: boolean;
  /** By ARN. */
  readonly listeners: Map<string, Listener>;
}

export interface Listener {
  readonly arn: string;
  readonly port: number;
  readonly targetGroupArn: string;
}
