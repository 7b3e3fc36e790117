// Functions run out of time, or die half-way: what they had done is found again, and what they had not is done once.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accepted, died, fatal, openHasty } from "./half-way.ts";
import { approve, lettersAbout, linkTo } from "./letters.ts";
import { accounts, type Line, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;
/** The answer comes later than the functions have time, and then not at all. */
const late = { delayMs: 5000, cut: true, after: true, times: 1 } as const;

beforeAll(async () => {
  world = await openHasty();
  service = await world.inCare();
});
// A letter waits for minutes when one went just before.
beforeEach(() => world.leap(240));
afterEach(() => world.mend());
afterAll(() => world.local.close());

const outOfTime = (name: string): Line | undefined => world.logged(name).findLast(({ code }) => code === "OutOfTime");

describe("out of time", () => {
  test("observe, with its commit done and admit not told yet", async () => {
    world.refuse({ ...late, service: "dynamodb", action: "TransactWriteItems", by: "observe" });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    expect(outOfTime("observe")).toMatchObject({ reason: expect.stringContaining("ran out of time"), connections: [endpoint] });
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested"]);
    await world.leap(360);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
  });

  test("notify, before the letter is out: Lambda's next try sends it", async () => {
    world.refuse({ ...late, service: "sns", action: "Publish", by: "notify", after: false });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    expect(outOfTime("notify")).toMatchObject({ connection: endpoint, type: "ApprovalRequested" });
    expect(lettersAbout(world, endpoint)).toBe(0);
    await world.leap(60);
    expect(lettersAbout(world, endpoint)).toBe(1);
    expect(await world.waiting("NotifyFailures")).toEqual([]);
  });

  test("answer, with the answer committed: the page says so when it is opened again", async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    const link = linkTo(world, endpoint);
    world.refuse({ ...late, service: "dynamodb", action: "TransactWriteItems", by: "answer" });
    const reply = await approve(link);
    expect(reply.status).toBe(503);
    expect(await reply.text()).toMatch(/try again/i);
    expect(outOfTime("answer")).toMatchObject({ route: "POST /a/{token}" });
    expect(await (await fetch(link)).text()).toMatch(/accepted/i);
    await world.becomes(endpoint, "connected");
    expect((await world.types(endpoint)).filter((type) => type === "ConnectionApproved")).toHaveLength(1);
  });

  test("api, with the entry committed: the operator is told, and the same command again is safe", async () => {
    world.refuse({ ...late, service: "dynamodb", action: "TransactWriteItems", by: "api" });
    const allow = ["allow", "555555555555", "--service", service.id, "--name", "globex"];
    await expect(world.drawbridge(...allow)).rejects.toThrow(/did not answer in time[^]*try again/i);
    expect(outOfTime("api")).toMatchObject({ route: "PUT /entries" });
    await world.drawbridge(...allow);
    expect(await world.drawbridge("list", "--service", service.id)).toContain("globex");
  });
});

describe("killed half-way", () => {
  test("admit, with the connection accepted: found out, and accepted once", async () => {
    fatal(world, "admit", { service: "ec2", action: "AcceptVpcEndpointConnections" });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    died(world, "admit");
    await world.leap(720);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(world.local.acceptsOf(endpoint)).toBe(1);
    expect(await world.waiting("AdmitDeadLetters")).toEqual([]);
  });

  test("admit, with the verdict committed: the connection is accepted when the message comes back", async () => {
    fatal(world, "admit", { service: "dynamodb", action: "TransactWriteItems" });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    died(world, "admit");
    // The sweep may have come by already and gone on from here.
    expect(await world.types(endpoint)).toContain("ConnectionApproved");
    await world.leap(720);
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(world.local.acceptsOf(endpoint)).toBe(1);
  });

  test("publish, with its events on the bus: they come twice, and people read once", async () => {
    fatal(world, "publish", { service: "events", action: "PutEvents", resource: "ApprovalRequested" });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    died(world, "publish");
    expect(lettersAbout(world, endpoint)).toBe(1);
    expect(await world.waiting("PublishFailures")).toEqual([]);
  });
});
