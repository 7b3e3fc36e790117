// The pace under a throttle: how many calls, how long, and what is left for the queue.

import { describe, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import type { EndpointId } from "../../lib/ids.ts";
import { noHead } from "../../lib/ledger.ts";
import { callsAfterThrottleMax, outOfTurn, pacedCalls, reserveMs, throttlesInRowMax, type Time } from "../../lib/loop/pacing.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Calls, EndpointServices } from "../../lib/ports.ts";
import { acme, entry, entryEvent, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld } from "../fakes/world.ts";

const throttle = (): Fault => new Fault("RequestLimitExceeded", "ec2:AcceptVpcEndpointConnections", "Request limit exceeded.", true);

/** An invocation's time that passes only by waiting. */
function virtualTime(leftMs: number): Time & { readonly waits: number[] } {
  const waits: number[] = [];
  let left = leftMs;
  return {
    waits,
    leftMs: () => left,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      left -= milliseconds;
    },
    chance: () => 0,
  };
}

/** Calls until it throws; gives how many calls came through to AWS. */
async function callOn(calls: Calls, aws: (count: number) => boolean): Promise<{ made: number; taken: number; error: unknown }> {
  let made = 0;
  let taken = 0;
  try {
    for (;;) {
      await calls.make(async () => {
        made += 1;
        if (!aws(made)) throw throttle();
      });
      taken += 1;
    }
  } catch (error) {
    return { made, taken, error };
  }
}

describe("calls that AWS throttles", () => {
  test("are made at once until it does", async () => {
    const time = virtualTime(120_000);
    const calls = pacedCalls(time);
    for (let call = 0; call < 50; call += 1) await calls.make(async () => undefined);
    expect(time.waits).toEqual([]);
  });

  test("are at most a fixed number from the first throttle on", async () => {
    const time = virtualTime(1_000_000);
    // The bucket: ten at once, then every other call is refused.
    const { made, error } = await callOn(pacedCalls(time), (count) => count <= 10 || count % 2 === 0);
    expect(made).toBe(11 + callsAfterThrottleMax);
    expect(error).toMatchObject({ code: outOfTurn, retryable: true, cause: { code: "RequestLimitExceeded" } });
  });

  test("are given up when AWS goes on throttling, after waits that double", async () => {
    const time = virtualTime(1_000_000);
    const { made } = await callOn(pacedCalls(time), () => false);
    expect(made).toBe(throttlesInRowMax);
    expect(time.waits).toEqual([1000, 2000, 4000, 8000]);
  });

  test("come a second apart once AWS takes them again", async () => {
    const time = virtualTime(1_000_000);
    await callOn(pacedCalls(time), (count) => count !== 3);
    expect(time.waits.slice(1, 4)).toEqual([1000, 1000, 1000]);
  });

  test("leave the function time to record what was done", async () => {
    const time = virtualTime(reserveMs + 2500);
    const { made } = await callOn(pacedCalls(time), (count) => count > 1);
    expect(made).toBe(3);
    await expect(pacedCalls(virtualTime(reserveMs - 1)).make(async () => undefined)).rejects.toMatchObject({ code: "OutOfTime" });
  });

  test("end at once with an error that does not pass", async () => {
    const denied = new Fault("UnauthorizedOperation", "ec2:AcceptVpcEndpointConnections", "no", false);
    const time = virtualTime(120_000);
    await expect(pacedCalls(time).make(() => Promise.reject(denied))).rejects.toBe(denied);
    expect(time.waits).toEqual([]);
  });
});

describe("admit under a throttle", () => {
  /** EC2 that takes `perCall` ids in a call, and the calls it takes, counted from 1. */
  async function play(waiting: number, perCall: number, takes: (call: number) => boolean, time: Time = virtualTime(120_000)) {
    const world = fakeWorld(noon);
    world.ec2.addService(payments);
    const ports = world.ports();
    const inCare = service(payments, 1);
    await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
    const allowed = entry(acme, 1);
    await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected: noHead });
    world.clock.advance(60);
    const endpoints = Array.from({ length: waiting }, (_, index) => endpointOf(index + 1));
    for (const endpoint of endpoints) world.ec2.connect({ endpoint, service: payments, account: acme });
    let calls = 0;
    const accept: EndpointServices["accept"] = async (of, ids, paced: Calls = { make: (call) => call() }) => {
      const answers = new Map<EndpointId, object>();
      for (let from = 0; from < ids.length; from += perCall) {
        const part = ids.slice(from, from + perCall);
        try {
          await paced.make(async () => {
            if (!takes((calls += 1))) throw throttle();
          });
        } catch (error) {
          if (answers.size === 0) throw error;
          for (const id of ids.slice(from)) answers.set(id, { later: error });
          break;
        }
        for (const outcome of await world.ec2.port.accept(of, part)) answers.set(outcome.endpoint, outcome);
      }
      return ids.map((endpoint) => ({ endpoint, ...answers.get(endpoint) }));
    };
    const items = endpoints.map((endpoint, index) => ({
      id: `m-${String(index)}`,
      wanted: { services: [payments], endpoints: [endpoint], signal: { kind: "look" }, source: { kind: "bus" }, attempt: 0 } as const,
    }));
    const failures = await admit({ ...ports, endpointServices: { ...ports.endpointServices, accept } }, items, time);
    return { world, failures, states: (await ports.endpointServices.connections(payments)).map(({ state }) => state), calls };
  }

  test("accepts what the bucket allows, and only the messages of the rest go back", async () => {
    const { failures, states } = await play(10, 2, (call) => call <= 3);
    expect(failures.map(({ id }) => id)).toEqual(["m-6", "m-7", "m-8", "m-9"]);
    expect(failures[0]).toMatchObject({ error: { code: outOfTurn, retryable: true }, againSeconds: 5 });
    expect(states).toEqual([...Array<string>(6).fill("pending"), ...Array<string>(4).fill("pendingAcceptance")]);
  });

  test("gives all back when the bucket is empty from the start", async () => {
    const { failures, calls, world } = await play(4, 2, () => false);
    expect(failures).toHaveLength(4);
    expect(failures[0]?.error).toMatchObject({ code: "RequestLimitExceeded", retryable: true });
    expect(failures[0]).not.toHaveProperty("againSeconds");
    expect(calls).toBe(throttlesInRowMax);
    expect(world.wake.sent).toEqual([]);
  });

  test("waits inside the function while that helps", async () => {
    const time = virtualTime(120_000);
    // Three tokens, and one more for each second waited.
    const bucket = (count: number): boolean => count <= 3 || time.waits.length > 0;
    const { failures, states } = await play(6, 1, bucket, time);
    expect(failures).toEqual([]);
    expect(states).toEqual(Array<string>(6).fill("pending"));
    expect(time.waits).toEqual([1000, 1000, 1000]);
  });

  test("has its decisions committed before, whatever AWS says", async () => {
    const { world } = await play(3, 1, () => false);
    expect(world.tables.committed.filter(({ event }) => event.type === "ConnectionApproved")).toHaveLength(3);
  });
});
