// AWS::ElasticLoadBalancingV2: a Network Load Balancer, its listener, and the group of targets behind it.
import { isDeepStrictEqual } from "node:util";

import { isMembers, optionalText, rows, text, texts, type Members } from "../members.ts";
import { only } from "./network.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

const NAME_MAX = 32;
const FILTER = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
const HEALTH = ["HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "Matcher"] as const;

export const LOAD_BALANCING: Makers = {
  async "AWS::ElasticLoadBalancingV2::LoadBalancer"(declared, workshop) {
    const { properties } = declared;
    const { LoadBalancers } = await elb(workshop, "CreateLoadBalancer", {
      Name: nameOf(declared, workshop),
      ...only(properties, "Type", "Scheme", "Subnets", "SecurityGroups", FILTER),
    });
    const row = first(LoadBalancers);
    const LoadBalancerArn = text(row, "LoadBalancerArn");
    await setAttributes(workshop, LoadBalancerArn, declared);
    return loadBalancer(workshop, LoadBalancerArn, row, declared);
  },
  async "AWS::ElasticLoadBalancingV2::TargetGroup"(declared, workshop) {
    const { properties } = declared;
    const { TargetGroups } = await elb(workshop, "CreateTargetGroup", {
      Name: nameOf(declared, workshop),
      ...only(properties, "VpcId", "TargetType", "Protocol", "Port", ...HEALTH),
    });
    const TargetGroupArn = text(first(TargetGroups), "TargetGroupArn");
    await moveTargets(workshop, TargetGroupArn, [], rows(properties, "Targets"));
    return targetGroup(workshop, TargetGroupArn, declared);
  },
  async "AWS::ElasticLoadBalancingV2::Listener"({ properties }, workshop) {
    const asked = only(properties, "LoadBalancerArn", "Protocol", "Port", "DefaultActions");
    const { Listeners } = await elb(workshop, "CreateListener", asked);
    return listener(workshop, text(first(Listeners), "ListenerArn"));
  },
};

function loadBalancer(workshop: Workshop, LoadBalancerArn: string, row: Members, now: Declared): Made {
  return {
    ref: LoadBalancerArn,
    attributes: {
      LoadBalancerArn,
      LoadBalancerName: row["LoadBalancerName"],
      LoadBalancerFullName: LoadBalancerArn.split(":loadbalancer/")[1],
      DNSName: row["DNSName"],
      SecurityGroups: texts(now.properties, "SecurityGroups"),
    },
    async change(next) {
      const { properties } = next;
      const differs = (name: string): boolean => !isDeepStrictEqual(now.properties[name], properties[name]);
      if (differs("SecurityGroups") || differs(FILTER))
        // Left out, the filter is on again: AWS's default.
        await elb(workshop, "SetSecurityGroups", { LoadBalancerArn, [FILTER]: "on", ...only(properties, "SecurityGroups", FILTER) });
      if (differs("Subnets")) await elb(workshop, "SetSubnets", { LoadBalancerArn, ...only(properties, "Subnets") });
      await setAttributes(workshop, LoadBalancerArn, next);
      return loadBalancer(workshop, LoadBalancerArn, row, next);
    },
    remove: () => elb(workshop, "DeleteLoadBalancer", { LoadBalancerArn }),
  };
}

const setAttributes = (workshop: Workshop, LoadBalancerArn: string, { properties }: Declared): Promise<Members> =>
  elb(workshop, "ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes: rows(properties, "LoadBalancerAttributes") });

function listener(workshop: Workshop, ListenerArn: string): Made {
  return {
    ref: ListenerArn,
    attributes: { ListenerArn },
    async change({ properties }) {
      await elb(workshop, "ModifyListener", { ListenerArn, ...only(properties, "Protocol", "Port", "DefaultActions") });
      return listener(workshop, ListenerArn);
    },
    remove: () => elb(workshop, "DeleteListener", { ListenerArn }),
  };
}

function targetGroup(workshop: Workshop, TargetGroupArn: string, now: Declared): Made {
  return {
    ref: TargetGroupArn,
    attributes: { TargetGroupArn, TargetGroupFullName: TargetGroupArn.split(":").at(-1) },
    async change(next) {
      await elb(workshop, "ModifyTargetGroup", { TargetGroupArn, ...only(next.properties, ...HEALTH) });
      await moveTargets(workshop, TargetGroupArn, rows(now.properties, "Targets"), rows(next.properties, "Targets"));
      return targetGroup(workshop, TargetGroupArn, next);
    },
    remove: () => elb(workshop, "DeleteTargetGroup", { TargetGroupArn }),
  };
}

/** The new ones come before the old ones go. */
async function moveTargets(
  workshop: Workshop,
  TargetGroupArn: string,
  before: readonly Members[],
  after: readonly Members[],
): Promise<void> {
  const beside = (ours: readonly Members[], theirs: readonly Members[]): readonly Members[] =>
    ours.filter((one) => !theirs.some((other) => isDeepStrictEqual(one, other)));
  const [added, gone] = [beside(after, before), beside(before, after)];
  if (added.length > 0) await elb(workshop, "RegisterTargets", { TargetGroupArn, Targets: added });
  if (gone.length > 0) await elb(workshop, "DeregisterTargets", { TargetGroupArn, Targets: gone });
}

const elb = (workshop: Workshop, action: string, input: Members): Promise<Members> => workshop.call("elasticloadbalancing", action, input);

/** Load balancers and target groups have short names. */
const nameOf = ({ logicalId, properties }: Declared, workshop: Workshop): string =>
  optionalText(properties, "Name") ?? workshop.physicalName(logicalId, NAME_MAX);

const first = (list: unknown): Members => (Array.isArray(list) && isMembers(list[0]) ? list[0] : {});
