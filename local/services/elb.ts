// Elastic Load Balancing, as much of it as stands behind an endpoint service: Network Load Balancers that forward TCP to target groups.

import { randomBytes } from "node:crypto";
import { flag, optionalNumber, optionalText, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call, type Clock, type Service } from "../service.ts";
import { attach, detachAll } from "./ec2-interfaces.ts";
import { checkNetwork, zonesOf } from "./ec2-network.ts";
import type { Listener, LoadBalancer } from "./ec2-parts.ts";
import type { Ec2State } from "./ec2-state.ts";
import type { ElbState, Target, TargetGroup } from "./elb-state.ts";

export interface ElbService extends Service {
  readonly state: ElbState;
}

type Action = (state: ElbState, call: Call) => unknown;

const ACTIONS: Readonly<Record<string, Action>> = {
  CreateLoadBalancer: createBalancer,
  DescribeLoadBalancers: (state, call) => ({
    LoadBalancers: wanted(call, "LoadBalancerArns", ownBalancers(state, call), "LoadBalancerNotFound").map(balancerRow),
  }),
  DeleteLoadBalancer(state, call) {
    const balancer = ownBalancers(state, call).find(({ arn }) => arn === text(call.input, "LoadBalancerArn"));
    if (balancer === undefined) return {};
    const { services } = state.ec2;
    if ([...services.values()].some((one) => one.state === "Available" && one.networkLoadBalancerArns.includes(balancer.arn)))
      throw new AwsError(
        "ResourceInUse",
        `Load balancer '${balancer.arn}' cannot be deleted because it is currently associated with another service`,
      );
    detachAll(state.ec2, balancer.arn);
    state.ec2.balancers.delete(balancer.arn);
    return {};
  },
  CreateTargetGroup: createTargetGroup,
  DescribeTargetGroups(state, call) {
    const behind = optionalText(call.input, "LoadBalancerArn");
    const mine = [...state.targetGroups.values()].filter(({ owner }) => owner === call.caller.account);
    const found = wanted(call, "TargetGroupArns", mine, "TargetGroupNotFound");
    const isBehind = ({ arn }: TargetGroup): boolean => behind === undefined || balancersOf(state, arn).includes(behind);
    return { TargetGroups: found.filter(isBehind).map((group) => groupRow(state, group)) };
  },
  DeleteTargetGroup(state, call) {
    const arn = text(call.input, "TargetGroupArn");
    if (balancersOf(state, arn).length > 0)
      throw new AwsError("ResourceInUse", `Target group '${arn}' is currently in use by a listener or a rule`);
    state.targetGroups.delete(arn);
    return {};
  },
  RegisterTargets(state, call) {
    const group = ownGroup(state, call);
    for (const row of rows(call.input, "Targets")) {
      const target = { id: text(row, "Id"), port: optionalNumber(row, "Port") ?? group.port };
      group.targets.set(`${target.id}:${target.port}`, target);
    }
    return {};
  },
  DeregisterTargets(state, call) {
    const group = ownGroup(state, call);
    for (const row of rows(call.input, "Targets")) group.targets.delete(`${text(row, "Id")}:${optionalNumber(row, "Port") ?? group.port}`);
    return {};
  },
  async DescribeTargetHealth(state, call) {
    const group = ownGroup(state, call);
    const [balancer] = balancersOf(state, group.arn).flatMap((arn) => state.ec2.balancers.get(arn) ?? []);
    const TargetHealthDescriptions = [...group.targets.values()].map((target) => healthRow(state, balancer, target));
    return { TargetHealthDescriptions: await Promise.all(TargetHealthDescriptions) };
  },
  CreateListener: createListener,
  DeleteListener(state, call) {
    const arn = text(call.input, "ListenerArn");
    for (const balancer of ownBalancers(state, call)) balancer.listeners.delete(arn);
    return {};
  },
};

export function createElb(options: { readonly region: string; readonly clock: Clock; readonly ec2: Ec2State }): ElbService {
  const state: ElbState = { ...options, targetGroups: new Map(), probe: () => Promise.resolve(undefined) };
  return {
    state,
    signingName: "elasticloadbalancing",
    actions: new Set(Object.keys(ACTIONS)),
    demands: (call) => [{ action: `elasticloadbalancing:${call.action}`, resource: "*" }],
    handle: (call) => ACTIONS[call.action]?.(state, call),
  };
}

