// Nothing is lost in silence: every way a message can fail ends in a queue that rings.
import { expect, test } from "vitest";
import { at, named, ofType, resourcePolicyStatements, roleStatements, target } from "./packaged.ts";

const queues = ofType("AWS::SQS::Queue");
const working = queues.filter((queue) => at(queue, "RedrivePolicy") !== undefined);
const lastResort = queues.filter((queue) => at(queue, "RedrivePolicy") === undefined);
const mappings = ofType("AWS::Lambda::EventSourceMapping");
const rules = ofType("AWS::Events::Rule");
const ruleTargets = rules.flatMap((rule) => (at(rule, "Targets") as unknown[]).map((_, index) => ({ rule, index })));

test.each(working)("$id has a dead-letter queue of its own", (queue) => {
  const deadLetters = target(at(queue, "RedrivePolicy", "deadLetterTargetArn"));
  expect(lastResort.map(({ id }) => id)).toContain(deadLetters);
  expect(at(queue, "RedrivePolicy", "maxReceiveCount")).toBe(5);
  expect(working.filter((other) => target(at(other, "RedrivePolicy", "deadLetterTargetArn")) === deadLetters)).toEqual([queue]);
});

test("the queues without a dead-letter queue are those that something ends in, and no others", () => {
  const ends = [
    ...working.map((queue) => at(queue, "RedrivePolicy", "deadLetterTargetArn")),
    ...ofType("AWS::SNS::Subscription").map((subscription) => at(subscription, "RedrivePolicy", "deadLetterTargetArn")),
    ...ruleTargets.map(({ rule, index }) => at(rule, "Targets", index, "DeadLetterConfig", "Arn")),
    ...mappings.map((mapping) => at(mapping, "DestinationConfig", "OnFailure", "Destination")),
    ...ofType("AWS::Lambda::EventInvokeConfig").map((config) => at(config, "DestinationConfig", "OnFailure", "Destination")),
  ].map(target);
  expect(new Set(ends.filter((id) => id !== undefined))).toEqual(new Set(lastResort.map(({ id }) => id)));
});

test.each(lastResort)("$id keeps its messages for 14 days and rings the alarms topic from the first", (queue) => {
  expect(at(queue, "MessageRetentionPeriod")).toBe(14 * 24 * 3600);
  const alarm = ofType("AWS::CloudWatch::Alarm").find((alarm) => target(at(alarm, "Dimensions", 0, "Value")) === queue.id);
  expect(alarm?.Properties).toMatchObject({
    Namespace: "AWS/SQS",
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue.id, "QueueName"] } }],
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    Threshold: 1,
    AlarmActions: [{ Ref: "AlarmsTopic" }],
  });
});

test.each(queues)("$id is encrypted", (queue) => {
  expect(at(queue, "SqsManagedSseEnabled")).toBe(true);
});

