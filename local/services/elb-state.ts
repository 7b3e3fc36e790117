// What local Elastic Load Balancing remembers: target groups and their targets. The load balancers stand in EC2's network.

import type { Clock } from "../service.ts";
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
  readonly targets: Map<string, Target>;
}

export interface Target {
  /** An instance or an address. */
  readonly id: string;
  readonly port: number;
}

/** Why a target gets no traffic; nothing when it is healthy. */
export type TargetProblem = { readonly reason: string; readonly description: string } | undefined;

export interface ElbState {
  readonly region: string;
  readonly clock: Clock;
  readonly ec2: Ec2State;
  readonly targetGroups: Map<string, TargetGroup>;
  /** Asks the target itself, from the load balancer; known once traffic can flow. */
  probe: (balancer: LoadBalancer, target: Target) => Promise<TargetProblem>;
}

/** Where a target is, if it is anywhere. */
export function interfaceOfTarget(state: ElbState, vpcId: string, { id }: Target): NetworkInterface | undefined {
  return [...state.ec2.interfaces.values()].find(
    (one) => one.vpcId === vpcId && (one.address === id || (one.attachedTo === id && one.kind === "interface")),
  );
}
