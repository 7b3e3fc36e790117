// A question lives its days, through the packaged functions on a clock that leaps: reminded, put to the next, answered by silence; its link ends, it is withdrawn, and many come as one message.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Letter } from "../../local/inbox.ts";
import { post } from "../faults/letters.ts";
import { accounts, openWorld, type Offered, type World } from "../faults/world.ts";

const [ann, bob] = ["ann@payments.example", "bob@payments.example"];
const [minute, hour] = [60, 3600];
let world: World;
let service: Offered;

beforeAll(async () => {
  world = await openWorld();
  service = await world.inCare();
  await world.drawbridge("approvers", "add", "ann", "--email", ann);
  await world.drawbridge("approvers", "add", "bob", "--email", bob);
  const escalation = ["--escalate-to", "bob", "--escalate-after", "24"];
  const silence = ["--open-days", "2", "--silence", "reject"];
  await world.drawbridge("services", "set", service.id, "--approver", "ann", "--remind", "4", ...escalation, ...silence, "--yes");
  // Who confirmed is reached from the next sweep on.
  await world.sweep();
});
afterAll(() => world.local.close());

const lettersTo = (to: string, about: string): Letter[] =>
  world.local.letters.filter((letter) => letter.to === to && letter.text.includes(about));
const arrives = (to: string, about: string, count: number): Promise<Letter> =>
  world.eventually(`letter ${String(count)} to ${to} about ${about}`, () => lettersTo(to, about)[count - 1]);
const linkIn = ({ text }: Letter, path = "a"): string => new RegExp(`https?://\\S+/${path}/\\S+`).exec(text)?.[0] ?? "";
async function passes(seconds: number): Promise<void> {
  await world.leap(seconds);
  await world.sweep();
}
async function ask(): Promise<{ endpoint: string; first: Letter }> {
  // The mail before has had its minutes: this one does not wait.
  await passes(4 * minute);
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  return { endpoint, first: await arrives(ann, endpoint, 1) };
}

describe("a question", () => {
  test("that nobody answers is reminded of, put to the next, and rejected when its time is over; each is mailed and in the log", async () => {
    const { endpoint, first } = await ask();
    expect(lettersTo(bob, endpoint)).toEqual([]);
    await passes(4 * hour + minute);
    expect((await arrives(ann, endpoint, 2)).subject).toMatch(/^Still open: /);
    await passes(20 * hour);
    expect(linkIn(await arrives(bob, endpoint, 1))).toContain("/a/");
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested", "ApprovalReminded", "ApprovalEscalated"]);
    expect((await world.history(endpoint)).at(-1)).toMatchObject({ to: ["bob"], by: { kind: "drawbridge" } });
    await passes(23 * hour);
    expect(await world.statusOf(endpoint)).toBe("asking");
    await passes(hour);
    await world.becomes(endpoint, "rejected");
    const denied = (await world.history(endpoint)).filter(({ type }) => type === "ConnectionDenied");
    expect(denied).toMatchObject([{ by: { kind: "drawbridge" }, because: { rule: "silence" } }]);
    expect(await world.types(endpoint)).toEqual([
      "ConnectionRequested",
      "ApprovalRequested",
      "ApprovalReminded",
      "ApprovalEscalated",
      "ConnectionDenied",
      "ConnectionRejected",
    ]);
    for (const [to, count] of [
      [ann, 3],
      [bob, 2],
    ] as const)
      expect((await arrives(to, endpoint, count)).subject).toMatch(/^Rejected/);
    expect((await fetch(linkIn(first))).status).toBe(410);
  });

  test("outlives its first link where silence means nothing, comes with a new one, and is withdrawn with its endpoint", async () => {
    await world.drawbridge(
      "services",
      "set",
      service.id,
      "--silence",
      "usual",
      "--escalate-to",
      "none",
      "--escalate-after",
      "usual",
      "--yes",
    );
    const { endpoint, first } = await ask();
    await passes(48 * hour + minute);
    const link = linkIn(first);
    const over = await fetch(link);
    expect(over.status).toBe(410);
    expect(await over.text()).toContain("This link is over");
    expect((await post(link, [["choice", "approve"]])).status).toBe(410);
    expect(await world.statusOf(endpoint)).toBe("asking");
    const again = linkIn(await arrives(ann, endpoint, 2));
    expect(again).not.toBe(link);
    const page = await fetch(again);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Mail me a code");

    await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint] }, accounts.unknown);
    await world.becomes(endpoint, "closed");
    expect((await world.types(endpoint)).at(-1)).toBe("ConnectionClosed");
    expect(await (await fetch(again)).text()).toContain("no longer asks");
    await passes(4 * minute);
    expect((await arrives(ann, endpoint, 3)).text).toContain("the endpoint was deleted");
  });

  test("among many comes in one message with the list of all, when the first has had its minutes", async () => {
    const { first } = await ask();
    const endpoints = [await world.connect(accounts.unknown, service), await world.connect(accounts.unknown, service)];
    for (const endpoint of endpoints) await world.becomes(endpoint, "asking");
    expect(endpoints.some((endpoint) => first.text.includes(endpoint))).toBe(false);
    for (let times = 0; times < 4; times += 1) await passes(minute);
    const digests = world.local.letters.filter(({ to, subject }) => to === ann && subject.includes("wait for your approval"));
    expect(digests).toHaveLength(1);
    const [digest] = digests;
    for (const endpoint of endpoints) expect(digest?.text).toContain(endpoint);
    const list = await fetch(linkIn(digest as Letter, "q"));
    expect(list.status).toBe(200);
    expect(await list.text()).toContain("3 questions wait for you");
    for (const endpoint of endpoints) expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ApprovalRequested"]);
  });
});
