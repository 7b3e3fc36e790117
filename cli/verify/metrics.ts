// CloudWatch's counts of the last hour: of the endpoint, of the endpoint service, of the load balancer.
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";

import { failed, looked, ok, type Finding } from "./finding.ts";

export interface Counted {
  readonly about: string;
  readonly namespace: string;
  readonly connections: string;
  readonly bytes: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const spanMilliseconds = 60 * 60 * 1000;
/** Counts of the running minute are wanted too. */
const aheadMilliseconds = 60 * 1000;

export function metrics(cloudWatch: CloudWatchClient, counted: Counted): Promise<readonly Finding[]> {
  const { about, namespace } = counted;
  return looked(about, "cloudwatch:GetMetricData", async () => {
    const { GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
    const Dimensions = Object.entries(counted.dimensions).map(([Name, Value]) => ({ Name, Value }));
    const query = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: namespace, MetricName, Dimensions }, Period: 60, Stat: "Sum" },
    });
    const now = Date.now();
    const { MetricDataResults = [] } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(now - spanMilliseconds),
        EndTime: new Date(now + aheadMilliseconds),
        MetricDataQueries: [query("connections", counted.connections), query("bytes", counted.bytes)],
      }),
    );
    const sumOf = (id: string): number =>
      (MetricDataResults.find(({ Id }) => Id === id)?.Values ?? []).reduce((sum, value) => sum + value, 0);
    const [connections, bytes] = [sumOf("connections"), sumOf("bytes")];
    if (connections > 0)
      return [ok(about, `${String(connections)} connections and ${String(bytes)} bytes in the last hour (${namespace})`)];
    return [
      failed(
        about,
        `${namespace} counted no connection in the last hour; counts come a few minutes late`,
        "send a request through the endpoint, wait, and repeat the command",
      ),
    ];
  });
}
