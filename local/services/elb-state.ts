// What local Elastic Load Balancing remembers: target groups and their targets. The load balancers stand in EC2's network.

import { text } from "../members.ts";
import { AwsError, type Call, type Clock } from "../service.ts";
import type { LoadBalancer, NetworkInterface } from "./ec2-parts.ts";
import type { Ec2State } from "./ec2-state.ts";

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  /** `targetgroup/name/id`, as CloudWatch calls it. */
  readonly fullName: string;
  readonly owner: string;
  readonly vpcId: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetType: "instance" | "ip";
  healthCheck: HealthCheck;
  readonly targets: Map<string, Target>;
}

export interface HealthCheck {
  readonly protocol: "TCP" | "HTTP";
  /** Undefined: the port that the target's traffic goes to. */
  readonly port: number | undefined;
  readonly path: string;
  /** `200-399`, `200,202`: the answers of a healthy target. */
  readonly codes: string;
}

export interface Target {
  /** An instance or an address. */
  readonly id: string;
  readonly port: number;
}

/** Why a target gets no traffic; nothing when it is healthy. */
export type TargetProblem = { readonly state: "unhealthy" | "unused"; readonly reason: string; readonly description: string } | undefined;

export interface ElbState {
  readonly region: string;
  readonly clock: Clock;
  readonly ec2: Ec2State;
  readonly targetGroups: Map<string, TargetGroup>;
  /** Asks the target itself, from the load balancer; known once traffic can flow. */
  probe: (balancer: LoadBalancer, group: TargetGroup, target: Target) => Promise<TargetProblem>;
}

export type ElbAction = (state: ElbState, call: Call) => unknown;

/** Where a target is, if it is anywhere. */
export function interfaceOfTarget(state: ElbState, vpcId: string, { id }: Target): NetworkInterface | undefined {
  return [...state.ec2.interfaces.values()].find(
    (one) => one.vpcId === vpcId && (one.address === id || (one.attachedTo === id && one.kind === "interface")),
  );
}

export const ownBalancers = (state: ElbState, call: Call): LoadBalancer[] =>
  [...state.ec2.balancers.values()].filter(({ owner }) => owner === call.caller.account);

export function ownBalancer(state: ElbState, call: Call): LoadBalancer {
  const balancer = ownBalancers(state, call).find(({ arn }) => arn === text(call.input, "LoadBalancerArn"));
  if (balancer === undefined) throw new AwsError("LoadBalancerNotFound", "One or more load balancers not found");
  return balancer;
}

/** The load balancers whose listeners forward to this group. */
export const balancersOf = (state: ElbState, targetGroupArn: string): LoadBalancer[] =>
  [...state.ec2.balancers.values()].filter(({ listeners }) => [...listeners.values()].some((one) => one.targetGroupArn === targetGroupArn));

export function ownGroup(state: ElbState, call: Call, arn = text(call.input, "TargetGroupArn")): TargetGroup {
  const group = state.targetGroups.get(arn);
  if (group === undefined || group.owner !== call.caller.account)
    throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
  return group;
}

/** Those that are asked for by ARN, or all. */
export function wanted<T extends { readonly arn: string }>(arns: readonly string[], all: readonly T[], code: string): readonly T[] {
  if (arns.some((arn) => !all.some((one) => one.arn === arn))) throw new AwsError(code, "One or more of them were not found");
  return arns.length === 0 ? all : all.filter(({ arn }) => arns.includes(arn));
}
