// Drawbridge's own stack in a smoke run, without the story: deployed, looked at and taken down with the rights that a deployer and an
// operator have.
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clean } from "../../scripts/smoke/clean.ts";
import { deployDrawbridge } from "../../scripts/smoke/drawbridge.ts";
import { takeAway } from "../../scripts/smoke/people.ts";
import { smokePlace, type Place } from "./drawbridge.fixture.ts";
import { leftIn, pendingKey } from "./run.fixture.ts";

let at: Place;
beforeAll(async () => {
  at = await smokePlace();
});
afterAll(() => at.close());

test("it is deployed and taken down with the printed policy alone, and doctor reads all with the operator's", async () => {
  const { local, clients, groundOf, bucketOf, fill } = at;
  const ground = groundOf("smoke-00000001", []);
  const { doctor, uninstall } = await deployDrawbridge(ground, { id: local.zoneId, name: "smoke.internal" });
  const findings = (await doctor()) ?? [];
  expect(findings.filter(({ state }) => state !== "ok").map(({ about }) => about)).toEqual(["approvers", "alarms"]);
  const checkpoints = await bucketOf("checkpoint");
  await clients.s3.send(new PutObjectCommand({ Bucket: checkpoints, Key: "checkpoints/000000001.json", Body: "{}", IfNoneMatch: "*" }));
  await fill(await bucketOf("archive"));
  await takeAway(ground, "operator");
  await uninstall();
  expect(await clean(clients, ground.made, ground.steps)).toEqual([]);
  expect(ground.made.note.things).toEqual([]);
  expect(await leftIn(local)).toEqual(["zone smoke.internal.", pendingKey]);
});
