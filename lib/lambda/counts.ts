// What a function counts, as CloudWatch metrics in its log (embedded metric format): no call, no wait.

import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

const metricNamespace = "Drawbridge";

/** Names of what is counted; the dashboard and the alarms use the same. */
export type Count =
  | "ItemsReceived"
  | "ItemsFailed"
  | "ItemsUnreadable"
  | "ServicesSwept"
  | "SweepsFailed"
  | "ConnectionsSwept"
  | "ConnectionsUnfinished"
  | "EventsCommitted"
  | "RequestsFailed";

export interface Counts {
  add(count: Count, value?: number): void;
  /** Writes what was added since the last time; nothing when nothing was. */
  write(): void;
}

export function functionCounts(name: string): Counts {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: name });
  return {
    add: (count, value = 1) => metrics.addMetric(count, MetricUnit.Count, value),
    write: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
