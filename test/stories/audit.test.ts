// The audit log through the packaged functions on local AWS: sealed minute by minute, verified from S3 and KMS, and whoever touches it is found.

import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventKey, eventRow, readEvent } from "../../lib/aws/event-row.ts";
import { readItem, writeItem, type Item, type Row } from "../../lib/aws/item.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import type { VerifiedLog } from "../../cli/audit-verify.ts";
import { isEvent, type StoredEvent } from "../../lib/ledger.ts";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { harms } from "../audit/tampering.ts";
import { operator, until } from "./operator.ts";
import { volume } from "../volume.ts";

const accounts = { provider: "111111111111", acme: "222222222222", barred: "444444444444" };
const zoneName = "privatelink.example.com";

let local: LocalAws;
let service: { id: string; name: string };
let folder: string;
let acme: string;
let barred: string;

const command = (...words: string[]) => operator(local, accounts.provider)(...words);
async function json<T>(...words: string[]): Promise<T> {
  const { stdout } = await command(...words, "--json");
  return JSON.parse(stdout) as T;
}
const reaches = (endpoint: string, status: string) =>
  until(
    async () => (await json<{ connection?: { status: string } }>("show", endpoint).catch(() => undefined))?.connection?.status === status,
  );
const table = { TableName: "" };
/** Bytes travel as base64. */
const onTheWire = (row: Row): unknown =>
  JSON.parse(JSON.stringify(row, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value)));

