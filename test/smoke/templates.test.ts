// The templates of a smoke run: AWS would take them, and nothing of them outlives its stack or meets another deployment.
import { expect, test } from "vitest";
import { checkTemplate } from "../../scripts/check-template.ts";
import { throwAwayTemplate, worldTemplate } from "../../scripts/smoke/world-template.ts";
import type { Template } from "../../scripts/template.ts";

test("its world is valid, the network included, which local AWS cannot make", async () => {
  expect(await checkTemplate((await worldTemplate()) as Template)).toEqual([]);
});

test("the load balancer is inside, and the network has no way out", async () => {
  const { Resources } = (await worldTemplate()) as Template;
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types.filter((type) => /InternetGateway|NatGateway|RouteTable|EIP/.test(type))).toEqual([]);
  expect(Resources["LoadBalancer"]?.Properties).toMatchObject({ Type: "network", Scheme: "internal" });
});

test("Drawbridge's throw-away template is valid, keeps nothing, and has names of its own", async () => {
  const template = await throwAwayTemplate("smoke12345678");
  expect(await checkTemplate(template)).toEqual([]);
  expect(JSON.stringify(template)).not.toMatch(/"(DeletionPolicy|UpdateReplacePolicy|DefaultRetention)"|drawbridge-dev|Drawbridge\/dev/);
  const { CheckpointBucket, CheckpointKey } = template.Resources;
  expect(CheckpointBucket?.Properties).toMatchObject({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
  });
  expect(CheckpointKey?.Properties?.["PendingWindowInDays"], "the least that KMS takes").toBe(7);
});
