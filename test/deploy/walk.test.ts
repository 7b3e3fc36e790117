// docs/deploy.md walked on local AWS through its first days, by a deployer with the printed policy: configured, deployed, asked by doctor, a
// service taken into care. `walk.long.ts` goes on to the last block.
import { afterAll, beforeAll, expect, test } from "vitest";

import { everyBlockOf } from "./document.ts";
import { firstDays } from "./walk-first-days.ts";
import { walker, type Walker } from "./walker.ts";

let walking: Walker;

beforeAll(async () => {
  walking = await walker();
});
afterAll(async () => {
  await walking.close();
});

test("every block of the page is one that is walked", async () => {
  expect(await everyBlockOf("docs/deploy.md")).toEqual(walking.ahead());
});

firstDays(() => walking);
