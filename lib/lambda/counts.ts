// What a function counts, as CloudWatch metrics in its log (embedded metric format): no call, no wait.

import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** What is counted, or measured, in which unit; the dashboard and the alarms use the same names. */
const units = {
  ItemsReceived: MetricUnit.Count,
  ItemsFailed: MetricUnit.Count,
  ItemsUnreadable: MetricUnit.Count,
  ServicesSwept: MetricUnit.Count,
  SweepsFailed: MetricUnit.Count,
  SweepsFinished: MetricUnit.Count,
  ConnectionsSwept: MetricUnit.Count,
  ConnectionsUnfinished: MetricUnit.Count,
  QuestionsOpen: MetricUnit.Count,
  OldestQuestionAge: MetricUnit.Seconds,
  OldestUnfinishedAge: MetricUnit.Seconds,
  EventsPublished: MetricUnit.Count,
  ConnectionsRequested: MetricUnit.Count,
  QuestionsAsked: MetricUnit.Count,
  ConnectionsApproved: MetricUnit.Count,
  ConnectionsDenied: MetricUnit.Count,
  ConnectionsAvailable: MetricUnit.Count,
  EffectsFailed: MetricUnit.Count,
  RequestsFailed: MetricUnit.Count,
} as const;
export type Count = keyof typeof units;

export interface Counts {
  add(count: Count, value?: number): void;
  /** Writes what was added since the last time; nothing when nothing was. */
  write(): void;
}

/** The namespace is the setting POWERTOOLS_METRICS_NAMESPACE, which the library reads; the one dimension, `service`, is the function. */
export function functionCounts(name: string): Counts {
  const metrics = new Metrics({ serviceName: name });
  return {
    add: (count, value = 1) => metrics.addMetric(count, units[count], value),
    write: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
