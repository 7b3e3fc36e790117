// Drift of an endpoint service's permissions is shown until the sweep has healed it; what others allowed stays shown.

import { expect, test } from "vitest";
import { sweep } from "../../lib/loop/sweep.ts";
import type { Put } from "../../lib/operator/entries.ts";
import type { Set as SetService } from "../../lib/operator/service-settings.ts";
import { acme, inCare, service, type Desk } from "./desk.ts";

interface Shown {
  readonly problems: readonly { readonly message: string }[];
}
const problems = async (at: Desk): Promise<string[]> =>
  (await at.ask<Shown>("GET /services/{service}", { service })).problems
    .map(({ message }) => message)
    .filter((message) => /ask|permissions/.test(message));

test("what is lacking, what is left over, and what is not ours", async () => {
  const at = await inCare();
  const swept = () => sweep({ ...at.world.ports(), permissions: at.world.ports() });
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  expect(await problems(at)).toEqual([]);
  await at.ask("PATCH /services/{service}", { service, permissions: "follow" });
  expect(await problems(at)).toEqual([expect.stringContaining(`${acme} cannot ask to connect yet`)]);
  await swept();
  expect(await problems(at)).toEqual([]);
  at.world.ec2.letAsk(service, "*", "333333333333");
  expect(await problems(at)).toEqual([expect.stringContaining("*, 333333333333 may ask to connect")]);
  await at.ask("DELETE /entries/{service}/{principal}", { service, principal: acme });
  expect((await problems(at))[0]).toContain(`${acme} can still ask`);
  await at.ask("PUT /entries", { service, principal: "any", verdict: "ask" });
  expect(await problems(at)).toEqual([expect.stringContaining("cannot follow the allow-list: the ask entry for any")]);
});

test("whoever sets it to follow is told what no sweep puts right, and whoever sets it off what stays behind", async () => {
  const at = await inCare();
  const set = (permissions: string, more: object = {}): Promise<SetService> =>
    at.ask<SetService>("PATCH /services/{service}", { service, permissions, ...more });
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  expect(await set("follow")).not.toHaveProperty("problems");
  await sweep({ ...at.world.ports(), permissions: at.world.ports() });
  at.world.ec2.letAsk(service, "*");
  const left = { message: expect.stringContaining(`${acme} may still ask to connect to ${service}: Drawbridge let them`) as string };
  expect((await set("off", { preview: true })).problems).toMatchObject([left]);
  expect((await set("off")).problems).toMatchObject([left]);
  expect((await set("follow")).problems).toMatchObject([{ message: expect.stringContaining("* may ask to connect") as string }]);
  const any = await at.ask<Put>("PUT /entries", { service: "*", principal: "any", verdict: "ask" });
  expect(any.problems).toMatchObject([
    { message: expect.stringContaining("cannot follow the allow-list: the ask entry for any") as string },
  ]);
  expect((await set("follow")).problems).toMatchObject([{ message: expect.stringContaining("cannot follow") as string }]);
});
