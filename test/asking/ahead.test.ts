// What is ahead of connections is told to those who want to know and to every approver: once for all that one entry holds.

import { expect, test } from "vitest";
import { byMail } from "../../lib/asking/by-mail.ts";
import { tell } from "../../lib/asking/tell.ts";
import { isForEverybody, tellEverybody } from "../../lib/asking/tell-everybody.ts";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
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
  expect(mails[0]?.text).toContain(`drawbridge renew ${stranger} --service ${service} --expires`);
  expect(mails[0]?.text).toContain("then it is cut");
  expect(
    world.people.approvals
      .filter(({ attributes }) => attributes["type"] === "ExpiryAnnounced")
      .map(({ attributes }) => attributes["approver"]),
  ).toEqual(["ann", "ben"]);
});
