// What is ahead of connections is told to those who want to know and to every approver: once for all that one entry holds.

import { expect, test } from "vitest";
import { byMail } from "../../lib/asking/by-mail.ts";
import { tell } from "../../lib/asking/tell.ts";
import { isForEverybody, tellEverybody } from "../../lib/asking/tell-everybody.ts";
import { detailOf } from "../../lib/aws/bus-event.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import type { Message } from "../../lib/ports.ts";
import { accountOf, endpointOf } from "../fakes/endpoint-services.ts";
import { asked, publicUrl, service, stranger, type Asked } from "./given.ts";

/** Three connections that one entry holds, whose expiry is near. */
async function expiring(): Promise<Asked> {
  return asked(async (world) => {
    const expires = instant(milliseconds(world.clock.now()) + 3 * 86_400_000);
    await world.entry({ principal: `account#${stranger}`, verdict: "accept", conditions: { expires }, onExpiry: "now" });
    for (const number of [1, 2, 3]) world.ec2.connect({ endpoint: endpointOf(number), service, account: stranger });
    await world.look();
  });
}

test("an expiry is mailed once, with how to renew, to the topic and to each approver", async () => {
  const world = await expiring();
  await world.approvers([
    { name: "ann", email: "ann@example.com" },
    { name: "ben", email: "ben@example.com" },
    { name: "slack-only", slack: "U1" },
  ]);
  const told = world.tables.committed.filter(({ event }) => event.type === "ExpiryAnnounced").map(detailOf);
  expect(told.length).toBeGreaterThan(2);
  const ports = { ...world.ports(), publicUrl };
  for (const event of [...told, ...told]) {
    await tell(ports, byMail(world.people.port), event);
    expect(isForEverybody(event)).toBe(true);
    await tellEverybody(ports, event);
  }
  const mails = world.people.decisions.filter(({ attributes }) => attributes["type"] === "ExpiryAnnounced");
  expect(mails).toHaveLength(1);
  expect(mails[0]?.subject).toContain("Expires soon");
  expect(mails[0]?.text).toContain("then it is cut");
  expect(mails[0]?.text).not.toMatch(/npx|drawbridge (show|renew)/);
  const first = world.people.approvals.find(({ attributes }) => attributes["type"] === "ExpiryAnnounced");
  expect(first?.text).toContain(`drawbridge renew ${stranger} --service ${service} --expires`);
  expect(
    world.people.approvals
      .filter(({ attributes }) => attributes["type"] === "ExpiryAnnounced")
      .map(({ attributes }) => attributes["approver"]),
  ).toEqual(["ann", "ben"]);
});

/** Two connections that an entry let in, and a reject entry that comes later. */
async function rejected(disconnect: Disconnect): Promise<Asked> {
  return asked(async (world) => {
    const account = `account#${accountOf(7)}` as const;
    await world.entry({ principal: account, verdict: "accept", name: "acme" });
    for (const number of [71, 72]) world.ec2.connect({ endpoint: endpointOf(number), service, account: accountOf(7) });
    await world.look();
    for (const number of [71, 72]) world.ec2.move(endpointOf(number), "available");
    await world.look();
    world.clock.advance(60);
    await world.entry({ principal: account, verdict: "reject", disconnect });
    await world.look();
  });
}

async function approversHear(world: Asked, type: string): Promise<readonly Message[]> {
  const ports = { ...world.ports(), publicUrl };
  for (const told of world.tables.committed.map(detailOf)) if (isForEverybody(told)) await tellEverybody(ports, told);
  return world.people.approvals.filter(({ attributes }) => attributes["type"] === type);
}

test("a cut at once is mailed to every approver, once for all that the entry cuts, since nothing told of it before", async () => {
  const world = await rejected("now");
  const cuts = world.tables.committed.filter(({ event }) => event.type === "ConnectionDenied" && event.revokes);
  expect(cuts).toHaveLength(2);
  const [mail, ...others] = await approversHear(world, "ConnectionDenied");
  expect(others).toEqual([]);
  expect(mail?.subject).toContain(`Revoked: account ${accountOf(7)}`);
  expect(mail?.text).toContain("once an hour for all that this entry cuts");
});

test("a cut that was told of is not told to every approver again", async () => {
  const world = await rejected({ afterHours: 1 });
  expect(await approversHear(world, "RevocationAnnounced")).toHaveLength(1);
  world.clock.advance(3700);
  await world.look();
  const cuts = world.tables.committed.filter(({ event }) => event.type === "ConnectionDenied" && event.revokes);
  const announced = world.tables.committed.flatMap(({ event }) => (event.type === "RevocationAnnounced" ? [event.due] : []));
  expect(cuts.map(({ event }) => "announced" in event && event.announced)).toEqual(announced);
  expect(await approversHear(world, "ConnectionDenied")).toEqual([]);
});
