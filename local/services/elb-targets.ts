// Target groups: what is registered in them, and how its health is looked at.

import { randomBytes } from "node:crypto";
import { optionalNumber, optionalText, record, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import type { LoadBalancer } from "./ec2-parts.ts";
import {
  balancersOf,
  ownBalancer,
  ownGroup,
  wanted,
  type ElbAction,
  type ElbState,
  type HealthCheck,
  type Target,
  type TargetGroup,
} from "./elb-state.ts";

export const targetActions: Readonly<Record<string, ElbAction>> = {
  CreateTargetGroup: create,
  DescribeTargetGroups(state, call) {
    const behind = optionalText(call.input, "LoadBalancerArn") === undefined ? undefined : ownBalancer(state, call).arn;
    const mine = [...state.targetGroups.values()].filter(({ owner }) => owner === call.caller.account);
    const found = wanted(texts(call.input, "TargetGroupArns"), mine, "TargetGroupNotFound");
    const isBehind = (group: TargetGroup): boolean =>
      behind === undefined || balancersOf(state, group.arn).some(({ arn }) => arn === behind);
    return { TargetGroups: found.filter(isBehind).map((group) => row(state, group)) };
  },
  ModifyTargetGroup(state, call) {
    const group = ownGroup(state, call);
    group.healthCheck = healthCheck(call.input, group.healthCheck);
    return { TargetGroups: [row(state, group)] };
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
    for (const target of targetsIn(call, group)) group.targets.set(keyOf(target), target);
    return {};
  },
  DeregisterTargets(state, call) {
    const group = ownGroup(state, call);
    for (const target of targetsIn(call, group)) group.targets.delete(keyOf(target));
    return {};
  },
  async DescribeTargetHealth(state, call) {
    const group = ownGroup(state, call);
    const [balancer] = balancersOf(state, group.arn);
    const all = [...group.targets.values()].map((target) => healthRow(state, balancer, group, target));
    return { TargetHealthDescriptions: await Promise.all(all) };
  },
};

/** AWS's defaults for a Network Load Balancer. */
const TAKES_A_CONNECTION: HealthCheck = { protocol: "TCP", port: undefined, path: "/", codes: "200-399" };

function create(state: ElbState, call: Call): unknown {
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
    healthCheck: healthCheck(input, TAKES_A_CONNECTION),
    targets: new Map<string, Target>(),
  };
  state.targetGroups.set(group.arn, group);
  return { TargetGroups: [row(state, group)] };
}

function healthCheck(input: Members, before: HealthCheck): HealthCheck {
  const protocol = optionalText(input, "HealthCheckProtocol") ?? before.protocol;
  if (protocol !== "TCP" && protocol !== "HTTP")
    throw new AwsError("ValidationError", `Local AWS checks health by TCP and HTTP only, not ${protocol}.`);
  const port = optionalText(input, "HealthCheckPort");
  return {
    protocol,
    port: port === undefined ? before.port : port === "traffic-port" ? undefined : Number(port),
    path: optionalText(input, "HealthCheckPath") ?? before.path,
    codes: optionalText(record(input, "Matcher"), "HttpCode") ?? before.codes,
  };
}

const targetsIn = ({ input }: Call, { port }: TargetGroup): Target[] =>
  rows(input, "Targets").map((one) => ({ id: text(one, "Id"), port: optionalNumber(one, "Port") ?? port }));
const keyOf = ({ id, port }: Target): string => `${id}:${String(port)}`;

const row = (state: ElbState, group: TargetGroup): Members => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: group.protocol,
  Port: group.port,
  VpcId: group.vpcId,
  TargetType: group.targetType,
  HealthCheckEnabled: true,
  HealthCheckProtocol: group.healthCheck.protocol,
  HealthCheckPort: String(group.healthCheck.port ?? "traffic-port"),
  ...(group.healthCheck.protocol === "TCP"
    ? {}
    : { HealthCheckPath: group.healthCheck.path, Matcher: { HttpCode: group.healthCheck.codes } }),
  LoadBalancerArns: balancersOf(state, group.arn).map(({ arn }) => arn),
});

async function healthRow(state: ElbState, balancer: LoadBalancer | undefined, group: TargetGroup, target: Target): Promise<Members> {
  const problem =
    balancer === undefined
      ? { state: "unused", reason: "Target.NotInUse", description: "Target group is not configured to receive traffic" }
      : await state.probe(balancer, group, target);
  return {
    Target: { Id: target.id, Port: target.port },
    TargetHealth:
      problem === undefined ? { State: "healthy" } : { State: problem.state, Reason: problem.reason, Description: problem.description },
  };
}