beforeAll(async () => {
  await ensurePackaged();
  folder = await mkdtemp(join(tmpdir(), "drawbridge-audit-"));
  local = await startLocalAws({ port: 0, zoneName, delays: { available: 200 } });
  table.TableName = local.outputs["AuditLogTable"] ?? "";
  service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await command("services", "add", service.id, "--zone", zoneName, "--yes");
  await command("allow", accounts.acme, "--service", service.id, "--name", "acme");
  await command("deny", accounts.barred, "--service", service.id, "--purpose", "=cmd|' /C calc'!A0");
  acme = await consumer(local, accounts.acme).connect(service.name);
  barred = await consumer(local, accounts.barred).connect(service.name);
  await reaches(acme, "connected");
  await reaches(barred, "rejected");
  // What is verified ends ten seconds ago.
  await until(async () => {
    await local.invoke("checkpoint");
    const { sealed } = await json<VerifiedLog>("audit", "verify");
    return sealed >= (await json<{ items: unknown[] }>("audit", "--all")).items.length - 2 && sealed > 8;
  });
});
afterAll(async () => {
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

test("the log is what was written, by the checkpoints in the bucket and the key in KMS", async () => {
  const verified = await json<VerifiedLog>("audit", "verify");
  expect(verified).toMatchObject({ intact: true, findings: [] });
  expect(Object.keys(verified.keys)).toEqual([local.outputs["CheckpointKeyArn"]]);
  expect((await command("audit", "verify")).stdout).toContain("The log is what was written.");
});

test("who let the account in is one command: the entry, its version, its author, and whether it is still in", async () => {
  const { stdout } = await command("audit", "who-let-in", accounts.acme);
  expect(stdout).toContain("1 of 1 connections is in");
  expect(stdout).toMatch(/Entry +222222222222 at vpce-svc-\w+, version 1/);
  expect(stdout).toMatch(/Written .* by .*111111111111/);
  const { connections } = await json<{ connections: { stands: boolean }[] }>("audit", "who-let-in", accounts.barred);
  expect(connections).toMatchObject([{ stands: false, status: "rejected" }]);
});

test("an account's log holds the entries that name it", async () => {
  const { items } = await json<{ items: { event: { type: string } }[] }>("audit", "--account", accounts.acme, "--all");
  expect(items.map(({ event }) => event.type)).toContain("EntryAdded");
});

test("who was connected now, and nobody was in June", async () => {
  const now = await json<{ connections: { endpoint: string }[] }>("access-report");
  expect(now.connections.map(({ endpoint }) => endpoint)).toEqual([acme]);
  expect((await command("access-report", "--at", "2026-06-30")).stdout).toContain("0 connections were let in");
});

test("the figures of the weeks, with a chart", async () => {
  expect(await json("stats")).toMatchObject({ total: { requests: 2, decided: 2, automatic: 2, accepted: 1, rejected: 1 } });
  expect((await command("stats")).stdout).toMatch(/█+.*100 %/);
});

test("no cell of the CSV is a formula", async () => {
  const { stdout } = await command("audit", "--all", "--csv");
  expect(stdout.split("\n")[0]).toContain("at,type,decision");
  expect(stdout).not.toMatch(/(^|,)"?[=+\-@]/m);
});

test("every event that left is in the archive, as a line under the day it happened", async () => {
  const client = new S3Client({
    endpoint: local.aws,
    region: local.region,
    credentials: { accessKeyId: accounts.provider, secretAccessKey: "any" },
  });
  const Bucket = local.outputs["ArchiveBucket"] ?? "";
  const { items } = await json<{ items: { subject: string; seq: number; event: { at: string } }[] }>("audit", "--all");
  const lines = async (): Promise<{ key: string; text: string }[]> => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    return Promise.all(
      Contents.map(async ({ Key = "" }) => ({
        key: Key,
        text: (await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()) ?? "",
      })),
    );
  };
  const archived = await until(async () => {
    const all = await lines();
    return all.length >= items.length && all;
  });
  const told = archived.map(({ key, text }) => ({
    key,
    event: JSON.parse(text) as { detail: { subject: string; seq: number; at: string } },
  }));
  expect(new Set(told.map(({ event: { detail } }) => `${detail.subject} ${String(detail.seq)}`))).toEqual(
    new Set(items.map(({ subject, seq }) => `${subject} ${String(seq)}`)),
  );
  for (const { key, event } of told) expect(key).toContain(`events/day=${event.detail.at.slice(0, 10)}/`);
  client.destroy();
});

describe("evidence", () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = join(folder, "evidence");
    const { code, stderr } = await command("evidence", "--out", bundle);
    if (code !== 0) throw new Error(stderr);
  });
  const offline = async (): Promise<VerifiedLog> => json<VerifiedLog>("audit", "verify", "--export", bundle);

  test("verifies offline, and says how to do it without Drawbridge", async () => {
    expect(await offline()).toMatchObject({ intact: true });
    expect(await readFile(join(bundle, "VERIFY.md"), "utf8")).toContain("openssl dgst -sha256");
  });
  test("has the key with which the log itself is verified, its bucket named or not; another key proves nothing", async () => {
    const [, id = ""] = (local.outputs["CheckpointKeyArn"] ?? "").split("/");
    const bucket = local.outputs["CheckpointBucket"] ?? "";
    const key = join(bundle, `key-${id}.pem`);
    for (const more of [
      ["--key", key],
      ["--bucket", bucket],
      ["--bucket", bucket, "--key", key],
    ])
      expect(await json<VerifiedLog>("audit", "verify", ...more)).toMatchObject({ intact: true, findings: [] });
    const other = join(folder, "other.pem");
    await writeFile(other, generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }));
    expect(await json<VerifiedLog>("audit", "verify", "--key", other)).toMatchObject({ intact: false });
    expect(await command("audit", "verify", "--bucket", bucket, "--export", bundle)).toMatchObject({ code: 2 });
  });
  test("shows an event that was edited in it", async () => {
    const log = join(bundle, "log.jsonl");
    const text = await readFile(log, "utf8");
    await writeFile(log, text.replace("EntryAdded", "EntryRemoved"));
    expect(await offline()).toMatchObject({ intact: false, findings: [{ kind: "bundle" }, { kind: "edited" }] });
    await writeFile(log, text);
  });
});

test("an export goes on where it was broken off", async () => {
  const out = join(folder, "log.jsonl");
  expect(await command("audit", "export", "--out", out)).toMatchObject({ code: 0 });
  const whole = await readFile(out, "utf8");
  const first = JSON.parse(whole.split("\n")[0] ?? "") as StoredEvent;
  expect(first.hash).toHaveLength(64);
  expect(sha256(whole)).toHaveLength(64);
});

test("every connection's history is complete, and ends", async () => {
  for (const [endpoint, status] of [
    [acme, "connected"],
    [barred, "rejected"],
  ] as const) {
    const { connection, history } = await json<{ connection: { status: string; seq: number }; history: StoredEvent[] }>("show", endpoint);
    expect(connection).toMatchObject({ status, seq: history.length });
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    expect(history[0]?.event.type).toBe("ConnectionRequested");
  }
});

