// Drawbridge's own stack in a smoke run is removed by whoever cleans up, whatever its buckets hold. Deployed and looked at as people with
// their rights do: drawbridge.long.ts; with the story: smoke.long.ts.
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clean } from "../../scripts/smoke/clean.ts";
import { deployStack } from "../../scripts/smoke/stacks.ts";
import { smokePlace, type Place } from "./drawbridge.fixture.ts";
import { leftIn, pendingKey } from "./run.fixture.ts";

let at: Place;
beforeAll(async () => {
  at = await smokePlace();
});
afterAll(() => at.close());

test("a stack whose bucket holds versions is removed, though something is still written while it goes", async () => {
  const { local, clients, groundOf, bucketOf, fill } = at;
  const said: string[] = [];
  const ground = groundOf("smoke-00000002", said);
  const name = "drawbridge-smoke-00000002-test";
  const Properties = { ObjectLockEnabled: true, VersioningConfiguration: { Status: "Enabled" } };
  const template = { Resources: { Archive: { Type: "AWS::S3::Bucket", Properties } } };
  ground.made.about({ kind: "stack", name });
  await ground.steps.need("a stack", 10_000, (wait) => deployStack(clients, { name, template, parameters: {}, tags: {} }, wait));
  const Bucket = await bucketOf("test-archive");
  await fill(Bucket);
  const { s3, cloudformation } = clients;
  let times = 0;
  cloudformation.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "DeleteStackCommand" && (times += 1) === 1)
          await s3.send(new PutObjectCommand({ Bucket, Key: "events/late", Body: "{}" }));
        return next(args);
      },
    { step: "initialize", name: "late" },
  );
  expect(await clean(clients, ground.made, ground.steps), said.join("\n")).toEqual([]);
  cloudformation.middlewareStack.remove("late");
  expect(times, "deleted again").toBe(2);
  expect((await leftIn(local)).filter((one) => one !== pendingKey)).toEqual(["zone smoke.internal."]);
});
