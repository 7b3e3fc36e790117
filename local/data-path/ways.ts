// The way of a TCP connection through VPCs: from an address, past security groups, through an endpoint and its load balancer, to a program.
import type { LoadBalancer, NetworkInterface } from "../services/ec2-parts.ts";
import type { Ec2State, Endpoint } from "../services/ec2-state.ts";
import { letsThrough } from "../services/ec2-groups.ts";
import { interfacesOf } from "../services/ec2-interfaces.ts";
import { interfaceOfTarget, type ElbState, type Target, type TargetGroup, type TargetProblem } from "../services/elb-state.ts";
import { checked } from "./health.ts";
import type { Programs } from "./programs.ts";

/** What a caller would see, and why. */
export interface Failure {
  readonly failed: "name not found" | "refused" | "timed out";
  readonly why: string;
}

/** A step between two addresses, as the interfaces at both ends see it. */
export interface Leg {
  readonly from: NetworkInterface;
  readonly to: NetworkInterface;
  readonly port: number;
  /** Which interfaces let it pass; the last may have stopped it. */
  readonly seenBy: readonly { readonly nic: NetworkInterface; readonly action: "ACCEPT" | "REJECT" }[];
}

export interface Way {
  readonly legs: readonly Leg[];
  readonly endpoint?: Endpoint;
  readonly balancer?: LoadBalancer;
  /** The load balancer's own groups dropped it. */
  readonly isTurnedAway?: true;
  readonly end: Failure | { readonly loopbackPort: number };
}

export interface Ground {
  readonly ec2: Ec2State;
  readonly elb: ElbState;
  readonly programs: Programs;
  /** How many connections each target group has had. */
  readonly turns: Map<TargetGroup, number>;
}

export async function wayTo(ground: Ground, from: NetworkInterface, address: string, port: number): Promise<Way> {
  const { ec2 } = ground;
  const to = [...ec2.interfaces.values()].find((one) => one.vpcId === from.vpcId && one.address === address);
  if (to === undefined)
    return stopped([], "timed out", `nothing in ${from.vpcId} has the address ${address}, and no route leads out of it`);
  if (!letsThrough(ec2, from.groupIds, "out", port, to))
    return stopped(
      [leg(from, to, port, "REJECT")],
      "timed out",
      `${from.groupIds.join(", ")} of ${from.address} lets no TCP ${port} out to ${address}`,
    );
  if (!letsThrough(ec2, to.groupIds, "in", port, from))
    return stopped(
      [leg(from, to, port, "ACCEPT", "REJECT")],
      "timed out",
      `${to.groupIds.join(", ")} of ${address} (${to.attachedTo}) lets no TCP ${port} in from ${from.address}`,
    );
  const passed = leg(from, to, port, "ACCEPT", "ACCEPT");
  if (to.kind === "interface") return atInstance(ground, to, port, passed);
  if (to.kind === "vpc_endpoint") return throughEndpoint(ground, from, to, port, passed);
  if (to.kind === "network_load_balancer") return throughBalancer(ground, ec2.balancers.get(to.attachedTo), to, port, [passed]);
  return stopped([passed], "refused", `nothing listens at ${address}`);
}

async function atInstance({ ec2, programs }: Ground, to: NetworkInterface, port: number, passed: Leg): Promise<Way> {
  const instance = ec2.instances.get(to.attachedTo);
  if (instance?.state !== "running") return stopped([passed], "timed out", `${to.attachedTo} is ${instance?.state ?? "gone"}`);
  const loopbackPort = await programs.at(instance.id, instance.userData, port);
  if (loopbackPort === undefined) return stopped([passed], "refused", `nothing listens on port ${port} of ${to.address} (${instance.id})`);
  return { legs: [passed], end: { loopbackPort } };
}

async function throughEndpoint(ground: Ground, from: NetworkInterface, to: NetworkInterface, port: number, passed: Leg): Promise<Way> {
  const { ec2 } = ground;
  const endpoint = ec2.endpoints.get(to.attachedTo);
  if (endpoint === undefined || !carries(endpoint))
    return stopped([passed], "refused", `${to.attachedTo} is ${endpoint?.state ?? "gone"}: its provider takes no traffic from it`);
  const balancers = endpoint.service.networkLoadBalancerArns.flatMap((arn) => ec2.balancers.get(arn) ?? []);
  const nodes = balancers.flatMap((balancer) => interfacesOf(ec2, balancer.arn));
  const node = nodes.find(({ zone }) => zone === to.zone) ?? nodes[0];
  const balancer = node && ec2.balancers.get(node.attachedTo);
  if (node === undefined || balancer === undefined)
    return { ...stopped([passed], "timed out", `the load balancer of ${endpoint.service.id} is not one of this local AWS`), endpoint };
  // AWS compares the client's own address, and a group of another VPC never matches it.
  const stranger = { address: from.address, groupIds: [] };
  if (balancer.filtersPrivateLink && !letsThrough(ec2, balancer.groupIds, "in", port, stranger)) {
    const groups = balancer.groupIds.join(", ");
    const why = `${groups} of the load balancer ${balancer.name} lets no TCP ${port} in from ${from.address}, and it filters PrivateLink's traffic`;
    return { ...stopped([passed], "timed out", why), endpoint, balancer, isTurnedAway: true };
  }
  return { ...(await throughBalancer(ground, balancer, node, port, [passed])), endpoint };
}

