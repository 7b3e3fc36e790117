// SNS as real SDK clients see it: envelopes, filters, confirmation, policies, dead letters.
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { clients, type Clients } from "./clients.fixture.ts";

let local: LocalAws;
let sdk: Clients;

beforeAll(async () => {
  local = await startLocalAws({ template: { Resources: {} }, confirmSubscriptions: false });
  sdk = clients(local.aws);
});
afterAll(() => local.close());

async function topic(name: string): Promise<string> {
  return (await sdk.sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? "";
}

/** A queue that takes messages from SNS only when `open`. */
async function queue(name: string, open = true): Promise<{ arn: string; next(): Promise<string | undefined> }> {
  const { QueueUrl } = await sdk.sqs.send(new CreateQueueCommand({ QueueName: name }));
  const arn = `arn:aws:sqs:eu-west-1:111111111111:${name}`;
  const statement = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn };
  if (open)
    await sdk.sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl,
        Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) },
      }),
    );
  return {
    arn,
    async next() {
      await local.idle();
      return (await sdk.sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] }))).Messages?.[0]?.Body;
    },
  };
}

async function subscribe(TopicArn: string, Protocol: string, Endpoint: string, Attributes: Record<string, string> = {}): Promise<string> {
  const answer = await sdk.sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true }));
  return answer.SubscriptionArn ?? "";
}

