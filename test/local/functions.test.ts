// Functions of a template: their environment and role, errors, time-outs, retries, and batches from a queue.
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { clients, eventually, type Clients } from "./clients.fixture.ts";
import { allow, arn, bundle, CONSUME, functionOf, packages, roleOf } from "./functions.fixture.ts";

const zips = packages({
  echo: `exports.handler = async (event, context) => ({ event, env: process.env, name: context.functionName, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(), cwd: process.cwd() });`,
  warm: `let calls = 0; exports.handler = async () => ({ pid: process.pid, calls: ++calls });`,
  slow: `exports.handler = () => new Promise(() => setInterval(() => {}, 1000));`,
  busy: `exports.handler = () => { for (;;); };`,
  failing: `class Refused extends Error { constructor() { super("no"); this.name = "Refused"; } } exports.handler = async () => { throw new Refused(); };`,
  leaving: `exports.handler = async () => process.exit(3);`,
  rejecting: `exports.handler = () => new Promise(() => { Promise.reject(new Error("nobody waits")); setInterval(() => {}, 1000); });`,
  broken: `require("not-there");`,
  reader: `exports.handler = async (event) => { console.log("batch", JSON.stringify(event.Records.map((record) => record.body))); return { batchItemFailures: event.Records.filter((record) => record.body.startsWith("bad")).map((record) => ({ itemIdentifier: record.messageId })) }; };`,
});

const template = {
  Resources: {
    Role: roleOf(),
    ReaderRole: roleOf([allow(CONSUME, arn("Work"))]),
    RetryRole: roleOf([allow("sqs:SendMessage", arn("Given"))]),
    Echo: functionOf("echo", { Environment: { Variables: { TABLE: "one", STACK: { Ref: "AWS::StackId" } } }, MemorySize: 256 }),
    Warm: functionOf("warm"),
    Slow: functionOf("slow", { Timeout: 1 }),
    Busy: functionOf("busy", { Timeout: 1 }),
    Failing: functionOf("failing", {}, "RetryRole"),
    FailingConfig: {
      Type: "AWS::Lambda::EventInvokeConfig",
      Properties: {
        FunctionName: { Ref: "Failing" },
        Qualifier: "$LATEST",
        MaximumRetryAttempts: 2,
        DestinationConfig: { OnFailure: { Destination: arn("Given") } },
      },
    },
    Given: { Type: "AWS::SQS::Queue" },
    Leaving: functionOf("leaving"),
    Rejecting: functionOf("rejecting"),
    Broken: functionOf("broken"),
    Reader: functionOf("reader", { Timeout: 1 }, "ReaderRole"),
    Work: {
      Type: "AWS::SQS::Queue",
      Properties: { VisibilityTimeout: 2, RedrivePolicy: { deadLetterTargetArn: arn("WorkDead"), maxReceiveCount: 2 } },
    },
    WorkDead: { Type: "AWS::SQS::Queue" },
    Mapping: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: {
        EventSourceArn: arn("Work"),
        FunctionName: arn("Reader"),
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 1,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    },
  },
  Outputs: { Work: { Value: { Ref: "Work" } }, WorkDead: { Value: { Ref: "WorkDead" } }, Given: { Value: { Ref: "Given" } } },
};

let local: LocalAws;
let sdk: Clients;

beforeAll(async () => {
  local = await startLocalAws({ template, artifacts: [zips.folder], delays: { asyncRetry: [50, 100] } });
  sdk = clients(local.aws);
});
afterAll(async () => {
  await local.close();
  zips.remove();
});

async function invoked(name: string, event: unknown = {}): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await local.invoke(name, event)).payload) as Readonly<Record<string, unknown>>;
}

async function received(output: string): Promise<Message> {
  return eventually(
    async () =>
      (
        await sdk.sqs.send(
          new ReceiveMessageCommand({ QueueUrl: local.outputs[output], WaitTimeSeconds: 1, MessageAttributeNames: ["All"] }),
        )
      ).Messages?.[0],
    `a message in ${output}`,
  );
}

