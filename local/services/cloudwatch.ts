// CloudWatch: metrics of the traffic that passed, and alarms. Nothing here watches metrics: an alarm rings when it is told to.
import { flag, optionalNumber, optionalText, texts } from "../members.ts";
import type { Call, Clock, Service } from "../service.ts";
import type { Stack, StackResource } from "../template/standing.ts";
import { createMetrics, type Count } from "./cloudwatch-metrics.ts";

export interface CloudWatchService extends Service {
  /** Since when an alarm of the newest stack rings, by its logical id. */
  readonly ringing: Map<string, number>;
  /** What an AWS service counts. */
  put(count: Count): void;
}

interface Stacks {
  readonly standing: () => readonly Stack[];
  readonly latest: () => Stack | undefined;
}

export function createCloudWatch(stacks: Stacks, clock: Clock): CloudWatchService {
  const metrics = createMetrics(clock);
  const ringing = new Map<string, number>();
  const describe = (call: Call): unknown => {
    const names = new Set(texts(call.input, "AlarmNames"));
    const prefix = optionalText(call.input, "AlarmNamePrefix") ?? "";
    const latest = stacks.latest();
    const mine = stacks.standing().filter(({ account }) => account === call.caller.account);
    const isWanted = ({ type, physicalId }: StackResource): boolean =>
      type === "AWS::CloudWatch::Alarm" && (names.size === 0 || names.has(physicalId)) && physicalId.startsWith(prefix);
    return {
      MetricAlarms: mine.flatMap(({ id, resources }) =>
        resources.filter(isWanted).map((alarm) => shown(alarm, id === latest?.id && ringing.has(alarm.logicalId))),
      ),
    };
  };
  return {
    signingName: "monitoring",
    actions: new Set(["DescribeAlarms", ...Object.keys(metrics.actions)]),
    demands: ({ action }) => [{ action: `cloudwatch:${action}`, resource: "*" }],
    handle: (call) => (call.action === "DescribeAlarms" ? describe(call) : metrics.actions[call.action]?.(call)),
    put: (count) => metrics.put(count),
    ringing,
  };
}

function shown({ physicalId, declared }: StackResource, isRinging: boolean): Readonly<Record<string, unknown>> {
  return {
    AlarmName: physicalId,
    AlarmDescription: optionalText(declared.properties, "AlarmDescription"),
    ActionsEnabled: declared.properties["ActionsEnabled"] === undefined || flag(declared.properties, "ActionsEnabled"),
    StateValue: isRinging ? "ALARM" : "OK",
    MetricName: optionalText(declared.properties, "MetricName"),
    Threshold: optionalNumber(declared.properties, "Threshold"),
  };
}
