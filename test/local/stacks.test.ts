// Stacks over the wire: made by change sets, changed in place, replaced, brought back when a change fails, and taken down.
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type CreateChangeSetCommandInput,
  type DescribeChangeSetCommandOutput,
} from "@aws-sdk/client-cloudformation";
import { DeleteObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { functionOf, packages, roleOf } from "./functions.fixture.ts";

const zips = packages({
  one: `exports.handler = async () => ({ version: 1, setting: process.env.SETTING });`,
  two: `exports.handler = async () => ({ version: 2, setting: process.env.SETTING });`,
});
const account = "111111111111";
let local: LocalAws;
let client: CloudFormationClient;
let s3: S3Client;

beforeAll(async () => {
  local = await startLocalAws({ bare: true, account, artifacts: [zips.folder], processesMax: 1 });
  const settings = { endpoint: local.aws, region: local.region, credentials: { accessKeyId: account, secretAccessKey: "x" } };
  client = new CloudFormationClient(settings);
  s3 = new S3Client(settings);
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

type Members = Readonly<Record<string, unknown>>;

const base = {
  Role: roleOf(),
  Answer: functionOf("one", { FunctionName: "answer", Environment: { Variables: { SETTING: "a" } } }),
  Queue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 30 } },
  Table: {
    Type: "AWS::DynamoDB::Table",
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    },
  },
};

async function propose(resources: Members, more: Partial<CreateChangeSetCommandInput> = {}): Promise<DescribeChangeSetCommandOutput> {
  const { Id } = await client.send(
    new CreateChangeSetCommand({
      StackName: "test",
      ChangeSetName: `set-${String(Math.random()).slice(2)}`,
      Capabilities: ["CAPABILITY_IAM"],
      TemplateBody: JSON.stringify({ Resources: resources, Outputs: { QueueUrl: { Value: { Ref: "Queue" } } } }),
      ...more,
    }),
  );
  return client.send(new DescribeChangeSetCommand({ ChangeSetName: Id }));
}

async function change(resources: Members, more: Partial<CreateChangeSetCommandInput> = {}): Promise<string> {
  const { ChangeSetId } = await propose(resources, more);
  await client.send(new ExecuteChangeSetCommand({ ChangeSetName: ChangeSetId }));
  await local.idle();
  return status();
}

async function status(): Promise<string> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: "test" }));
  return Stacks[0]?.StackStatus ?? "";
}

const idOf = (logicalId: string): string => local.stack.resources.find((one) => one.logicalId === logicalId)?.physicalId ?? "";
const answer = async (): Promise<unknown> => JSON.parse((await local.invoke("answer")).payload);

test("a stack is made by its first change set, and is nothing before", async () => {
  const set = await propose(base, { ChangeSetType: "CREATE" });
  expect(set.Changes?.map(({ ResourceChange }) => ResourceChange?.Action)).toEqual(["Add", "Add", "Add", "Add"]);
  expect(await status()).toBe("REVIEW_IN_PROGRESS");
  await client.send(new ExecuteChangeSetCommand({ ChangeSetName: set.ChangeSetId }));
  await local.idle();
  expect(await status()).toBe("CREATE_COMPLETE");
  expect(await answer()).toEqual({ version: 1, setting: "a" });
});

test("roles need the caller's consent", async () => {
  await expect(propose(base, { Capabilities: [] })).rejects.toThrow("Requires capabilities : [CAPABILITY_IAM]");
});

test("nothing to change is a change set that failed", async () => {
  const set = await propose(base);
  expect(set).toMatchObject({ Status: "FAILED", StatusReason: expect.stringContaining("didn't contain changes") as string });
  await expect(client.send(new ExecuteChangeSetCommand({ ChangeSetName: set.ChangeSetId }))).rejects.toThrow("cannot be executed");
});

test("code, settings and attributes change in place; what is called goes on being called so", async () => {
  const queue = idOf("Queue");
  const next = {
    ...base,
    Answer: functionOf("two", { FunctionName: "answer", Environment: { Variables: { SETTING: "b" } } }),
    Queue: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 60 } },
    More: { Type: "AWS::SQS::Queue" },
  };
  expect(await change(next)).toBe("UPDATE_COMPLETE");
  expect(await answer()).toEqual({ version: 2, setting: "b" });
  expect(idOf("Queue")).toBe(queue);
  const attributes = await local.call("sqs", "GetQueueAttributes", { QueueUrl: queue, AttributeNames: ["VisibilityTimeout"] });
  expect(attributes["Attributes"]).toEqual({ VisibilityTimeout: "60" });
  expect(await change(base)).toBe("UPDATE_COMPLETE");
  expect(idOf("More")).toBe("");
});

