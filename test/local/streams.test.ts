// From a table to a function: what is written comes in order, and a poison record ends in the queue of failures.
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { clients, eventually } from "./clients.fixture.ts";
import { allow, arn, functionOf, packages, roleOf } from "./functions.fixture.ts";

const zips = packages({
  follow: `exports.handler = async (event) => {
    const failed = event.Records.find((record) => record.dynamodb.NewImage.text.S === "poison");
    for (const record of event.Records) { if (record === failed) break; console.log("done", record.dynamodb.Keys.id.S, record.eventName); }
    return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.dynamodb.SequenceNumber }] };
  };`,
});

const streamArn = { "Fn::GetAtt": ["Log", "StreamArn"] };
const template = {
  Resources: {
    Log: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      },
    },
    Role: roleOf([
      allow(["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"], streamArn),
      allow("dynamodb:ListStreams", "*"),
      allow("sqs:SendMessage", arn("Failures")),
    ]),
    Follow: functionOf("follow"),
    Failures: { Type: "AWS::SQS::Queue" },
    Mapping: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: {
        EventSourceArn: streamArn,
        FunctionName: arn("Follow"),
        StartingPosition: "TRIM_HORIZON",
        BatchSize: 100,
        MaximumRetryAttempts: 2,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        DestinationConfig: { OnFailure: { Destination: arn("Failures") } },
      },
    },
  },
  Outputs: { Table: { Value: { Ref: "Log" } }, StreamArn: { Value: streamArn }, Failures: { Value: { Ref: "Failures" } } },
};

let local: LocalAws;

beforeAll(async () => {
  local = await startLocalAws({ template, artifacts: [zips.folder], delays: { streamRetry: 10 } });
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

it("delivers in order, and gives the poison up alone", async () => {
  const credentials = { accessKeyId: "111111111111", secretAccessKey: "any" };
  const table = new DynamoDBClient({ endpoint: local.aws, region: "eu-west-1", credentials });
  for (const [id, text] of Object.entries({ a: "one", b: "two", c: "poison", d: "four", e: "five" })) {
    await table.send(new PutItemCommand({ TableName: local.outputs["Table"], Item: { id: { S: id }, text: { S: text } } }));
  }
  const message = await eventually(async () => {
    const command = new ReceiveMessageCommand({ QueueUrl: local.outputs["Failures"], WaitTimeSeconds: 1 });
    return (await clients(local.aws).sqs.send(command)).Messages?.[0];
  }, "a message about the poison");
  expect(JSON.parse(message.Body ?? "{}")).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted" },
    DDBStreamBatchInfo: { batchSize: 1, streamArn: local.outputs["StreamArn"] },
  });
  await local.idle();
  const done = local.logs("Follow").filter((line) => line.startsWith("done"));
  expect(done).toEqual(["a", "b", "d", "e"].map((id) => `done ${id} INSERT`));
});
