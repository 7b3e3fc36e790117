// The buses and rules that EventBridge holds, and what a rule's target asks for.
import { isMembers, numberOr, optionalText, record, rows, text, type Members } from "../members.ts";
import { AwsError } from "../service.ts";
import { checkPattern } from "./events-pattern.ts";

export interface Bus {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  policy?: unknown;
}

export interface Rule {
  readonly arn: string;
  readonly name: string;
  readonly bus: Bus;
  readonly pattern?: Members;
  readonly scheduleExpression?: string;
  readonly enabled: boolean;
  readonly description?: string;
  readonly targets: Map<string, Target>;
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  readonly deadLetterArn?: string;
  readonly attemptsMax: number;
  readonly ageMaxSeconds: number;
  /** As given: Input, InputPath, InputTransformer. */
  readonly given: Members;
}

export interface Rules {
  readonly buses: ReadonlyMap<string, Bus>;
  /** By name or ARN; every account has a `default` one. Throws ResourceNotFoundException. */
  bus(account: string, nameOrArn: string | undefined): Bus;
  createBus(account: string, name: string): Bus;
  arnOf(account: string, name: string): string;
  removeBus(bus: Bus): void;
  rule(bus: Bus, name: string): Rule;
  putRule(bus: Bus, input: Members): Rule;
  removeRule(rule: Rule): void;
  of(bus: Bus): readonly Rule[];
}

const TARGETS_MAX = 5;
const TARGET_SERVICES = /^arn:aws:(lambda|sqs|sns|events|firehose):/;

export function createRules(region: string): Rules {
  const buses = new Map<string, Bus>();
  const rules = new Map<string, Rule>();
  const busArn = (account: string, name: string): string => `arn:aws:events:${region}:${account}:event-bus/${name}`;
  const createBus = (account: string, name: string): Bus => {
    const arn = busArn(account, name);
    if (buses.has(arn) || name === "") throw new AwsError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
    const bus: Bus = { arn, name, account };
    buses.set(arn, bus);
    return bus;
  };
  const of = (bus: Bus): readonly Rule[] => [...rules.values()].filter((rule) => rule.bus === bus);
  return {
    buses,
    createBus,
    arnOf: busArn,
    of,
    bus(account, nameOrArn = "default") {
      const arn = nameOrArn.startsWith("arn:") ? nameOrArn : busArn(account, nameOrArn);
      const bus = buses.get(arn);
      if (bus !== undefined) return bus;
      if (arn === busArn(account, "default")) return createBus(account, "default");
      throw new AwsError("ResourceNotFoundException", `Event bus ${nameOrArn.split("/").at(-1) ?? ""} does not exist.`);
    },
    removeBus(bus) {
      if (of(bus).length > 0) throw new AwsError("ValidationException", "Event bus can't be deleted since it has rules.");
      buses.delete(bus.arn);
    },
    rule(bus, name) {
      const rule = rules.get(ruleArn(bus, name));
      if (rule === undefined) throw new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${bus.name}.`);
      return rule;
    },
    putRule(bus, input) {
      const name = text(input, "Name");
      if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw new AwsError("ValidationException", `Rule name ${name} is not valid.`);
      const arn = ruleArn(bus, name);
      const rule = { ...newRule(bus, name, arn, input), targets: rules.get(arn)?.targets ?? new Map<string, Target>() };
      rules.set(arn, rule);
      return rule;
    },
    removeRule(rule) {
      if (rule.targets.size > 0) throw new AwsError("ValidationException", "Rule can't be deleted since it has targets.");
      rules.delete(rule.arn);
    },
  };
}

export function ruleArn(bus: Bus, name: string): string {
  const place = bus.arn.slice(0, bus.arn.indexOf(":event-bus/"));
  return bus.name === "default" ? `${place}:rule/${name}` : `${place}:rule/${bus.name}/${name}`;
}

function newRule(bus: Bus, name: string, arn: string, input: Members): Omit<Rule, "targets"> {
  const pattern = parsedPattern(input["EventPattern"]);
  const scheduleExpression = optionalText(input, "ScheduleExpression");
  const description = optionalText(input, "Description");
  if (pattern === undefined && scheduleExpression === undefined) {
    throw new AwsError("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (scheduleExpression !== undefined && bus.name !== "default") {
    throw new AwsError("ValidationException", "ScheduleExpression is supported only on the default event bus.");
  }
  return {
    arn,
    name,
    bus,
    enabled: optionalText(input, "State") !== "DISABLED",
    ...(pattern === undefined ? {} : { pattern }),
    ...(scheduleExpression === undefined ? {} : { scheduleExpression }),
    ...(description === undefined ? {} : { description }),
  };
}

/** EventBridge carries patterns as text, CloudFormation as an object. */
export function parsedPattern(given: unknown): Members | undefined {
  if (given === undefined || given === null || given === "") return undefined;
  let pattern: unknown = given;
  if (typeof given === "string") {
    try {
      pattern = JSON.parse(given);
    } catch {
      throw new AwsError("InvalidEventPatternException", "Event pattern is not valid. Reason: not a JSON document");
    }
  }
  checkPattern(pattern);
  return isMembers(pattern) ? pattern : undefined;
}

/** Adds or replaces; answers the rows that AWS would refuse. */
export function putTargets(rule: Rule, input: Members): readonly Members[] {
  const given = rows(input, "Targets");
  const ids = new Set([...rule.targets.keys(), ...given.map((target) => text(target, "Id"))]);
  if (ids.size > TARGETS_MAX)
    throw new AwsError(
      "LimitExceededException",
      `The requested resource exceeds the maximum number allowed: a rule has at most ${TARGETS_MAX} targets.`,
    );
  for (const row of given) {
    const target = newTarget(row);
    rule.targets.set(target.id, target);
  }
  return [];
}

function newTarget(row: Members): Target {
  const arn = text(row, "Arn");
  const id = text(row, "Id");
  if (!TARGET_SERVICES.test(arn))
    throw new AwsError("ValidationException", `Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
  const inputs = ["Input", "InputPath", "InputTransformer"].filter((name) => row[name] !== undefined);
  if (inputs.length > 1)
    throw new AwsError("ValidationException", `Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  const retry = record(row, "RetryPolicy");
  const attemptsMax = numberOr(retry, "MaximumRetryAttempts", 185);
  const ageMaxSeconds = numberOr(retry, "MaximumEventAgeInSeconds", 86_400);
  if (attemptsMax < 0 || attemptsMax > 185 || ageMaxSeconds < 60 || ageMaxSeconds > 86_400) {
    throw new AwsError("ValidationException", `RetryPolicy of target ${id} is out of range: 0-185 attempts, 60-86400 seconds.`);
  }
  const deadLetterArn = optionalText(record(row, "DeadLetterConfig"), "Arn");
  const roleArn = optionalText(row, "RoleArn");
  return {
    id,
    arn,
    attemptsMax,
    ageMaxSeconds,
    given: row,
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(roleArn === undefined ? {} : { roleArn }),
  };
}
