// EC2 throttles, refuses some, does it and says it did not, and shows states that nobody waits for: every connection still ends where it should.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { accounts, openWorld, setting, type Members, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;
const accepted = ["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"];
const throttled = { code: "RequestLimitExceeded", message: "Request limit exceeded.", status: 503 };
const accept = { service: "ec2", action: "AcceptVpcEndpointConnections" };
const reject = { service: "ec2", action: "RejectVpcEndpointConnections" };
const describing = { service: "ec2", action: "DescribeVpcEndpointConnections" };

beforeAll(async () => {
  // With 27 seconds of time, and 20 kept for recording, admit has the patience for three calls: it waits 1, 2 and 4 seconds
  // at least, and one and a half times as long at most. What is left over is for a slow machine.
  world = await openWorld({ resources: setting({ AdmitLambdaFunction: { Timeout: 27 } }) });
  service = await world.inCare();
});
afterEach(() => world.mend());
afterAll(() => world.local.close());

const inOneCall = async (): Promise<[string, string]> => {
  world.local.faults.loseNotifications(2);
  return [await world.connect(accounts.acme, service), await world.connect(accounts.acme, service)];
};

describe("EC2 throttles", () => {
  test("Accept, once: admit waits as long as the bucket needs, and nobody notices", async () => {
    const fault = world.refuse({ ...accept, ...throttled, times: 1 });
    const endpoint = await world.connect(accounts.acme, service);
    await world.named(endpoint);
    expect(fault.met()).toBe(1);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(world.logged("admit")).toEqual([]);
  });

  test("Accept, for longer than one invocation: the message comes back, and says why meanwhile", async () => {
    const fault = world.refuse({ ...accept, ...throttled, times: 3 });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    expect(fault.met()).toBe(3);
    expect(await world.statusOf(endpoint)).toBe("approved");
    const line = world.logged("admit").at(-1);
    expect(line).toMatchObject({ code: "RequestLimitExceeded", where: "ec2:AcceptVpcEndpointConnections", retryable: true });
    expect(line).toMatchObject({
      services: [service.id],
      connections: [endpoint],
      reason: expect.stringContaining("Request limit exceeded"),
    });
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
    expect(await world.waiting("AdmitDeadLetters")).toEqual([]);
  });

  test("Describe: the notification comes back until EC2 answers", async () => {
    const fault = world.refuse({ ...describing, ...throttled, by: "observe", times: 4 });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    expect(fault.met()).toBe(4);
    expect(world.logged("observe").at(-1)).toMatchObject({
      code: "RequestLimitExceeded",
      where: "ec2:DescribeVpcEndpointConnections",
      connections: [endpoint],
    });
    expect(await world.statusOf(endpoint)).toBeUndefined();
    await world.leap(360);
    await world.named(endpoint);
    expect((await world.history(endpoint))[0]).toMatchObject({ source: { kind: "notification" } });
    expect(await world.waiting("ObserveDeadLetters")).toEqual([]);
  });
});

