// Slack over the wire, through the packaged functions: asked there, pressed there, decided once, and every copy shows how it ended.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeItem } from "../../lib/aws/item.ts";
import { rowVersion } from "../../lib/aws/rows.ts";
import { signature, type SlackPost } from "../../local/slack.ts";
import { accounts, openWorld, type Offered, type World } from "../faults/world.ts";

let world: World;
let service: Offered;
const [ann, bob] = ["U0ANN", "U0BOB"];
/** What a story may take. */
const limit = { timeout: 60_000 };

beforeAll(async () => {
  world = await openWorld();
  const secret = { SecretId: world.local.outputs["SlackSecretArn"], SecretString: world.local.slack.secret() };
  await world.aws("secretsmanager", "PutSecretValue", secret);
  service = await world.inCare();
  for (const [name, slack] of [
    ["ann", ann],
    ["bob", bob],
  ] as const)
    await settingsRow({ kind: "approver", id: name, name, slack, addedAt: "2026-11-01T00:00:00.000Z", version: 1 });
  await asking({ approvers: ["ann", "bob"] });
}, 60_000);
afterAll(() => world.local.close(), 30_000);

const settingsRow = async (row: object): Promise<void> => {
  await world.aws("dynamodb", "PutItem", { TableName: world.idOf("SettingsTable"), Item: writeItem({ v: rowVersion, ...row }) });
};
async function asking(settings: object): Promise<void> {
  await world.aws("dynamodb", "UpdateItem", {
    TableName: world.idOf("SettingsTable"),
    Key: { kind: { S: "service" }, id: { S: service.id } },
    UpdateExpression: "SET asking = :asking",
    ExpressionAttributeValues: writeItem({ ":asking": settings }),
  });
}
const rootOf = (endpoint: string): SlackPost | undefined =>
  world.local.slack.posts.find(({ thread, blocks }) => thread === undefined && JSON.stringify(blocks).includes(endpoint));
const shows = async (endpoint: string, text: string): Promise<SlackPost> =>
  world.eventually(`Slack shows ${text}`, () => {
    const post = rootOf(endpoint);
    return post !== undefined && JSON.stringify(post.blocks).includes(text) ? post : undefined;
  });
async function ask(): Promise<string> {
  const endpoint = await world.connect(accounts.unknown, service);
  await shows(endpoint, "drawbridge-approve");
  return endpoint;
}
const press = (user: string, endpoint: string, action = "drawbridge-approve", reason?: string) =>
  world.local.slack.press({ user, action, about: endpoint, ...(reason === undefined ? {} : { reason }) });
const whispers = (user: string): string[] => world.local.slack.whispers.filter((one) => one.user === user).map(({ text }) => text);
const send = async (body: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(`${world.local.api}/slack/interactions`, { method: "POST", body, headers })).status;
const decisions = async (endpoint: string): Promise<string[]> =>
  (await world.types(endpoint)).filter((type) => /^(ConnectionApproved|ConnectionDenied|AcceptedOutside|RejectedOutside)$/.test(type));

describe("a question in Slack", () => {
  test("is approved with a press and a reason: accepted on AWS, in the log by name, shown in the channel", limit, async () => {
    const endpoint = await ask();
    const { status, milliseconds } = await press(ann, endpoint, "drawbridge-approve", "ticket 7");
    expect(status).toBe(200);
    expect(milliseconds).toBeLessThan(3000);
    await world.becomes(endpoint, "connected");
    const approved = (await world.history(endpoint)).find(({ type }) => type === "ConnectionApproved");
    expect(approved).toMatchObject({
      by: { kind: "approver", name: "ann", channel: "slack" },
      reason: "ticket 7",
      source: { raw: `Slack, ${ann}` },
    });
    const shown = await shows(endpoint, "Approved by ann (Slack)");
    expect(JSON.stringify(shown.blocks)).not.toContain("action_id");
    expect(world.local.acceptsOf(endpoint)).toBe(1);
    expect(whispers(ann).at(-1)).toContain("Recorded. Approved by ann (Slack)");
    const thread = world.local.slack.posts.filter((post) => post.thread === shown.ts);
    expect(thread.map(({ text }) => text)).toEqual([expect.stringContaining("Accepted by ann (Slack): ticket 7.")]);
  });

  test("is withdrawn when the endpoint goes, and says so", limit, async () => {
    const endpoint = await ask();
    await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, accounts.unknown);
    const shown = await shows(endpoint, "Withdrawn: the endpoint was deleted");
    expect(JSON.stringify(shown.blocks)).not.toContain("action_id");
  });

  test("decides nothing when somebody presses who is no approver", limit, async () => {
    const endpoint = await ask();
    expect((await press("U0MALLORY", endpoint)).status).toBe(200);
    await world.local.idle();
    expect(whispers("U0MALLORY")).toEqual([expect.stringContaining("you are not an approver")]);
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
    expect(world.logged("answer", "WARN").at(-1)).toMatchObject({ user: "U0MALLORY", connection: endpoint });
  });
});

