// What Drawbridge leans on does not answer, every dependency of every function: each says which call failed, and the work is done when it
// answers again. A minute and a half of waiting.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CallFault } from "../../local/call-faults.ts";
import { lettersAbout, linkTo } from "./letters.ts";
import { accounts, openWorld, zoneName, type Offered, type World } from "./world.ts";

/** What does not answer, for whom, how it is asked, and what the function's log calls it. */
const dependencies: readonly [string, string, Omit<CallFault, "service">, string, string][] = [
  ["the Connections table", "observe", { resource: "ConnectionsTable" }, "dynamodb", "dynamodb:"],
  ["the AuditLog table", "observe", { resource: "AuditLogTable" }, "dynamodb", "dynamodb:TransactWriteItems"],
  ["the Settings table", "observe", { resource: "SettingsTable" }, "dynamodb", "dynamodb:GetItem"],
  ["the queue of admit", "observe", { action: "SendMessage", resource: "AdmitQueue" }, "sqs", "sqs:SendMessage"],
  ["the AllowList table", "admit", { resource: "AllowListTable" }, "dynamodb", "dynamodb:BatchGetItem"],
  ["the AuditLog table", "admit", { resource: "AuditLogTable" }, "dynamodb", "dynamodb:TransactWriteItems"],
  ["EC2's Describe", "admit", { action: "DescribeVpcEndpointConnections" }, "ec2", "ec2:DescribeVpcEndpointConnections"],
  ["the queue of observe", "admit", { action: "SendMessage", resource: "ObserveQueue" }, "sqs", "sqs:SendMessage"],
  ["the Proofs table", "dns", { resource: "ProofsTable" }, "dynamodb", "dynamodb:PutItem"],
  ["the Settings table", "dns", { resource: "SettingsTable" }, "dynamodb", "dynamodb:"],
];

let world: World;
let service: Offered;
const accepted = ["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"];
const down = { code: "ServiceUnavailable", message: "Service is unable to handle the request", status: 503 } as const;

beforeAll(async () => {
  world = await openWorld();
  service = await world.inCare();
});
// A letter waits for minutes when one went just before.
beforeEach(() => world.leap(240));
afterEach(() => world.mend());
afterAll(() => world.local.close());

const asked = async (): Promise<string> => {
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  return endpoint;
};
const failuresQueues = ["ObserveDeadLetters", "AdmitDeadLetters", "DnsDeadLetters", "PublishFailures", "NotifyFailures", "SlackFailures"];
const nothingSetAside = async (): Promise<void> => {
  for (const queue of failuresQueues) expect(await world.waiting(queue), queue).toEqual([]);
};

/** The physical name, by the id in the template. */
const nameOf = (id: string): string => world.idOf(id).split("/").at(-1) ?? "";

describe("a table, a queue or EC2", () => {
  test.each(dependencies)("%s does not answer %s: the message waits, and is finished then", async (_, by, where, called, told) => {
    const resource = where.resource === undefined ? {} : { resource: nameOf(where.resource) };
    const fault = world.refuse({ ...down, ...where, ...resource, service: called, by });
    const endpoint = await world.connect(accounts.acme, service);
    const line = await world.eventually("the line about it", () => world.logged(by).find((one) => JSON.stringify(one).includes(endpoint)));
    expect(line).toMatchObject({ code: "ServiceUnavailable", retryable: true, where: expect.stringContaining(told) });
    expect(line["reason"]).toContain(resource.resource ?? "");
    fault.lift();
    await world.leap(720);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    await nothingSetAside();
  });

  test("the connection to DynamoDB breaks at every call: the same", async () => {
    const fault = world.refuse({ service: "dynamodb", by: "admit", cut: true });
    const endpoint = await world.connect(accounts.acme, service);
    const line = await world.eventually("the line about it", () =>
      world.logged("admit").find((one) => JSON.stringify(one).includes(endpoint)),
    );
    expect(line).toMatchObject({
      code: expect.stringMatching(/^ECONN|Timeout/),
      retryable: true,
      where: expect.stringContaining("dynamodb:"),
    });
    fault.lift();
    await world.leap(720);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
  });

  test("the API says that it is not the caller's mistake, and its log says what it was", async () => {
    const fault = world.refuse({ ...down, service: "dynamodb", by: "api", resource: nameOf("AllowListTable") });
    await expect(world.drawbridge("allow", "555555555555", "--service", service.id)).rejects.toThrow(
      /did not answer in time[^]*try again/i,
    );
    expect(world.logged("api").at(-1)).toMatchObject({ code: "ServiceUnavailable", where: expect.stringContaining("dynamodb:") });
    fault.lift();
    await world.drawbridge("allow", "555555555555", "--service", service.id);
  });

  test("the sweep: the other services have their turn, and the log names the one that did not", async () => {
    const other = await world.offer();
    await world.drawbridge("services", "add", other.id, "--no-names", "--yes");
    world.local.faults.loseNotifications(2);
    const [late, well] = [await world.connect(accounts.unknown, service), await world.connect(accounts.unknown, other)];
    const fault = world.refuse({ ...down, service: "ec2", by: "sweep", resource: service.id });
    await world.sweep();
    expect(await world.statusOf(well)).toBe("asking");
    expect(await world.statusOf(late)).toBeUndefined();
    expect(world.logged("sweep").at(-1)).toMatchObject({
      message: "A service could not be swept",
      services: [service.id],
      where: expect.stringContaining("ec2:Describe"),
    });
    fault.lift();
    await world.sweep();
    expect(await world.statusOf(late)).toBe("asking");
  });
});