test("a change that fails half-way brings everything back", async () => {
  const queue = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 90 } };
  const broken = { Type: "AWS::SQS::Queue", Properties: { QueueName: "not a name" }, DependsOn: ["Queue", "New"] };
  expect(await change({ ...base, Queue: queue, New: { Type: "AWS::SQS::Queue" }, Broken: broken })).toBe("UPDATE_ROLLBACK_COMPLETE");
  const attributes = await local.call("sqs", "GetQueueAttributes", { QueueUrl: idOf("Queue"), AttributeNames: ["VisibilityTimeout"] });
  expect(attributes["Attributes"]).toEqual({ VisibilityTimeout: "30" });
  expect(idOf("New")).toBe("");
  expect((await local.call("sqs", "ListQueues", {}))["QueueUrls"]).toHaveLength(1);
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: "test" }));
  const failed = StackEvents.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED");
  expect(failed).toMatchObject({ LogicalResourceId: "Broken", ResourceStatusReason: expect.stringContaining("alphanumeric") as string });
});

test("a policy longer than IAM takes is refused", async () => {
  const statement = (bytes: number) => ({ Effect: "Allow", Action: "sqs:SendMessage", Resource: `arn:aws:sqs:*:*:${"a".repeat(bytes)}` });
  const policy = (bytes: number) => ({
    Type: "AWS::IAM::ManagedPolicy",
    Properties: { PolicyDocument: { Version: "2012-10-17", Statement: [statement(bytes)] } },
  });
  expect(await change({ ...base, Policy: policy(6144) })).toBe("UPDATE_ROLLBACK_COMPLETE");
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: "test" }));
  expect(StackEvents.map(({ ResourceStatusReason = "" }) => ResourceStatusReason).join("\n")).toContain("quota for PolicySize: 6144");
  expect(await change({ ...base, Policy: policy(6000) })).toBe("UPDATE_COMPLETE");
});

test("another key makes another table; the old one is kept where the template says so", async () => {
  const old = idOf("Table");
  const properties = {
    ...base.Table.Properties,
    KeySchema: [{ AttributeName: "other", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "other", AttributeType: "S" }],
  };
  const next = { ...base, Table: { ...base.Table, Properties: properties } };
  const [row] = (await propose(next)).Changes ?? [];
  expect(row?.ResourceChange).toMatchObject({ LogicalResourceId: "Table", Action: "Modify", Replacement: "True" });
  expect(await change(next)).toBe("UPDATE_COMPLETE");
  expect(idOf("Table")).not.toBe(old);
  expect((await local.call("dynamodb", "ListTables", {}))["TableNames"]).toContain(old);
});

test("what cannot be cleaned up after an update is told, and the update stands", async () => {
  expect(await change({ ...base, Bucket: { Type: "AWS::S3::Bucket" } })).toBe("UPDATE_COMPLETE");
  const Bucket = idOf("Bucket");
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "b" }));
  const queue = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 40 } };
  expect(await change({ ...base, Queue: queue })).toBe("UPDATE_COMPLETE");
  const attributes = await local.call("sqs", "GetQueueAttributes", { QueueUrl: idOf("Queue"), AttributeNames: ["VisibilityTimeout"] });
  expect(attributes["Attributes"]).toEqual({ VisibilityTimeout: "40" });
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: "test" }));
  const told = StackEvents.slice(0, 4).map((event) => `${event.LogicalResourceId ?? ""} ${event.ResourceStatus ?? ""}`);
  expect(told.toReversed()).toEqual([
    "test UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "Bucket DELETE_IN_PROGRESS",
    "Bucket DELETE_FAILED",
    "test UPDATE_COMPLETE",
  ]);
});

test("what AWS changes where it is, and local AWS cannot, is refused and not replaced", async () => {
  const network = (name: string) => ({
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
    Routes: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: { Ref: "Vpc" }, Tags: [{ Key: "Name", Value: name }] } },
  });
  expect(await change({ ...base, ...network("a") })).toBe("UPDATE_COMPLETE");
  const routes = idOf("Routes");
  expect((await propose({ ...base, ...network("b") })).Changes?.map(({ ResourceChange }) => ResourceChange?.Replacement)).toEqual([
    "False",
  ]);
  expect(await change({ ...base, ...network("b") })).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect(idOf("Routes")).toBe(routes);
});