describe("a request", () => {
  test("forged, replayed, too old or from the future is refused at the door", limit, async () => {
    const endpoint = await ask();
    const { slack } = world.local;
    const about = { user: ann, action: "drawbridge-approve", about: endpoint };
    const real = slack.request(about);
    const now = Number(real.headers["x-slack-request-timestamp"]) * 1000;
    expect(await send(real.body, signature("not the signing secret", real.body, now))).toBe(401);
    expect(await send(`${real.body}&x=1`, real.headers)).toBe(401);
    expect(await send(real.body, { "content-type": "application/x-www-form-urlencoded" })).toBe(401);
    for (const seconds of [-302, 302]) {
      const late = slack.request(about, now + seconds * 1000);
      expect(await send(late.body, late.headers)).toBe(401);
    }
    await world.local.idle();
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
    expect(await send(real.body, real.headers)).toBe(200);
    expect(await Promise.all(Array.from({ length: 10 }, () => send(real.body, real.headers)))).toEqual(
      Array.from({ length: 10 }, () => 401),
    );
    await world.becomes(endpoint, "connected");
    expect(await decisions(endpoint)).toEqual(["ConnectionApproved"]);
  });

  test("is acknowledged in time while everything behind the queue hangs, and decided when it does no more", limit, async () => {
    const endpoint = await ask();
    for (const resource of ["ConnectionsTable", "SettingsTable", "AuditLogTable", "AllowListTable"])
      world.refuse({ service: "dynamodb", resource: world.idOf(resource), by: "answer", delayMs: 4000 });
    const { status, milliseconds } = await press(bob, endpoint, "drawbridge-reject");
    expect(status).toBe(200);
    expect(milliseconds).toBeLessThan(3000);
    world.mend();
    await world.becomes(endpoint, "rejected");
    await shows(endpoint, "Rejected by bob (Slack)");
  });

  test("that cannot be queued is told so, and so is one while the queue hangs; pressed again, it decides", limit, async () => {
    const endpoint = await ask();
    const queue = { service: "sqs", action: "SendMessage", resource: "AnswerQueue" };
    for (const fault of [{ code: "AccessDenied", status: 403 }, { instead: () => new Promise(() => undefined) }]) {
      const before = whispers(ann).length;
      world.refuse({ ...queue, ...fault });
      const { status, milliseconds } = await press(ann, endpoint);
      expect(status).toBe(200);
      expect(milliseconds).toBeLessThan(3000);
      expect(whispers(ann).slice(before)).toEqual([expect.stringContaining("Not recorded, try again")]);
      world.mend();
    }
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
    await press(ann, endpoint);
    await world.becomes(endpoint, "connected");
  });

  test("is taken after the signing secret was rotated, without a deploy", limit, async () => {
    const endpoint = await ask();
    world.local.slack.regenerate();
    expect((await press(ann, endpoint)).status).toBe(401);
    const secret = { SecretId: world.local.outputs["SlackSecretArn"], SecretString: world.local.slack.secret() };
    await world.aws("secretsmanager", "PutSecretValue", secret);
    await world.leap(31);
    expect((await press(ann, endpoint)).status).toBe(200);
    await world.becomes(endpoint, "connected");
  });
});

describe("one decision", () => {
  test("from Slack, twice, the command and the console at the same moment", limit, async () => {
    for (let round = 0; round < 3; round += 1) {
      const endpoint = await ask();
      const before = { ann: whispers(ann).length, bob: whispers(bob).length };
      const answers = [
        () => press(ann, endpoint, "drawbridge-approve"),
        () => press(bob, endpoint, "drawbridge-reject"),
        () => world.drawbridge("approve", endpoint, "--reason", "by hand").catch((error: unknown) => String(error)),
        () => world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service.id, VpcEndpointIds: [endpoint] }),
      ];
      await Promise.all([...answers.slice(round), ...answers.slice(0, round)].map((one) => one()));
      await world.local.idle();
      await world.leap(5);
      const [first, ...more] = await decisions(endpoint);
      expect(first).toBeDefined();
      // Whoever accepts past Drawbridge may be a second one: what AWS has done stays to be seen, and is told.
      expect(more.every((type) => type === "AcceptedOutside" || type === "RejectedOutside")).toBe(true);
      const shown = await shows(endpoint, "ed by ");
      expect(JSON.stringify(shown.blocks)).not.toContain("action_id");
      for (const [name, user] of [
        ["ann", ann],
        ["bob", bob],
      ] as const) {
        const told = whispers(user).slice(before[name]);
        expect(told, JSON.stringify(told)).toHaveLength(1);
        expect(told[0]).toMatch(
          /^(Recorded\. |Your answer came too late and changes nothing\. )(Approved|Rejected) by .+, \d+ \w+ \d{4}, \d\d:\d\d UTC/,
        );
      }
    }
  });
});
