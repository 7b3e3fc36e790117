// The page of a settled question stands out where one operator decided alone, and names who decided in the console or by an entry.

import { expect, test } from "vitest";
import { run } from "../../lib/loop/run.ts";
import { asked, endpoint, service, stranger, type Asked } from "./given.ts";

type Signals = Parameters<typeof run>[1]["tasks"][number]["signal"];

async function hear(world: Asked, signal: Signals): Promise<void> {
  const ports = world.ports();
  await run({ ...ports, judging: ports }, { service, tasks: [{ endpoint, signal, source: { kind: "api" } }] });
}
/** The page as its text. */
const page = async (world: Asked): Promise<string> =>
  (await world.http("GET", { token: world.token })).html.replaceAll(/<style>[^]*?<\/style>|<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

test("break-glass is in the heading, and in who decided", async () => {
  const world = await asked();
  const by = { kind: "operator", arn: "arn:aws:iam::111111111111:root" } as const;
  await hear(world, { kind: "answered", choice: "approve", by, breakGlass: true, reason: "payments are down" });
  const shown = await page(world);
  expect(shown).toMatch(/Break-glass: [^.]* may connect/);
  expect(shown).toContain("Accepted by root of 111111111111 alone, past its approvers, on");
  expect(shown).toContain("payments are down");
});

test("who accepted in the console is named once CloudTrail has told, and not another", async () => {
  const world = await asked();
  await hear(world, { kind: "attributed", action: "reject", arn: "arn:aws:iam::111111111111:user/early", event: "e-0" });
  world.clock.advance(60);
  world.ec2.move(endpoint, "available");
  await world.look(endpoint);
  expect(await page(world)).toContain("Accepted by somebody outside on");
  await hear(world, { kind: "attributed", action: "accept", arn: "arn:aws:iam::111111111111:root", event: "e-1" });
  expect(await page(world)).toContain("Accepted by root of 111111111111, outside on");
});

test("an entry that answered is named with its author", async () => {
  const world = await asked();
  await world.entry({ principal: `account#${stranger}`, verdict: "accept", author: "arn:aws:iam::111111111111:user/olga" });
  await world.look(endpoint);
  expect(await page(world)).toContain("Accepted by allow-list, entry by olga of 111111111111 on");
});
