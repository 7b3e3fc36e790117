// EventBridge as real SDK clients see it: rules and their targets, permissions, retries and dead letters.
import {
  DescribeRuleCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  DeleteRuleCommand,
  TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { ReceiveMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { clients, eventually, type Clients } from "./clients.fixture.ts";
import { arn, functionOf, packages, queuePolicy, roleOf } from "./functions.fixture.ts";

const zips = packages({ seen: `exports.handler = async (event) => console.log("seen", JSON.stringify(event));` });

const rule = (pattern: object, target: object): object => ({
  Type: "AWS::Events::Rule",
  Properties: { EventBusName: { Ref: "Bus" }, EventPattern: pattern, Targets: [{ Id: "it", ...target }] },
});

const template = {
  Resources: {
    Bus: { Type: "AWS::Events::EventBus", Properties: { Name: { Ref: "AWS::StackName" } } },
    Role: roleOf(),
    Seen: functionOf("seen"),
    Approved: { Type: "AWS::SQS::Queue" },
    Closed: { Type: "AWS::SQS::Queue" },
    Dead: { Type: "AWS::SQS::Queue" },
    ApprovedRule: rule(
      { source: ["drawbridge"], "detail-type": [{ prefix: "Connection" }] },
      {
        Arn: arn("Approved"),
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: arn("Dead") },
      },
    ),
    ApprovedPolicy: queuePolicy("Approved", "events.amazonaws.com", arn("ApprovedRule")),
    ClosedRule: rule({ "detail-type": ["Closed"] }, { Arn: arn("Closed"), DeadLetterConfig: { Arn: arn("Dead") } }),
    DeadPolicy: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        Queues: [{ Ref: "Dead" }],
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn("Dead") },
          ],
        },
      },
    },
    SeenRule: rule(
      { "detail-type": ["ForFunction"] },
      {
        Arn: arn("Seen"),
        InputTransformer: {
          InputPathsMap: { who: "$.detail.who", n: "$.detail.n" },
          InputTemplate: '{"text":"hello <who>","n":<n>,"rule":"<aws.events.rule-name>"}',
        },
      },
    ),
    SeenPermission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        FunctionName: { Ref: "Seen" },
        Action: "lambda:InvokeFunction",
        Principal: "events.amazonaws.com",
        SourceArn: arn("SeenRule"),
      },
    },
    BarredRule: rule({ "detail-type": ["ForNobody"] }, { Arn: arn("Seen"), DeadLetterConfig: { Arn: arn("Dead") } }),
  },
  Outputs: {
    Bus: { Value: { Ref: "Bus" } },
    Approved: { Value: { Ref: "Approved" } },
    Dead: { Value: { Ref: "Dead" } },
    ClosedArn: { Value: arn("Closed") },
    ClosedRuleArn: { Value: arn("ClosedRule") },
    SeenArn: { Value: arn("Seen") },
  },
};

let local: LocalAws;
let sdk: Clients;

beforeAll(async () => {
  local = await startLocalAws({ template, artifacts: [zips.folder], delays: { ruleRetry: 20 } });
  sdk = clients(local.aws);
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

async function put(DetailType: string, detail: object): Promise<string | undefined> {
  const answer = await sdk.events.send(
    new PutEventsCommand({
      Entries: [
        { EventBusName: local.outputs["Bus"], Source: "drawbridge", DetailType, Detail: JSON.stringify(detail), Resources: ["arn:x"] },
      ],
    }),
  );
  return answer.Entries?.[0]?.EventId;
}

async function received(output: string): Promise<Message> {
  return eventually(async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: local.outputs[output],
      WaitTimeSeconds: 1,
      VisibilityTimeout: 600,
      MessageAttributeNames: ["All"],
    });
    return (await sdk.sqs.send(command)).Messages?.[0];
  }, `a message in ${output}`);
}

