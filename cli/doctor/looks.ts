// What the command doctor looks at with the caller's own AWS credentials: what the API's role may not know. Loaded by it alone.

import type { DeploymentShown } from "../../lib/operator/deployment.ts";
import type { Finding } from "../../lib/operator/doctor.ts";
import { alarms } from "./alarms.ts";
import { attempt } from "./attempt.ts";
import { domain } from "./domain.ts";
import { queues } from "./queues.ts";
import { rules } from "./rules.ts";
import { lag, sources } from "./sources.ts";
import { resourcesOf, stackFinding, stackOf } from "./stack.ts";
import { alarmMail, notifications } from "./topics.ts";
import { trail } from "./trail.ts";

/** Every look is taken; one that AWS refuses says which permission it lacks. */
export async function look({ region, bus, queues: urls }: Pick<DeploymentShown, "region" | "bus" | "queues">): Promise<Finding[]> {
  const waiting = queues(region, urls);
  const resources = await attempt("stack", "cloudformation:ListStackResources", () => resourcesOf(region, bus));
  if ("about" in resources) return [resources, ...(await waiting)];
  const stack = await attempt("stack", "cloudformation:DescribeStacks", () => stackOf(region, bus));
  if ("about" in stack) return [stack, ...(await waiting)];
  const looks = await Promise.all([
    notifications(stack, resources),
    alarmMail(stack, resources),
    sources(stack, resources),
    lag(stack, resources),
    rules(stack, resources),
    alarms(stack, resources),
    waiting,
    trail(stack),
    domain(stack),
  ]);
  return [stackFinding(stack), ...looks.flat()];
}
