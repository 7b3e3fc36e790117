// What Slack sends is recorded once and acknowledged in time; what only claims to be Slack's does nothing.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { signature } from "../../local/slack.ts";
import { endpoint } from "../asking/given.ts";
import { ann, inSlack, type Spoken } from "./given.ts";

async function open(): Promise<Spoken> {
  const world = await inSlack();
  await world.hear("ApprovalRequested");
  return world;
}
const approve = { user: ann.slack, action: "drawbridge-approve", about: endpoint };
const never = async (): Promise<never> => new Promise(() => undefined);
/** Ends when all that can be done is done: a story does not wait. */
const soon = (): AbortSignal => {
  const deadline = new AbortController();
  setImmediate(() => deadline.abort());
  return deadline.signal;
};

describe("a press", () => {
  test("waits in the queue with who, what and why, and nothing more", async () => {
    const world = await open();
    expect(await world.press(ann.slack, "drawbridge-approve", "known\nfrom the <!channel> trial\u202e")).toBe(200);
    const [message = ""] = world.queue;
    expect(JSON.parse(message)).toEqual({
      slackAnswer: {
        id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        question: expect.any(String) as string,
        endpoint,
        choice: "approve",
        reason: "known from the <!channel> trial",
        user: ann.slack,
        responseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1/) as string,
        at: world.clock.now(),
      },
    });
  });

  test("sent again is refused, however often, from whichever instance", async () => {
    const world = await open();
    const request = world.slack.request(approve);
    expect(await world.send(request)).toBe(200);
    const replays = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => world.send(request, { proofs: world.ports(`instance-${String(index)}`).proofs })),
    );
    expect(new Set(replays)).toEqual(new Set([401]));
    world.clock.advance(299);
    expect(await world.send(request)).toBe(401);
    world.clock.advance(2);
    expect(await world.send(request)).toBe(401);
    expect(world.queue).toHaveLength(1);
  });

  test("stamped as late as is taken is refused again for as long as it would be", async () => {
    const world = await open();
    const request = world.slack.request(approve, Date.parse(world.clock.now()) + 300_000);
    expect(await world.send(request)).toBe(200);
    world.clock.advance(599);
    expect(await world.send(request)).toBe(401);
  });

  test("forged, too old or from the future is refused, and nobody is told anything", async () => {
    const world = await open();
    const now = Date.parse(world.clock.now());
    const { body } = world.slack.request(approve);
    const forged = { body, headers: signature("a secret that somebody guessed", body, now) };
    for (const request of [forged, world.slack.request(approve, now - 301_000), world.slack.request(approve, now + 301_000)])
      expect(await world.send(request)).toBe(401);
    expect(await world.send({ body, headers: {} })).toBe(401);
    expect(world.queue).toEqual([]);
    expect(world.slack.whispers).toEqual([]);
    expect(world.warnings.map(({ keys }) => keys["why"])).toEqual(["forged", "not of this moment", "not of this moment", "unsigned"]);
    expect(world.proofs.held.size).toBeLessThanOrEqual(1);
  });

  test("of a button that only opens a page is acknowledged", async () => {
    const world = await open();
    const payload = { type: "block_actions", user: { id: ann.slack }, actions: [{ action_id: "drawbridge-open" }] };
    for (const given of [payload, { type: "view_submission" }, { type: "block_actions", actions: [] }]) {
      const body = new URLSearchParams({ payload: JSON.stringify(given) }).toString();
      expect(await world.send({ body, headers: signature(world.slack.signingSecret, body, Date.parse(world.clock.now())) })).toBe(200);
    }
    expect(world.queue).toEqual([]);
  });
});

describe("when the answer cannot be queued", () => {
  const down = async () => Promise.reject(new Fault("InternalError", "sqs:SendMessage", "down", true));
  const told = (world: Spoken) => world.slack.whispers;

  test("the person sees that nothing was recorded, and the next press is", async () => {
    const world = await open();
    const { headers, body } = world.slack.request(approve);
    expect(await world.send({ headers, body }, { put: down })).toBe(200);
    expect(told(world)).toEqual([{ user: ann.slack, text: expect.stringContaining("Not recorded, try again") as string }]);
    world.clock.advance(5);
    expect(await world.press(ann.slack, "drawbridge-approve")).toBe(200);
    expect(world.queue).toHaveLength(1);
  });

  test("Slack shows its own error sign when the person cannot be told either", async () => {
    const world = await open();
    world.before = async () => Promise.reject(new Fault("NoAnswer", "hooks.slack.com", "timeout", true));
    expect(await world.send(world.slack.request(approve), { put: down })).toBe(503);
  });

  test("a queue, claims or a secret that hang are given up in time", async () => {
    for (const stalled of [{ put: never }, { proofs: { claim: never } }]) {
      const world = await open();
      expect(await world.send(world.slack.request(approve), { ...stalled, timeout: soon })).toBe(200);
      expect(told(world)).toHaveLength(1);
      expect(world.queue).toEqual([]);
    }
    // Without the secret nobody knows whether it is Slack's: no word to anybody.
    const world = await open();
    expect(await world.send(world.slack.request(approve), { signingSecrets: never, timeout: soon })).toBe(503);
    expect(told(world)).toEqual([]);
  });

  test("what is given up is withdrawn from the queue's client", async () => {
    const world = await open();
    const deadline = new AbortController();
    let withdrawn = false;
    const put = async (_: string, signal: AbortSignal): Promise<void> => {
      signal.addEventListener("abort", () => (withdrawn = true));
      deadline.abort();
      return never();
    };
    expect(await world.send(world.slack.request(approve), { put, timeout: () => deadline.signal })).toBe(200);
    expect(withdrawn).toBe(true);
  });
});

describe("the signing secret", () => {
  test("that was rotated a moment ago is read again before a request is taken for a forgery", async () => {
    const world = await open();
    const before = world.slack.signingSecret;
    const reads: boolean[] = [];
    const after = world.slack.regenerate();
    const signingSecrets = async (fresh: boolean): Promise<string[]> => {
      reads.push(fresh);
      return fresh ? [after, before] : [before];
    };
    expect(await world.send(world.slack.request(approve), { signingSecrets })).toBe(200);
    expect(reads).toEqual([false, true]);
  });
});
