// What is sent away: the promises, in memory and on local SQS, SNS and EventBridge over the wire.

import { EventBridgeClient, CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, GetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventBus } from "../../lib/aws/bus.ts";
import { peopleTopics } from "../../lib/aws/people.ts";
import { undeliveredQueue } from "../../lib/aws/undelivered.ts";
import { wakeQueue } from "../../lib/aws/wake.ts";
import { topicSubscriptions } from "../../lib/aws/subscriptions.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Message } from "../../lib/ports.ts";
import { createInFlight, type InFlight } from "../../local/in-flight.ts";
import { startInbox } from "../../local/inbox.ts";
import { createEvents } from "../../local/services/events.ts";
import { createSns } from "../../local/services/sns.ts";
import { createSqs } from "../../local/services/sqs.ts";
import { fakeBus, fakePeople, fakeUndelivered, fakeWake } from "../fakes/outboxes.ts";
import { busContract, oversized, peopleContract, stored, undeliveredContract, wakeContract } from "./outboxes.contract.ts";
import { payments } from "./samples.ts";
import { provider, region, startWire, type Wire } from "./wire.fixture.ts";

wakeContract("in memory", async () => {
  const wake = fakeWake();
  return {
    port: wake.port,
    bodies: async () => wake.take("observe").map(({ look }) => ({ look })),
  };
});
busContract("in memory", async () => {
  const bus = fakeBus();
  return { port: bus.port, told: async () => [...bus.told] };
});
peopleContract("in memory", async () => {
  const people = fakePeople();
  return { port: people.port, approvals: async () => [...people.approvals], decisions: async () => [...people.decisions] };
});
undeliveredContract("in memory", async () => {
  const undelivered = fakeUndelivered();
  return { port: undelivered.port, kept: async () => [...undelivered.kept] };
});

let wire: Wire;
let inFlight: InFlight;
let clients: { sqs: SQSClient; sns: SNSClient; events: EventBridgeClient };
let closeInbox: () => Promise<void>;
beforeAll(async () => {
  inFlight = createInFlight();
  wire = await startWire(async ({ clock }) => {
    const inbox = await startInbox({ port: 0, clock });
    closeInbox = () => inbox.close();
    const sqs = createSqs({ region, clock });
    const notWanted = async (): Promise<never> => {
      throw new Error("no function is subscribed");
    };
    const common = { region, clock, inFlight, toQueue: sqs.deliver, toFunction: notWanted, log: () => undefined };
    const sns = createSns({ ...common, inbox, confirmSubscriptions: true });
    return [sqs, sns, createEvents({ ...common, toTopic: notWanted, fault: () => false, retryMs: 10 })];
  });
  clients = { sqs: new SQSClient(wire.config()), sns: new SNSClient(wire.config()), events: new EventBridgeClient(wire.config()) };
});
afterAll(async () => {
  await wire.close();
  await closeInbox();
});

