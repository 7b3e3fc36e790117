// An auditor verifies the log, in a process of their own: no right of theirs is left that nothing asked for.
import { afterAll, beforeAll, expect, test } from "vitest";
import { asked, inVain, openPeople, sealed, type Peopled } from "./people.ts";

let peopled: Peopled;
beforeAll(async () => {
  peopled = await openPeople();
  await sealed(peopled, "Auditor");
});
afterAll(() => peopled.world.local.close());

test("an auditor verifies the log, and has no right that nothing needs", async () => {
  expect(await inVain(await asked(peopled, "Auditor"))).toEqual([]);
});
