// What is asked each minute, or tells people, cannot go on: checkpoint, sweep, notify, slack and dns without what they lean on, or out of time.

import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkpointKey, checkpointPrefix } from "../../lib/audit/checkpoint.ts";
import { accepted } from "./half-way.ts";
import { lettersAbout } from "./letters.ts";
import { accounts, openWorld, setting, type Line, type Offered, type World } from "./world.ts";

let world: World;
let service: Offered;
const seconds = { Checkpoint: 6, Dns: 6, Slack: 4 };
const down = { code: "ServiceUnavailable", message: "Service is unable to handle the request", status: 503 } as const;
/** The answer comes later than the function has time. */
const late = { delayMs: 9000, cut: true, times: 1 } as const;

beforeAll(async () => {
  const hasty = Object.fromEntries(Object.entries(seconds).map(([name, Timeout]) => [`${name}LambdaFunction`, { Timeout }]));
  world = await openWorld({ resources: setting(hasty) });
  service = await world.inCare();
});
// A letter waits for minutes when one went just before, and the log is sealed when it has settled.
beforeEach(() => world.leap(240));
afterEach(() => world.mend());
afterAll(() => world.local.close());

const outOfTime = (name: string): Line | undefined => world.logged(name).findLast(({ code }) => code === "OutOfTime");
const nameOf = (id: string): string => world.idOf(id).split("/").at(-1) ?? "";
const run = async (name: string): Promise<string> => {
  const { functionError, payload } = await world.local.invoke(name);
  await world.local.idle();
  return functionError === undefined ? "well" : payload;
};
/** Something new in the log, for checkpoint to seal. */
const change = (): Promise<string> =>
  world.drawbridge("allow", accounts.acme, "--service", service.id, "--name", `at ${String(Date.now())}`);

/** The last one in the bucket, and that none before it is missing. */
async function checkpoints(): Promise<number> {
  const s3 = new S3Client({
    endpoint: world.local.aws,
    region: world.local.region,
    forcePathStyle: true,
    credentials: { accessKeyId: accounts.provider, secretAccessKey: "any" },
  });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: world.idOf("CheckpointBucket"), Prefix: checkpointPrefix }));
  expect(Contents.map(({ Key }) => Key)).toEqual(Contents.map((_, index) => checkpointKey(index + 1)));
  return Contents.length;
}

/** A process that is killed may take the next call with it. */
async function onNewInstance(name: string): Promise<string> {
  world.local.crash(name);
  for (;;) {
    const said = await run(name);
    if (!said.includes("Runtime.ExitError")) return said;
  }
}

describe("checkpoint", () => {
  test("without KMS says so, and seals when it answers again", async () => {
    await change();
    await world.leap(240);
    const fault = world.refuse({ ...down, service: "kms", action: "Sign", by: "checkpoint" });
    expect(await run("checkpoint")).toMatch(/kms:Sign/);
    fault.lift();
    expect(await run("checkpoint")).toBe("well");
  });

  test.each([
    ["does not take the checkpoint", { ...down, action: "PutObject" }, /s3:PutObject: ServiceUnavailable/],
    ["breaks the connection", { action: "PutObject", cut: true }, /s3:PutObject: (ECONN|Timeout)/],
    ["cannot be listed by a new instance", { ...down, action: "ListObjectsV2" }, /s3:ListBucket: ServiceUnavailable/],
    ["does not give the last checkpoint to a new instance", { ...down, action: "GetObject" }, /s3:GetObject: ServiceUnavailable/],
  ] as const)("where S3 %s, it says so, and seals when S3 answers again", async (_, how, told) => {
    await change();
    await world.leap(240);
    const before = await checkpoints();
    const fault = world.refuse({ ...how, service: "s3", by: "checkpoint" });
    expect(await (how.action === "PutObject" ? run("checkpoint") : onNewInstance("checkpoint"))).toMatch(told);
    expect(world.logged("checkpoint").at(-1)).toMatchObject({ retryable: true, where: expect.stringContaining("s3:") as string });
    expect(fault.met()).toBeGreaterThan(0);
    expect(await checkpoints()).toBe(before);
    fault.lift();
    expect(await run("checkpoint")).toBe("well");
    expect(await checkpoints()).toBe(before + 1);
  });

  test("where S3 takes the checkpoint and its answer is lost, the next run goes on from it", async () => {
    await change();
    await world.leap(240);
    const before = await checkpoints();
    const fault = world.refuse({ ...down, service: "s3", action: "PutObject", by: "checkpoint", after: true, times: 1 });
    await run("checkpoint");
    expect(fault.met()).toBe(1);
    expect(await checkpoints()).toBe(before + 1);
    await change();
    await world.leap(240);
    expect(await run("checkpoint")).toBe("well");
    expect(await checkpoints()).toBe(before + 2);
  });

  test("out of time says so, and the next run seals", async () => {
    await change();
    await world.leap(240);
    world.refuse({ ...late, service: "kms", action: "Sign", by: "checkpoint" });
    expect(await run("checkpoint")).toMatch(/OutOfTime|ran out of time/);
    expect(await run("checkpoint")).toBe("well");
  });

  test.each(["AuditLogTable", "SettingsTable"])("without %s says so, and goes on when it answers again", async (table) => {
    const fault = world.refuse({ ...down, service: "dynamodb", resource: nameOf(table), by: "checkpoint" });
    const said = await run("checkpoint");
    if (fault.met() > 0) expect(said).toMatch(/dynamodb:/);
    fault.lift();
    expect(await run("checkpoint")).toBe("well");
  });
});

