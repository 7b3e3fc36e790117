// What the sweep measures: how long the oldest question is open, and the oldest effect due, whatever it rests for.

import { beforeEach, expect, test } from "vitest";
import { sweepCounts } from "../../lib/lambda/sweep-counts.ts";
import { noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import { observe } from "../../lib/loop/observe.ts";
import { sweep, type Swept } from "../../lib/loop/sweep.ts";
import { readMessage } from "../../lib/messages.ts";
import { acme, entry, entryEvent, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld, type Ports } from "../fakes/world.ts";

let world: FakeWorld;
let ports: Ports;

const look = (number: number) => [
  { id: "m", wanted: readMessage(JSON.stringify({ look: { service: payments, why: "sweep", endpoints: [endpointOf(number)] } })) },
];
const counts = async (swept: readonly Swept[]): Promise<Record<string, number>> => Object.fromEntries(sweepCounts(swept, ports.clock()));

beforeEach(async () => {
  world = fakeWorld(noon);
  ports = world.ports();
  world.ec2.addService(payments);
  await ports.ledger.commit({
    of: "service",
    key: payments,
    after: service(payments, 1),
    events: [serviceEvent(payments)],
    expected: noHead,
  });
  const allowed = entry(acme, 1);
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected: noHead });
});

test("nothing open and nothing due is an age of 0, and a sweep that finished", async () => {
  expect(await counts(await sweep(ports))).toEqual({ QuestionsOpen: 0, OldestQuestionAge: 0, OldestUnfinishedAge: 0, SweepsFinished: 1 });
});

test("the oldest of several questions counts", async () => {
  for (const number of [1, 2]) {
    world.ec2.connect({ endpoint: endpointOf(number), service: payments, account: accountOf(7) });
    await admit(ports, look(number));
    world.clock.advance(60);
  }
  expect(await counts(await sweep(ports))).toMatchObject({ QuestionsOpen: 2, OldestQuestionAge: 120 });
});

test("a decision that AWS refuses stays due, also while its next try rests", async () => {
  world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
  world.ec2.refuse(endpointOf(1), { code: "InternalError", message: "no" });
  await admit(ports, look(1));
  world.clock.advance(30);
  const [swept] = await sweep(ports);
  expect(swept).toMatchObject({ unfinished: 0 });
  expect(await counts(swept === undefined ? [] : [swept])).toMatchObject({ OldestUnfinishedAge: 30 });
});

test("what AWS is at already is not due", async () => {
  world.ec2.connect({ endpoint: endpointOf(1), service: payments, account: acme });
  await admit(ports, look(1));
  world.clock.advance(30);
  expect(await counts(await sweep(ports))).toMatchObject({ OldestUnfinishedAge: 0 });
  world.ec2.settle();
  await observe(ports, look(1));
  expect(await counts(await sweep(ports))).toMatchObject({ OldestUnfinishedAge: 0, OldestQuestionAge: 0 });
});

test("a sweep in which a service failed has not finished", async () => {
  const broken = { ...ports, endpointServices: { ...ports.endpointServices, describe: () => Promise.reject(new Error("no")) } };
  expect(await counts(await sweep(broken))).not.toHaveProperty("SweepsFinished");
});