const kept = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" };
const around = {
  Table: base.Table,
  KeptBucket: { Type: "AWS::S3::Bucket", ...kept },
  Key: { Type: "AWS::KMS::Key", ...kept, Properties: { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY", PendingWindowInDays: 7 } },
};
const ids: Record<string, string> = {};

test("it is taken down but for what is kept, once its buckets are empty", async () => {
  const more = { OtherKey: { ...around.Key, DeletionPolicy: "Delete" }, Bucket: { Type: "AWS::S3::Bucket" } };
  expect(await change({ ...base, ...around, ...more })).toBe("UPDATE_COMPLETE");
  for (const logicalId of [...Object.keys(around), "OtherKey"]) ids[logicalId] = idOf(logicalId);
  const [Bucket, { id: StackName }] = [idOf("Bucket"), local.stack];
  await s3.send(new PutObjectCommand({ Bucket, Key: "a/b c", Body: Buffer.from([0, 255, 128]) }));
  await client.send(new DeleteStackCommand({ StackName }));
  await local.idle();
  expect(await status()).toBe("DELETE_FAILED");
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a/b c" }));
  await client.send(new DeleteStackCommand({ StackName }));
  await local.idle();
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  expect(Stacks[0]?.StackStatus).toBe("DELETE_COMPLETE");
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  const names = Buckets?.map(({ Name }) => Name);
  expect(names).toContain(ids["KeptBucket"]);
  expect(names).not.toContain(Bucket);
  const stateOf = async (KeyId = ""): Promise<unknown> => (await local.call("kms", "DescribeKey", { KeyId }))["KeyMetadata"];
  expect(await stateOf(ids["Key"])).toMatchObject({ KeyState: "Enabled" });
  expect(await stateOf(ids["OtherKey"])).toMatchObject({ KeyState: "PendingDeletion" });
});

test("a key that was to be deleted comes back switched off", async () => {
  const KeyId = ids["OtherKey"];
  const sign = { KeyId, SigningAlgorithm: "ECDSA_SHA_256", Message: Buffer.from("x").toString("base64") };
  await expect(local.call("kms", "Sign", sign)).rejects.toThrow("is pending deletion");
  await local.call("kms", "CancelKeyDeletion", { KeyId });
  await expect(local.call("kms", "Sign", sign)).rejects.toThrow("is disabled");
  await local.call("kms", "EnableKey", { KeyId });
  expect(await local.call("kms", "Sign", sign)).toMatchObject({ SigningAlgorithm: "ECDSA_SHA_256" });
});

test("a new stack is made around a table, a bucket and a key that are there", async () => {
  const identifiers = { Table: "TableName", KeptBucket: "BucketName", Key: "KeyId" } as const;
  const create = new CreateChangeSetCommand({
    StackName: "around",
    ChangeSetName: "import",
    ChangeSetType: "IMPORT",
    TemplateBody: JSON.stringify({ Resources: around }),
    ResourcesToImport: Object.entries(identifiers).map(([LogicalResourceId, identifier]) => ({
      ResourceType: around[LogicalResourceId as keyof typeof around].Type,
      LogicalResourceId,
      ResourceIdentifier: { [identifier]: ids[LogicalResourceId] ?? "" },
    })),
  });
  const { Id } = await client.send(create);
  await client.send(new ExecuteChangeSetCommand({ ChangeSetName: Id }));
  await local.idle();
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: "around" }));
  expect(Stacks[0]?.StackStatus).toBe("IMPORT_COMPLETE");
  for (const logicalId of Object.keys(identifiers)) expect(idOf(logicalId)).toBe(ids[logicalId]);
});

test("an alarm is found whatever stack was made after its own", async () => {
  const Alarm = { Type: "AWS::CloudWatch::Alarm", Properties: { AlarmName: "late", MetricName: "IteratorAge", Threshold: 300_000 } };
  for (const [StackName, resources] of [
    ["watched", { Alarm, Queue: base.Queue }],
    ["another", { Queue: base.Queue }],
  ] as const) {
    const { ChangeSetId } = await propose(resources, { StackName, ChangeSetType: "CREATE" });
    await client.send(new ExecuteChangeSetCommand({ ChangeSetName: ChangeSetId }));
    await local.idle();
  }
  expect(await local.call("monitoring", "DescribeAlarms", { AlarmNames: ["late"] })).toMatchObject({
    MetricAlarms: [{ AlarmName: "late", Threshold: 300_000 }],
  });
});
