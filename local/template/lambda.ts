// AWS::Lambda::Function, Permission, EventInvokeConfig, Version and Alias.
import type { FunctionDefinition } from "../functions/definition.ts";
import { numberOr, optionalNumber, optionalText, record, text, type Members } from "../members.ts";
import { functionDrift } from "./drift.ts";
import { roleOf } from "./iam.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const LAMBDA: Makers = {
  "AWS::Lambda::Function": makeFunction,
  "AWS::Lambda::Permission": makePermission,
  "AWS::Lambda::EventInvokeConfig": configureInvoke,
  "AWS::Lambda::Version"(declared, workshop) {
    const running = workshop.functions.find(text(declared.properties, "FunctionName"));
    if (running === undefined) return refuse(declared, "the function does not exist.");
    return { ref: `${running.definition.arn}:1`, attributes: { Version: "1", FunctionArn: `${running.definition.arn}:1` } };
  },
};

const TIMEOUT_SECONDS_MAX = 900;

function makeFunction(declared: Declared, workshop: Workshop): Made {
  const name = optionalText(declared.properties, "FunctionName") ?? workshop.physicalName(declared.logicalId, 64);
  if (workshop.functions.find(name) !== undefined) refuse(declared, `Function already exist: ${name}`);
  return registeredFunction(declared, workshop, name);
}

/** Registered again under its name, it keeps its policy, and what it is doing ends on the old code. */
function registeredFunction(declared: Declared, workshop: Workshop, name: string): Made {
  const { properties } = declared;
  if (name.length > 64) refuse(declared, `the name ${name} is longer than 64 characters.`);
  const runtime = text(properties, "Runtime");
  if (!runtime.startsWith("nodejs")) refuse(declared, `local AWS runs Node.js functions only, not ${runtime}.`);
  const timeoutSeconds = numberOr(properties, "Timeout", 3);
  if (timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_SECONDS_MAX) refuse(declared, `Timeout must be 1 to ${TIMEOUT_SECONDS_MAX} seconds.`);
  const variables = Object.entries(record(record(properties, "Environment"), "Variables"));
  const description = optionalText(properties, "Description");
  const deadLetterArn = optionalText(record(properties, "DeadLetterConfig"), "TargetArn");
  const recursiveLoop = optionalText(properties, "RecursiveLoop");
  const definition: FunctionDefinition = {
    name,
    arn: `arn:aws:lambda:${workshop.stack.region}:${workshop.stack.account}:function:${name}`,
    role: roleOf(declared, workshop, text(properties, "Role"), "lambda.amazonaws.com"),
    handler: text(properties, "Handler"),
    runtime,
    timeoutSeconds,
    memoryMegabytes: numberOr(properties, "MemorySize", 128),
    environment: Object.fromEntries(variables.map(([key, value]) => [key, variable(declared, key, value)])),
    root: workshop.code(name, record(properties, "Code")),
    ...(description === undefined ? {} : { description }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(recursiveLoop === undefined ? {} : { recursiveLoop }),
  };
  workshop.functions.register(definition);
  return {
    ref: name,
    attributes: { Arn: definition.arn },
    change: (next) => registeredFunction(next, workshop, name),
    remove: () => workshop.functions.remove(name),
    drift: () => functionDrift(workshop, name, definition.environment),
  };
}

function variable(declared: Declared, key: string, value: unknown): string {
  if (/^(AWS_|LAMBDA_)/.test(key) && RESERVED.has(key)) refuse(declared, `the environment variable ${key} is reserved by Lambda.`);
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    refuse(declared, `the environment variable ${key} must be a string.`);
  return String(value);
}

const RESERVED = new Set([
  "AWS_REGION",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_FUNCTION_NAME",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

function makePermission(declared: Declared, workshop: Workshop): Made {
  const { properties } = declared;
  const running = workshop.functions.find(text(properties, "FunctionName"));
  if (running === undefined) return refuse(declared, "the function does not exist.");
  const sourceArn = optionalText(properties, "SourceArn");
  const sourceAccount = optionalText(properties, "SourceAccount");
  const condition: Members = {
    ...(sourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": sourceArn } }),
    ...(sourceAccount === undefined ? {} : { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
  };
  const principal = text(properties, "Principal");
  const sid = workshop.physicalName(declared.logicalId, 100);
  const statement: Members = {
    Sid: sid,
    Effect: "Allow",
    Principal: principal.endsWith(".amazonaws.com") ? { Service: principal } : { AWS: principal },
    Action: text(properties, "Action"),
    Resource: running.definition.arn,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
  running.policy = { ...running.policy, Statement: [...running.policy.Statement, statement] };
  return {
    ref: sid,
    remove() {
      const now = workshop.functions.find(running.definition.name);
      if (now !== undefined) now.policy = { ...now.policy, Statement: now.policy.Statement.filter((one) => one !== statement) };
    },
    drift: () =>
      Promise.resolve(workshop.functions.find(running.definition.name)?.policy.Statement.includes(statement) === true ? [] : "gone"),
  };
}

function configureInvoke(declared: Declared, workshop: Workshop): Made {
  const { properties } = declared;
  const running = workshop.functions.find(text(properties, "FunctionName"));
  if (running === undefined) return refuse(declared, "the function does not exist.");
  const destinations = record(properties, "DestinationConfig");
  const attemptsMax = optionalNumber(properties, "MaximumRetryAttempts");
  const ageMaxSeconds = optionalNumber(properties, "MaximumEventAgeInSeconds");
  const onFailureArn = optionalText(record(destinations, "OnFailure"), "Destination");
  const onSuccessArn = optionalText(record(destinations, "OnSuccess"), "Destination");
  running.asyncConfig = {
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
    ...(ageMaxSeconds === undefined ? {} : { ageMaxSeconds }),
    ...(onFailureArn === undefined ? {} : { onFailureArn }),
    ...(onSuccessArn === undefined ? {} : { onSuccessArn }),
  };
  return {
    ref: `${running.definition.name}|${optionalText(properties, "Qualifier") ?? "$LATEST"}`,
    change: (next) => configureInvoke(next, workshop),
    remove() {
      const now = workshop.functions.find(running.definition.name);
      if (now !== undefined) now.asyncConfig = {};
    },
  };
}
