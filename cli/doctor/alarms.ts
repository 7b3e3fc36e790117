// The stack's alarms that ring now, each with the command to look further.

import type { Finding } from "../../lib/operator/doctor.ts";
import { found } from "./attempt.ts";
import { firstLook } from "./runbook.ts";
import { ofType, type Resources, type Shown } from "./stack.ts";

export async function alarms({ region, name }: Shown, resources: Resources): Promise<Finding[]> {
  const named = new Map(ofType(resources, "AWS::CloudWatch::Alarm").map(({ logicalId, id }) => [id, logicalId]));
  return found("alarms", "cloudwatch:DescribeAlarms", async () => {
    const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
    const all = [];
    const client = new CloudWatchClient({ region });
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNames: [...named.keys()] })) all.push(...(page.MetricAlarms ?? []));
    const ringing = all.filter(({ StateValue }) => StateValue === "ALARM");
    const quiet = all.length - ringing.length;
    return [
      ...ringing.map(({ AlarmName = "", AlarmDescription = "" }): Finding => {
        const alarm = named.get(AlarmName) ?? AlarmName;
        return { about: alarm, state: "failed", message: AlarmDescription, mend: firstLook(alarm, name) };
      }),
      ...(quiet > 0 ? [{ about: "alarms", state: "ok" as const, message: `${String(quiet)} are quiet` }] : []),
    ];
  });
}
