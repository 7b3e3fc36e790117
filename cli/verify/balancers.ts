// The provider's load balancers behind an endpoint service: where they stand, what filters them, and whether a target is healthy.
import { failed, looked, needing, ok, type Finding } from "./finding.ts";
import { signedCall } from "./signed-call.ts";

const version = "2015-12-01";

async function query(region: string, Action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Action, Version: version, ...parameters }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  return needing(`elasticloadbalancing:${Action}`, () => signedCall({ service: "elasticloadbalancing", region, headers, body }));
}

/** Small answers of known form: the values of an element, in order. */
const all = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, value = ""]) => value);

export function targets(region: string, balancers: readonly string[], port: number): Promise<readonly Finding[]> {
  return looked("targets", async () => {
    const findings: Finding[] = [];
    for (const arn of balancers) findings.push(...(await targetsOf(region, arn, port)));
    return findings;
  });
}

async function targetsOf(region: string, LoadBalancerArn: string, port: number): Promise<readonly Finding[]> {
  const about = "targets";
  const name = nameOf(LoadBalancerArn);
  const groups = all(await query(region, "DescribeTargetGroups", { LoadBalancerArn }), "TargetGroupArn");
  if (groups.length === 0) {
    const listen = `aws elbv2 create-listener --load-balancer-arn ${LoadBalancerArn} --protocol TCP --port ${String(port)} --default-actions Type=forward,TargetGroupArn=<target group>`;
    return [failed(about, `${name} forwards to no target group`, listen)];
  }
  const findings: Finding[] = [];
  for (const TargetGroupArn of groups) {
    const xml = await query(region, "DescribeTargetHealth", { TargetGroupArn });
    const states = all(xml, "State");
    const healthy = states.filter((state) => state === "healthy").length;
    const said = `${String(healthy)} of ${String(states.length)} behind ${name} are healthy`;
    const [why] = all(xml, "Description");
    if (healthy > 0) findings.push(ok(about, said));
    else if (states.length === 0)
      findings.push(failed(about, said, `aws elbv2 register-targets --target-group-arn ${TargetGroupArn} --targets Id=<server>`));
    else
      findings.push(
        failed(
          about,
          why === undefined ? said : `${said}: ${why}`,
          `look at the server and its security group: aws elbv2 describe-target-health --target-group-arn ${TargetGroupArn}`,
        ),
      );
  }
  return findings;
}

export interface Balancer {
  readonly arn: string;
  readonly vpc: string;
  readonly groups: readonly string[];
  /** Whether its groups filter what comes through PrivateLink; AWS's default is that they do. */
  readonly isFiltering: boolean;
}

export async function balancerOf(region: string, arn: string): Promise<Balancer> {
  const xml = await query(region, "DescribeLoadBalancers", { "LoadBalancerArns.member.1": arn });
  const [, inner = ""] = /<SecurityGroups>([^]*?)<\/SecurityGroups>/.exec(xml) ?? [];
  const groups = all(inner, "member");
  const [flag = "on"] = all(xml, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic");
  return { arn, vpc: all(xml, "VpcId")[0] ?? "", groups, isFiltering: groups.length > 0 && flag !== "off" };
}

/** `net/name/id`, as CloudWatch and the description of its network interfaces have it. */
export const fullNameOf = (arn: string): string => arn.split(":loadbalancer/")[1] ?? arn;
export const nameOf = (arn: string): string => fullNameOf(arn).split("/")[1] ?? arn;
