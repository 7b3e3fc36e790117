// What a function counts, as CloudWatch metrics in its log: no call, no wait.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import { toStandardOutput } from "./log.ts";
import { metricsNamespace } from "./settings.ts";

/** What is counted, or measured, in which unit; the dashboard and the alarms use the same names. */
const units = {
  ItemsReceived: "Count",
  ItemsFailed: "Count",
  ItemsUnreadable: "Count",
  ServicesSwept: "Count",
  SweepsFailed: "Count",
  SweepsFinished: "Count",
  ConnectionsSwept: "Count",
  ConnectionsUnfinished: "Count",
  QuestionsOpen: "Count",
  OldestQuestionAge: "Seconds",
  OldestUnfinishedAge: "Seconds",
  ApproversUnreachable: "Count",
  EventsPublished: "Count",
  ConnectionsRequested: "Count",
  QuestionsAsked: "Count",
  ConnectionsApproved: "Count",
  ConnectionsDenied: "Count",
  ConnectionsAvailable: "Count",
  EffectsFailed: "Count",
  RequestsFailed: "Count",
  CheckpointsLooked: "Count",
  CheckpointsKept: "Count",
  EventsSealed: "Count",
  EventsBroken: "Count",
} as const;
export type Count = keyof typeof units;

export interface Counts {
  add(count: Count, value?: number): void;
  /** Writes what was added since the last time; nothing when nothing was. */
  write(): void;
}

/** What one line may hold of one metric. */
const valuesMax = 100;

/** In the namespace of the stage; the one dimension, `service`, is the function. */
export function functionCounts(name: string, print: (line: string) => void = toStandardOutput, namespace = metricsNamespace()): Counts {
  const added = new Map<Count, number[]>();
  const write = (): void => {
    if (added.size === 0) return;
    const metrics = [...added.keys()].map((count) => ({ Name: count, Unit: units[count] }));
    const values = [...added].map(([count, its]) => [count, its.length === 1 ? its[0] : its] as const);
    added.clear();
    const definition = { Namespace: namespace, Dimensions: [["service"]], Metrics: metrics };
    const about = { Timestamp: Date.now(), CloudWatchMetrics: [definition] };
    print(JSON.stringify({ _aws: about, service: name, ...Object.fromEntries(values) }));
  };
  return {
    add: (count, value = 1) => {
      const its = added.get(count) ?? [];
      its.push(value);
      added.set(count, its);
      if (its.length === valuesMax) write();
    },
    write,
  };
}
