// CloudWatch's metrics, as far as traffic makes them: what services measure, and its sums or maxima by minutes.
import { isMembers, numberOr, optionalText, record, rows, text, texts, type Members } from "../members.ts";
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

const statistics = {
  Sum: (a: number, b: number): number => a + b,
  Maximum: (a: number, b: number): number => Math.max(a, b),
} as const;
type Statistic = keyof typeof statistics;

function statistic(name: string | undefined): Statistic {
  if (name === "Sum" || name === "Maximum") return name;
  throw new AwsError(
    "InvalidParameterValue",
    `Local AWS sums metrics up or takes their maximum, and has no statistic ${name ?? "(none)"}.`,
  );
}

export function createMetrics(clock: Clock): Metrics {
  const series = new Map<string, { readonly count: Count; readonly points: Point[] }>();
  /** One figure for each period in which there was something. */
  const gathered = (stat: Statistic, account: string, metric: Members, input: Members, period: number): readonly Point[] => {
    const found = series.get(keyOf(account, metric))?.points ?? [];
    const [from, to] = [timeOf(input["StartTime"]), timeOf(input["EndTime"])];
    const figures = new Map<number, number>();
    for (const { at, value } of found) {
      if (at < from || at >= to) continue;
      const begin = at - (at % (period * 1000));
      const before = figures.get(begin);
      figures.set(begin, before === undefined ? value : statistics[stat](before, value));
    }
    return [...figures].map(([at, value]) => ({ at, value })).sort((a, b) => b.at - a.at);
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
          const points = gathered(
            statistic(optionalText(stat, "Stat")),
            caller.account,
            stat["Metric"],
            input,
            numberOr(stat, "Period", 60),
          );
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
        const [stat, ...more] = texts(input, "Statistics");
        if (more.length > 0) throw new AwsError("InvalidParameterValue", "Local AWS gives one statistic at a time.");
        const known = statistic(stat);
        const points = gathered(known, caller.account, input, input, numberOr(input, "Period", 60));
        return {
          Label: text(input, "MetricName"),
          Datapoints: points.map(({ at, value }) => ({ Timestamp: new Date(at), [known]: value })),
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
