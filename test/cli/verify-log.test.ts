// audit verify and evidence against checkpoints in S3 and a key in KMS: what is believed, what is read, and what is told.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { VerifiedLog } from "../../cli/audit-verify.ts";
import { checkpointKey, gapSeconds, keyPrefix } from "../../lib/audit/checkpoint.ts";
import { fingerprint } from "../../lib/aws/public-keys.ts";
import { kmsKey } from "../../lib/aws/signing-key.ts";
import { isEvent, type StoredEvent } from "../../lib/ledger.ts";
import { fakeSigningKey } from "../fakes/checkpoints.ts";
import { later, sealedDesk, type SealedDesk } from "./sealed-desk.ts";

let here: SealedDesk;
let folder: string;
beforeEach(async () => {
  here = await sealedDesk();
  folder = await mkdtemp(join(tmpdir(), "drawbridge-verify-"));
});
afterEach(async () => {
  await here.close();
  await rm(folder, { recursive: true, force: true });
});

const verify = async (...words: string[]): Promise<VerifiedLog> =>
  JSON.parse((await here.run("audit", "verify", ...words, "--json")).out) as VerifiedLog;
const texts = ({ findings }: VerifiedLog): string => findings.map(({ text }) => text).join("\n");
async function sealed(minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute += 1) {
    await here.happen(minute);
    await here.seal();
  }
  await here.seal();
}
const printOf = async (): Promise<string> => fingerprint(await kmsKey(here.arn, process.env["AWS_ENDPOINT_URL"]).publicKey());

