// A function that its own messages wake: ended after sixteen turns as on AWS, unless its RecursiveLoop is Allow.
import { SendMessageCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { leapingClock } from "../faults/leaping-clock.ts";
import { clients, eventually, type Clients } from "./clients.fixture.ts";
import { allow, arn, bundle, CONSUME, functionOf, packages, roleOf } from "./functions.fixture.ts";

const turns = 24;
const zips = packages({
  again: bundle(`
    import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
    const sqs = new SQSClient({});
    export const handler = async ({ Records }) => {
      for (const { body } of Records) {
        console.log("turn", body);
        const MessageBody = String(Number(body) + 1);
        if (Number(body) < ${String(turns)}) await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody }));
      }
    };`),
});

const looping = (name: string, properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  [`${name}Role`]: roleOf([allow([...CONSUME, "sqs:SendMessage"], arn(`${name}Queue`))]),
  [name]: functionOf(
    "again",
    { ...properties, Timeout: 60, Environment: { Variables: { QUEUE_URL: { Ref: `${name}Queue` } } } },
    `${name}Role`,
  ),
  [`${name}Queue`]: {
    Type: "AWS::SQS::Queue",
    Properties: { VisibilityTimeout: 60, RedrivePolicy: { deadLetterTargetArn: arn(`${name}Dead`), maxReceiveCount: 1 } },
  },
  [`${name}Dead`]: { Type: "AWS::SQS::Queue" },
  [`${name}Mapping`]: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: { EventSourceArn: arn(`${name}Queue`), FunctionName: arn(name), BatchSize: 1 },
  },
});

const clock = leapingClock();
let local: LocalAws;
let aws: Clients;
beforeAll(async () => {
  const template = { Resources: { ...looping("Ended", {}), ...looping("Allowed", { RecursiveLoop: "Allow" }) } };
  local = await startLocalAws({ template, clock, artifacts: [zips.folder] });
  aws = clients(local.aws);
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

const idOf = (id: string): string => local.stack.resources.find(({ logicalId }) => logicalId === id)?.physicalId ?? "";
const turnsOf = (name: string): number => local.logs(idOf(name)).filter((line) => line.includes("turn ")).length;

it("ends a chain that has woken it sixteen times, and says so; its message ends in the dead-letter queue", async () => {
  await aws.sqs.send(new SendMessageCommand({ QueueUrl: idOf("EndedQueue"), MessageBody: "1" }));
  const isEnded = (): true | undefined =>
    local.logs(idOf("Ended")).some((line) => line.includes("RecursiveInvocationException")) || undefined;
  await eventually(isEnded, "an ended chain");
  expect(turnsOf("Ended")).toBe(16);
  await local.idle();
  clock.leap(61);
  const dead = new GetQueueAttributesCommand({ QueueUrl: idOf("EndedDead"), AttributeNames: ["ApproximateNumberOfMessages"] });
  const isDead = async (): Promise<true | undefined> =>
    (await aws.sqs.send(dead)).Attributes?.["ApproximateNumberOfMessages"] === "1" || undefined;
  await eventually(isDead, "a dead letter");
});

it("lets it go on where RecursiveLoop is Allow", async () => {
  await aws.sqs.send(new SendMessageCommand({ QueueUrl: idOf("AllowedQueue"), MessageBody: "1" }));
  await eventually(() => turnsOf("Allowed") === turns || undefined, "all turns");
  expect(local.logs(idOf("Allowed")).join("\n")).not.toContain("RecursiveInvocationException");
});