describe("EC2 does not do as it is told", () => {
  test("Unsuccessful for one of two: the other is accepted, and the one is tried again and told of", async () => {
    const [one, other] = await inOneCall();
    const failure = { Code: "OperationNotPermitted", Message: "The operation is not permitted just now" };
    const without = ({ VpcEndpointIds, ...rest }: Members): Members => ({
      ...rest,
      VpcEndpointIds: (VpcEndpointIds as string[]).filter((id) => id !== one),
    });
    world.refuse({
      ...accept,
      resource: one,
      times: 1,
      instead: async (input, work) => {
        await work(without(input));
        return { Unsuccessful: [{ ResourceId: one, Error: failure }] };
      },
    });
    await world.sweep();
    await world.named(other);
    expect(await world.types(other)).toEqual(accepted);
    expect((await world.history(one)).at(-1)).toMatchObject({
      type: "EffectFailed",
      code: failure.Code,
      message: failure.Message,
      count: 1,
    });
    expect(await world.drawbridge("show", one)).toContain(failure.Message);

    await world.leap(70);
    await world.sweep();
    await world.named(one);
    const types = await world.types(one);
    expect(types.filter((type) => type !== "EffectRecovered")).toEqual([...accepted.slice(0, 2), "EffectFailed", ...accepted.slice(2)]);
    // Before or after observe has seen it available: they do not wait for each other.
    expect(types.slice(3).filter((type) => type === "EffectRecovered")).toHaveLength(1);
  });

  test("the endpoint expires just before it is accepted: refused, told, and closed", async () => {
    world.refuse({
      ...accept,
      times: 1,
      instead: (input, work) => {
        world.local.forceState((input["VpcEndpointIds"] as string[])[0] ?? "", "expired");
        return work(input);
      },
    });
    const endpoint = await world.connect(accounts.acme, service);
    await world.becomes(endpoint, "closed");
    const history = await world.history(endpoint);
    expect(history.map(({ type }) => type).slice(0, 2)).toEqual(["ConnectionRequested", "ConnectionApproved"]);
    // On a slow machine observe sees the end of it before admit has told what EC2 said.
    const [closed, failed, ...more] = history.slice(2).toSorted((one, other) => (one.type < other.type ? -1 : 1));
    expect(failed).toMatchObject({
      type: "EffectFailed",
      effect: "accept",
      code: "InvalidState",
      message: expect.stringContaining("expired") as string,
    });
    expect(closed).toMatchObject({ type: "ConnectionClosed", reason: "expired" });
    expect(more).toEqual([]);
  });

  test.each([
    ["a 500", { code: "InternalError", status: 500 }],
    ["a broken connection", { cut: true }],
  ])("accepted, and then %s: found out, and neither lost nor told as a failure", async (_, kind) => {
    const fault = world.refuse({ ...accept, ...kind, after: true, times: 1 });
    const endpoint = await world.connect(accounts.acme, service);
    await world.named(endpoint);
    expect(fault.met()).toBe(1);
    expect(await world.onAws(endpoint)).toBe("available");
    expect(await world.types(endpoint)).toEqual(accepted);
  });

  test("rejected, and then a 500: rejected once, told once", async () => {
    world.refuse({ ...reject, code: "InternalError", after: true, times: 1 });
    const endpoint = await world.connect(accounts.barred, service);
    await world.becomes(endpoint, "rejected");
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested", "ConnectionDenied", "ConnectionRejected"]);
    expect(await world.waiting("AdmitDeadLetters")).toEqual([]);
  });
});

describe("EC2 shows a state that no call leads to", () => {
  test("failed: a connection with a name is closed, and its name goes", async () => {
    const endpoint = await world.connect(accounts.acme, service);
    await world.named(endpoint);
    world.local.forceState(endpoint, "failed");
    await world.sweep();
    await world.eventually("no name", async () => (await world.types(endpoint)).includes("NameRemoved") || undefined);
    expect((await world.history(endpoint)).find(({ type }) => type === "ConnectionClosed")).toMatchObject({ reason: "failed" });
    expect(await world.drawbridge("show", endpoint)).toContain("AWS shows it failed");
  });

  test("expired: the question is closed with it", async () => {
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    world.local.forceState(endpoint, "expired");
    await world.sweep();
    expect(await world.statusOf(endpoint)).toBe("closed");
    expect((await world.history(endpoint)).at(-1)).toMatchObject({ type: "ConnectionClosed", reason: "expired" });
    expect(await world.drawbridge("pending")).not.toContain(endpoint);
    await expect(world.drawbridge("approve", endpoint)).rejects.toThrow(/closed/);
    expect(world.logged("api", "INFO").at(-1)).toMatchObject({
      message: "A request was refused",
      reason: expect.stringContaining("closed"),
      connection: endpoint,
    });
  });

  test("partial: it is accepted, and stays so", async () => {
    const endpoint = await world.connect(accounts.acme, service);
    await world.named(endpoint);
    world.local.forceState(endpoint, "partial");
    await world.sweep();
    expect(await world.statusOf(endpoint)).toBe("connected");
    expect(await world.types(endpoint)).toEqual(accepted);
  });

  test("one that AWS adds one day: nothing is done until it is one that is known", async () => {
    const novel = world.refuse({
      ...describing,
      instead: async (input, work) => {
        const { VpcEndpointConnections, ...rest } = (await work(input)) as { VpcEndpointConnections: Members[] };
        return { ...rest, VpcEndpointConnections: VpcEndpointConnections.map((row) => ({ ...row, VpcEndpointState: "underReview" })) };
      },
    });
    const endpoint = await world.connect(accounts.acme, service);
    await world.local.idle();
    expect(await world.types(endpoint)).toEqual(["ConnectionRequested"]);
    novel.lift();
    await world.sweep();
    await world.named(endpoint);
    expect(await world.types(endpoint)).toEqual(accepted);
  });
});