describe("queues as subscribers", () => {
  it("get the envelope", async () => {
    const TopicArn = await topic("enveloped");
    const target = await queue("enveloped");
    await subscribe(TopicArn, "sqs", target.arn);
    const { MessageId } = await sdk.sns.send(
      new PublishCommand({
        TopicArn,
        Subject: "Hello",
        Message: "text",
        MessageAttributes: { kind: { DataType: "String", StringValue: "a" } },
      }),
    );
    const envelope: unknown = JSON.parse((await target.next()) ?? "{}");
    expect(envelope).toMatchObject({
      Type: "Notification",
      MessageId,
      TopicArn,
      Subject: "Hello",
      Message: "text",
      MessageAttributes: { kind: { Type: "String", Value: "a" } },
    });
    expect(envelope).toHaveProperty("SigningCertURL");
  });

  it("get the bare message with raw delivery", async () => {
    const TopicArn = await topic("raw");
    const target = await queue("raw");
    await subscribe(TopicArn, "sqs", target.arn, { RawMessageDelivery: "true" });
    await sdk.sns.send(new PublishCommand({ TopicArn, Message: "bare" }));
    expect(await target.next()).toBe("bare");
  });

  it("without a policy get nothing, and the dead-letter queue does", async () => {
    const TopicArn = await topic("closed");
    const closed = await queue("closed", false);
    const dead = await queue("closed-dead");
    await subscribe(TopicArn, "sqs", closed.arn, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
    await sdk.sns.send(new PublishCommand({ TopicArn, Message: "lost" }));
    expect(JSON.parse((await dead.next()) ?? "{}")).toMatchObject({ Message: "lost" });
    expect(await closed.next()).toBeUndefined();
  });

  it.each([
    ["a value", { kind: ["a"] }, { kind: "a" }, true],
    ["another value", { kind: ["a"] }, { kind: "b" }, false],
    ["an absent attribute", { kind: ["a"] }, {}, false],
    ["a prefix", { kind: [{ prefix: "app" }] }, { kind: "approved" }, true],
    ["anything but", { kind: [{ "anything-but": ["a"] }] }, { kind: "a" }, false],
    ["a number", { size: [{ numeric: [">=", 5] }] }, { size: 5 }, true],
    ["all keys", { kind: ["a"], size: [1] }, { kind: "a", size: 2 }, false],
    ["exists false", { kind: [{ exists: false }] }, {}, true],
  ])("are filtered by %s", async (name, policy, attributes, arrives) => {
    const id = name.replaceAll(" ", "-");
    const TopicArn = await topic(`filter-${id}`);
    const target = await queue(`filter-${id}`);
    await subscribe(TopicArn, "sqs", target.arn, { FilterPolicy: JSON.stringify(policy), RawMessageDelivery: "true" });
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [
        key,
        { DataType: typeof value === "number" ? "Number" : "String", StringValue: String(value) },
      ]),
    );
    await sdk.sns.send(new PublishCommand({ TopicArn, Message: "m", MessageAttributes }));
    expect(await target.next()).toBe(arrives ? "m" : undefined);
  });

  it("are filtered by the body", async () => {
    const TopicArn = await topic("filter-body");
    const target = await queue("filter-body");
    const arn = await subscribe(TopicArn, "sqs", target.arn, {
      FilterPolicyScope: "MessageBody",
      FilterPolicy: '{"detail":{"state":["on"]}}',
      RawMessageDelivery: "true",
    });
    await sdk.sns.send(new PublishCommand({ TopicArn, Message: '{"detail":{"state":"off"}}' }));
    expect(await target.next()).toBeUndefined();
    await sdk.sns.send(new PublishCommand({ TopicArn, Message: '{"detail":{"state":"on"}}' }));
    expect(await target.next()).toBe('{"detail":{"state":"on"}}');
    const wrong = sdk.sns.send(
      new SetSubscriptionAttributesCommand({ SubscriptionArn: arn, AttributeName: "FilterPolicy", AttributeValue: '{"a":"b"}' }),
    );
    await expect(wrong).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

describe("people as subscribers", () => {
  it("get nothing before they confirm, and letters after", async () => {
    const TopicArn = await topic("mailed");
    await subscribe(TopicArn, "email", "ops@example.com");
    await sdk.sns.send(new PublishCommand({ TopicArn, Subject: "Too early", Message: "x" }));
    const listed = await sdk.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    expect(listed.Subscriptions?.[0]?.SubscriptionArn).toBe("PendingConfirmation");
    const confirmation = local.letters.at(-1);
    expect(confirmation).toMatchObject({
      channel: "email",
      to: "ops@example.com",
      subject: "AWS Notification - Subscription Confirmation",
    });
    const link = /http\S+/.exec(confirmation?.text ?? "")?.[0] ?? "";
    expect(await (await fetch(link)).text()).toContain("Subscription confirmed");
    await sdk.sns.send(new PublishCommand({ TopicArn, Subject: "Now", Message: "Please look." }));
    await local.idle();
    const letters = (await (await fetch(`${local.inbox}.json`)).json()) as readonly { subject: string; text: string }[];
    expect(letters.map((letter) => letter.subject)).not.toContain("Too early");
    expect(letters.at(-1)).toMatchObject({ subject: "Now", channel: "email", to: "ops@example.com" });
    expect(letters.at(-1)?.text).toContain("Please look.");
    expect(await (await fetch(local.inbox)).text()).toContain("Please look.");
  });

  it("a wrong token confirms nothing", async () => {
    const TopicArn = await topic("guessed");
    await subscribe(TopicArn, "email", "ops@example.com");
    await expect(sdk.sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: "guess" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    expect((await fetch(`${new URL(local.inbox).origin}/confirm?TopicArn=${TopicArn}&Token=guess`)).status).toBe(404);
  });

  it("Slack messages land in the inbox", async () => {
    const blocks = [
      { type: "section", text: { type: "mrkdwn", text: "*acme* asks" } },
      { type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Answer" }, url: "http://x/a/1" }] },
    ];
    const answer = await fetch(local.slackWebhook, {
      method: "POST",
      body: JSON.stringify({ text: "A question", channel: "#approvals", blocks }),
    });
    expect(await answer.text()).toBe("ok");
    expect(local.letters.at(-1)).toMatchObject({
      channel: "slack",
      to: "#approvals",
      subject: "A question",
      text: "*acme* asks\nAnswer: http://x/a/1",
    });
    expect((await fetch(local.slackWebhook, { method: "POST", body: "{}" })).status).toBe(400);
  });
});

describe("refusals", () => {
  it("name what AWS names", async () => {
    const TopicArn = await topic("refusing");
    await expect(sdk.sns.send(new PublishCommand({ TopicArn: `${TopicArn}-not`, Message: "x" }))).rejects.toMatchObject({
      name: "NotFoundException",
    });
    await expect(sdk.sns.send(new PublishCommand({ TopicArn, Subject: "a\nb", Message: "x" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await expect(sdk.sns.send(new PublishCommand({ TopicArn, Message: "x".repeat(262_145) }))).rejects.toThrow("Message too long");
    await expect(sdk.sns.send(new SubscribeCommand({ TopicArn, Protocol: "carrier-pigeon", Endpoint: "x" }))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    const PublishBatchRequestEntries = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), Message: "x" }));
    await expect(sdk.sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }))).rejects.toMatchObject({
      name: "TooManyEntriesInBatchRequestException",
    });
    expect((await sdk.sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes).toMatchObject({
      TopicArn,
      Owner: "111111111111",
      SubscriptionsConfirmed: "0",
    });
  });
});
