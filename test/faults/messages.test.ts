// What comes in is broken, foreign, doubled, forged or late: it is set aside with its reason, and what is good goes on.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lettersAbout, linkTo, post } from "./letters.ts";
import { accounts, openWorld, type Members, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;
const accepted = ["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"];

beforeAll(async () => {
  world = await openWorld();
  service = await world.inCare();
});
afterAll(() => world.local.close());

const notify = (Message: string): Promise<Members> =>
  world.aws("sns", "Publish", { TopicArn: world.local.outputs["ConnectionsTopicArn"], Subject: "VPC endpoint notification", Message });
const putOnBus = async (DetailType: string, Detail: unknown): Promise<void> => {
  const Entries = [{ EventBusName: world.local.outputs["BusName"], Source: "drawbridge", DetailType, Detail: JSON.stringify(Detail) }];
  await world.aws("events", "PutEvents", { Entries });
  await world.local.idle();
};

describe("notifications", () => {
  test("garbage: every service in care is looked at, so that nothing it meant is missed", async () => {
    world.local.faults.loseNotifications(1);
    const endpoint = await world.connect(accounts.acme, service);
    await notify("\u0000%%% <not> {json: 42");
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect((await world.history(endpoint))[0]).toMatchObject({ source: { kind: "notification", raw: expect.stringContaining("<not>") } });
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
  });

  test("about a service that is not ours: said so, and left alone", async () => {
    const foreign = await world.offer();
    const endpoint = await world.connect(accounts.acme, foreign);
    await notify(JSON.stringify({ service: foreign.id, endpoint }));
    await world.local.idle();
    expect(world.logged("observe", "INFO").at(-1)).toMatchObject({
      message: expect.stringContaining("not in care"),
      services: [foreign.id],
    });
    expect(await world.onAws(endpoint)).toBe("pendingAcceptance");
    expect(await world.types(endpoint)).toEqual([]);
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
  });

  test("of an endpoint that nobody lists: comes again for a while, and ends where somebody looks", async () => {
    const body = { look: { service: service.id, endpoints: ["vpce-0123456789abcdef0"], why: "look-again" } };
    await world.send("ObserveQueue", body);
    await world.leap(600);
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
    expect(await world.types("vpce-0123456789abcdef0")).toEqual([]);
  });

  test("five times: one decision, one accept, one letter", async () => {
    world.local.faults.repeatNotifications(5);
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    const event = (await world.history(endpoint))[1];
    for (let again = 0; again < 3; again += 1)
      await putOnBus("ApprovalRequested", {
        ...event,
        version: 1,
        subject: `connection#${endpoint}`,
        seq: 2,
        service: service.id,
        endpoint,
        account: accounts.unknown,
      });
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
    expect(lettersAbout(world, endpoint)).toBe(1);
    await world.drawbridge("approve", endpoint);
    const look = { look: { service: service.id, endpoints: [endpoint], why: "look-again" } };
    for (const queue of ["AdmitQueue", "AdmitQueue", "DnsQueue", "ObserveQueue", "DnsQueue"]) await world.send(queue, look);
    await world.eventually("a name", async () => (await world.types(endpoint)).includes("NameMade") || undefined);
    const types = await world.types(endpoint);
    expect(new Set(types).size).toBe(types.length);
    expect(world.local.acceptsOf(endpoint)).toBe(1);
  });
});

describe("queues", () => {
  test.each([
    ["ObserveQueue", "observe", "ObserveDeadLetters", 360],
    ["AdmitQueue", "admit", "AdmitDeadLetters", 720],
    ["DnsQueue", "dns", "DnsDeadLetters", 720],
  ])("%s: bodies that nobody can read end with their reason, whole; the good one beside them does not", async (...given) => {
    const [queue, name, deadLetters, seconds] = given;
    world.local.faults.loseNotifications(1);
    const endpoint = await world.connect(accounts.acme, service);
    const broken = [
      "{ not JSON",
      JSON.stringify({ hello: "world" }),
      JSON.stringify({ look: { service: "vpce-svc-wrong", endpoints: [endpoint] } }),
      JSON.stringify({ look: { service: service.id, endpoints: ["i-0123456789"] } }),
    ];
    for (const body of broken) await world.send(queue, body);
    await world.send(queue, { look: { service: service.id, endpoints: [endpoint], why: "look-again" } });
    for (let receives = 1; receives <= 5; receives += 1) await world.leap(seconds);
    expect((await world.waiting(deadLetters)).toSorted()).toEqual(broken.toSorted());
    const told = world.logged(name).filter(({ message }) => message === "A message cannot be read");
    expect(told).toHaveLength(5 * broken.length);
    for (const [body, reason] of [
      [broken[0], "it is not JSON"],
      [broken[1], "it is neither a notification"],
      [broken[2], "its service or endpoints are not ids"],
      [broken[3], "its service or endpoints are not ids"],
    ])
      expect(told).toContainEqual(expect.objectContaining({ code: "Unreadable", body, reason: expect.stringContaining(reason ?? "") }));
    if (queue !== "DnsQueue") await world.named(endpoint);
    expect(alarmOn(deadLetters)).toBe(true);
  });

  test("an event of the bus that nobody can read: tried three times, then set aside", async () => {
    await putOnBus("ApprovalRequested", { version: 99, subject: "connection#?" });
    await world.leap(60);
    await world.leap(120);
    for (const [name, failures] of [
      ["notify", "NotifyFailures"],
      ["slack", "SlackFailures"],
    ] as const) {
      const told = world.logged(name).filter(({ code }) => code === "Unreadable");
      expect(told).toHaveLength(3);
      expect(told[0]).toMatchObject({ reason: expect.stringContaining("version") });
      expect(await world.waiting(failures)).toEqual([expect.stringContaining('"version":99')]);
      expect(alarmOn(failures)).toBe(true);
    }
  });
});

describe("the log's stream", () => {
  test("a poison record: the shard goes on, and the poison is set aside", async () => {
    const subject = "connection#poison";
    const Item = { subject: { S: subject }, seq: { S: "000000000001" }, event: { S: "not an event" }, hash: { S: "" } };
    await world.aws("dynamodb", "PutItem", { TableName: world.idOf("AuditLogTable"), Item });
    const endpoint = await world.connect(accounts.acme, service);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    const [aside, ...more] = await world.waiting("PublishFailures");
    expect(more).toEqual([]);
    expect(JSON.parse(aside ?? "")).toMatchObject({
      requestContext: { condition: "RetryAttemptsExhausted" },
      DDBStreamBatchInfo: { batchSize: 1 },
    });
    expect(world.logged("publish").at(-1)).toMatchObject({
      message: "A row cannot be read",
      code: "UnreadableRow",
      where: "table AuditLog",
      reason: expect.stringContaining(subject),
    });
    expect(alarmOn("PublishFailures")).toBe(true);
  });

  test("a row that somebody changed: told, and not published again", async () => {
    const before = world.local.counts()["events:PutEvents"];
    await world.aws("dynamodb", "UpdateItem", {
      TableName: world.idOf("AuditLogTable"),
      Key: { subject: { S: "connection#poison" }, seq: { S: "000000000001" } },
      UpdateExpression: "SET reason = :reason",
      ExpressionAttributeValues: { ":reason": { S: "tampered with" } },
    });
    await world.local.idle();
    expect(world.logged("publish").at(-1)).toMatchObject({ code: "LogChanged", reason: expect.stringContaining("connection#poison") });
    expect(world.local.counts()["events:PutEvents"]).toBe(before);
  });
});

describe("links", () => {
  test("tampered with, or too old: refused without a word of what is behind, and the question stays", async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    const link = linkTo(world, endpoint);
    expect((await fetch(link)).status).toBe(200);
    const form: [string, string][] = [
      ["choice", "approve"],
      ["confirm", accounts.unknown.slice(-4)],
    ];
    const [, token = ""] = link.split("/a/");
    const other = token.startsWith("W") ? "V" : "W";
    for (const forged of [`${other}${token.slice(1)}`, token.slice(0, -1), `${token}AA`, "x", token.toUpperCase()]) {
      const reply = await fetch(link.replace(token, forged));
      expect(reply.status).toBe(404);
      expect(await reply.text()).not.toContain(endpoint);
      expect((await post(link.replace(token, forged), form)).status).toBe(404);
    }
    await world.leap(7 * 24 * 3600 + 1);
    const late = await fetch(link);
    expect(late.status).toBe(410);
    const page = await late.text();
    expect(page).toContain("expired");
    expect(page).not.toContain(endpoint);
    expect((await post(link, form)).status).toBe(410);
    expect(await world.statusOf(endpoint)).toBe("asking");
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
    expect(await world.drawbridge("pending")).toContain(endpoint);
    await world.drawbridge("approve", endpoint);
    await world.becomes(endpoint, "connected");
  });
});

/** Whether an alarm of the stack watches the messages of this queue. */
function alarmOn(queue: string): boolean {
  const name = world.idOf(queue).split("/").at(-1);
  return world.local.held.some(
    ({ type, properties }) => type === "AWS::CloudWatch::Alarm" && JSON.stringify(properties).includes(`"${String(name)}"`),
  );
}
