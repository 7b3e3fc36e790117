// What is broken off half-way and repeated, at the calls that matter most; `interruptions.long.ts` breaks off at every one. And what is told
// and refused in between.
import { UpdateTerminationProtectionCommand } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { LocalAws } from "../../local/aws-options.ts";
import type { Packaged } from "../../scripts/deploy/packaged.ts";
import { emptyBucket } from "../../scripts/deploy/empty-bucket.ts";
import { history } from "../../scripts/deploy/history.ts";
import { breakingOff } from "./breaking-off.ts";
import { keptIn, play } from "./interruptions.ts";
import { account, emptyAccount, region, thisVersion } from "./place.ts";
import { place, smallVersion, type Place } from "./small-stack.ts";
import { volume } from "../volume.ts";

let local: LocalAws;
let packaged: Packaged;

beforeAll(async () => {
  [local, packaged] = await Promise.all([emptyAccount(), thisVersion()]);
});
afterAll(() => local.close());

const matterMost = [
  ["an upgrade", "ExecuteChangeSet", 1],
  ["a discard", "DeleteTable", 1],
  ["a first deployment", "CreateChangeSet", 1],
  ["a rollback", "ExecuteChangeSet", 1],
  ["a resumption", "UpdateFunctionConfiguration", 1],
  ["an uninstall", "DeleteStack", 1],
  ["a deployment around what is kept", "ExecuteChangeSet", 1],
  ["a deployment around what is kept", "ExecuteChangeSet", 2],
] as const;

test.concurrent.each(matterMost.slice(0, volume(2, matterMost.length)))("%s, broken off after %s (%i)", async (step, call, times) => {
  const stage = `${step.replaceAll(/[^a-z]|^an? /g, "").slice(0, 8)}${call.toLowerCase().slice(0, 4)}${String(times)}`;
  const [unbroken, played] = await Promise.all([
    play(step, `${stage}w`, packaged),
    play(step, stage, packaged, (_, name, so) => name === call && so === times),
  ]);
  expect(played.after).toContain(call);
  expect(played.end, played.said).toEqual(unbroken.end);
});

const at = (stage: string): Place => place(stage, smallVersion(packaged, 1));
const version = (one: 1 | 2 | 3): { readonly packaged: Packaged } => ({ packaged: smallVersion(packaged, one) });
const after = (call: string) => breakingOff((_, name) => name === call);

/** Runs it to the call, and waits until nothing is under way. */
async function breakOff(here: Place, line: string, call: string, one: 1 | 2 | 3 = 1): Promise<string> {
  const { clients, settled, isBroken } = after(call);
  const said = await here.run(line, { ...version(one), clients }).catch((error: unknown) => String(error));
  expect(isBroken(), said).toBe(true);
  await settled();
  await here.rests();
  return said;
}

test.concurrent("a deployment that nobody saw end is in the history, and no repair or rollback goes past it", async () => {
  const here = at("unseen");
  for (const one of [1, 2] as const) await here.run("deploy", version(one));
  await breakOff(here, "deploy", "ExecuteChangeSet", 3);
  const versions = async (): Promise<readonly string[]> =>
    [...(await here.run("history")).matchAll(/Z {2}(0\.\d\.0)/g)].map(([, one = ""]) => one);
  expect(await versions()).toEqual(["0.1.0", "0.2.0", "0.3.0"]);
  expect(await here.run("rollback --dry-run")).toContain("Back to 0.2.0");
  expect(await here.run("repair --dry-run")).not.toContain("MessageRetentionPeriod");
  expect(await here.run("deploy", version(3))).toContain("Nothing is to be changed.");
  expect(await versions()).toEqual(["0.1.0", "0.2.0", "0.3.0"]);
});

