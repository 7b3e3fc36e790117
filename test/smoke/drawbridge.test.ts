// Drawbridge's own stack in a smoke run, without the story: deployed, looked at and taken down with the rights that a deployer and an
// operator have, and removed by whoever cleans up, whatever its buckets hold. test/smoke/smoke.long.ts plays the story in it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { clean } from "../../scripts/smoke/clean.ts";
import { connect, type Clients } from "../../scripts/smoke/clients.ts";
import { deployDrawbridge } from "../../scripts/smoke/drawbridge.ts";
import { madeBy, type Made } from "../../scripts/smoke/made.ts";
import { readOptions, type Options } from "../../scripts/smoke/options.ts";
import { takeAway } from "../../scripts/smoke/people.ts";
import { deployStack } from "../../scripts/smoke/stacks.ts";
import { stepsOf } from "../../scripts/smoke/steps.ts";
import type { Ground } from "../../scripts/smoke/world.ts";
import { accounts, leftIn, pendingKey } from "./run.fixture.ts";

let local: LocalAws;
let clients: Clients;
let notes: string;

beforeAll(async () => {
  local = await startLocalAws({ bare: true, account: accounts.provider, zoneName: "smoke.internal", processesMax: 1 });
  const { aws: AWS_ENDPOINT_URL, region: AWS_REGION, account } = local;
  Object.assign(process.env, { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "any" });
  clients = await connect({ region: local.region, consumerProfile: undefined });
  notes = mkdtempSync(join(tmpdir(), "smoke-notes-"));
});
afterAll(async () => {
  clients.close();
  await local.close();
  rmSync(notes, { recursive: true, force: true });
});

function groundOf(run: string, said: string[]): Ground {
  const { region, account } = local;
  const made: Made = madeBy(notes, { run, startedAt: "", region, account, consumerAccount: account, things: [] });
  const options = { ...(readOptions(["--yes"], true) as Options), notes };
  return {
    clients,
    options,
    made,
    steps: stepsOf({ say: (line) => void said.push(line), signal: new AbortController().signal, pollMs: 10 }),
  };
}

const zone = () => ({ id: local.zoneId, name: "smoke.internal" });
async function bucketOf(kind: string): Promise<string> {
  const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand({}));
  return Buckets.find(({ Name = "" }) => Name.includes(`-${kind}`))?.Name ?? "";
}

/** More than a page of versions, and an object that is hidden only. */
async function fill(Bucket: string): Promise<void> {
  const put = (Key: string): Promise<unknown> => clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: "{}" }));
  for (let part = 0; part < 11; part += 1)
    await Promise.all(Array.from({ length: 100 }, (_, at) => put(`events/${String(part * 100 + at)}`)));
  await clients.s3.send(new DeleteObjectCommand({ Bucket, Key: "events/7" }));
}

test("it is deployed and taken down with the printed policy alone, and doctor reads all with the operator's", async () => {
  const ground = groundOf("smoke-00000001", []);
  const { doctor, uninstall } = await deployDrawbridge(ground, zone());
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

test("a stack whose bucket holds versions is removed, though something is still written while it goes", async () => {
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
