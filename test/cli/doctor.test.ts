// What doctor sees of a stack with the caller's own credentials: sources that fail or are gone, a stream that is behind, no trail, a domain.
import { afterAll, beforeAll, expect, test } from "vitest";

import { alarms } from "../../cli/doctor/alarms.ts";
import { domain } from "../../cli/doctor/domain.ts";
import { lag, sources } from "../../cli/doctor/sources.ts";
import { resourcesOf, stackOf, type Resources, type Shown } from "../../cli/doctor/stack.ts";
import { trail } from "../../cli/doctor/trail.ts";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { until } from "../deploy/place.ts";
import { allow, arn, functionOf, packages, roleOf } from "../local/functions.fixture.ts";

const zips = packages({ failing: `exports.handler = async () => { throw new Error("no"); };` });
const stream = { "Fn::GetAtt": ["AuditLogTable", "StreamArn"] };
const mapping = {
  Type: "AWS::Lambda::EventSourceMapping",
  Properties: { EventSourceArn: stream, FunctionName: arn("PublishLambdaFunction"), StartingPosition: "TRIM_HORIZON" },
};

/** As much of the stack as these looks are about: its one function fails on whatever the log's stream brings. */
const template = {
  Resources: {
    PublishRole: roleOf([
      allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream),
      allow("dynamodb:ListStreams", "*"),
    ]),
    PublishLambdaFunction: functionOf("failing", {}, "PublishRole"),
    PublishEventSourceMappingDynamodbAuditLogTable: mapping,
    AuditLogTable: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "subject", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "subject", KeyType: "HASH" }],
        StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      },
    },
    // It rings at once: whatever is read from the stream is older than this.
    PublishBehindAlarm: { Type: "AWS::CloudWatch::Alarm", Properties: { AlarmDescription: "Late", Threshold: 0 } },
  },
};

let local: LocalAws;
let stack: Shown;
let resources: Resources;
let hasTrail = true;

beforeAll(async () => {
  local = await startLocalAws({
    template,
    artifacts: [zips.folder],
    delays: { streamRetry: 20 },
    get hasTrail() {
      return hasTrail;
    },
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: local.aws,
    AWS_REGION: local.region,
    AWS_ACCESS_KEY_ID: local.account,
    AWS_SECRET_ACCESS_KEY: "any",
  });
  const { name } = local.stack;
  [stack, resources] = await Promise.all([stackOf(local.region, name), resourcesOf(local.region, name)]);
});
afterAll(async () => {
  delete process.env["AWS_ENDPOINT_URL"];
  await local.close();
  zips.remove();
});

test("a source that has had nothing to do is well, and so is a stream without events", async () => {
  expect(await sources(stack, resources)).toMatchObject([{ state: "ok", message: "1 sources wake them" }]);
  expect(await lag(stack, resources)).toMatchObject([{ state: "ok" }]);
});

test("a function that fails on what a source brings, and a stream that falls behind by it", async () => {
  const [TableName] = [resources.get("AuditLogTable")?.id];
  await local.call("dynamodb", "PutItem", { TableName, Item: { subject: { S: "connection#vpce-0123456789abcdef0" } } });
  const [problem] = await until("a problem", async () => {
    const found = await sources(stack, resources);
    return found[0]?.state === "failed" ? found : undefined;
  });
  expect(problem).toEqual({
    about: "publish",
    state: "failed",
    message: "Lambda could not wake it: PROBLEM: Function call failed",
    mend: "npm run deploy -- repair",
  });
  expect(await lag(stack, resources)).toMatchObject([
    { about: "stream", state: "failed", mend: `aws logs tail /aws/lambda/${stack.name}-publish --since 30m` },
  ]);
});

test("a source that is switched off, or gone", async () => {
  const UUID = resources.get("PublishEventSourceMappingDynamodbAuditLogTable")?.id ?? "";
  await local.call("lambda", "UpdateEventSourceMapping", { UUID, Enabled: false });
  expect(await sources(stack, resources)).toMatchObject([
    { about: "publish", mend: `aws lambda update-event-source-mapping --uuid ${UUID} --enabled` },
  ]);
  const gone = new Map([
    ["PublishEventSourceMappingDynamodbAuditLogTable", { id: "00000000-0000-4000-8000-000000000000", type: mapping.Type }],
  ]);
  expect(await sources(stack, gone)).toMatchObject([
    { about: "publish", message: "what wakes it is gone", mend: "npm run deploy -- repair" },
  ]);
});

