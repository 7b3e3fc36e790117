// SQS as real SDK clients see it: messages, visibility, dead letters, batches, refusals.
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { clients, type Clients } from "./clients.fixture.ts";

let local: LocalAws;
let sdk: Clients;

beforeAll(async () => {
  local = await startLocalAws({ template: { Resources: {} } });
  sdk = clients(local.aws);
});
afterAll(() => local.close());

async function queue(name: string, attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await sdk.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return QueueUrl ?? "";
}

const arn = (name: string): string => `arn:aws:sqs:eu-west-1:111111111111:${name}`;

describe("messages", () => {
  it("come back with their attributes and checksums, and stay hidden", async () => {
    const QueueUrl = await queue("plain");
    const MessageAttributes = {
      kind: { DataType: "String", StringValue: "test" },
      bytes: { DataType: "Binary", BinaryValue: Buffer.from([1, 2, 3]) },
    };
    await sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hällo", MessageAttributes }));
    const received = await sdk.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }),
    );
    const message = received.Messages?.[0];
    expect(message?.Body).toBe("hällo");
    expect(message?.MessageAttributes?.["kind"]?.StringValue).toBe("test");
    expect([...(message?.MessageAttributes?.["bytes"]?.BinaryValue ?? [])]).toEqual([1, 2, 3]);
    expect(message?.Attributes).toMatchObject({ ApproximateReceiveCount: "1", SenderId: "111111111111" });
    expect((await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    await sdk.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    const { Attributes } = await sdk.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
      QueueArn: arn("plain"),
    });
  });

  it("wake a long poll, and one that is delayed does so later", async () => {
    const QueueUrl = await queue("polled");
    const waiting = sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    const started = Date.now();
    await sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "late", DelaySeconds: 1 }));
    expect((await waiting).Messages?.[0]?.Body).toBe("late");
    expect(Date.now() - started).toBeGreaterThan(900);
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  it("become visible again, and go to the dead-letter queue after the last receive", async () => {
    const dead = await queue("dead");
    const QueueUrl = await queue("lively", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 2 }) });
    await sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    for (let receives = 0; receives < 2; receives += 1) {
      const { Messages } = await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      await sdk.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
    expect((await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    const buried = await sdk.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: dead, VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] }),
    );
    expect(buried.Messages?.[0]?.Attributes?.["DeadLetterQueueSourceArn"]).toBe(arn("lively"));
    await sdk.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn("dead") }));
    expect((await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0]?.Body).toBe("poison");
  });

  it("settle in batches, each on its own", async () => {
    const QueueUrl = await queue("batched");
    const Entries = [
      { Id: "a", MessageBody: "one" },
      { Id: "b", MessageBody: "two", DelaySeconds: 1000 },
    ];
    const sent = await sdk.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(sent.Successful?.map((row) => row.Id)).toEqual(["a"]);
    expect(sent.Failed?.[0]).toMatchObject({ Id: "b", Code: "InvalidParameterValue", SenderFault: true });
    const { Messages } = await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const gone = await sdk.sqs.send(
      new DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "x", ReceiptHandle: Messages?.[0]?.ReceiptHandle }] }),
    );
    expect(gone.Successful).toEqual([{ Id: "x" }]);
  });

  it("of 1 MiB are taken, larger ones refused", async () => {
    const QueueUrl = await queue("large");
    await sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_576) }));
    await expect(sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_577) }))).rejects.toThrow(
      "Message must be shorter than 1048576 bytes",
    );
    await sdk.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect((await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
  });
});

describe("refusals", () => {
  it("name what AWS names", async () => {
    const QueueUrl = await queue("refusing");
    await expect(sdk.sqs.send(new GetQueueUrlCommand({ QueueName: "none" }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    const eleven = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), MessageBody: "x" }));
    await expect(sdk.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: eleven }))).rejects.toMatchObject({
      name: "TooManyEntriesInBatchRequest",
    });
    await expect(sdk.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toMatchObject({ name: "EmptyBatchRequest" });
    const twice = [
      { Id: "a", MessageBody: "x" },
      { Id: "a", MessageBody: "x" },
    ];
    await expect(sdk.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: twice }))).rejects.toMatchObject({
      name: "BatchEntryIdsNotDistinct",
    });
    await expect(sdk.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" }))).rejects.toMatchObject({
      name: "ReceiptHandleIsInvalid",
    });
    await expect(sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
  });

  it("keep another account out", async () => {
    const QueueUrl = await queue("private");
    const stranger = clients(local.aws, "222222222222");
    await expect(stranger.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    expect((await stranger.sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).toEqual([]);
  });

  it("a deleted queue is gone", async () => {
    const QueueUrl = await queue("short-lived");
    await sdk.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await expect(sdk.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
  });
});
