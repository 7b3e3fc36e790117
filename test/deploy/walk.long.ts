// docs/deploy.md walked from its first block to its last on local AWS, by a deployer with the printed policy and an operator with the
// stack's: deploy, doctor, break, mend, repair, pause, upgrade with a question open, roll back, restore, uninstall, deploy again beside what is
// kept and around it, and remove it all.
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Policy } from "../../scripts/deploy/policy.ts";
import { beyondLocalAws, notNeeded } from "./deployers-cells.ts";
import { everyBlockOf } from "./document.ts";
import { everyDay } from "./walk-every-day.ts";
import { firstDays } from "./walk-first-days.ts";
import { goingBack } from "./walk-going-back.ts";
import { lastDay } from "./walk-last-day.ts";
import { walker, type Walker } from "./walker.ts";

let walking: Walker;
const walk = (): Walker => walking;

beforeAll(async () => {
  walking = await walker();
});
afterAll(async () => {
  await walking.close();
});

test("every block of the page is one that is walked", async () => {
  expect(await everyBlockOf("docs/deploy.md")).toEqual(walking.ahead());
});

firstDays(walk);
everyDay(walk);
goingBack(walk);
lastDay(walk);

test("each right of the deployer was needed on the way, or is listed with its reason", async () => {
  const policies = ["deployer.json", "restorer.json", "discarder.json"].map(
    (file) => JSON.parse(walking.shell.files.get(file) ?? "") as Policy,
  );
  const idle = await notNeeded(policies, walking.deployers());
  const listed = Object.values(beyondLocalAws).flatMap((lines) => lines.flatMap((line) => line.split(" ")));
  expect([...new Set(idle.map(({ action }) => action))].toSorted()).toEqual(listed.toSorted());
  // Of the stack itself every call is needed.
  expect(idle.filter(({ action, resource }) => action.startsWith("cloudformation:") && !resource.includes(":changeSet/"))).toEqual([]);
});

test("every block of the page was walked", () => {
  expect(walking.ahead()).toEqual([]);
});
