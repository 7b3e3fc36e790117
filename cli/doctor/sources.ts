// What wakes the functions: event source mappings that are gone, off or failing, and how far the log's stream is behind.

import type { Finding } from "../../lib/operator/doctor.ts";
import { found, ifThere, repair } from "./attempt.ts";
import { firstLook } from "./runbook.ts";
import { ofType, type Resources, type Shown } from "./stack.ts";

/** Admit and dns are held by `npm run deploy -- pause`. */
const pausable = /^(Admit|Dns)EventSourceMapping/;

export async function sources({ region }: Shown, resources: Resources): Promise<Finding[]> {
  return found("functions", "lambda:GetEventSourceMapping", async () => {
    const { GetEventSourceMappingCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
    const client = new LambdaClient({ region });
    const all = await Promise.all(
      ofType(resources, "AWS::Lambda::EventSourceMapping").map(async ({ logicalId, id }) =>
        mappingFinding(logicalId, id, await ifThere(client.send(new GetEventSourceMappingCommand({ UUID: id })))),
      ),
    );
    const wrong = all.filter((finding) => finding !== undefined);
    return wrong.length > 0 ? wrong : [{ about: "functions", state: "ok", message: `${String(all.length)} sources wake them` }];
  });
}

interface Mapping {
  readonly State?: string | undefined;
  readonly LastProcessingResult?: string | undefined;
}

function mappingFinding(logicalId: string, id: string, mapping: Mapping | undefined): Finding | undefined {
  const failed = (message: string, mend: string): Finding => ({
    about: logicalId.replace(/EventSourceMapping.*/, "").toLowerCase(),
    state: "failed",
    message,
    mend,
  });
  if (mapping === undefined) return failed("what wakes it is gone", repair);
  const { State = "", LastProcessingResult = "" } = mapping;
  if (State === "Disabled" || State === "Disabling")
    return pausable.test(logicalId)
      ? failed("paused: what it should do waits in its queue", "npm run deploy -- resume")
      : failed("switched off: nothing wakes it", `aws lambda update-event-source-mapping --uuid ${id} --enabled`);
  return LastProcessingResult.startsWith("PROBLEM") ? failed(`Lambda could not wake it: ${LastProcessingResult}`, repair) : undefined;
}

/** Over so many minutes, as the alarm does. */
const lagMinutes = 5;

export async function lag({ region, name }: Shown, resources: Resources): Promise<Finding[]> {
  const about = "stream";
  return found(about, "cloudwatch:GetMetricStatistics", async () => {
    const { CloudWatchClient, DescribeAlarmsCommand, GetMetricStatisticsCommand } = await import("@aws-sdk/client-cloudwatch");
    const client = new CloudWatchClient({ region });
    const alarm = resources.get("PublishBehindAlarm")?.id ?? "";
    const now = Date.now();
    const asked = {
      Namespace: "AWS/Lambda",
      MetricName: "IteratorAge",
      Dimensions: [{ Name: "FunctionName", Value: resources.get("PublishLambdaFunction")?.id ?? "" }],
      StartTime: new Date(now - lagMinutes * 60_000),
      EndTime: new Date(now + 1000),
      Period: lagMinutes * 60,
      Statistics: ["Maximum" as const],
    };
    const [{ Datapoints = [] }, { MetricAlarms = [] }] = await Promise.all([
      client.send(new GetMetricStatisticsCommand(asked)),
      client.send(new DescribeAlarmsCommand({ AlarmNames: [alarm] })),
    ]);
    const threshold = MetricAlarms[0]?.Threshold;
    const age = Math.max(0, ...Datapoints.map(({ Maximum = 0 }) => Maximum));
    const words = `committed events reach the bus ${String(Math.round(age / 1000))} seconds late at most`;
    if (threshold === undefined)
      return [
        { about, state: "not readable", message: `${words}; how late is too late nobody says: PublishBehindAlarm is gone`, mend: repair },
      ];
    if (age <= threshold) return [{ about, state: "ok", message: words }];
    return [{ about, state: "failed", message: words, mend: firstLook("PublishBehindAlarm", name) }];
  });
}
