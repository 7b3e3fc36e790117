// Amazon EventBridge: buses, rules and schedules, and the events that go through them.
import { randomUUID } from "node:crypto";

import { noResource } from "../delivery.ts";
import { document, isMembers, list, optionalText, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call, type Demand, type Service } from "../service.ts";
import { deliverToTarget, type TargetPorts } from "./events-delivery.ts";
import { matches } from "./events-pattern.ts";
import { createRules, parsedPattern, putTargets, type Bus, type Rule, type Rules } from "./events-rules.ts";
import { parseSchedule } from "./events-schedule.ts";

export interface EventsService extends Service {
  /** An event that an AWS service itself puts on an account's default bus. */
  readonly emit: (
    account: string,
    event: { readonly source: string; readonly detailType: string; readonly detail: Members; readonly resources?: readonly string[] },
  ) => void;
  readonly close: () => void;
}

const ENTRIES_MAX = 10;
const BYTES_MAX = 1_048_576;

export function createEvents(options: Omit<TargetPorts, "toBus"> & { readonly region: string }): EventsService {
  const rules = createRules(options.region);
  const timers = new Map<string, () => void>();
  const ports: TargetPorts = {
    ...options,
    toBus: async (busArn, event) => {
      const bus = rules.buses.get(busArn);
      if (bus === undefined) return noResource(busArn);
      route(bus, event);
      return undefined;
    },
  };
  const route = (bus: Bus, event: Members): void => {
    for (const rule of rules.of(bus)) {
      if (rule.enabled && rule.pattern !== undefined && matches(rule.pattern, event)) fire(rule, event);
    }
  };
  const fire = (rule: Rule, event: Members): void => {
    for (const target of rule.targets.values()) deliverToTarget(ports, rule, target, event);
  };
  const envelope = (bus: Bus, members: Members): Members => ({
    version: "0",
    id: randomUUID(),
    "detail-type": members["detailType"],
    source: members["source"],
    account: bus.account,
    time: new Date(Number(members["time"] ?? options.clock.now())).toISOString().replace(/\.\d+Z$/, "Z"),
    region: options.region,
    resources: members["resources"] ?? [],
    detail: members["detail"],
  });
  const arm = (rule: Rule): void => {
    timers.get(rule.arn)?.();
    timers.delete(rule.arn);
    if (rule.scheduleExpression === undefined) return;
    const schedule = parseSchedule(rule.scheduleExpression, options.clock.now());
    const wait = (from: number): void => {
      const next = schedule.next(from);
      if (next === undefined || !rule.enabled) return;
      const ring = (): void => {
        const event = { source: "aws.events", detailType: "Scheduled Event", detail: {}, resources: [rule.arn], time: next };
        fire(rule, envelope(rule.bus, event));
        wait(Math.max(next, options.clock.now()));
      };
      timers.set(rule.arn, options.clock.after(Math.max(1, next - options.clock.now()), ring));
    };
    wait(options.clock.now());
  };
  const putEvents = (call: Call): Members => {
    const entries = rows(call.input, "Entries");
    if (entries.length === 0 || entries.length > ENTRIES_MAX)
      throw outOfBounds(
        "entries",
        `length ${entries.length === 0 ? "greater than or equal to 1" : `less than or equal to ${ENTRIES_MAX}`}`,
      );
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > BYTES_MAX) throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
    const answers = entries.map((entry) => putEvent(call, entry));
    return { FailedEntryCount: answers.filter((answer) => "ErrorCode" in answer).length, Entries: answers };
  };
  const putEvent = (call: Call, entry: Members): Members => {
    const missing = ["Source", "DetailType", "Detail"].find((name) => (optionalText(entry, name) ?? "") === "");
    if (missing !== undefined)
      return failed("InvalidArgument", `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
    const source = text(entry, "Source");
    if (source.startsWith("aws.")) return failed("NotAuthorizedForSourceException", "Not authorized for the source.");
    const detail = parsedDetail(text(entry, "Detail"));
    if (detail === undefined) return failed("MalformedDetail", "Detail is malformed.");
    let bus: Bus;
    try {
      bus = rules.bus(call.caller.account, optionalText(entry, "EventBusName"));
    } catch (error) {
      return failed("ResourceNotFoundException", error instanceof Error ? error.message : "Event bus does not exist.");
    }
    const event = envelope(bus, {
      source,
      detailType: entry["DetailType"],
      detail,
      resources: list(entry, "Resources"),
      time: momentOf(entry["Time"]),
    });
    route(bus, event);
    return { EventId: event["id"] };
  };

  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    ...busActions(rules),
    ...ruleActions(rules, arm),
    PutEvents: putEvents,
    TestEventPattern(call) {
      const pattern = parsedPattern(text(call.input, "EventPattern"));
      const event = parsedDetail(text(call.input, "Event"));
      if (event === undefined) throw new AwsError("ValidationException", "Parameter Event is not valid.");
      return { Result: pattern !== undefined && matches(pattern, event) };
    },
  };
  return {
    signingName: "events",
    actions: new Set(Object.keys(actions)),
    demands: (call) => demandsOf(call, rules),
    handle: (call) => actions[call.action]?.(call),
    emit(account, event) {
      const bus = rules.bus(account, "default");
      route(bus, envelope(bus, event));
    },
    close: () => timers.forEach((cancel) => cancel()),
  };
}

function busActions(rules: Rules): Readonly<Record<string, (call: Call) => unknown>> {
  const busOf = (call: Call, member: string): Bus => rules.bus(call.caller.account, optionalText(call.input, member));
  const describe = (bus: Bus): Members => ({
    Name: bus.name,
    Arn: bus.arn,
    ...(bus.policy === undefined ? {} : { Policy: JSON.stringify(bus.policy) }),
  });
  return {
    CreateEventBus: (call) => ({ EventBusArn: rules.createBus(call.caller.account, text(call.input, "Name")).arn }),
    DeleteEventBus(call) {
      rules.removeBus(busOf(call, "Name"));
      return {};
    },
    DescribeEventBus: (call) => describe(busOf(call, "Name")),
    ListEventBuses(call) {
      rules.bus(call.caller.account, "default");
      return { EventBuses: [...rules.buses.values()].filter((bus) => bus.account === call.caller.account).map(describe) };
    },
    PutPermission(call) {
      const bus = busOf(call, "EventBusName");
      const whole = optionalText(call.input, "Policy");
      const old = isMembers(bus.policy) ? list(bus.policy, "Statement") : [];
      const statement = {
        Sid: text(call.input, "StatementId"),
        Effect: "Allow",
        Principal: call.input["Principal"] === "*" ? "*" : { AWS: `arn:aws:iam::${optionalText(call.input, "Principal") ?? ""}:root` },
        Action: optionalText(call.input, "Action") ?? "events:PutEvents",
        Resource: bus.arn,
      };
      bus.policy = whole === undefined ? { Version: "2012-10-17", Statement: [...old, statement] } : document(whole);
      return {};
    },
  };
}

function ruleActions(rules: Rules, arm: (rule: Rule) => void): Readonly<Record<string, (call: Call) => unknown>> {
  const busOf = (call: Call): Bus => rules.bus(call.caller.account, optionalText(call.input, "EventBusName"));
  const ruleOf = (call: Call, member: string): Rule => rules.rule(busOf(call), text(call.input, member));
  return {
    PutRule(call) {
      const scheduled = optionalText(call.input, "ScheduleExpression");
      if (scheduled !== undefined) parseSchedule(scheduled, 0);
      const rule = rules.putRule(busOf(call), call.input);
      arm(rule);
      return { RuleArn: rule.arn };
    },
    DescribeRule: (call) => describeRule(ruleOf(call, "Name")),
    ListRules(call) {
      const prefix = optionalText(call.input, "NamePrefix") ?? "";
      return {
        Rules: rules
          .of(busOf(call))
          .filter((rule) => rule.name.startsWith(prefix))
          .map(describeRule),
      };
    },
    DeleteRule(call) {
      const rule = ruleOf(call, "Name");
      rules.removeRule(rule);
      arm({ ...rule, enabled: false });
      return {};
    },
    PutTargets(call) {
      const failedEntries = putTargets(ruleOf(call, "Rule"), call.input);
      return { FailedEntryCount: failedEntries.length, FailedEntries: failedEntries };
    },
    RemoveTargets(call) {
      const rule = ruleOf(call, "Rule");
      for (const id of texts(call.input, "Ids")) rule.targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: (call) => ({ Targets: [...ruleOf(call, "Rule").targets.values()].map((target) => target.given) }),
    EnableRule: (call) => switchRule(rules, ruleOf(call, "Name"), true, arm),
    DisableRule: (call) => switchRule(rules, ruleOf(call, "Name"), false, arm),
  };
}

function switchRule(rules: Rules, rule: Rule, enabled: boolean, arm: (rule: Rule) => void): Members {
  arm(rules.putRule(rule.bus, { ...describeRule(rule), State: enabled ? "ENABLED" : "DISABLED" }));
  return {};
}

function describeRule(rule: Rule): Members {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventBusName: rule.bus.name,
    State: rule.enabled ? "ENABLED" : "DISABLED",
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    ...(rule.pattern === undefined ? {} : { EventPattern: JSON.stringify(rule.pattern) }),
    ...(rule.scheduleExpression === undefined ? {} : { ScheduleExpression: rule.scheduleExpression }),
  };
}

function demandsOf(call: Call, rules: Rules): readonly Demand[] {
  const account = call.caller.account;
  const busDemand = (action: string, name: string | undefined): Demand => {
    const bus = tryBus(rules, account, name);
    if (bus === undefined) return { action, resource: name?.startsWith("arn:") === true ? name : "*" };
    return { action, resource: bus.arn, resourceAccount: bus.account, ...(bus.policy === undefined ? {} : { resourcePolicy: bus.policy }) };
  };
  if (call.action === "PutEvents") {
    const names = new Set(rows(call.input, "Entries").map((entry) => optionalText(entry, "EventBusName")));
    return [...names].map((name) => busDemand("events:PutEvents", name));
  }
  if (call.action === "TestEventPattern") return [{ action: "events:TestEventPattern", resource: "*" }];
  return [busDemand(`events:${call.action}`, optionalText(call.input, "EventBusName"))];
}

function tryBus(rules: Rules, account: string, name: string | undefined): Bus | undefined {
  try {
    return rules.bus(account, name);
  } catch {
    return undefined;
  }
}

function parsedDetail(value: string): Members | undefined {
  try {
    const detail: unknown = JSON.parse(value);
    return isMembers(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** Epoch seconds in JSON 1.1, or ISO text. */
function momentOf(value: unknown): number | undefined {
  if (typeof value === "number") return value * 1000;
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function sizeOf(entry: Members): number {
  const fields = ["Source", "DetailType", "Detail"].map((name) => Buffer.byteLength(optionalText(entry, name) ?? ""));
  const resources = texts(entry, "Resources").map((resource) => Buffer.byteLength(resource));
  return [...fields, ...resources].reduce((sum, bytes) => sum + bytes, entry["Time"] === undefined ? 0 : 14);
}

function failed(code: string, message: string): Members {
  return { ErrorCode: code, ErrorMessage: message };
}

function outOfBounds(member: string, constraint: string): AwsError {
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have ${constraint}`,
  );
}
