// Amazon EventBridge: buses, rules and schedules, and the events that go through them.
import { defaultAssumptions } from "../assumptions.ts";
import { noResource } from "../delivery.ts";
import { optionalText, rows, text, type Members } from "../members.ts";
import { AwsError, type Call, type Demand, type Service } from "../service.ts";
import { busActions, ruleActions } from "./events-actions.ts";
import { deliverToTarget, type TargetPorts } from "./events-delivery.ts";
import { matches } from "./events-pattern.ts";
import { envelope, parsedDetail, putEvents } from "./events-put.ts";
import { createRules, parsedPattern, ruleArn, type Bus, type Rule, type Rules } from "./events-rules.ts";
import { createRuleTimers } from "./events-timers.ts";

export interface EventsService extends Service {
  /** An event that an AWS service itself puts on an account's default bus. */
  readonly emit: (account: string, event: ServiceEvent) => void;
  readonly close: () => void;
}

export interface ServiceEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Members;
}

export function createEvents(
  options: Omit<TargetPorts, "toBus"> & { readonly region: string; readonly firstTick?: number },
): EventsService {
  const { clock, region } = options;
  const rules = createRules(region);
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
  const timers = createRuleTimers(clock, options.firstTick ?? defaultAssumptions.rateRuleFirstTick, (rule, time) => {
    const parts = { source: "aws.events", detailType: "Scheduled Event", detail: {}, resources: [rule.arn], time };
    fire(rule, envelope(rule.bus, parts, region));
  });
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    ...busActions(rules),
    ...ruleActions(rules, timers.arm),
    PutEvents: (call) => putEvents(call, rules, clock.now(), region, route),
    TestEventPattern: testPattern,
  };
  return {
    signingName: "events",
    actions: new Set(Object.keys(actions)),
    demands: (call) => demandsOf(call, rules),
    handle: (call) => actions[call.action]?.(call),
    emit(account, event) {
      const bus = rules.bus(account, "default");
      route(bus, envelope(bus, { ...event, time: clock.now() }, region));
    },
    close: timers.close,
  };
}

function testPattern(call: Call): Members {
  const pattern = parsedPattern(text(call.input, "EventPattern"));
  const event = parsedDetail(text(call.input, "Event"));
  if (event === undefined) throw new AwsError("ValidationException", "Parameter Event is not valid.");
  return { Result: pattern !== undefined && matches(pattern, event) };
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
  const action = `events:${call.action}`;
  const ruleName = optionalText(call.input, call.action.endsWith("Rule") && call.action !== "ListTargetsByRule" ? "Name" : "Rule");
  if (ruleName !== undefined)
    return [{ action, resource: ruleArn(rules.bus(account, optionalText(call.input, "EventBusName")), ruleName) }];
  const named = call.action.endsWith("EventBus") ? optionalText(call.input, "Name") : undefined;
  // One that is about to be made is not there yet.
  if (call.action === "CreateEventBus" && named !== undefined) return [{ action, resource: rules.arnOf(account, named) }];
  return [busDemand(action, named ?? optionalText(call.input, "EventBusName"))];
}

function tryBus(rules: Rules, account: string, name: string | undefined): Bus | undefined {
  try {
    return rules.bus(account, name);
  } catch {
    return undefined;
  }
}
