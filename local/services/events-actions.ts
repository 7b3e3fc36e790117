// What EventBridge does with buses and rules: making, describing, changing, switching, removing.
import { document, isMembers, list, optionalText, text, texts, type Members } from "../members.ts";
import type { Call } from "../service.ts";
import { putTargets, type Bus, type Rule, type Rules } from "./events-rules.ts";
import { parseSchedule } from "./events-schedule.ts";

export type EventsActions = Readonly<Record<string, (call: Call) => unknown>>;

export function busActions(rules: Rules): EventsActions {
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

/** `arm` sets or clears the timer of a rule that has changed. */
export function ruleActions(rules: Rules, arm: (rule: Rule) => void): EventsActions {
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