describe("somebody with every right on the table", () => {
  let rows: Item[];
  let its: StoredEvent[];
  const put = (row: Item) => local.call("dynamodb", "PutItem", { ...table, Item: writeItem(row) });
  const remove = ({ subject, seq }: Item) => local.call("dynamodb", "DeleteItem", { ...table, Key: writeItem({ subject, seq }) });

  beforeAll(async () => {
    // On a slow machine its minute would come while the log is altered, and seal that.
    const { Rules } = (await local.call("events", "ListRules", {})) as { Rules: { Name: string }[] };
    const schedule = Rules.find(({ Name }) => Name.includes("CheckpointSchedule"));
    if (schedule === undefined) throw new Error("checkpoint has no schedule");
    await local.call("events", "DisableRule", { Name: schedule.Name });
    await until(async () => {
      await local.invoke("checkpoint");
      const { unsealed, sealed } = await json<VerifiedLog>("audit", "verify");
      return unsealed === 0 && sealed >= (await json<{ items: unknown[] }>("audit", "--all")).items.length;
    });
    const { Items } = (await local.call("dynamodb", "Query", {
      ...table,
      KeyConditionExpression: "subject = :subject",
      ExpressionAttributeValues: writeItem({ ":subject": `connection#${acme}` }),
    })) as { Items: Parameters<typeof readItem>[0][] };
    rows = Items.map((row) => readItem(row));
    its = rows.map((row) => readEvent("AuditLog", row));
  });
  afterEach(async () => {
    await Promise.all(rows.map(put));
    for (let seq = its.length + 1; seq <= its.length + 2; seq += 1) await remove(eventKey(`connection#${acme}`, seq));
    await remove({ subject: `connection#${acme}`, seq: "second" });
    if (!(await json<VerifiedLog>("audit", "verify")).intact) throw new Error("the log was not put right");
  });

  // Each at every one of a thousand events: test/audit/verification.test.ts. Here some are asked about over the wire.
  const someHarms = harms.filter((_, index) => index % volume(4, 1) === 0);
  test.each(someHarms)("who $name is found, and the event is named", async (harm) => {
    for (const place of harm.spoils === undefined ? [1, its.length - 2] : [1]) {
      const done = harm.does(its, place);
      if (done === undefined) throw new Error(`there is no event ${String(place + 1)} to harm`);
      const { after, found } = done;
      for (const row of rows) await remove(row);
      for (const stored of after.filter(isEvent)) await put(eventRow(stored));
      const [victim] = rows.slice(place, place + 1).map(writeItem);
      if (harm.spoils !== undefined && victim !== undefined)
        await local.call("dynamodb", "PutItem", { ...table, Item: onTheWire(harm.spoils(victim)) });
      const { code, stdout } = await command("audit", "verify", "--json");
      const { intact, findings } = JSON.parse(stdout) as VerifiedLog;
      const { and: _, ...wanted } = found;
      expect({ code, intact }).toEqual({ code: 1, intact: false });
      expect(findings[0]).toMatchObject({ ...wanted, subject: `connection#${acme}` });
    }
  });

  test("who spoils a row blinds no answer, and stops no sealing", async () => {
    const [, row] = rows;
    if (row === undefined) throw new Error("the log has an event 2");
    const { hash: _, ...spoilt } = row;
    await put(spoilt);
    for (const line of [["audit"], ["audit", "--account", accounts.acme], ["audit", "export"], ["show", acme]]) {
      const { code, stdout } = await command(...line);
      expect({ line, code, told: stdout.includes("no event any more") || stdout.includes('"unreadable"') }).toEqual({
        line,
        code: 0,
        told: true,
      });
    }
    for (const line of [["access-report"], ["audit", "who-let-in", accounts.acme]])
      expect(await command(...line)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("is incomplete, or contradicts itself") as string,
      });
    expect(await command("stats")).toMatchObject({ code: 0 });
    const bundle = join(folder, "spoilt");
    expect(await command("evidence", "--out", bundle)).toMatchObject({ code: 0 });
    const { findings } = JSON.parse((await command("audit", "verify", "--export", bundle, "--json")).stdout) as VerifiedLog;
    expect(findings).toMatchObject([{ kind: "edited", seq: 2, text: expect.stringContaining("it is no event any more") as string }]);
    const before = (await json<VerifiedLog>("audit", "verify")).checkpoints;
    await command("allow", "555555555555", "--service", service.id);
    await local.invoke("checkpoint");
    await until(async () => (await json<VerifiedLog>("audit", "verify")).checkpoints > before);
  });

  test("who hides one from a question, and touches nothing but the key of its index, is found", async () => {
    const [, row] = rows;
    if (row === undefined) throw new Error("the log has an event 2");
    await put({ ...row, actor: "operator arn:aws:iam::111111111111:user/nobody" });
    expect(await json("audit", "verify")).toMatchObject({
      intact: false,
      findings: [{ kind: "misfiled", subject: `connection#${acme}`, seq: 2 }],
    });
  });
});