describe("a function", () => {
  it("has its own environment and nothing else", async () => {
    vi.stubEnv("OURS_ALONE", "secret");
    const answer = await invoked("Echo", { hello: 1 });
    const env = answer["env"] as Readonly<Record<string, string>>;
    expect(answer["event"]).toEqual({ hello: 1 });
    expect(env).toMatchObject({
      TABLE: "one",
      STACK: local.stack.id,
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: local.aws,
      _HANDLER: "dist/echo.handler",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    });
    expect(env["AWS_ACCESS_KEY_ID"]).toMatch(/^ASIA/);
    expect(env).not.toHaveProperty("OURS_ALONE");
    expect(env).not.toHaveProperty("HOME");
    expect(answer["cwd"]).toBe(env["LAMBDA_TASK_ROOT"]);
    expect(answer["name"]).toBe(env["AWS_LAMBDA_FUNCTION_NAME"]);
    expect(Number(answer["left"])).toBeGreaterThan(4_000);
  });

  it("stays warm, and runs in parallel up to a bound", async () => {
    const first = await invoked("Warm");
    const second = await invoked("Warm");
    expect(second["pid"]).toBe(first["pid"]);
    expect(second["calls"]).toBe(Number(first["calls"]) + 1);
    const many = await Promise.all(Array.from({ length: 12 }, () => invoked("Warm")));
    expect(new Set(many.map((answer) => answer["pid"])).size).toBeLessThanOrEqual(4);
  });

  it.each(["Slow", "Busy"])("%s is killed when its time is up", async (name) => {
    const started = Date.now();
    const invocation = await local.invoke(name);
    expect(invocation.functionError).toBe("Unhandled");
    expect(JSON.parse(invocation.payload)).toMatchObject({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]+ Error: Task timed out after 1\.00 seconds$/),
    });
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  it.each([
    ["Failing", { errorType: "Refused", errorMessage: "no" }],
    ["Leaving", { errorType: "Runtime.ExitError", errorMessage: expect.stringContaining("exit status 3") }],
    ["Rejecting", { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "Error: nobody waits" }],
    ["Broken", { errorType: "Error", errorMessage: expect.stringContaining("Cannot find module 'not-there'") }],
  ])("%s fails in Lambda's error shape", async (name, error) => {
    const invocation = await local.invoke(name);
    expect(invocation.functionError).toBe("Unhandled");
    expect(JSON.parse(invocation.payload)).toMatchObject(error);
  });

  it("is invoked over the wire, and asynchronously three times before it is given up", async () => {
    const name = local.stack.resources.find((resource) => resource.logicalId === "Failing")?.physicalId ?? "";
    const signed = {
      authorization: "AWS4-HMAC-SHA256 Credential=111111111111/20261123/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
    };
    const url = `${local.aws}/2015-03-31/functions/${name}/invocations`;
    const direct = await fetch(url, { method: "POST", headers: signed, body: "{}" });
    expect(direct.headers.get("x-amz-function-error")).toBe("Unhandled");
    const queued = await fetch(url, { method: "POST", headers: { ...signed, "x-amz-invocation-type": "Event" }, body: '{"n":1}' });
    expect(queued.status).toBe(202);
    const told = JSON.parse((await received("Given")).Body ?? "{}") as unknown;
    expect(told).toMatchObject({
      version: "1.0",
      requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, functionError: "Unhandled" },
      responsePayload: { errorType: "Refused" },
    });
  });
});

describe("a queue's batches", () => {
  it("are gathered; failed items come again and end in the dead-letter queue, the others are done", async () => {
    const QueueUrl = local.outputs["Work"];
    const bodies = ["good 1", "bad 1", "good 2", "good 3"];
    await sdk.sqs.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })) }),
    );
    expect((await received("WorkDead")).Body).toBe("bad 1");
    const batches = local
      .logs("Reader")
      .filter((line) => line.startsWith("batch"))
      .map((line) => JSON.parse(line.slice(6)) as readonly string[]);
    expect(batches[0]?.toSorted()).toEqual(bodies.toSorted());
    expect(batches.slice(1)).toEqual([["bad 1"]]);
  });
});

describe("a stack does not start", () => {
  const role = {
    Role: roleOf(),
    F: functionOf("echo", { Timeout: 30 }),
    Q: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 10 } },
  };
  const mapping = (more: object = {}): object => ({
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: { EventSourceArn: arn("Q"), FunctionName: arn("F"), ...more },
  });
  it.each([
    ["with a resource type nobody knows", { Thing: { Type: "AWS::Unknown::Thing" } }, "Thing (AWS::Unknown::Thing)"],
    [
      "when the role may not read the queue",
      { ...role, M: mapping() },
      "M (AWS::Lambda::EventSourceMapping): The provided execution role does not have permissions to call ReceiveMessage",
    ],
    [
      "when messages are visible before the function's time is up",
      { ...role, Role: roleOf([allow(CONSUME, "*")]), M: mapping() },
      "Queue visibility timeout: 10 seconds is less than Function timeout: 30 seconds",
    ],
    ["without the function's package", { ...role, F: functionOf("absent") }, "the package absent.zip is not in"],
    [
      "with a role that Lambda may not assume",
      { ...role, Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Statement: [] } } } },
      "cannot be assumed by lambda.amazonaws.com",
    ],
  ])("%s", async (_name, Resources, message) => {
    await expect(startLocalAws({ template: { Resources }, artifacts: [zips.folder] })).rejects.toThrow(message);
  });
});

describe("a role", () => {
  it("without a right is refused, in AWS's words", async () => {
    const sender = packages({
      sender: bundle(`
        import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
        const sqs = new SQSClient({ maxAttempts: 1 });
        export const handler = async (event) => (await sqs.send(new SendMessageCommand({ QueueUrl: event.url, MessageBody: "x" }))).$metadata.httpStatusCode;
      `),
    });
    const other = await startLocalAws({
      template: {
        Resources: {
          Allowed: { Type: "AWS::SQS::Queue" },
          Barred: { Type: "AWS::SQS::Queue" },
          Role: roleOf([allow("sqs:SendMessage", arn("Allowed"))]),
          Sender: functionOf("sender"),
        },
        Outputs: { Allowed: { Value: { Ref: "Allowed" } }, Barred: { Value: { Ref: "Barred" } } },
      },
      artifacts: [sender.folder],
    });
    try {
      const send = async (url: string | undefined): Promise<unknown> => JSON.parse((await other.invoke("Sender", { url })).payload);
      expect(await send(other.outputs["Allowed"])).toBe(200);
      expect(await send(other.outputs["Barred"])).toMatchObject({
        errorType: expect.stringContaining("AccessDenied"),
        errorMessage: expect.stringMatching(
          /assumed-role\/drawbridge-local-Role-\w+\/drawbridge-local-Sender-\w+ is not authorized to perform: sqs:SendMessage/,
        ),
      });
    } finally {
      await other.close();
      sender.remove();
    }
  });
});

it("the outputs are what the services know", async () => {
  await sdk.sqs.send(new SendMessageCommand({ QueueUrl: local.outputs["Given"], MessageBody: "x" }));
  const name = (local.outputs["Given"] ?? "").split("/").at(-1);
  expect(name).toMatch(/^drawbridge-local-Given-[A-Z0-9]{12}$/);
  expect((await sdk.sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl).toBe(local.outputs["Given"]);
});
