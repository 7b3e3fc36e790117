// CloudWatch's counts of the last hour: of the endpoint, of the endpoint service, of the load balancer.
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";

import { failed, looked, needing, ok, type Finding } from "./finding.ts";

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Counted {
  readonly about: string;
  readonly connections: Metric;
  readonly bytes: Metric;
  /** What mends it that nothing passed. */
  readonly mend: string;
}

const spanMilliseconds = 60 * 60 * 1000;
/** Counts of the running minute are wanted too. */
const aheadMilliseconds = 60 * 1000;

export function metrics(cloudWatch: CloudWatchClient, { about, connections, bytes, mend }: Counted): Promise<readonly Finding[]> {
  const { namespace } = connections;
  return looked(about, async () => {
    const [made = 0, passed = 0] = (await byMinute(cloudWatch, [connections, bytes])).map((counts) =>
      [...counts.values()].reduce((sum, value) => sum + value, 0),
    );
    if (made > 0) return [ok(about, `${String(made)} connections and ${String(passed)} bytes in the last hour (${namespace})`)];
    return [failed(about, `${namespace} counted no connection in the last hour; counts come a few minutes late`, mend)];
  });
}

/** What each counted in each minute of the last hour, by the minute's beginning. */
export async function byMinute(cloudWatch: CloudWatchClient, wanted: readonly Metric[]): Promise<readonly ReadonlyMap<number, number>[]> {
  const { GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const MetricDataQueries = wanted.map(({ namespace, name, dimensions }, at) => {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    return {
      Id: `m${String(at)}`,
      MetricStat: { Metric: { Namespace: namespace, MetricName: name, Dimensions }, Period: 60, Stat: "Sum" },
    };
  });
  const now = Date.now();
  const StartTime = new Date(now - spanMilliseconds);
  const asked = new GetMetricDataCommand({ StartTime, EndTime: new Date(now + aheadMilliseconds), MetricDataQueries });
  const { MetricDataResults = [] } = await needing("cloudwatch:GetMetricData", () => cloudWatch.send(asked));
  return wanted.map((_, at) => {
    const { Timestamps = [], Values = [] } = MetricDataResults.find(({ Id }) => Id === `m${String(at)}`) ?? {};
    return new Map(Timestamps.map((time, index) => [time.getTime(), Values[index] ?? 0]));
  });
}
