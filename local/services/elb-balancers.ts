// Network Load Balancers: made, described, changed where they stand, and taken away.

import { randomBytes } from "node:crypto";
import { optionalText, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { attach, detach, detachAll, interfacesOf } from "./ec2-interfaces.ts";
import { checkNetwork, zonesOf } from "./ec2-network.ts";
import type { LoadBalancer } from "./ec2-parts.ts";
import { ownBalancer, ownBalancers, wanted, type ElbAction, type ElbState } from "./elb-state.ts";

const CROSS_ZONE = "load_balancing.cross_zone.enabled";

export const balancerActions: Readonly<Record<string, ElbAction>> = {
  CreateLoadBalancer: create,
  DescribeLoadBalancers: (state, call) => ({
    LoadBalancers: wanted(texts(call.input, "LoadBalancerArns"), ownBalancers(state, call), "LoadBalancerNotFound").map(row),
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
  SetSecurityGroups(state, call) {
    const balancer = ownBalancer(state, call);
    if (balancer.groupIds.length === 0)
      throw new AwsError(
        "InvalidConfigurationRequest",
        "You cannot set security groups on a Network Load Balancer that was created without any",
      );
    const groupIds = texts(call.input, "SecurityGroups");
    checkNetwork(state.ec2, balancer.owner, balancer.vpcId, [], groupIds);
    balancer.groupIds = groupIds;
    for (const one of interfacesOf(state.ec2, balancer.arn)) one.groupIds = [...groupIds];
    const filter = optionalText(call.input, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic");
    if (filter !== undefined) balancer.filtersPrivateLink = filter !== "off";
    return {
      SecurityGroupIds: groupIds,
      EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: balancer.filtersPrivateLink ? "on" : "off",
    };
  },
  SetSubnets(state, call) {
    const balancer = ownBalancer(state, call);
    const subnetIds = texts(call.input, "Subnets");
    checkSubnets(state, call, subnetIds);
    const there = interfacesOf(state.ec2, balancer.arn);
    for (const one of there) if (!subnetIds.includes(one.subnetId)) detach(state.ec2, one.id);
    standIn(
      state,
      balancer,
      subnetIds.filter((id) => !there.some(({ subnetId }) => subnetId === id)),
    );
    balancer.zones = zonesOf(state.ec2, subnetIds);
    return {};
  },
  ModifyLoadBalancerAttributes(state, call) {
    const balancer = ownBalancer(state, call);
    for (const { Key, Value } of rows(call.input, "Attributes")) if (Key === CROSS_ZONE) balancer.isCrossZone = String(Value) === "true";
    return { Attributes: attributes(balancer) };
  },
  DescribeLoadBalancerAttributes: (state, call) => ({ Attributes: attributes(ownBalancer(state, call)) }),
};

function create(state: ElbState, call: Call): unknown {
  const { input, caller } = call;
  const name = text(input, "Name");
  if (optionalText(input, "Type") !== "network") throw new AwsError("ValidationError", "Local AWS has Network Load Balancers only.");
  if (optionalText(input, "Scheme") !== "internal") throw new AwsError("ValidationError", "Local AWS has internal load balancers only.");
  const subnetIds = texts(input, "Subnets");
  const vpcId = checkSubnets(state, call, subnetIds);
  const groupIds = texts(input, "SecurityGroups");
  checkNetwork(state.ec2, caller.account, vpcId, subnetIds, groupIds);
  const id = randomBytes(8).toString("hex");
  const balancer: LoadBalancer = {
    arn: `arn:aws:elasticloadbalancing:${state.region}:${caller.account}:loadbalancer/net/${name}/${id}`,
    name,
    fullName: `net/${name}/${id}`,
    dnsName: `${name}-${id}.elb.${state.region}.amazonaws.com`,
    owner: caller.account,
    vpcId,
    zones: zonesOf(state.ec2, subnetIds),
    groupIds,
    // AWS's default, where there are groups: on.
    filtersPrivateLink: groupIds.length > 0 && optionalText(input, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") !== "off",
    isCrossZone: false,
    listeners: new Map(),
  };
  state.ec2.balancers.set(balancer.arn, balancer);
  standIn(state, balancer, subnetIds);
  return { LoadBalancers: [row(balancer)] };
}

/** They are the caller's; gives their VPC. */
function checkSubnets(state: ElbState, { caller }: Call, subnetIds: readonly string[]): string {
  const [vpcId] = subnetIds.map((id) => {
    const subnet = state.ec2.subnets.get(id);
    if (subnet === undefined || subnet.owner !== caller.account)
      throw new AwsError("SubnetNotFound", `The subnet ID '${id}' does not exist`);
    return subnet.vpcId;
  });
  if (vpcId === undefined) throw new AwsError("ValidationError", "At least one subnet must be specified");
  return vpcId;
}

function standIn({ ec2 }: ElbState, { arn, groupIds }: LoadBalancer, subnetIds: readonly string[]): void {
  for (const subnetId of subnetIds) attach(ec2, subnetId, groupIds, { kind: "network_load_balancer", attachedTo: arn });
}

const attributes = ({ isCrossZone }: LoadBalancer): Members[] => [{ Key: CROSS_ZONE, Value: String(isCrossZone) }];

const row = (one: LoadBalancer): Members => ({
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
