// What somebody did to a stack past CloudFormation: seen and put right by a change set that reverts drift, and by no other.
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
  type ResourceChange,
} from "@aws-sdk/client-cloudformation";
import { GetFunctionCommand, LambdaClient, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { functionOf, packages, roleOf } from "./functions.fixture.ts";

const zips = packages({ one: `exports.handler = async () => process.env.QUEUE;` });
const account = "111111111111";
let local: LocalAws;
let client: CloudFormationClient;
let lambda: LambdaClient;

const arn = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });
const queuePolicy = (Id?: string) => ({
  Version: "2012-10-17",
  ...(Id === undefined ? {} : { Id }),
  Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn("Queue") }],
});
const resources = (id?: string) => ({
  Role: roleOf(),
  Answer: functionOf("one", { FunctionName: "answer", Environment: { Variables: { QUEUE: { Ref: "Queue" } } } }),
  Queue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 30 } },
  QueuePolicy: { Type: "AWS::SQS::QueuePolicy", Properties: { Queues: [{ Ref: "Queue" }], PolicyDocument: queuePolicy(id) } },
  Topic: { Type: "AWS::SNS::Topic" },
  Subscription: {
    Type: "AWS::SNS::Subscription",
    Properties: { TopicArn: { Ref: "Topic" }, Protocol: "sqs", Endpoint: arn("Queue"), RawMessageDelivery: true },
  },
  Rule: {
    Type: "AWS::Events::Rule",
    Properties: { EventPattern: { source: ["test"] }, Targets: [{ Id: "queue", Arn: arn("Queue") }] },
  },
});

beforeAll(async () => {
  local = await startLocalAws({ bare: true, account, artifacts: [zips.folder], processesMax: 1 });
  const settings = { endpoint: local.aws, region: local.region, credentials: { accessKeyId: account, secretAccessKey: "x" } };
  client = new CloudFormationClient(settings);
  lambda = new LambdaClient(settings);
  await change({ ChangeSetType: "CREATE" });
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

interface Asked {
  readonly ChangeSetType?: "CREATE" | "UPDATE";
  readonly DeploymentMode?: "REVERT_DRIFT";
  readonly id?: string;
}

async function change({ id, ...asked }: Asked): Promise<readonly ResourceChange[]> {
  const { Id } = await client.send(
    new CreateChangeSetCommand({
      StackName: "test",
      ChangeSetName: `set-${String(Math.random()).slice(2)}`,
      Capabilities: ["CAPABILITY_IAM"],
      TemplateBody: JSON.stringify({ Resources: resources(id) }),
      ...asked,
    }),
  );
  const { Status, Changes = [] } = await client.send(new DescribeChangeSetCommand({ ChangeSetName: Id }));
  if (Status === "CREATE_COMPLETE") await client.send(new ExecuteChangeSetCommand({ ChangeSetName: Id }));
  await local.idle();
  return Changes.flatMap(({ ResourceChange }) => ResourceChange ?? []);
}

const idOf = (logicalId: string): string => local.stack.resources.find((one) => one.logicalId === logicalId)?.physicalId ?? "";
const told = (changes: readonly ResourceChange[]): string[] =>
  changes.map(
    ({ LogicalResourceId, Action, ResourceDriftStatus }) => `${LogicalResourceId ?? ""} ${Action ?? ""} ${ResourceDriftStatus ?? ""}`,
  );
const policyNow = async (): Promise<unknown> =>
  (
    (await local.call("sqs", "GetQueueAttributes", { QueueUrl: idOf("Queue"), AttributeNames: ["Policy"] }))["Attributes"] as {
      Policy?: string;
    }
  ).Policy;

test("the same template again changes nothing, whatever was done", async () => {
  await local.call("sqs", "SetQueueAttributes", { QueueUrl: idOf("Queue"), Attributes: { VisibilityTimeout: "31", Policy: "" } });
  expect(await change({})).toEqual([]);
  expect(await policyNow()).toBe(undefined);
});

test("reverting drift changes back what can be read; a queue's policy cannot, and is written again only when it reads otherwise", async () => {
  await local.call("events", "DisableRule", { Name: idOf("Rule") });
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "answer", Environment: { Variables: { QUEUE: "none" } } }));
  expect(told(await change({ DeploymentMode: "REVERT_DRIFT" }))).toEqual([
    "Queue Modify MODIFIED",
    "Answer Modify MODIFIED",
    "Rule Modify MODIFIED",
  ]);
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "answer" }));
  expect(Configuration?.Environment?.Variables).toEqual({ QUEUE: idOf("Queue") });
  expect(await local.call("events", "DescribeRule", { Name: idOf("Rule") })).toMatchObject({ State: "ENABLED" });
  expect(await policyNow()).toBe(undefined);
  expect(told(await change({ DeploymentMode: "REVERT_DRIFT", id: "again" }))).toEqual(["QueuePolicy Modify "]);
  expect(await policyNow()).toContain("sqs:SendMessage");
});

test("what is gone is made anew, and whoever refers to it follows", async () => {
  const [queue, topic] = [idOf("Queue"), idOf("Topic")];
  await local.call("sqs", "DeleteQueue", { QueueUrl: queue });
  await local.call("sns", "Unsubscribe", { SubscriptionArn: idOf("Subscription") });
  const changes = told(await change({ DeploymentMode: "REVERT_DRIFT", id: "again" }));
  expect(changes).toEqual(expect.arrayContaining(["Queue Add DELETED", "Subscription Add DELETED", "Answer Modify ", "Rule Modify "]));
  expect(idOf("Queue")).not.toBe(queue);
  expect(idOf("Topic")).toBe(topic);
  await local.call("sns", "Publish", { TopicArn: topic, Message: "it goes on" });
  await local.idle();
  expect(await local.call("sqs", "ReceiveMessage", { QueueUrl: idOf("Queue") })).toMatchObject({ Messages: [{ Body: "it goes on" }] });
  expect(told(await change({ DeploymentMode: "REVERT_DRIFT", id: "again" }))).toEqual([]);
});
