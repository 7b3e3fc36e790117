// Slack over the wire, through the packaged functions: asked there, pressed there, decided once, and every copy shows how it ended.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signature, type SlackPost } from "../../local/slack.ts";
import { approve } from "../faults/letters.ts";
import { accounts, openWorld, type Offered, type World } from "../faults/world.ts";

let world: World;
let service: Offered;
const [ann, bob] = ["U0ANN00000", "U0BOB00000"];

beforeAll(async () => {
  world = await openWorld();
  const secret = { SecretId: world.local.outputs["SlackSecretArn"], SecretString: world.local.slack.secret() };
  await world.aws("secretsmanager", "PutSecretValue", secret);
  service = await world.inCare();
  await world.drawbridge("approvers", "add", "ann", "--slack", ann);
  await world.drawbridge("approvers", "add", "bob", "--slack", bob);
  await world.drawbridge("services", "set", service.id, "--approver", "ann", "--approver", "bob", "--yes");
});
afterAll(() => world.local.close());

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
  test("is approved with a press and a reason: accepted on AWS, in the log by name, shown in the channel", async () => {
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

  test("is withdrawn when the endpoint goes, and says so", async () => {
    const endpoint = await ask();
    await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, accounts.unknown);
    const shown = await shows(endpoint, "Withdrawn: the endpoint was deleted");
    expect(JSON.stringify(shown.blocks)).not.toContain("action_id");
  });

  test("is accepted in the console: that shows at once, and who it was when CloudTrail has told", async () => {
    const endpoint = await ask();
    await world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service.id, VpcEndpointIds: [endpoint] });
    const { ts } = await shows(endpoint, "Approved by root of 111111111111, outside");
    const lines = (): string[] => world.local.slack.posts.flatMap(({ thread, text }) => (thread === ts ? [text] : []));
    await world.eventually("the thread tells", () => (lines().length === 2 ? true : undefined));
    expect(lines()[1]).toBe("CloudTrail tells: root of 111111111111 called accept.");
  });

  test("is asked with the bot token that was put a moment ago, and told with it", async () => {
    const endpoint = await ask();
    world.local.slack.reinstall();
    const secret = { SecretId: world.local.outputs["SlackSecretArn"], SecretString: world.local.slack.secret() };
    await world.aws("secretsmanager", "PutSecretValue", secret);
    await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, accounts.unknown);
    await shows(endpoint, "Withdrawn: the endpoint was deleted");
    await ask();
    expect(await world.waiting("SlackFailures")).toEqual([]);
  });

  test("decides nothing when somebody presses who is no approver", async () => {
    const endpoint = await ask();
    expect((await press("U0MALLORY", endpoint)).status).toBe(200);
    await world.local.idle();
    expect(whispers("U0MALLORY")).toEqual([expect.stringContaining("you are not an approver")]);
    expect(await world.statusOf(endpoint)).toBe("asking");
    // The press of a stranger is in the log.
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested", "AnswerRefused"]);
    expect((await world.history(endpoint)).at(-1)).toMatchObject({ why: "no approver is known by Slack, U0MALLORY" });
    expect(world.logged("answer", "WARN").at(-1)).toMatchObject({ user: "U0MALLORY", connection: endpoint });
  });
});

describe("a request", () => {
  test("forged, replayed, too old or from the future is refused at the door", async () => {
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

  test("is acknowledged in time while everything behind the queue hangs, and decided when it does no more", async () => {
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

  test("that cannot be queued is told so, and so is one while the queue hangs; pressed again, it decides", async () => {
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

  test("is taken after the signing secret was rotated, without a deploy", async () => {
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
  const bobsMail = "bob@payments.example";
  /** Bob has a mailbox too, and the link in his mail is enough. */
  async function linkFor(endpoint: string): Promise<string> {
    const letter = await world.eventually("bob's mail", () =>
      world.local.letters.find(({ to, text }) => to === bobsMail && text.includes(endpoint) && text.includes("/a/")),
    );
    return /https?:\/\/\S+\/a\/\S+/.exec(letter.text)?.[0] ?? "";
  }

  test.each([
    ["Slack, mail and the command", false],
    ["Slack, mail, the command and the console", true],
  ])("from %s at the same moment", async (_, inConsole) => {
    await world.drawbridge("approvers", "add", "bob", "--email", bobsMail, "--slack", bob);
    await world.drawbridge("services", "set", service.id, "--email-proof", "link", "--yes");
    for (let round = 0; round < 3; round += 1) {
      // Bob's mail does not wait for the one before.
      await world.leap(240);
      const endpoint = await ask();
      const link = await linkFor(endpoint);
      const whispered = world.local.slack.whispers.length;
      let page = "";
      const answers = [
        () => press(ann, endpoint, "drawbridge-approve"),
        async () => {
          page = await (await approve(link)).text();
        },
        () => world.drawbridge("reject", endpoint, "--reason", "by hand").catch((error: unknown) => String(error)),
        ...(inConsole
          ? [() => world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service.id, VpcEndpointIds: [endpoint] })]
          : []),
      ];
      await Promise.all([...answers.slice(round), ...answers.slice(0, round)].map((one) => one()));
      await shows(endpoint, "ed by ");
      await world.local.idle();
      // CloudTrail tells who it was.
      await world.leap(5);
      await world.local.idle();
      const shown = await shows(endpoint, "ed by ");

      const [first, ...more] = await decisions(endpoint);
      expect(first).toBeDefined();
      // The console asks nobody: what AWS has done all the same is seen, told, and is no second decision of ours.
      expect(inConsole ? more.filter((type) => type === "ConnectionApproved" || type === "ConnectionDenied") : more).toEqual([]);
      // Every copy, the page and the person who pressed say who decided, when, and how.
      expect(JSON.stringify(shown.blocks)).not.toContain("action_id");
      expect(JSON.stringify(shown.blocks)).toMatch(
        /(Approved|Rejected) by (ann \(Slack\)|bob \(link\)|root of \d+|root of \d+, outside), \d+ \w+ \d{4}, \d\d:\d\d UTC/,
      );
      const [told, ...others] = world.local.slack.whispers.slice(whispered);
      expect(others).toEqual([]);
      expect(told?.text).toMatch(/^(Recorded\. |Your answer came too late and changes nothing\. )(Approved|Rejected) by .+, \d\d:\d\d UTC/);
      expect(await (await fetch(link)).text()).not.toContain("<form");
      expect(page).not.toBe("");
    }
  });
});
