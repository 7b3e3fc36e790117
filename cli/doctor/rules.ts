// The rules of the bus and the clock's: whether each is there, on, and still wakes something of this deployment.

import type { Finding } from "../../lib/operator/doctor.ts";
import { found, ifThere, repair } from "./attempt.ts";
import { ofType, type Resources, type Shown } from "./stack.ts";

export async function rules({ region, name: bus }: Shown, resources: Resources): Promise<Finding[]> {
  const own = new Set([...resources.values()].map(({ id }) => lastOf(id)));
  return found("rules", "events:DescribeRule and events:ListTargetsByRule", async () => {
    const { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } = await import("@aws-sdk/client-eventbridge");
    const client = new EventBridgeClient({ region });
    const all = await Promise.all(
      ofType(resources, "AWS::Events::Rule").map(async ({ logicalId, id }) => {
        // On a bus of its own, CloudFormation's id of a rule is `bus|name`.
        const name = id.split("|").at(-1) ?? id;
        const place = onDefaultBus.has(logicalId) ? {} : { EventBusName: bus };
        const failed = (message: string, mend: string): Finding => ({ about: logicalId, state: "failed", message, mend });
        const rule = await ifThere(client.send(new DescribeRuleCommand({ Name: name, ...place })));
        if (rule === undefined) return failed("the rule is gone", repair);
        if (rule.State === "DISABLED")
          return failed(
            "the rule is switched off",
            `aws events enable-rule --name ${name}${"EventBusName" in place ? ` --event-bus-name ${place.EventBusName}` : ""}`,
          );
        const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: name, ...place }));
        if (Targets.some(({ Arn = "" }) => own.has(lastOf(Arn)))) return undefined;
        return failed("the rule wakes nothing: its target is gone", repair);
      }),
    );
    const wrong = all.filter((finding) => finding !== undefined);
    return wrong.length > 0 ? wrong : [{ about: "rules", state: "ok", message: `${String(all.length)} are on, each with its target` }];
  });
}

/** AWS's own events and the clock come on the default bus. */
const onDefaultBus = new Set(["OutsideRule", "SweepSchedule", "CheckpointSchedule"]);

/** An ARN, a queue's URL and a plain name end in the same. */
const lastOf = (id: string): string => id.split(/[:/]/).at(-1) ?? id;
