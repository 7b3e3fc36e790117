// The examples of docs/outcomes.md, deployed as they stand there: what is decided reaches Teams, PagerDuty and Jira, each played by a listener here.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accounts, openWorld, type Offered, type World } from "../faults/world.ts";

type Json = Record<string, unknown>;
interface Got {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Json;
}

let world: World;
let service: Offered;
let topic: string;
let outputs: Readonly<Record<string, string>>;
const got: Got[] = [];
/** Jira's issues by their label. */
const issues: { readonly id: string; readonly labels: string[] }[] = [];
const hostile = "acme [Approve](https://evil.example) <b>*bold*</b>";

const listener = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    const body = JSON.parse(text) as Json;
    const path = request.url ?? "";
    got.push({ path, body, authorization: request.headers.authorization });
    response
      .writeHead(path.includes("/issue") ? 201 : 200, { "content-type": "application/json" })
      .end(JSON.stringify(replyTo(path, body)));
  });
});

function replyTo(path: string, body: Json): object {
  if (path.endsWith("/search/jql"))
    return { issues: issues.filter(({ labels }) => labels.some((label) => String(body["jql"]).includes(`"${label}"`))) };
  if (path.endsWith("/issue")) issues.push({ id: String(issues.length + 1), labels: (body["fields"] as { labels: string[] }).labels });
  return { id: "1", status: "success" };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}`;
  world = await openWorld();
  ({ outputs } = world.local);
  topic = outputs["DecisionsTopicArn"] ?? "";
  service = await world.inCare();
  await world.drawbridge("allow", accounts.acme, "--service", service.id, "--name", hostile);
  await deploy("teams", { WorkflowUrl: `${url}/teams` });
  await deploy("pagerduty", { RoutingKey: "key-of-the-integration", EventsUrl: `${url}/pagerduty` });
  await deploy("jira", { Site: `${url}/jira`, Project: "NET", User: "bot@example.com", Token: "secret" });
});
afterAll(async () => {
  await world.local.close();
  listener.closeAllConnections();
  listener.close();
});

/** As `aws cloudformation deploy` does it. */
async function deploy(name: string, parameters: Readonly<Record<string, string>>): Promise<void> {
  const StackName = `drawbridge-${name}`;
  const TemplateBody = await readFile(new URL(`../../docs/outcomes/${name}.yml`, import.meta.url), "utf8");
  const Parameters = Object.entries({ DecisionsTopicArn: topic, ...parameters }).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
  const given = { StackName, ChangeSetName: "first", ChangeSetType: "CREATE", TemplateBody, Parameters, Capabilities: ["CAPABILITY_IAM"] };
  await world.aws("cloudformation", "CreateChangeSet", given);
  await world.aws("cloudformation", "ExecuteChangeSet", { StackName, ChangeSetName: "first" });
  await world.local.idle();
  const { Stacks } = (await world.aws("cloudformation", "DescribeStacks", { StackName })) as { Stacks: { StackStatus: string }[] };
  if (Stacks[0]?.StackStatus !== "CREATE_COMPLETE") throw new Error(`${StackName} is ${Stacks[0]?.StackStatus ?? "not there"}`);
}
const at = (path: string, about: string): Got[] =>
  got.filter((one) => one.path.startsWith(path) && JSON.stringify(one.body).includes(about));
const until = async (path: string, about: string, count = 1): Promise<Got[]> =>
  world.eventually(`${path} is told about ${about}`, () => (at(path, about).length >= count ? at(path, about) : undefined));

describe("a decision", () => {
  test("is a card in Teams, plain text whatever the consumer calls itself", async () => {
    const endpoint = await world.connect(accounts.acme, service);
    const [card] = await until("/teams", endpoint);
    const [attached] = (card?.body["attachments"] ?? []) as {
      content: { body: { type: string; inlines: { type: string; text: string }[] }[] };
    }[];
    const content = attached?.content;
    const lines = content?.body.map(({ inlines }) => inlines[0]?.text);
    expect(lines?.[0]).toBe(`Accepted: account ${accounts.acme} (${hostile}) at ${service.id}`);
    expect(lines).toContain(`name: ${hostile}`);
    expect(new Set(content?.body.flatMap(({ type, inlines }) => [type, ...inlines.map((one) => one.type)]))).toEqual(
      new Set(["RichTextBlock", "TextRun"]),
    );
    expect(at("/pagerduty", endpoint)).toEqual([]);
  });

  test("is an issue in Jira, and the end of the connection a comment on it", async () => {
    const endpoint = await world.connect(accounts.acme, service);
    const [made] = await until("/jira/rest/api/3/issue", endpoint);
    expect(made?.authorization).toBe(`Basic ${Buffer.from("bot@example.com:secret").toString("base64")}`);
    expect(made?.body["fields"]).toMatchObject({ project: { key: "NET" }, labels: ["drawbridge", endpoint] });
    await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, accounts.acme);
    const comment = await world.eventually("a comment", () =>
      got.find(({ path, body }) => path.endsWith("/comment") && JSON.stringify(body).includes(endpoint)),
    );
    expect(JSON.stringify(comment.body)).toContain("Closed: account");
    expect(issues.filter(({ labels }) => labels.includes(endpoint))).toHaveLength(1);
  });

  test("past Drawbridge is an incident in PagerDuty, the same one however often it is told", async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    await world.eventually("it waits", async () => ((await world.onAws(endpoint)) === "pendingAcceptance" ? true : undefined));
    await world.local.idle();
    await world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service.id, VpcEndpointIds: [endpoint] });
    const [incident] = await until("/pagerduty", endpoint);
    expect(incident?.body).toMatchObject({
      routing_key: "key-of-the-integration",
      event_action: "trigger",
      dedup_key: expect.stringMatching(new RegExp(`^connection#${endpoint}#\\d+$`)) as string,
      payload: {
        severity: "error",
        class: "AcceptedOutside",
        source: endpoint,
        summary: expect.stringContaining("Accepted outside Drawbridge") as string,
      },
    });
  });
});

