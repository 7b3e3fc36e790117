// A zone that is held for minutes: dns wakes itself every few seconds until it is free, more often than Lambda lets a chain of messages wake a function that is not allowed to.

import { afterEach, expect, test } from "vitest";
import { accounts, openWorld, setting, type World } from "./world.ts";

let world: World;
afterEach(() => world.local.close());

const turns = (): number => world.local.logs("dns").filter((line) => line.startsWith("START ")).length;

/** Somebody holds the zone, as one who was killed would until its lease is over. */
async function held(RecursiveLoop: "Allow" | "Terminate"): Promise<string> {
  world = await openWorld({ resources: setting({ DnsLambdaFunction: { RecursiveLoop } }) });
  const service = await world.inCare();
  const lease = { kind: { S: "lease" }, id: { S: `zone#${world.local.zoneId}` } };
  const expiresAt = { N: String(Math.ceil(Date.now() / 1000) + 24 * 3600) };
  const TableName = world.idOf("ProofsTable");
  await world.aws("dynamodb", "PutItem", { TableName, Item: { ...lease, holder: { S: "somebody" }, expiresAt } });
  const endpoint = await world.connect(accounts.acme, service);
  await world.becomes(endpoint, "connected");
  const before = turns();
  for (let passed = 0; passed < 40; passed += 1) await world.leap(6);
  await world.aws("dynamodb", "DeleteItem", { TableName, Key: lease });
  if (RecursiveLoop === "Allow") expect(turns() - before).toBeGreaterThan(20);
  return endpoint;
}

test("the name is made when it is free, and nothing is set aside", async () => {
  const endpoint = await held("Allow");
  await world.named(endpoint);
  expect(await world.waiting("DnsDeadLetters")).toEqual([]);
  expect(world.local.logs("dns").join("\n")).not.toContain("RecursiveInvocationException");
});

test("if it were not allowed, Lambda would end the chain: the message is set aside with an alarm, and the sweep finds what it was about", async () => {
  const endpoint = await held("Terminate");
  for (let times = 0; times < 6; times += 1) await world.leap(900);
  expect(world.local.logs("dns").join("\n")).toContain("RecursiveInvocationException");
  expect((await world.waiting("DnsDeadLetters")).length).toBeGreaterThan(0);
  await world.leap(90);
  await world.sweep();
  await world.named(endpoint);
});
