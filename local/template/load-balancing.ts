// AWS::ElasticLoadBalancingV2: a Network Load Balancer, its listener, and the group of targets behind it.
import { isMembers, optionalText, rows, text, type Members } from "../members.ts";
import { only } from "./network.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

const NAME_MAX = 32;

export const LOAD_BALANCING: Makers = {
  async "AWS::ElasticLoadBalancingV2::LoadBalancer"(declared, workshop) {
    const { properties } = declared;
    const attributes = rows(properties, "LoadBalancerAttributes");
    const isCrossZone = attributes.some((one) => one["Key"] === "load_balancing.cross_zone.enabled" && String(one["Value"]) === "true");
    const { LoadBalancers } = await workshop.call("elasticloadbalancing", "CreateLoadBalancer", {
      Name: nameOf(declared, workshop),
      CrossZone: isCrossZone,
      ...only(properties, "Type", "Scheme", "Subnets", "SecurityGroups", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"),
    });
    const row = first(LoadBalancers);
    const LoadBalancerArn = text(row, "LoadBalancerArn");
    return {
      ref: LoadBalancerArn,
      attributes: {
        LoadBalancerArn,
        LoadBalancerName: row["LoadBalancerName"],
        LoadBalancerFullName: LoadBalancerArn.split(":loadbalancer/")[1],
        DNSName: row["DNSName"],
        SecurityGroups: row["SecurityGroups"],
      },
      remove: () => workshop.call("elasticloadbalancing", "DeleteLoadBalancer", { LoadBalancerArn }),
    };
  },
  async "AWS::ElasticLoadBalancingV2::TargetGroup"(declared, workshop) {
    const { properties } = declared;
    const { TargetGroups } = await workshop.call("elasticloadbalancing", "CreateTargetGroup", {
      Name: nameOf(declared, workshop),
      ...only(properties, "VpcId", "TargetType", "Protocol", "Port"),
    });
    const TargetGroupArn = text(first(TargetGroups), "TargetGroupArn");
    return targetGroup(declared, workshop, TargetGroupArn, []);
  },
  async "AWS::ElasticLoadBalancingV2::Listener"({ properties }, workshop) {
    const asked = only(properties, "LoadBalancerArn", "Protocol", "Port", "DefaultActions");
    const { Listeners } = await workshop.call("elasticloadbalancing", "CreateListener", asked);
    const ListenerArn = text(first(Listeners), "ListenerArn");
    return {
      ref: ListenerArn,
      attributes: { ListenerArn },
      remove: () => workshop.call("elasticloadbalancing", "DeleteListener", { ListenerArn }),
    };
  },
};

async function targetGroup(declared: Declared, workshop: Workshop, arn: string, before: readonly Members[]): Promise<Made> {
  const TargetGroupArn = arn;
  const Targets = rows(declared.properties, "Targets");
  if (before.length > 0) await workshop.call("elasticloadbalancing", "DeregisterTargets", { TargetGroupArn, Targets: before });
  if (Targets.length > 0) await workshop.call("elasticloadbalancing", "RegisterTargets", { TargetGroupArn, Targets });
  return {
    ref: arn,
    attributes: { TargetGroupArn, TargetGroupFullName: arn.split(":").at(-1) },
    change: (next) => targetGroup(next, workshop, arn, Targets),
    remove: () => workshop.call("elasticloadbalancing", "DeleteTargetGroup", { TargetGroupArn }),
  };
}

/** Load balancers and target groups have short names. */
const nameOf = ({ logicalId, properties }: Declared, workshop: Workshop): string =>
  optionalText(properties, "Name") ?? workshop.physicalName(logicalId, NAME_MAX);

const first = (list: unknown): Members => (Array.isArray(list) && isMembers(list[0]) ? list[0] : {});