let made = 0;
async function queue(from?: string): Promise<{ arn: string; url: string; bodies: () => Promise<unknown[]> }> {
  const QueueName = `queue-${String((made += 1))}`;
  const arn = `arn:aws:sqs:${region}:${provider}:${QueueName}`;
  const statement = { Effect: "Allow", Principal: { Service: from }, Action: "sqs:SendMessage", Resource: arn };
  const policy = from === undefined ? {} : { Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) } };
  const { QueueUrl = "" } = await clients.sqs.send(new CreateQueueCommand({ QueueName, ...policy }));
  return {
    arn,
    url: QueueUrl,
    bodies: async () => {
      await inFlight.idle();
      const bodies: unknown[] = [];
      for (;;) {
        const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return bodies;
        for (const { Body = "", ReceiptHandle } of Messages) {
          bodies.push(JSON.parse(Body));
          await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
  };
}

wakeContract("SQS", async () => {
  const { url, bodies } = await queue();
  return { port: { observe: wakeQueue(clients.sqs, url) }, bodies: async () => (await bodies()) as { look: unknown }[] };
});

test("SQS: what wakes a function is what it reads", async () => {
  const { url, bodies } = await queue();
  await wakeQueue(clients.sqs, url)({ service: payments, endpoints: [], attempt: 3, why: "look-again" });
  const [body] = await bodies();
  expect(readMessage(JSON.stringify(body))).toMatchObject({
    services: [payments],
    endpoints: [],
    attempt: 3,
    source: { kind: "look-again" },
  });
});

async function busWithQueue(): Promise<{ name: string; details: () => Promise<unknown[]> }> {
  const name = `bus-${String((made += 1))}`;
  await clients.events.send(new CreateEventBusCommand({ Name: name }));
  const target = await queue("events.amazonaws.com");
  await clients.events.send(
    new PutRuleCommand({ Name: name, EventBusName: name, EventPattern: JSON.stringify({ source: ["drawbridge"] }) }),
  );
  await clients.events.send(new PutTargetsCommand({ Rule: name, EventBusName: name, Targets: [{ Id: "queue", Arn: target.arn }] }));
  return { name, details: async () => ((await target.bodies()) as { detail: unknown }[]).map(({ detail }) => detail) };
}

busContract("EventBridge", async () => {
  const { name, details } = await busWithQueue();
  return { port: eventBus(clients.events, name), told: details };
});

test("EventBridge: an event that is too large is named, and the others go through", async () => {
  const { name, details } = await busWithQueue();
  const [first, second] = stored(2);
  if (first === undefined || second === undefined) throw new Error("there are two");
  expect(await eventBus(clients.events, name).put([first, oversized(), second])).toEqual([
    { index: 1, reason: expect.stringMatching(/bytes/) as unknown },
  ]);
  expect(await details()).toHaveLength(2);
});

test("EventBridge: a bus that does not answer names every event", async () => {
  const nowhere = eventBus(new EventBridgeClient({ ...wire.config(), endpoint: "http://127.0.0.1:1" }), "bus");
  expect((await nowhere.put(stored(12))).map(({ index }) => index)).toEqual(Array.from({ length: 12 }, (_, index) => index));
});

peopleContract("SNS", async () => {
  const topic = async (): Promise<{ arn: string; messages: () => Promise<Message[]> }> => {
    const target = await queue("sns.amazonaws.com");
    const { TopicArn = "" } = await clients.sns.send(new CreateTopicCommand({ Name: `topic-${String((made += 1))}` }));
    await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: target.arn }));
    return { arn: TopicArn, messages: async () => ((await target.bodies()) as Envelope[]).map(messageOf) };
  };
  const [approvals, decisions] = [await topic(), await topic()];
  return {
    port: peopleTopics(clients.sns, { approvals: approvals.arn, decisions: decisions.arn }),
    approvals: approvals.messages,
    decisions: decisions.messages,
  };
});

interface Envelope {
  readonly Subject: string;
  readonly Message: string;
  readonly MessageAttributes: Readonly<Record<string, { readonly Value: string }>>;
}
const messageOf = ({ Subject, Message, MessageAttributes }: Envelope): Message => ({
  subject: Subject,
  text: Message,
  attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value])),
});

test("SNS: a subject that it would refuse is made one that it takes", async () => {
  const { TopicArn = "" } = await clients.sns.send(new CreateTopicCommand({ Name: "subjects" }));
  const target = await queue("sns.amazonaws.com");
  await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: target.arn }));
  const people = peopleTopics(clients.sns, { approvals: TopicArn, decisions: TopicArn });
  for (const subject of ["Łódź\nasks 🌉", "x".repeat(150), "🌉"]) await people.approvers({ subject, text: "", attributes: { empty: "" } });
  const subjects = ((await target.bodies()) as Envelope[]).map(({ Subject }) => Subject);
  expect(subjects.toSorted()).toEqual(["Drawbridge", "odz asks", "x".repeat(100)].toSorted());
});

undeliveredContract("SQS", async () => {
  const { url, bodies } = await queue();
  return {
    port: undeliveredQueue(clients.sqs, url),
    kept: async () => ((await bodies()) as { undelivered: unknown }[]).map(({ undelivered }) => undelivered),
  };
});

test("a contact's subscription is of the decisions topic, and filtered to their own account from its first moment", async () => {
  const { TopicArn = "" } = await clients.sns.send(new CreateTopicCommand({ Name: "decisions-of-contacts" }));
  const contacts = topicSubscriptions(clients.sns, TopicArn, "account");
  const subscription = await contacts.subscribe("222222222222", "ops@acme.example");
  expect(await contacts.subscribe("222222222222", "ops@acme.example")).toBe(subscription);
  const { Attributes } = await clients.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: subscription }));
  expect(Attributes).toMatchObject({ TopicArn, Endpoint: "ops@acme.example", FilterPolicy: '{"account":["222222222222"]}' });
  await expect(contacts.confirm("0123456789abcdef")).rejects.toMatchObject({ field: "token" });
});