test.each(ruleTargets)("$rule.id keeps trying, then hands over to a queue that it may write to", ({ rule, index }) => {
  const last = target(at(rule, "Targets", index, "DeadLetterConfig", "Arn"));
  expect(at(rule, "Targets", index, "RetryPolicy")).toEqual(
    rule.id.endsWith("Schedule")
      ? { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 }
      : { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
  );
  expect(mayWrite("events.amazonaws.com", { "Fn::GetAtt": [rule.id, "Arn"] })).toContain(last);
});

test.each(ruleTargets)("$rule.id may reach its target", ({ rule, index }) => {
  const goal = target(at(rule, "Targets", index, "Arn")) ?? "";
  const source = { "Fn::GetAtt": [rule.id, "Arn"] };
  if (named(goal).Type === "AWS::KinesisFirehose::DeliveryStream") {
    const role = target(at(rule, "Targets", index, "RoleArn"));
    const rights = roleStatements.filter(({ holder }) => holder === role);
    expect(rights.map(({ actions, resources }) => [actions, resources])).toEqual([
      [["firehose:PutRecord", "firehose:PutRecordBatch"], [`${goal}.Arn`]],
    ]);
  } else if (named(goal).Type === "AWS::SQS::Queue") expect(mayWrite("events.amazonaws.com", source)).toContain(goal);
  else {
    const permissions = ofType("AWS::Lambda::Permission").filter((permission) => target(at(permission, "FunctionName")) === goal);
    expect(permissions.map(({ Properties }) => Properties["SourceArn"])).toContainEqual(source);
  }
});

test("connection notifications reach the observe queue, or the queue for what could not be handed over", () => {
  const subscription = ofType("AWS::SNS::Subscription").find((one) => at(one, "Protocol") === "sqs");
  expect(subscription?.Properties).toMatchObject({
    TopicArn: { Ref: "ConnectionsTopic" },
    RawMessageDelivery: false,
  });
  expect(mayWrite("sns.amazonaws.com", { Ref: "ConnectionsTopic" })).toEqual(["ObserveQueue", "ConnectionsUndelivered"]);
});

test("no queue has two policies: the second would replace the first", () => {
  const owners = ofType("AWS::SQS::QueuePolicy").flatMap((policy) => (at(policy, "Queues") as unknown[]).map(target));
  expect(owners).toEqual([...new Set(owners)]);
});

test.each([
  { name: "Observe", batch: 500, window: 1 },
  { name: "Admit", batch: 10, window: undefined },
  { name: "Dns", batch: 1000, window: 2 },
  { name: "Answer", batch: 10, window: undefined },
])("$name takes batches, two at a time, and fails single messages", ({ name, batch, window }) => {
  const mapping = mappings.find((one) => target(at(one, "EventSourceArn")) === `${name}Queue`);
  expect(mapping?.Properties).toMatchObject({
    BatchSize: batch,
    ...(window === undefined ? {} : { MaximumBatchingWindowInSeconds: window }),
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    ScalingConfig: { MaximumConcurrency: 2 },
  });
  expect(at(named(`${name}Queue`), "VisibilityTimeout")).toBe(6 * Number(at(named(`${name}LambdaFunction`), "Timeout")));
});

test("the log's stream is read from its beginning, in halves when it fails, and what stays is kept", () => {
  const mapping = mappings.find((one) => target(at(one, "EventSourceArn")) === "AuditLogTable");
  expect(mapping?.Properties).toMatchObject({
    BatchSize: 100,
    StartingPosition: "TRIM_HORIZON",
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    MaximumRetryAttempts: 5,
    MaximumRecordAgeInSeconds: 86_400,
    DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": ["PublishFailures", "Arn"] } } },
  });
  expect(mapping?.Properties).not.toHaveProperty("MaximumBatchingWindowInSeconds");
});

test.each(["Notify", "Slack", "Sweep", "Checkpoint"])("what %s gives up on is kept, by the function's own role", (name) => {
  const config = ofType("AWS::Lambda::EventInvokeConfig").find((one) => target(at(one, "FunctionName")) === `${name}LambdaFunction`);
  expect(config && target(at(config, "DestinationConfig", "OnFailure", "Destination"))).toBe(`${name}Failures`);
  const sends = roleStatements.filter(({ holder, actions }) => holder === `${name}Role` && actions.includes("sqs:SendMessage"));
  expect(sends.flatMap(({ resources }) => resources)).toContain(`${name}Failures.Arn`);
});

/** The queues that a service may write to on behalf of a source. */
function mayWrite(service: string, source: unknown): (string | undefined)[] {
  return resourcePolicyStatements
    .filter(({ principal }) => JSON.stringify(principal) === JSON.stringify({ Service: service }))
    .filter(({ condition }) => JSON.stringify(condition["ArnEquals"]?.["aws:SourceArn"]) === JSON.stringify(source))
    .flatMap(({ resources }) => resources.map((resource) => resource.replace(/\.Arn$/, "")));
}

/** What a function may wake by a message, itself among them. */
function wakes(id: string): Set<string> {
  const woken = new Set<string>();
  const follow = (from: string): void => {
    const role = target(at(named(from), "Role"));
    const sent = roleStatements.filter(({ holder, actions }) => holder === role && actions.includes("sqs:SendMessage"));
    const queues = new Set(sent.flatMap(({ resources }) => resources.map((arn) => arn.replace(/\.Arn$/, ""))));
    for (const mapping of ofType("AWS::Lambda::EventSourceMapping")) {
      const next = target(at(mapping, "FunctionName")) ?? "";
      if (!queues.has(target(at(mapping, "EventSourceArn")) ?? "") || woken.has(next)) continue;
      woken.add(next);
      follow(next);
    }
  };
  follow(id);
  return woken;
}

test("a function that its own messages wake again is not stopped by Lambda for that, and no other is let loop", () => {
  const lambdas = ofType("AWS::Lambda::Function");
  const looping = lambdas.filter(({ id }) => wakes(id).has(id)).map(({ id }) => id);
  expect(looping).toContain("DnsLambdaFunction");
  expect(lambdas.filter((lambda) => at(lambda, "RecursiveLoop") === "Allow").map(({ id }) => id)).toEqual(looping);
});