function createBalancer(state: ElbState, call: Call): unknown {
  const { input, caller } = call;
  const name = text(input, "Name");
  if (optionalText(input, "Type") !== "network") throw new AwsError("ValidationError", "Local AWS has Network Load Balancers only.");
  if (optionalText(input, "Scheme") !== "internal") throw new AwsError("ValidationError", "Local AWS has internal load balancers only.");
  const subnetIds = texts(input, "Subnets");
  const subnets = subnetIds.map((id) => {
    const subnet = state.ec2.subnets.get(id);
    if (subnet === undefined || subnet.owner !== caller.account)
      throw new AwsError("SubnetNotFound", `The subnet ID '${id}' does not exist`);
    return subnet;
  });
  const [first] = subnets;
  if (first === undefined) throw new AwsError("ValidationError", "At least one subnet must be specified");
  const groupIds = texts(input, "SecurityGroups");
  checkNetwork(state.ec2, caller.account, first.vpcId, subnetIds, groupIds);
  const id = randomBytes(8).toString("hex");
  const balancer: LoadBalancer = {
    arn: `arn:aws:elasticloadbalancing:${state.region}:${caller.account}:loadbalancer/net/${name}/${id}`,
    name,
    fullName: `net/${name}/${id}`,
    dnsName: `${name}-${id}.elb.${state.region}.amazonaws.com`,
    owner: caller.account,
    vpcId: first.vpcId,
    zones: zonesOf(state.ec2, subnetIds),
    groupIds,
    // AWS's default, where there are groups: on.
    filtersPrivateLink: groupIds.length > 0 && optionalText(input, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") !== "off",
    isCrossZone: flag(input, "CrossZone"),
    listeners: new Map(),
  };
  state.ec2.balancers.set(balancer.arn, balancer);
  for (const subnetId of subnetIds) attach(state.ec2, subnetId, groupIds, { kind: "network_load_balancer", attachedTo: balancer.arn });
  return { LoadBalancers: [balancerRow(balancer)] };
}

function createTargetGroup(state: ElbState, call: Call): unknown {
  const { input, caller } = call;
  const name = text(input, "Name");
  const id = randomBytes(8).toString("hex");
  const targetType = optionalText(input, "TargetType") ?? "instance";
  if (targetType !== "instance" && targetType !== "ip")
    throw new AwsError("ValidationError", `Local AWS has no targets of type ${targetType}.`);
  const group: TargetGroup = {
    arn: `arn:aws:elasticloadbalancing:${state.region}:${caller.account}:targetgroup/${name}/${id}`,
    name,
    fullName: `targetgroup/${name}/${id}`,
    owner: caller.account,
    vpcId: text(input, "VpcId"),
    protocol: optionalText(input, "Protocol") ?? "TCP",
    port: optionalNumber(input, "Port") ?? 80,
    targetType,
    targets: new Map<string, Target>(),
  };
  state.targetGroups.set(group.arn, group);
  return { TargetGroups: [groupRow(state, group)] };
}

function createListener(state: ElbState, call: Call): unknown {
  const { input } = call;
  const balancer = ownBalancers(state, call).find(({ arn }) => arn === text(input, "LoadBalancerArn"));
  if (balancer === undefined) throw new AwsError("LoadBalancerNotFound", "One or more load balancers not found");
  const [action = {}] = rows(input, "DefaultActions");
  const port = optionalNumber(input, "Port") ?? 0;
  if (optionalText(input, "Protocol") !== "TCP") throw new AwsError("ValidationError", "Local AWS has TCP listeners only.");
  if ([...balancer.listeners.values()].some((one) => one.port === port))
    throw new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
  const listener: Listener = {
    arn: `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${randomBytes(8).toString("hex")}`,
    port,
    targetGroupArn: text(action, "TargetGroupArn"),
  };
  balancer.listeners.set(listener.arn, listener);
  return { Listeners: [{ ListenerArn: listener.arn, LoadBalancerArn: balancer.arn, Port: port, Protocol: "TCP" }] };
}

const ownBalancers = (state: ElbState, call: Call): LoadBalancer[] =>
  [...state.ec2.balancers.values()].filter(({ owner }) => owner === call.caller.account);

const balancersOf = (state: ElbState, targetGroupArn: string): string[] =>
  [...state.ec2.balancers.values()]
    .filter(({ listeners }) => [...listeners.values()].some((one) => one.targetGroupArn === targetGroupArn))
    .map(({ arn }) => arn);

function ownGroup(state: ElbState, call: Call): TargetGroup {
  const group = state.targetGroups.get(text(call.input, "TargetGroupArn"));
  if (group === undefined || group.owner !== call.caller.account)
    throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
  return group;
}

function wanted<T extends { readonly arn: string }>(call: Call, member: string, all: readonly T[], code: string): readonly T[] {
  const arns = texts(call.input, member);
  if (arns.some((arn) => !all.some((one) => one.arn === arn))) throw new AwsError(code, "One or more of them were not found");
  return arns.length === 0 ? all : all.filter(({ arn }) => arns.includes(arn));
}

const balancerRow = (one: LoadBalancer): Members => ({
  LoadBalancerArn: one.arn,
  LoadBalancerName: one.name,
  DNSName: one.dnsName,
  Scheme: "internal",
  Type: "network",
  VpcId: one.vpcId,
  State: { Code: "active" },
  SecurityGroups: one.groupIds,
  EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: one.groupIds.length === 0 ? undefined : one.filtersPrivateLink ? "on" : "off",
});

const groupRow = (state: ElbState, group: TargetGroup): Members => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: group.protocol,
  Port: group.port,
  VpcId: group.vpcId,
  TargetType: group.targetType,
  LoadBalancerArns: balancersOf(state, group.arn),
});

async function healthRow(state: ElbState, balancer: LoadBalancer | undefined, { id, port }: Target): Promise<Members> {
  const Target = { Id: id, Port: port };
  if (balancer === undefined)
    return {
      Target,
      TargetHealth: { State: "unused", Reason: "Target.NotInUse", Description: "Target group is not configured to receive traffic" },
    };
  const problem = await state.probe(balancer, { id, port });
  return {
    Target,
    TargetHealth:
      problem === undefined ? { State: "healthy" } : { State: "unhealthy", Reason: problem.reason, Description: problem.description },
  };
}
