// The provider's load balancers behind an endpoint service: where they stand, and whether a target is healthy.
import { failed, looked, ok, type Finding } from "./finding.ts";
import { signedCall } from "./signed-call.ts";

const version = "2015-12-01";

async function query(region: string, Action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams({ Action, Version: version, ...parameters }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  return signedCall({ service: "elasticloadbalancing", region, headers, body });
}

/** Small answers of known form: the values of an element, in order. */
const all = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, value = ""]) => value);

export function targets(region: string, balancers: readonly string[]): Promise<readonly Finding[]> {
  const about = "targets";
  return looked(about, "elasticloadbalancing:DescribeTargetHealth", async () => {
    const findings: Finding[] = [];
    for (const LoadBalancerArn of balancers) {
      const groups = all(await query(region, "DescribeTargetGroups", { LoadBalancerArn }), "TargetGroupArn");
      if (groups.length === 0) findings.push(failed(about, `${nameOf(LoadBalancerArn)} forwards to no target group`, "give it a listener"));
      for (const TargetGroupArn of groups) {
        const xml = await query(region, "DescribeTargetHealth", { TargetGroupArn });
        const states = all(xml, "State");
        const healthy = states.filter((state) => state === "healthy").length;
        const said = `${String(healthy)} of ${String(states.length)} behind ${nameOf(LoadBalancerArn)} are healthy`;
        const [why] = all(xml, "Description");
        findings.push(
          healthy > 0
            ? ok(about, said)
            : failed(
                about,
                why === undefined ? said : `${said}: ${why}`,
                `look at the server and its security group: aws elbv2 describe-target-health --target-group-arn ${TargetGroupArn}`,
              ),
        );
      }
    }
    return findings;
  });
}

/** Nothing when it may not be read. */
export async function vpcOf(region: string, LoadBalancerArn: string): Promise<string | undefined> {
  try {
    return all(await query(region, "DescribeLoadBalancers", { "LoadBalancerArns.member.1": LoadBalancerArn }), "VpcId")[0];
  } catch {
    return undefined;
  }
}

/** `net/name/id`, as CloudWatch and the description of its network interfaces have it. */
export const fullNameOf = (arn: string): string => arn.split(":loadbalancer/")[1] ?? arn;
const nameOf = (arn: string): string => fullNameOf(arn).split("/")[1] ?? arn;