describe("who subscribes to the topic", () => {
  test("gets JSON with attributes as a program, and text as a person", async () => {
    const { QueueUrl } = (await world.aws("sqs", "CreateQueue", { QueueName: "outcomes" })) as { QueueUrl: string };
    const { Attributes } = (await world.aws("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["QueueArn"] })) as {
      Attributes: { QueueArn: string };
    };
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: Attributes.QueueArn,
          Condition: { ArnEquals: { "aws:SourceArn": topic } },
        },
      ],
    });
    await world.aws("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy } });
    await world.aws("sns", "Subscribe", {
      TopicArn: topic,
      Protocol: "sqs",
      Endpoint: Attributes.QueueArn,
      Attributes: { FilterPolicy: JSON.stringify({ decision: ["rejected"] }) },
    });
    await world.aws("sns", "Subscribe", { TopicArn: topic, Protocol: "email", Endpoint: "audit@payments.example" });
    const endpoint = await world.connect(accounts.barred, service);
    const [message] = await world.eventually("a message", async () => {
      const { Messages } = (await world.aws("sqs", "ReceiveMessage", { QueueUrl, MaxNumberOfMessages: 10 })) as {
        Messages?: { Body: string }[];
      };
      return Messages !== undefined && Messages.length > 0 ? Messages : undefined;
    });
    const envelope = JSON.parse(message?.Body ?? "") as { Message: string; MessageAttributes: Record<string, { Value: string }> };
    expect(JSON.parse(envelope.Message)).toMatchObject({
      version: 1,
      type: "ConnectionDenied",
      decision: "rejected",
      service: service.id,
      account: accounts.barred,
      endpoint,
      by: { kind: "entry" },
      byWords: expect.stringMatching(/^allow-list, entry by .+ of 111111111111$/),
      because: { rule: "reject-entry" },
      headline: `Rejected: account ${accounts.barred} at ${service.id}`,
    });
    expect(Object.fromEntries(Object.entries(envelope.MessageAttributes).map(([name, { Value }]) => [name, Value]))).toEqual({
      type: "ConnectionDenied",
      decision: "rejected",
      service: service.id,
      account: accounts.barred,
      endpoint,
      by: "entry",
    });
    const letter = world.local.letters.find(({ to, text }) => to === "audit@payments.example" && text.includes(endpoint));
    expect(letter?.text).toMatch(/^Rejected: account 444444444444 at vpce-svc-/);
    expect(letter?.text).not.toContain("{");
  });
});