test.each(["ConnectionsTable", "SettingsTable"])(
  "the sweep without %s names the call, and does its work when it answers again",
  async (table) => {
    const fault = world.refuse({ ...down, service: "dynamodb", resource: nameOf(table), by: "sweep" });
    // One service that cannot be swept keeps nobody from theirs: the run itself may end well.
    const said = await run("sweep");
    expect([said, ...world.logged("sweep").map((line) => JSON.stringify(line))].join("\n")).toMatch(/dynamodb:/);
    expect(fault.met()).toBeGreaterThan(0);
    fault.lift();
    expect(await run("sweep")).toBe("well");
  },
);

test.each(["ConnectionsTable", "ProofsTable"])("notify without %s: Lambda tries again, and one letter goes out", async (table) => {
  const fault = world.refuse({ ...down, service: "dynamodb", resource: nameOf(table), by: "notify" });
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  await fault.first;
  expect(world.logged("notify").at(-1)).toMatchObject({ where: expect.stringContaining("dynamodb:") as string });
  fault.lift();
  await world.eventually("the letter", async () => {
    await world.leap(60);
    return lettersAbout(world, endpoint) > 0 || undefined;
  });
  expect(lettersAbout(world, endpoint)).toBe(1);
});

test("slack without its secret says so, and nothing is set aside when it answers again", async () => {
  const fault = world.refuse({ ...down, service: "secretsmanager", action: "GetSecretValue", by: "slack" });
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  await fault.first;
  expect(world.logged("slack").at(-1)).toMatchObject({ where: expect.stringContaining("secretsmanager:") as string });
  fault.lift();
  await world.leap(240);
  expect(await world.waiting("SlackFailures")).toEqual([]);
});

test.each(["ConnectionsTable", "SettingsTable", "ProofsTable"])(
  "slack without %s says so; Lambda tries again, and one question is posted",
  async (table) => {
    const SecretString = world.local.slack.secret();
    await world.aws("secretsmanager", "PutSecretValue", { SecretId: world.local.outputs["SlackSecretArn"], SecretString });
    await world.leap(3600);
    const fault = world.refuse({ ...down, service: "dynamodb", resource: nameOf(table), by: "slack" });
    const endpoint = await world.connect(accounts.unknown, service);
    await world.becomes(endpoint, "asking");
    await fault.first;
    const posted = (): number => world.local.slack.posts.filter(({ blocks }) => JSON.stringify(blocks).includes(endpoint)).length;
    expect(world.logged("slack").at(-1)).toMatchObject({
      code: "ServiceUnavailable",
      where: expect.stringContaining("dynamodb:") as string,
      connection: endpoint,
    });
    expect(posted()).toBe(0);
    fault.lift();
    await world.eventually("the question", async () => {
      await world.leap(60);
      return posted() > 0 || undefined;
    });
    expect(posted()).toBe(1);
    expect(await world.waiting("SlackFailures")).toEqual([]);
  },
);

test("slack, out of time: Lambda tries again", async () => {
  world.refuse({ ...late, service: "secretsmanager", action: "GetSecretValue", by: "slack" });
  world.local.crash("slack");
  const endpoint = await world.connect(accounts.unknown, service);
  await world.becomes(endpoint, "asking");
  await world.eventually("out of time", () => outOfTime("slack"));
  await world.leap(240);
  expect(await world.waiting("SlackFailures")).toEqual([]);
});

test("dns, out of time with the zone changed: the name is found as it should be", async () => {
  const fault = world.refuse({ ...late, after: true, service: "route53", action: "ChangeResourceRecordSets", by: "dns" });
  const endpoint = await world.connect(accounts.acme, service);
  await world.becomes(endpoint, "connected");
  await fault.first;
  await world.local.idle();
  expect(outOfTime("dns")).toMatchObject({ reason: expect.stringContaining("ran out of time") as string });
  await world.leap(720);
  await world.named(endpoint);
  expect((await world.types(endpoint)).filter((type) => accepted.includes(type))).toEqual(accepted);
});