describe("events", () => {
  it("reach the queues of the rules that match, as AWS shapes them", async () => {
    const id = await put("ConnectionApproved", { endpoint: "vpce-1" });
    await put("EntryAdded", { endpoint: "vpce-2" });
    const event: unknown = JSON.parse((await received("Approved")).Body ?? "{}");
    expect(event).toEqual({
      version: "0",
      id,
      "detail-type": "ConnectionApproved",
      source: "drawbridge",
      account: "111111111111",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: "eu-west-1",
      resources: ["arn:x"],
      detail: { endpoint: "vpce-1" },
    });
  });

  it("reach functions, transformed", async () => {
    await put("ForFunction", { who: 'the "one"', n: 5 });
    const line = await eventually(() => local.logs("Seen").find((one) => one.startsWith("seen")), "the function");
    expect(JSON.parse(line.slice(5))).toEqual({ text: 'hello the "one"', n: 5, rule: expect.stringContaining("SeenRule") });
  });

  it("are tried again when a target is throttled", async () => {
    local.faults.failDeliveries(2);
    await put("ConnectionApproved", { endpoint: "vpce-3" });
    expect((await received("Approved")).Body).toContain("vpce-3");
  });

  it("go to the dead-letter queue when the attempts are used up", async () => {
    local.faults.failDeliveries(4);
    await put("ConnectionDenied", { endpoint: "vpce-4" });
    const { Body, MessageAttributes } = await received("Dead");
    expect(Body).toContain("vpce-4");
    expect(MessageAttributes?.["RETRY_ATTEMPTS"]?.StringValue).toBe("3");
    expect(MessageAttributes?.["EXHAUSTED_RETRY_CONDITION"]?.StringValue).toBe("MaximumRetryAttempts");
  });

  it("go there at once when the queue's policy does not let the rule in", async () => {
    await put("Closed", { endpoint: "vpce-5" });
    const { Body, MessageAttributes } = await received("Dead");
    expect(Body).toContain("vpce-5");
    expect(MessageAttributes?.["ERROR_CODE"]?.StringValue).toBe("NO_PERMISSIONS");
    expect(MessageAttributes?.["TARGET_ARN"]?.StringValue).toBe(local.outputs["ClosedArn"]);
    expect(MessageAttributes?.["RULE_ARN"]?.StringValue).toBe(local.outputs["ClosedRuleArn"]);
    expect(MessageAttributes).not.toHaveProperty("RETRY_ATTEMPTS");
  });

  it("go there when the function's policy names another rule only", async () => {
    await put("ForNobody", { endpoint: "vpce-6" });
    expect((await received("Dead")).MessageAttributes?.["ERROR_CODE"]?.StringValue).toBe("NO_PERMISSIONS");
  });
});

describe("PutEvents refuses", () => {
  it("entries one by one", async () => {
    const { Entries, FailedEntryCount } = await sdk.events.send(
      new PutEventsCommand({
        Entries: [
          { Source: "a", DetailType: "b", Detail: "{}" },
          { Source: "a", DetailType: "b", Detail: "{" },
          { DetailType: "b", Detail: "{}" },
          { Source: "aws.ec2", DetailType: "b", Detail: "{}" },
        ],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries?.map((entry) => entry.ErrorCode)).toEqual([
      undefined,
      "MalformedDetail",
      "InvalidArgument",
      "NotAuthorizedForSourceException",
    ]);
  });

  it("more than ten entries, and more than 1 MiB", async () => {
    const entry = { Source: "a", DetailType: "b", Detail: "{}" };
    await expect(sdk.events.send(new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => entry) }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    const large = { ...entry, Detail: JSON.stringify({ text: "x".repeat(1_048_576) }) };
    await expect(sdk.events.send(new PutEventsCommand({ Entries: [large] }))).rejects.toThrow(
      "Total size of the entries in the request is over the limit.",
    );
  });
});

describe("rules", () => {
  it("are made, listed and removed over the wire", async () => {
    const Name = "by-hand";
    const pattern = JSON.stringify({ source: ["x"] });
    const { RuleArn } = await sdk.events.send(new PutRuleCommand({ Name, EventPattern: pattern }));
    expect(RuleArn).toBe("arn:aws:events:eu-west-1:111111111111:rule/by-hand");
    await sdk.events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: "one", Arn: local.outputs["ClosedArn"] }] }));
    expect((await sdk.events.send(new DescribeRuleCommand({ Name }))).EventPattern).toBe(pattern);
    expect((await sdk.events.send(new ListRulesCommand({ NamePrefix: "by-" }))).Rules?.map((one) => one.Name)).toEqual([Name]);
    expect((await sdk.events.send(new ListTargetsByRuleCommand({ Rule: Name }))).Targets).toEqual([
      { Id: "one", Arn: local.outputs["ClosedArn"] },
    ]);
    await expect(sdk.events.send(new DeleteRuleCommand({ Name }))).rejects.toMatchObject({ name: "ValidationException" });
    await sdk.events.send(new RemoveTargetsCommand({ Rule: Name, Ids: ["one"] }));
    await sdk.events.send(new DeleteRuleCommand({ Name }));
    await expect(sdk.events.send(new DescribeRuleCommand({ Name }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("with a wrong pattern are refused", async () => {
    await expect(sdk.events.send(new PutRuleCommand({ Name: "wrong", EventPattern: '{"source":"x"}' }))).rejects.toMatchObject({
      name: "InvalidEventPatternException",
    });
    await expect(sdk.events.send(new PutRuleCommand({ Name: "wrong", ScheduleExpression: "rate(1 minutes)" }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    const tested = await sdk.events.send(new TestEventPatternCommand({ EventPattern: '{"source":["x"]}', Event: '{"source":"x"}' }));
    expect(tested.Result).toBe(true);
  });
});