describe("the bus", () => {
  test("does not take an event: its key is set aside with the reason, the shard goes on, and a redrive tells it", async () => {
    const fault = world.refuse({ ...down, service: "events", action: "PutEvents" });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    expect(lettersAbout(world, endpoint)).toBe(0);
    const aside = (await world.waiting("PublishFailures")).map((body) => JSON.parse(body) as unknown);
    expect(aside).toContainEqual({
      undelivered: {
        subject: `connection#${endpoint}`,
        seq: 2,
        reason: expect.stringContaining("events:PutEvents: ServiceUnavailable"),
      },
    });
    expect(await world.drawbridge("pending")).toContain(endpoint);
    fault.lift();
    await world.drawbridge("redrive", "PublishFailures", "--yes");
    await world.local.idle();
    expect(lettersAbout(world, endpoint)).toBe(1);
    await nothingSetAside();
  });

  test("nor its queue beside: the stream waits, and goes on in order", async () => {
    const bus = world.refuse({ ...down, service: "events", action: "PutEvents" });
    const queue = world.refuse({ ...down, service: "sqs", action: "SendMessage", by: "publish", times: 4 });
    void queue.first.then(bus.lift);
    const endpoint = await asked();
    expect(world.logged("publish").at(-1)).toMatchObject({ code: "ServiceUnavailable", where: "sqs:SendMessage" });
    expect(lettersAbout(world, endpoint)).toBe(1);
    await nothingSetAside();
  });

  test("fails to reach its targets: it tries again", async () => {
    world.local.faults.failDeliveries(6);
    const endpoint = await asked();
    expect(lettersAbout(world, endpoint)).toBe(1);
    await nothingSetAside();
  });
});

