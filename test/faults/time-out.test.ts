// Functions are killed at their timeout, half-way: what they had done is found again, and what they had not is done once.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accounts, openWorld, setting, zoneName, type Members, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;
const accepted = ["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"];
const quick = ["Observe", "Publish", "Notify", "Dns", "Sweep", "Answer", "Api"];
/** Longer than the functions have. */
const delayMs = 4000;

beforeAll(async () => {
  world = await openWorld({ resources: setting(Object.fromEntries(quick.map((name) => [`${name}LambdaFunction`, { Timeout: 2 }]))) });
  service = await world.inCare();
}, 60_000);
afterEach(() => world.mend());
afterAll(() => world.local.close(), 30_000);

const named = (endpoint: string): Promise<true> =>
  world.eventually(`${endpoint} has its name`, async () => (await world.types(endpoint)).includes("NameMade") || undefined);
const lettersAbout = (text: string): number => world.local.letters.filter((letter) => letter.text.includes(text)).length;
const killed = (name: string): void => {
  expect(world.local.logs(name).slice(-10).join("\n")).toContain("Task timed out after 2.00 seconds");
};

describe("killed at the timeout", () => {
  test("observe, with its commit done and admit not told yet", { timeout: 30_000 }, async () => {
    world.refuse({ service: "dynamodb", action: "TransactWriteItems", by: "observe", times: 1, after: true, delayMs });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    killed("observe");
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested"]);
    await world.leap(360);
    await named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
  });

  test("dns, with the zone changed and nothing recorded: the name is found as it should be", { timeout: 30_000 }, async () => {
    const fault = world.refuse({ service: "route53", action: "ChangeResourceRecordSets", times: 1, after: true, delayMs });
    const endpoint = await world.connect(accounts.acme, service);
    await world.becomes(endpoint, "connected");
    await fault.first;
    await world.local.idle();
    killed("dns");
    expect(await world.types(endpoint)).toEqual(accepted.slice(0, -1));
    await world.leap(720);
    await named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.local.zoneId });
    const aliases = (ResourceRecordSets as readonly Members[]).filter((set) => JSON.stringify(set).includes(endpoint) && set["Type"] === "A");
    expect(aliases).toHaveLength(1);
    expect(await world.drawbridge("show", endpoint)).toContain(zoneName);
  });

  test("publish, with its events on the bus: they come twice, and people read once", { timeout: 30_000 }, async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    world.refuse({ service: "events", action: "PutEvents", by: "publish", resource: "ApprovalRequested", times: 1, after: true, delayMs });
    await world.becomes(endpoint, "asking");
    killed("publish");
    expect(lettersAbout(endpoint)).toBe(1);
    expect(await world.waiting("PublishFailures")).toEqual([]);
  });

  test("notify, before the letter is out: Lambda's next try sends it", { timeout: 30_000 }, async () => {
    world.refuse({ service: "sns", action: "Publish", by: "notify", times: 1, delayMs, cut: true });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    killed("notify");
    expect(lettersAbout(endpoint)).toBe(0);
    await world.leap(60);
    expect(lettersAbout(endpoint)).toBe(1);
    expect(await world.waiting("NotifyFailures")).toEqual([]);
  });

  test("answer, with the answer committed: the page says so when it is opened again", { timeout: 30_000 }, async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    const letter = world.local.letters.find(({ text }) => text.includes(endpoint));
    const link = /https?:\/\/\S+\/a\/\S+/.exec(letter?.text ?? "")?.[0] ?? "";
    const form = formOf(await (await fetch(link)).text());
    world.refuse({ service: "dynamodb", action: "TransactWriteItems", by: "answer", times: 1, after: true, delayMs });
    const send = (): Promise<Response> => fetch(link, { method: "POST", headers: { origin: new URL(link).origin }, body: form });
    expect((await send()).status).toBeGreaterThanOrEqual(500);
    killed("answer");
    const again = await send();
    expect(again.status).toBeLessThan(500);
    await world.becomes(endpoint, "connected");
    expect((await world.types(endpoint)).filter((type) => type === "ConnectionApproved")).toHaveLength(1);
    expect(await (await fetch(link)).text()).toMatch(/accepted|approved/i);
  });

  test("api, with the entry committed: the operator is told, and the same command again is safe", { timeout: 30_000 }, async () => {
    world.refuse({ service: "dynamodb", action: "TransactWriteItems", by: "api", times: 1, after: true, delayMs });
    const allow = ["allow", "555555555555", "--service", service.id, "--name", "globex"];
    await expect(world.drawbridge(...allow)).rejects.toThrow(/drawbridge: /);
    killed("api");
    await world.drawbridge(...allow);
    expect(await world.drawbridge("list", "--service", service.id)).toContain("globex");
  });

  test("sweep: the lost minute is noticed, and the next one does the work", { timeout: 30_000 }, async () => {
    world.local.faults.loseNotifications(1);
    const endpoint = await world.connect(accounts.unknown, service);
    world.refuse({ service: "ec2", action: "DescribeVpcEndpointConnections", by: "sweep", times: 1, delayMs });
    await world.aws("events", "EnableRule", { Name: world.idOf("SweepSchedule") });
    await world.leap(60);
    killed("sweep");
    expect((await world.waiting("SweepFailures")).join()).toContain("Task timed out");
    await world.leap(60);
    expect(await world.statusOf(endpoint)).toBe("asking");
    await world.aws("events", "DisableRule", { Name: world.idOf("SweepSchedule") });
  });
});

function formOf(page: string): URLSearchParams {
  const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
    attribute(input, "name"),
    attribute(input, "value"),
  ]);
  return new URLSearchParams([...hidden, ["choice", "approve"], ["confirm", accounts.unknown.slice(-4)], ["reason", "known"]]);
}
const attribute = (tag: string, name: string): string => (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");