test("a sealed log is what was written, in words and as JSON", async () => {
  await sealed(3);
  const { code, out } = await here.run("audit", "verify", "--fingerprint", await printOf());
  expect(out).toContain("The log is what was written.");
  expect(out).toMatch(/Period +from the log's beginning to 2026-11-23/);
  expect(out).toContain("as KMS gives it");
  expect(code).toBe(0);
  const verified = await verify();
  expect(verified).toMatchObject({ intact: true, log: "111111111111/eu-west-1/drawbridge-test", unsealed: 0, outside: 0 });
  expect(verified.sealed).toBe(verified.held);
});

describe("whom it believes", () => {
  test("a key that is given is the key: another's signatures do not pass", async () => {
    await sealed(2);
    const file = join(folder, "other.pem");
    await writeFile(file, await fakeSigningKey().publicKey());
    const { code, out } = await here.run("audit", "verify", "--key", file);
    expect(code).toBe(1);
    expect(out).toContain("its signature is not that of its key");
    await writeFile(file, await kmsKey(here.arn, process.env["AWS_ENDPOINT_URL"]).publicKey());
    expect(await verify("--key", file)).toMatchObject({ intact: true, keysFrom: { [here.arn]: "the key that you gave" } });
  });
  test.each([
    ["--key", "nowhere.pem", "cannot be read"],
    ["--fingerprint", "12", "is no SHA-256"],
  ])("%s %s is wrong usage", async (option, value, said) => {
    const { code, err } = await here.run("audit", "verify", option, value);
    expect({ code, told: err.includes(said) }).toEqual({ code: 2, told: true });
  });
  test("a deployment that points at a bucket and a key of its own is found by the fingerprint, and by the bucket", async () => {
    await sealed(3);
    const print = await printOf();
    // Somebody with the API's function: a log without its last events, sealed anew, where nobody but them can write.
    const forged = { bucket: here.newBucket(), key: here.newKey() };
    const { ledger } = here.at.ports;
    const hidden = (await ledger.search({ by: "time" })).items.find(isEvent)?.hash;
    const search: typeof ledger.search = async (query, page) => {
      const { items, ...rest } = await ledger.search(query, page);
      return { ...rest, items: items.filter((row) => !isEvent(row) || row.hash !== hidden) };
    };
    const theirs = { key: kmsKey(forged.key, process.env["AWS_ENDPOINT_URL"]), ledger: { search }, bucket: forged.bucket };
    for (let minute = 0; minute < 2; minute += 1) await here.seal(1, theirs);
    Object.assign(here.at.ports, {
      ledger: {
        ...ledger,
        search,
        history: async (subject: string) => ({
          items: (await ledger.history(subject)).items.filter((row) => !isEvent(row) || row.hash !== hidden),
        }),
      },
    });
    Object.assign(here.at.ports.deployment, { checkpoints: forged });
    expect(await verify()).toMatchObject({ intact: true });
    expect(texts(await verify("--fingerprint", print))).toContain("which is none that you gave");
    const believed = await verify("--bucket", here.bucket, "--fingerprint", print);
    expect(believed.findings).toMatchObject([{ kind: "truncated" }]);
  });
  test("KMS without the key: the copy beside the checkpoints does, and that is said", async () => {
    const gone = fakeSigningKey(`${here.arn.slice(0, -12)}000000000000`);
    Object.assign(here.at.ports.deployment, { checkpoints: { bucket: here.bucket, key: gone.arn } });
    await here.happen(1);
    await here.seal(1, { key: gone });
    await here.seal(1, { key: gone });
    const verified = await verify();
    expect(verified.intact).toBe(true);
    expect(verified.keysFrom[gone.arn]).toContain("the copy kept beside the checkpoints, since KMS does not give it");
  });
  test("a copy that is another key than KMS gives is told", async () => {
    await here.put(`${keyPrefix}${here.arn.split("/").at(-1) ?? ""}.pem`, `${here.arn}\n${await fakeSigningKey().publicKey()}`);
    await sealed(1);
    expect((await verify()).findings).toMatchObject([
      { kind: "key", text: expect.stringContaining("another key than KMS gives") as string },
    ]);
  });
});

describe("silence", () => {
  test("a log without any checkpoint is not proved", async () => {
    await here.happen(1);
    await here.at.ask("GET /deployment");
    const { code, out } = await here.run("audit", "verify");
    expect(code).toBe(1);
    expect(out).toContain("not proved");
    expect(out).toContain("there is no checkpoint");
  });
  test("a schedule that was stopped is told, while it is and when it goes on", async () => {
    await sealed(2);
    here.at.world.clock.advance(gapSeconds + 60);
    vi.setSystemTime(Date.parse(here.at.world.clock.now()));
    const now = await verify();
    expect(now.findings).toMatchObject([{ kind: "gap" }]);
    await here.seal();
    await here.seal();
    const afterwards = await verify();
    expect(afterwards.findings).toMatchObject([{ kind: "gap" }]);
    expect(afterwards.findings[0]?.text).toMatch(/from .* to .* no checkpoint was made/);
  });
});

describe("objects that are not as they were", () => {
  test("one that cannot be read hides no other, and is named", async () => {
    await here.put(checkpointKey(1), '{"statement":{"number":1,"number":2}}');
    await here.happen(1);
    const other = here.newBucket();
    await here.seal(1, { bucket: other });
    expect(texts(await verify())).toContain(checkpointKey(1));
    expect(texts(await verify())).toContain("there is no checkpoint");
  });
  test("one that was written over is told, and its first version used", async () => {
    await sealed(3);
    await here.put(checkpointKey(2), "forged");
    await here.hide(checkpointKey(3));
    expect((await verify()).findings).toMatchObject([
      { kind: "checkpoint", text: `${checkpointKey(2)} was written over; its first version is used` },
    ]);
  });
});

describe("of a period", () => {
  test("only its checkpoints are read, and it is proved as the whole is", async () => {
    for (let hour = 1; hour <= 40; hour += 1) {
      await here.happen(hour);
      await here.seal(30);
    }
    const begin = "2026-11-23T12:00:00.000Z";
    const period = ["--from", later(begin, 600), "--to", later(begin, 700)];
    const before = here.reads();
    const verified = await verify(...period);
    expect(verified).toMatchObject({ intact: true, period: { from: later(begin, 600), to: later(begin, 700) } });
    expect(verified.checkpoints).toBeLessThan(10);
    expect(verified.events).toBeGreaterThan(0);
    expect(verified.sealed).toBe(verified.held);
    expect(here.reads() - before).toBeLessThan(25);
    const gone = here.at.world.tables.committed.findIndex(({ event }) => event.at > later(begin, 650));
    const [lost] = here.at.world.tables.committed.slice(gone, gone + 1);
    const { ledger } = here.at.ports;
    const without = (rows: readonly unknown[]) => rows.filter((row) => (row as StoredEvent).hash !== lost?.hash);
    Object.assign(here.at.ports, {
      ledger: {
        ...ledger,
        search: async (...given: Parameters<typeof ledger.search>) =>
          ledger.search(...given).then((page) => ({ ...page, items: without(page.items) })),
        history: async (...given: Parameters<typeof ledger.history>) =>
          ledger.history(...given).then((page) => ({ ...page, items: without(page.items) })),
      },
    });
    expect((await verify(...period)).findings).toMatchObject([{ subject: lost?.subject, seq: lost?.seq }]);
  });
  test.each([
    ["audit verify --from 9999-12-31", "is still to come"],
    ["audit verify --to 2026-02-30", "--to 2026-02-30 is no time"],
    ["evidence --to foo", "--to foo is no time"],
    ["evidence --from 2031-01-01", "is still to come"],
    ["audit export --to foo", "--to foo is no time"],
  ])("%s is refused in one clear line, and leaves nothing behind", async (line, said) => {
    const { code, err } = await here.run(...line.split(" "), ...(line.startsWith("evidence") ? ["--out", join(folder, "evidence")] : []));
    expect({ code, told: err.includes(said), lines: err.trim().split("\n").length }).toEqual({ code: 2, told: true, lines: 1 });
    expect(await readdir(folder)).toEqual([]);
  });
});

test("what only an index hides is misfiled, and its chain says so", async () => {
  await sealed(3);
  const { ledger } = here.at.ports;
  const victim = here.at.world.tables.committed[2];
  const is = (row: unknown): boolean => (row as StoredEvent).hash === victim?.hash;
  Object.assign(here.at.ports, {
    ledger: {
      ...ledger,
      search: async (...given: Parameters<typeof ledger.search>) =>
        ledger.search(...given).then((page) => ({ ...page, items: page.items.filter((row) => !is(row)) })),
      history: async (...given: Parameters<typeof ledger.history>) =>
        ledger
          .history(...given)
          .then((page) => ({ ...page, items: page.items.map((row) => (is(row) ? { ...row, filedUnder: { bucket: "elsewhere" } } : row)) })),
    },
  });
  const verified = await verify();
  expect(verified.findings).toMatchObject([{ kind: "misfiled", subject: victim?.subject, seq: victim?.seq }]);
  expect(verified.sealed).toBe(verified.held);
});

describe("evidence", () => {
  test("of a period holds all that its checkpoints hold, and passes", async () => {
    for (let hour = 1; hour <= 30; hour += 1) {
      await here.happen(hour);
      await here.seal(30);
    }
    const begin = "2026-11-23T12:00:00.000Z";
    const out = join(folder, "evidence");
    const { code, err } = await here.run("evidence", "--from", later(begin, 400), "--to", later(begin, 500), "--out", out);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const offline = JSON.parse(
      (await here.run("audit", "verify", "--export", out, "--fingerprint", await printOf(), "--json")).out,
    ) as VerifiedLog;
    expect(offline).toMatchObject({ intact: true, findings: [], period: { from: later(begin, 400), to: later(begin, 500) } });
    expect(offline.checkpoints).toBeLessThan(10);
    expect(offline.outside).toBeGreaterThan(0);
    const manifest = JSON.parse(await readFile(join(out, "manifest.json"), "utf8")) as { events: number; files: object };
    expect(manifest.events).toBe(offline.events);
    expect(Object.keys(manifest.files)).toEqual(expect.arrayContaining(["log.jsonl", "VERIFY.md", "verify.py"]));
  });
  test("of the whole log up to now passes too", async () => {
    await sealed(4);
    const out = join(folder, "evidence");
    expect(await here.run("evidence", "--out", out)).toMatchObject({ code: 0 });
    expect((await here.run("audit", "verify", "--export", out)).out).toContain("The log is what was written.");
  });
});