test.concurrent("a deployment that failed is told as such, and is nothing to go back to", async () => {
  const here = at("failing");
  await here.run("deploy");
  const { template, ...rest } = smallVersion(packaged, 2);
  const bad = {
    Type: "AWS::Lambda::Permission",
    Properties: { FunctionName: "nobody", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com" },
  };
  const failing = { ...rest, template: { ...template, Resources: { ...template.Resources, Bad: bad } } };
  await expect(here.run("deploy", { packaged: failing })).rejects.toThrow("UPDATE_ROLLBACK_COMPLETE");
  expect(await here.run("history")).toMatch(/0\.1\.0 .*root\n.*0\.2\.0 .*root {2}\(failed\)$/);
  await here.run("deploy", version(3));
  expect(await here.run("rollback --dry-run")).toContain("Back to 0.1.0");
});

test.concurrent("what uninstall keeps is named before anything goes, and by a run that comes too late", async () => {
  const here = at("named");
  await here.run("deploy");
  const said = await breakOff(here, "uninstall --yes", "DeleteStack");
  expect(said).toMatch(/What it holds stays:\n(.*\n)* {2}AllowListTable +drawbridge-named-AllowListTable-/);
  // The bucket could not go while it held anything.
  expect(await here.status()).toBe("DELETE_FAILED");
  const whole = await here.run("uninstall --yes");
  const again = await here.run("uninstall --yes");
  expect(again).toMatch(/drawbridge-named is gone since 20.*\nKept/);
  expect(keptIn(again)).toBe(keptIn(whole));
  await expect(at("never").run("uninstall --yes")).rejects.toThrow("There is no stack drawbridge-never");
});

test.concurrent("a stack that may not be deleted loses nothing", async () => {
  const here = at("refused");
  await here.run("deploy");
  const { cloudFormation } = here.clients;
  const protect = (EnableTerminationProtection: boolean) =>
    cloudFormation.send(new UpdateTerminationProtectionCommand({ StackName: here.name, EnableTerminationProtection }));
  await protect(true);
  await expect(here.run("uninstall --yes")).rejects.toThrow(/protected from deletion[\s\S]*--no-enable-termination-protection/);
  await protect(false);
  local.faults.refuse({
    service: "cloudformation",
    action: "DeleteStack",
    resource: here.name,
    times: 1,
    code: "AccessDenied",
    message: "not you",
    status: 403,
  });
  await expect(here.run("uninstall --yes")).rejects.toThrow("not you");
  expect(await here.run("history")).toContain("0.1.0");
});

test.concurrent("where the history is lost, the next deployment is recorded though nothing changes", async () => {
  const here = at("lost");
  await here.run("deploy");
  const { clients, stage } = here;
  const { bucket } = await history({ clients, stage: { stage, account, region, hostedZones: [] } });
  await emptyBucket(clients.s3, bucket);
  await expect(here.run("repair")).rejects.toThrow("Nothing has been deployed yet");
  expect(await here.run("deploy")).toContain("Nothing is to be changed.");
  expect(await here.run("history")).toContain("0.1.0");
  await here.run("repair");
});

test.concurrent("a deployment around what is kept that was broken off is not ended by one without it", async () => {
  const here = at("around");
  await here.run("deploy");
  const kept = keptIn(await here.run("uninstall --yes"));
  expect(await here.run(`deploy --kept ${kept} --dry-run`)).toContain("this was a dry run");
  expect(await here.status()).toBeUndefined();
  await breakOff(here, `deploy --kept ${kept}`, "CreateChangeSet");
  for (const line of ["deploy", "deploy --dry-run"])
    await expect(here.run(line)).rejects.toThrow(/with --kept was begun[\s\S]*repeat it with --kept/);
  await here.run(`deploy --kept ${kept}`);
  expect(keptIn(await here.run("uninstall --yes"))).toBe(kept);
});

test.concurrent("only what no stack uses is discarded, and only this stage's; what is nowhere is told", async () => {
  const [one, other] = [at("owner"), at("other")];
  await one.run("deploy");
  const table = (await one.run("uninstall --yes").then(keptIn)).split(",").find((pair) => pair.startsWith("AllowListTable=")) ?? "";
  const Table = (await one.clients.dynamoDb.send(new DescribeTableCommand({ TableName: table.split("=")[1] }))).Table;
  await expect(other.run(`discard ${table} --yes`)).rejects.toThrow(/begins with drawbridge-other-; nothing was removed/);
  await other.run(`deploy --kept ${table}`);
  await expect(one.run(`discard ${table} --yes`)).rejects.toThrow("drawbridge-other uses AllowListTable");
  await other.run("uninstall --yes");
  const wrong = `${table.slice(0, -3)}xyz`;
  await expect(one.run(`discard ${wrong},CheckpointBucket=drawbridge-owner-nobucket --yes`)).rejects.toThrow(
    /not found in eu-west-1: AllowListTable [\s\S]*AllowListTable, CheckpointBucket are not in eu-west-1/,
  );
  const { KeyMetadata } = await local.call("kms", "CreateKey", { Description: "payroll" });
  const { KeyId = "" } = KeyMetadata as { KeyId?: string };
  await expect(one.run(`discard CheckpointKey=${KeyId} --yes`)).rejects.toThrow("it is no key of Drawbridge's");
  expect(Table?.TableStatus).toBe("ACTIVE");
  expect(await one.run(`discard ${table} --yes`)).toContain("  removed  AllowListTable");
  expect(await one.run(`discard ${table} --yes`)).toContain("  removed before: AllowListTable");
});