/** A change by the consumer does not cut what was available. */
function carries({ state, hasBeenAvailable }: Endpoint): boolean {
  return state === "available" || ((state === "pending" || state === "partial") && hasBeenAvailable);
}

async function throughBalancer(
  ground: Ground,
  balancer: LoadBalancer | undefined,
  node: NetworkInterface,
  port: number,
  legs: readonly Leg[],
): Promise<Way> {
  const listener = [...(balancer?.listeners.values() ?? [])].find((one) => one.port === port);
  if (balancer === undefined || listener === undefined)
    return {
      ...stopped(legs, "refused", `the load balancer has no listener on port ${port}`),
      ...(balancer === undefined ? {} : { balancer }),
    };
  const group = ground.elb.targetGroups.get(listener.targetGroupArn);
  const targets = group === undefined ? [] : inTurn(ground, group);
  const judged: { readonly target: Target; readonly problem: NonNullable<TargetProblem> }[] = [];
  for (const target of targets) {
    const problem = group && (await healthOf(ground, balancer, node, group, target));
    if (problem === undefined) return onward(await toTarget(ground, balancer, node, target));
    judged.push({ target, problem });
  }
  const why =
    targets.length === 0
      ? "its target group is empty"
      : judged.map(({ target, problem }) => `${target.id}:${target.port} is ${problem.state} (${problem.description})`).join(", ");
  // Where no target is healthy, the load balancer fails open: it tries one all the same. One that is not in use gets nothing.
  const open = judged.find(({ problem }) => problem.state === "unhealthy");
  if (open !== undefined) return onward(await toTarget(ground, balancer, node, open.target), `no target is healthy: ${why}`);
  return { ...stopped(legs, "refused", `the load balancer ${balancer.name} has no healthy target: ${why}`), balancer };

  function onward({ legs: further, end }: Way, why = ""): Way {
    const told = "failed" in end && why !== "" ? { ...end, why: `${end.why}; ${why}` } : end;
    return { legs: [...legs, ...further], ...(balancer === undefined ? {} : { balancer }), end: told };
  }
}

/** Each connection begins at the next target; on AWS a hash of the flow chooses. */
function inTurn({ turns }: Ground, group: TargetGroup): readonly Target[] {
  const all = [...group.targets.values()];
  const turn = turns.get(group) ?? 0;
  turns.set(group, turn + 1);
  return all.map((_target, at) => all[(at + turn) % all.length]).filter((one) => one !== undefined);
}

async function toTarget(ground: Ground, balancer: LoadBalancer, node: NetworkInterface, target: Target): Promise<Way> {
  const to = interfaceOfTarget(ground.elb, balancer.vpcId, target);
  if (to === undefined) return stopped([], "timed out", `${target.id} has no address`);
  return wayTo(ground, node, to.address, target.port);
}

/** The health check, made when it is asked for: whether the target takes a connection, or answers a request as it should. */
async function healthOf(
  ground: Ground,
  balancer: LoadBalancer,
  node: NetworkInterface,
  { healthCheck }: TargetGroup,
  target: Target,
): Promise<TargetProblem> {
  const { state } = ground.ec2.instances.get(target.id) ?? {};
  if (state !== undefined && state !== "running")
    return { state: "unused", reason: "Target.InvalidState", description: `${target.id} is ${state}` };
  if (isElsewhere(ground, balancer, node, target)) return { state: "unused", reason: "Target.NotInUse", description: ELSEWHERE };
  const { end } = await toTarget(ground, balancer, node, { ...target, port: healthCheck.port ?? target.port });
  if ("failed" in end)
    return {
      state: "unhealthy",
      reason: end.failed === "timed out" ? "Target.Timeout" : "Target.FailedHealthChecks",
      description: end.why,
    };
  return checked(end.loopbackPort, healthCheck);
}

const ELSEWHERE = "it stands in another zone, and the load balancer is not cross-zone";

function isElsewhere({ elb }: Ground, balancer: LoadBalancer, node: NetworkInterface, target: Target): boolean {
  const to = interfaceOfTarget(elb, balancer.vpcId, target);
  return !balancer.isCrossZone && to !== undefined && to.zone !== node.zone;
}

/** From any of the load balancer's addresses. */
export async function probe(ground: Ground, balancer: LoadBalancer, group: TargetGroup, target: Target): Promise<TargetProblem> {
  const [node] = interfacesOf(ground.ec2, balancer.arn);
  if (node === undefined) return { state: "unused", reason: "Target.NotInUse", description: "The load balancer has no address" };
  return healthOf(ground, { ...balancer, isCrossZone: true }, node, group, target);
}

function stopped(legs: readonly Leg[], failed: Failure["failed"], why: string): Way {
  return { legs, end: { failed, why } };
}

function leg(from: NetworkInterface, to: NetworkInterface, port: number, atFrom: "ACCEPT" | "REJECT", atTo?: "ACCEPT" | "REJECT"): Leg {
  return { from, to, port, seenBy: [{ nic: from, action: atFrom }, ...(atTo === undefined ? [] : [{ nic: to, action: atTo }])] };
}
