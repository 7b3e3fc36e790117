// CloudWatch's metrics, as far as traffic makes them: counts that services put in, and their sums by minutes.
import { isMembers, numberOr, optionalText, record, rows, text, type Members } from "../members.ts";
import { AwsError, type Call, type Clock } from "../service.ts";

export interface Count {
  readonly account: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  put(count: Count): void;
  readonly actions: Readonly<Record<string, (call: Call) => unknown>>;
}

interface Point {
  readonly at: number;
  readonly value: number;
}

const POINTS_MAX = 10_000;

export function createMetrics(clock: Clock): Metrics {
  const series = new Map<string, { readonly count: Count; readonly points: Point[] }>();
  /** One sum for each period in which there was something. */
  const summed = (account: string, metric: Members, input: Members, period: number): readonly Point[] => {
    const found = series.get(keyOf(account, metric))?.points ?? [];
    const [from, to] = [timeOf(input["StartTime"]), timeOf(input["EndTime"])];
    const sums = new Map<number, number>();
    for (const { at, value } of found) {
      if (at < from || at >= to) continue;
      const begin = at - (at % (period * 1000));
      sums.set(begin, (sums.get(begin) ?? 0) + value);
    }
    return [...sums].map(([at, value]) => ({ at, value })).sort((a, b) => b.at - a.at);
  };
  const onlySum = (stat: string | undefined): void => {
    if (stat !== "Sum") throw new AwsError("InvalidParameterValue", `Local AWS sums metrics up and has no statistic ${stat ?? "(none)"}.`);
  };
  return {
    put(count) {
      const key = keyOf(count.account, {
        Namespace: count.namespace,
        MetricName: count.metric,
        Dimensions: Object.entries(count.dimensions).map(([Name, Value]) => ({ Name, Value })),
      });
      const there = series.get(key) ?? { count, points: [] };
      series.set(key, there);
      there.points.push({ at: clock.now(), value: count.value });
      if (there.points.length > POINTS_MAX) there.points.shift();
    },
    actions: {
      GetMetricData({ input, caller }) {
        const MetricDataResults = rows(input, "MetricDataQueries").map((query) => {
          const stat = record(query, "MetricStat");
          if (!isMembers(stat["Metric"]))
            throw new AwsError("ValidationError", "Local AWS reads metrics by MetricStat, without expressions.");
          onlySum(optionalText(stat, "Stat"));
          const points = summed(caller.account, stat["Metric"], input, numberOr(stat, "Period", 60));
          return {
            Id: text(query, "Id"),
            Label: optionalText(query, "Label") ?? optionalText(stat["Metric"], "MetricName"),
            Timestamps: points.map(({ at }) => new Date(at)),
            Values: points.map(({ value }) => value),
            StatusCode: "Complete",
          };
        });
        return { MetricDataResults };
      },
      GetMetricStatistics({ input, caller }) {
        const statistics = Array.isArray(input["Statistics"]) ? input["Statistics"] : [];
        for (const stat of statistics) onlySum(String(stat));
        const points = summed(caller.account, input, input, numberOr(input, "Period", 60));
        return {
          Label: text(input, "MetricName"),
          Datapoints: points.map(({ at, value }) => ({ Timestamp: new Date(at), Sum: value, Unit: "Count" })),
        };
      },
      ListMetrics({ input, caller }) {
        const wanted = rows(input, "Dimensions");
        const found = [...series.values()].filter(
          ({ count }) =>
            count.account === caller.account &&
            (optionalText(input, "Namespace") ?? count.namespace) === count.namespace &&
            (optionalText(input, "MetricName") ?? count.metric) === count.metric &&
            wanted.every(
              (row) => count.dimensions[text(row, "Name")] === (optionalText(row, "Value") ?? count.dimensions[text(row, "Name")]),
            ),
        );
        return {
          Metrics: found.map(({ count }) => ({
            Namespace: count.namespace,
            MetricName: count.metric,
            Dimensions: Object.entries(count.dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
        };
      },
    },
  };
}

function keyOf(account: string, metric: Members): string {
  const dimensions = rows(metric, "Dimensions").map((row) => `${text(row, "Name")}=${optionalText(row, "Value") ?? ""}`);
  return [account, text(metric, "Namespace"), text(metric, "MetricName"), ...dimensions.sort()].join("\n");
}

/** Seconds over the wire, a date from inside. */
function timeOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  const seconds = Number(value);
  return Number.isFinite(seconds) ? seconds * 1000 : new Date(String(value)).getTime();
}