test("alarms that are gone are told, and a stream is not judged without the one that says how late is too late", async () => {
  const without = (ids: readonly string[]): Resources =>
    new Map([...resources, ...ids.map((id) => [id, { id: `gone-${id}`, type: "AWS::CloudWatch::Alarm" }] as const)]);
  expect(await alarms(stack, resources)).toEqual([{ about: "alarms", state: "ok", message: "1 are quiet" }]);
  expect(await alarms(stack, without(["SweepFailuresAlarm"]))).toEqual([
    { about: "alarms", state: "failed", message: "SweepFailuresAlarm is gone: nobody is told", mend: "npm run deploy -- repair" },
    { about: "alarms", state: "ok", message: "1 are quiet" },
  ]);
  expect(await alarms(stack, without(["SweepFailuresAlarm", "PublishBehindAlarm"]))).toEqual([
    {
      about: "alarms",
      state: "failed",
      message: "PublishBehindAlarm, SweepFailuresAlarm are gone: nobody is told",
      mend: "npm run deploy -- repair",
    },
  ]);
  expect(await lag(stack, without(["PublishBehindAlarm"]))).toMatchObject([
    { about: "stream", state: "not readable", message: expect.stringContaining("PublishBehindAlarm is gone") as string },
  ]);
});

test("the alarms of one stack are not those of another that came after it", async () => {
  const template = JSON.stringify({ Resources: { Other: { Type: "AWS::CloudWatch::Alarm", Properties: { AlarmDescription: "Other" } } } });
  const set = { StackName: "other", ChangeSetName: "first", ChangeSetType: "CREATE", TemplateBody: template };
  await local.call("cloudformation", "CreateChangeSet", set);
  await local.call("cloudformation", "ExecuteChangeSet", { StackName: "other", ChangeSetName: "first" });
  await local.idle();
  expect(await alarms(stack, resources)).toEqual([{ about: "alarms", state: "ok", message: "1 are quiet" }]);
});

test("with a trail it is well, and without one nobody learns who acted", async () => {
  expect(await trail(stack)).toMatchObject([{ state: "ok" }]);
  hasTrail = false;
  expect(await trail(stack)).toMatchObject([
    { about: "trail", state: "failed", mend: expect.stringContaining("aws cloudtrail create-trail") as string },
  ]);
  hasTrail = true;
});

const named: Shown = {
  name: "drawbridge-dev",
  region: "eu-west-1",
  status: "CREATE_COMPLETE",
  parameters: { DomainName: "drawbridge.example.com" },
  outputs: { DomainTarget: "d-abc.execute-api.eu-west-1.amazonaws.com" },
};
const target = named.outputs["DomainTarget"] ?? "";

test.each([
  ["an alias by name", { "drawbridge.example.com": { alias: [target], addresses: ["192.0.2.1"] } }, "ok"],
  [
    "an alias of Route 53",
    { "drawbridge.example.com": { addresses: ["192.0.2.1"] }, [target]: { addresses: ["192.0.2.1", "192.0.2.2"] } },
    "ok",
  ],
  ["no record", {}, "failed"],
  ["something between", { "drawbridge.example.com": { alias: ["cdn.example.net"], addresses: ["198.51.100.7"] } }, "not readable"],
])("the domain with %s", async (_what, records: Readonly<Record<string, { alias?: string[]; addresses?: string[] }>>, state) => {
  const resolver = {
    alias: (name: string) => Promise.resolve(records[name]?.alias ?? []),
    addresses: (name: string) => Promise.resolve(records[name]?.addresses ?? []),
  };
  expect(await domain(named, resolver)).toMatchObject([{ about: "drawbridge.example.com", state }]);
  expect(await domain({ ...named, parameters: {} }, resolver)).toEqual([]);
});