describe("people", () => {
  test.each([
    ["the topic of approvers", { service: "sns", action: "Publish" }, "sns:Publish"],
    ["the secret of the links", { service: "secretsmanager", action: "GetSecretValue" }, "secretsmanager:GetSecretValue"],
  ])("%s does not answer: Lambda tries again, and one letter comes", async (_, where, told) => {
    // Secrets are kept for minutes.
    await world.leap(3600);
    const fault = world.refuse({ ...down, ...where, by: "notify" });
    const endpoint = await asked();
    expect(world.logged("notify").at(-1)).toMatchObject({ code: "ServiceUnavailable", where: told, connection: endpoint });
    expect(lettersAbout(world, endpoint)).toBe(0);
    fault.lift();
    await world.leap(60);
    expect(lettersAbout(world, endpoint)).toBe(1);
    await nothingSetAside();
  });

  test("the topic stays away: the event is set aside, and a redrive sends the letter", async () => {
    const fault = world.refuse({ ...down, service: "sns", action: "Publish", by: "notify" });
    const endpoint = await asked();
    await world.leap(60);
    await world.leap(120);
    const [aside] = await world.waiting("NotifyFailures");
    expect(aside).toContain(endpoint);
    expect(aside).toContain("sns:Publish: ServiceUnavailable");
    fault.lift();
    await world.drawbridge("redrive", "NotifyFailures", "--yes");
    await world.local.idle();
    expect(lettersAbout(world, endpoint)).toBe(1);
    await nothingSetAside();
  });

  test("the page cannot read: it says so to a person, decides nothing, and takes the answer later", async () => {
    const endpoint = await asked();
    const fault = world.refuse({ ...down, service: "dynamodb", by: "answer", resource: nameOf("ConnectionsTable") });
    const reply = await fetch(linkTo(world, endpoint));
    expect(reply.status).toBe(503);
    expect(await reply.text()).toMatch(/try again/i);
    expect(world.logged("answer").at(-1)).toMatchObject({ code: "ServiceUnavailable", where: expect.stringContaining("dynamodb:") });
    fault.lift();
    expect((await fetch(linkTo(world, endpoint))).status).toBe(200);
  });

  test("Slack is not configured as it should be, and then does not listen: mail comes all the same", async () => {
    const SecretId = world.local.outputs["SlackSecretArn"];
    const put = (webhookUrl: string): Promise<unknown> =>
      world.aws("secretsmanager", "PutSecretValue", { SecretId, SecretString: JSON.stringify({ webhookUrl, channel: "#x" }) });
    await put("http://example.com/services/T/B/X");
    await world.leap(3600);
    const first = await asked();
    expect(lettersAbout(world, first)).toBe(1);
    expect(world.logged("slack").at(-1)).toMatchObject({
      code: "SlackMisconfigured",
      reason: expect.stringContaining("hooks.slack.com"),
    });
    await put("http://127.0.0.1:9/services/T/B/X");
    await world.leap(3600);
    expect(world.logged("slack").at(-1)).toMatchObject({ where: "127.0.0.1:9", connection: first });
    await put(world.local.slackWebhook);
    await world.leap(3600);
    expect(world.local.letters.filter(({ channel, text }) => channel === "slack" && text.includes(first))).toHaveLength(1);
    await nothingSetAside();
  });
});

describe("the hosted zone", () => {
  test("is busy, or out of reach: the name comes later", async () => {
    const fault = world.refuse({
      service: "route53",
      action: "ChangeResourceRecordSets",
      times: 4,
      code: "PriorRequestNotComplete",
      message: "The request was rejected because a change is being made.",
      status: 400,
    });
    const endpoint = await world.connect(accounts.acme, service);
    await world.becomes(endpoint, "connected");
    await fault.first;
    await world.local.idle();
    await world.named(endpoint);
    expect(fault.met()).toBe(4);
    expect(world.logged("dns", "WARN")).toContainEqual(
      expect.objectContaining({ code: "PriorRequestNotComplete", where: "route53:ChangeResourceRecordSets", zone: world.local.zoneId }),
    );
    expect(await world.types(endpoint)).toEqual(accepted);
    await nothingSetAside();
  });

  test("is gone: the connection stays, people are told why it has no name, and it gets one later", async () => {
    const fault = world.refuse({
      service: "route53",
      code: "NoSuchHostedZone",
      status: 404,
      message: "No hosted zone found with ID",
    });
    const endpoint = await world.connect(accounts.acme, service);
    await world.becomes(endpoint, "connected");
    await fault.first;
    await world.local.idle();
    expect((await world.history(endpoint)).at(-1)).toMatchObject({
      type: "EffectFailed",
      effect: "make-name",
      code: "NoSuchHostedZone",
      message: expect.stringContaining("No hosted zone found"),
    });
    expect(world.local.letters.filter(({ text }) => text.includes("No hosted zone found"))).toHaveLength(1);
    expect(await world.drawbridge("show", endpoint)).toContain("No hosted zone found");
    expect(await world.statusOf(endpoint)).toBe("connected");
    fault.lift();
    await world.leap(90);
    await world.sweep();
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual([...accepted.slice(0, -1), "EffectFailed", "NameMade", "EffectRecovered"]);
    expect(await world.drawbridge("show", endpoint)).toContain(zoneName);
    await nothingSetAside();
  });
});
