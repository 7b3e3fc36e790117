// The stack's alarms that ring now, each with the command to look further; and those that are gone.

import type { Finding } from "../../lib/operator/doctor.ts";
import { found, repair } from "./attempt.ts";
import { firstLook } from "./runbook.ts";
import { ofType, type Resources, type Shown } from "./stack.ts";

export async function alarms({ region, name }: Shown, resources: Resources): Promise<Finding[]> {
  const named = new Map(ofType(resources, "AWS::CloudWatch::Alarm").map(({ logicalId, id }) => [id, logicalId]));
  // Without names, CloudWatch gives those of the whole account.
  if (named.size === 0) return [];
  return found("alarms", "cloudwatch:DescribeAlarms", async () => {
    const { CloudWatchClient, paginateDescribeAlarms } = await import("@aws-sdk/client-cloudwatch");
    const all = [];
    const client = new CloudWatchClient({ region });
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNames: [...named.keys()] })) all.push(...(page.MetricAlarms ?? []));
    const ringing = all.filter(({ StateValue }) => StateValue === "ALARM");
    const quiet = all.length - ringing.length;
    const there = new Set(all.map(({ AlarmName }) => AlarmName));
    const gone = [...named].flatMap(([id, logicalId]) => (there.has(id) ? [] : [logicalId]));
    return [
      ...goneFinding(gone),
      ...ringing.map(({ AlarmName = "", AlarmDescription = "" }): Finding => {
        const alarm = named.get(AlarmName) ?? AlarmName;
        return { about: alarm, state: "failed", message: AlarmDescription, mend: firstLook(alarm, name) };
      }),
      ...(quiet > 0 ? [{ about: "alarms", state: "ok" as const, message: `${String(quiet)} are quiet` }] : []),
    ];
  });
}

function goneFinding(gone: readonly string[]): Finding[] {
  if (gone.length === 0) return [];
  const which = gone.length > namedMax ? `${String(gone.length)} alarms` : gone.join(", ");
  return [{ about: "alarms", state: "failed", message: `${which} ${gone.length === 1 ? "is" : "are"} gone: nobody is told`, mend: repair }];
}

const namedMax = 5;
