// A service's private DNS name from wanted to verified, on fakes: each step in the log, nothing twice, others' proofs left alone.

import { beforeEach, expect, test } from "vitest";
import { Fault } from "../../lib/faults.ts";
import { zoneId } from "../../lib/ids.ts";
import { noHead, serviceSubject } from "../../lib/ledger.ts";
import { followPrivateDns } from "../../lib/loop/private-dns.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { nextStep, switchOn, zoneFor } from "../../lib/private-dns.ts";
import type { Service } from "../../lib/service.ts";
import { sentence } from "../../lib/wording.ts";
import { noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

const zone = zoneId("Z0123456789ABCDEFGHIJ");
let world: FakeWorld;
let ports: ReturnType<FakeWorld["ports"]>;

const told = (): string[] => world.tables.committed.flatMap(({ event }) => (event.type === "PrivateDnsChanged" ? [sentence(event)] : []));
const kept = async () => (await ports.services.get(payments))?.privateDns;

async function want(change: Partial<Service>): Promise<void> {
  const expected = await ports.ledger.head(serviceSubject(payments));
  const before = (await ports.services.get(payments)) ?? service(payments, 1);
  const { privateDnsName: _, ...rest } = before;
  const after = { ...rest, ...change, version: expected.seq + 1 };
  await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
}

beforeEach(async () => {
  world = fakeWorld(noon);
  ports = world.ports();
  world.ec2.addService(payments);
  world.zones.addZone(zone, "example.com");
  await ports.ledger.commit({
    of: "service",
    key: payments,
    after: service(payments, 1),
    events: [serviceEvent(payments)],
    expected: noHead,
  });
});

test("it is set, its proof published in the public zone that holds it, verified when that has settled, and then left alone", async () => {
  await want({ privateDnsName: "api.example.com" });
  await followPrivateDns(ports, payments);
  expect(await kept()).toMatchObject({ name: "api.example.com", state: "pendingVerification", zone, publishedAt: noon });
  expect(world.zones.sets(zone)).toEqual([
    { name: "_proof1.example.com".replace("_proof1.", "_proof1.api."), type: "TXT", text: "vpce:proof-of-api.example.com" },
  ]);
  world.wake.take("dns");
  await sweep(ports);
  expect(world.wake.take("dns")).toEqual([]);
  world.clock.advance(61);
  await sweep(ports);
  expect(world.wake.take("dns")).toMatchObject([{ look: { service: payments } }]);
  await followPrivateDns(ports, payments);
  expect(await kept()).toMatchObject({ state: "verified" });
  const events = told().length;
  world.clock.advance(7200);
  await followPrivateDns(ports, payments);
  expect(told()).toHaveLength(events);
  expect(told().at(-1)).toBe("private DNS name api.example.com, verified, its proof is published");
});

test("where none of our public zones holds it, the operator is told what to publish", async () => {
  world.zones.addZone(zoneId("Z0123456789ABCDEFGHIK"), "example.org", true, true);
  await want({ privateDnsName: "*.example.org" });
  await followPrivateDns(ports, payments);
  expect(told().at(-1)).toBe(
    'private DNS name *.example.org, pendingVerification, its proof is for you to publish: _proof1.example.org TXT "vpce:proof-of-*.example.org"',
  );
});

test("what AWS refuses is told once, and tried again after an hour", async () => {
  await want({ privateDnsName: "api.example.com" });
  const refusing = {
    ...ports,
    endpointServices: {
      ...ports.endpointServices,
      setPrivateDnsName: () =>
        Promise.reject(new Fault("InvalidParameter", "ec2:ModifyVpcEndpointServiceConfiguration", "not a public name", false)),
    },
  };
  await followPrivateDns(refusing, payments);
  await followPrivateDns(refusing, payments);
  expect(told()).toHaveLength(1);
  expect(told()[0]).toMatch(/refused: InvalidParameter: .*not a public name/);
  world.clock.advance(3700);
  await followPrivateDns(ports, payments);
  expect(await kept()).toMatchObject({ state: "pendingVerification" });
  expect(await kept()).not.toHaveProperty("refused");
});

test("another name replaces it, and without one it goes, with its proof", async () => {
  await want({ privateDnsName: "api.example.com" });
  await followPrivateDns(ports, payments);
  await want({ privateDnsName: "pay.example.com" });
  await followPrivateDns(ports, payments);
  expect(await kept()).toMatchObject({ name: "pay.example.com", publishedAt: noon });
  await want({});
  await followPrivateDns(ports, payments);
  expect(await kept()).toBeUndefined();
  expect((await ports.endpointServices.describe(payments))?.privateDns).toBeUndefined();
  expect(world.zones.sets(zone).filter(({ name }) => name.includes("pay"))).toEqual([]);
});

test("a name that loses its verification is told of, and AWS is asked again", () => {
  const proof = { label: "_p", value: "vpce:x" };
  const known = { name: "api.example.com", state: "verified", proof, zone, publishedAt: noon, askedAt: noon };
  const later = "2026-12-01T00:00:00.000Z" as typeof noon;
  const failed = { name: "api.example.com", state: "failed", proof };
  expect(nextStep("api.example.com", known, failed, later)).toEqual({ kind: "tell", facts: failed });
  expect(nextStep("api.example.com", { ...known, state: "failed" }, failed, later)).toEqual({ kind: "ask" });
  expect(nextStep(undefined, known, { name: "theirs.example.com", state: "verified" }, later)).toEqual({ kind: "tell", facts: undefined });
});

test("the most specific public zone takes the proof; the consumer's command names its Region", () => {
  const zones = [
    { name: "example.com", isPrivate: false },
    { name: "eu.example.com", isPrivate: false },
    { name: "api.eu.example.com", isPrivate: true },
  ];
  expect(zoneFor("api.eu.example.com", zones)).toBe(zones[1]);
  expect(zoneFor("myexample.com", zones)).toBeUndefined();
  expect(switchOn("vpce-0a", "eu-west-1")).toBe(
    "aws ec2 modify-vpc-endpoint --vpc-endpoint-id vpce-0a --private-dns-enabled --region eu-west-1",
  );
});
