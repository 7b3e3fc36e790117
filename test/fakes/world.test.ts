// The fakes together: the core plays a whole story on them, as it does on AWS.

import { expect, test } from "vitest";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { ZoneId } from "../../lib/ids.ts";
import { connectionSubject, firstBreak, noHead } from "../../lib/ledger.ts";
import { admit } from "../../lib/loop/admit.ts";
import type { Item } from "../../lib/loop/batch.ts";
import { giveNames } from "../../lib/loop/names.ts";
import { observe } from "../../lib/loop/observe.ts";
import { readMessage } from "../../lib/messages.ts";
import type { Look } from "../../lib/ports.ts";
import { acme, entry, entryEvent, eventsIn, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { endpointOf } from "./endpoint-services.ts";
import { fakeWorld } from "./world.ts";

test("a consumer on the list is accepted, named, and forgotten when it leaves", async () => {
  const world = fakeWorld(noon);
  const ports = { ...world.ports(), owner: (endpoint: string) => `owned ${endpoint}` };
  const look = (what: Look): Item[] => [{ id: "m", wanted: readMessage(JSON.stringify({ look: what })) }];
  const one = endpointOf(1);
  const inCare = service(payments);
  const zone = inCare.zone?.id as ZoneId;
  const names = () =>
    world.zones
      .sets(zone)
      .filter(({ name }) => name.endsWith("acme.pl.example.com"))
      .map(({ name, type }) => `${type} ${name}`);
  world.ec2.addService(payments);
  world.zones.addZone(zone, "pl.example.com");
  await ports.ledger.commit({ of: "service", key: payments, after: inCare, events: [serviceEvent(payments)], expected: noHead });
  const allowed = entry(acme, 1, { name: "acme" });
  await ports.ledger.commit({ of: "entry", key: allowed, after: allowed, events: [entryEvent("EntryAdded", allowed)], expected: noHead });

  world.clock.advance(60);
  world.ec2.connect({ endpoint: one, service: payments, account: acme });
  expect(await observe(ports, look({ service: payments, endpoints: [one], why: "added" }))).toEqual([]);
  expect(await admit(ports, look({ service: payments, endpoints: [one], why: "added" }))).toEqual([]);
  expect(world.ec2.calls).toEqual([{ action: "accept", service: payments, endpoints: [one] }]);
  const [again] = world.wake.take("observe");
  expect(again?.delaySeconds).toBe(10);

  world.ec2.settle();
  world.clock.advance(10);
  if (again === undefined) throw new Error("a later look was asked for");
  expect(await observe(ports, look(again.look))).toEqual([]);
  expect(await giveNames(ports, look({ service: payments, endpoints: [one], why: "sweep" }))).toEqual([]);
  expect(names()).toEqual(["A acme.pl.example.com", "TXT _drawbridge.acme.pl.example.com"]);
  expect(world.tables.names.get("acme.pl.example.com")).toBe(one);

  world.ec2.move(one, "deleted");
  await observe(ports, look({ service: payments, endpoints: [one], why: "sweep" }));
  await giveNames(ports, look({ service: payments, endpoints: [one], why: "sweep" }));
  expect(names()).toEqual([]);
  expect(world.tables.names.size).toBe(0);
  expect((await ports.connections.load([one])).get(one)?.connection.status).toBe("closed");
  const items = eventsIn((await ports.ledger.history(connectionSubject(one))).items);
  expect(items.map(({ event: { type } }) => type)).toEqual([
    "ConnectionRequested",
    "ConnectionApproved",
    "ConnectionAvailable",
    "NameAssigned",
    "NameMade",
    "ConnectionClosed",
    "NameRemoved",
  ]);
  expect(firstBreak(items, sha256)).toBeUndefined();
});
