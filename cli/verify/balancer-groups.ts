// Whether the load balancer's security groups let in what comes through PrivateLink: where they filter it, they compare the client's own address.
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DescribeSecurityGroupsCommand, type EC2Client } from "@aws-sdk/client-ec2";

import { largest } from "../../lib/largest.ts";
import { fullNameOf, nameOf, type Balancer } from "./balancers.ts";
import { failed, Lacks, needing, notReadable, ok, type Finding } from "./finding.ts";
import { letIn, sourcesOf } from "./group-rules.ts";
import { byMinute, type Metric } from "./metrics.ts";

const about = "load balancer's groups";

export interface Filtering {
  readonly port: number;
  /** How CloudWatch counts the connections of the endpoint that is looked at. */
  readonly connections: Metric;
}

export async function balancerGroups(
  ec2: EC2Client,
  cloudWatch: CloudWatchClient,
  balancer: Balancer,
  { port, connections }: Filtering,
): Promise<Finding> {
  const { arn, groups, isFiltering } = balancer;
  if (groups.length === 0) return ok(about, `${nameOf(arn)} has none, so that none filters what comes through PrivateLink`);
  if (!isFiltering) return ok(about, `${groups.join(", ")} do not filter what comes through PrivateLink`);
  const asked = new DescribeSecurityGroupsCommand({ GroupIds: [...groups] });
  const { SecurityGroups = [] } = await needing("ec2:DescribeSecurityGroups", () => ec2.send(asked));
  const { ranges } = letIn(SecurityGroups, port);
  const filter = `${groups.join(", ")} filter what comes through PrivateLink by the client's own address, and let in TCP ${String(port)} from`;
  if (sourcesOf(letIn(SecurityGroups, port)).length === 0) return failed(about, `${filter} nobody`, unfiltered(balancer));
  // A group of the provider's VPC never matches a client of another.
  const shown = `${filter} ${ranges.length === 0 ? "no address" : `${ranges.join(", ")} only`}`;
  if (ranges.length === 0) return failed(about, shown, unfiltered(balancer));
  return judged(balancer, shown, await turnedAwayAt(cloudWatch, arn, connections));
}

interface TurnedAway {
  readonly count: number;
  /** Against the last minute in which one of the endpoint's came through: since then none did, or both was so in it. */
  readonly when: "since" | "in the same minute" | "before";
}

function judged(balancer: Balancer, shown: string, turnedAway: TurnedAway | undefined): Finding {
  if (turnedAway === undefined) return ok(about, shown);
  const { count } = turnedAway;
  const message = `${shown}: ${count === 1 ? "1 connection was" : `${String(count)} connections were`} dropped in the last hour`;
  if (turnedAway.when === "before") return ok(about, message);
  if (turnedAway.when === "since") return failed(about, `${message}, and none of this endpoint's came through since`, unfiltered(balancer));
  return notReadable(
    about,
    `${message}, the last in the minute in which this endpoint's last came through`,
    "repeat the command in a minute",
  );
}

/** What the groups dropped in the last hour; nothing also when that may not be read. */
async function turnedAwayAt(cloudWatch: CloudWatchClient, arn: string, connections: Metric): Promise<TurnedAway | undefined> {
  const dropped = {
    namespace: "AWS/NetworkELB",
    name: "SecurityGroupBlockedFlowCount_Inbound_TCP",
    dimensions: { LoadBalancer: fullNameOf(arn) },
  };
  try {
    const [through = none, away = none] = await byMinute(cloudWatch, [connections, dropped]);
    const [lastThrough, lastAway] = [lastOf(through), lastOf(away)];
    if (lastAway === undefined) return undefined;
    const count = [...away.values()].reduce((sum, value) => sum + value, 0);
    if (lastThrough === undefined || lastThrough < lastAway) return { count, when: "since" };
    return { count, when: lastThrough === lastAway ? "in the same minute" : "before" };
  } catch (error) {
    if (error instanceof Lacks) return undefined;
    throw error;
  }
}

const none: ReadonlyMap<number, number> = new Map();

/** The last minute that counted anything. */
function lastOf(minutes: ReadonlyMap<number, number>): number | undefined {
  const counting = [...minutes].filter(([, value]) => value > 0).map(([minute]) => minute);
  return counting.length === 0 ? undefined : largest(counting);
}

const unfiltered = ({ arn, groups }: Balancer): string =>
  `let acceptance alone decide: aws elbv2 set-security-groups --load-balancer-arn ${arn} --security-groups ${groups.join(" ")} --enforce-security-group-inbound-rules-on-private-link-traffic off`;
