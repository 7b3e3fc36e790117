// Keeping checkpoints: minute by minute everything that the log gained is sealed, once, whatever is late, doubled or interrupted.

import { beforeEach, describe, expect, test } from "vitest";
import { publicKeys } from "../../lib/aws/public-keys.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { sealedBy } from "../../lib/audit/sealed.ts";
import { verification, type Verified } from "../../lib/audit/verification.ts";
import { quietSeconds } from "../../lib/audit/checkpoint.ts";
import { instant, milliseconds, type Instant } from "../../lib/ids.ts";
import type { LogRow, StoredEvent } from "../../lib/ledger.ts";
import { keepCheckpoints, type CheckpointPorts, type Kept, type Memory } from "../../lib/loop/checkpoint.ts";
import type { Ledger } from "../../lib/ports.ts";
import { first, next, noon, refused, requested } from "../contracts/samples.ts";
import { fakeCheckpoints, fakeSigningKey, type FakeCheckpoints } from "../fakes/checkpoints.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { fakeTables, type FakeTables } from "../fakes/tables.ts";

const key = fakeSigningKey();
let now: Instant;
let tables: FakeTables;
let bucket: FakeCheckpoints;
let memory: Memory;
/** Events that the index does not show yet. */
let hidden: Set<string>;

beforeEach(() => {
  now = noon;
  tables = fakeTables();
  bucket = fakeCheckpoints();
  memory = {};
  hidden = new Set();
});

const ledger: Pick<Ledger, "search"> = {
  search: async (query, request) => {
    const page = await tables.ledger.search(query, request);
    return { ...page, items: page.items.filter(({ subject }) => !hidden.has(subject)) };
  },
};
const keep = (over: Partial<CheckpointPorts> = {}): Promise<Kept> =>
  keepCheckpoints({ clock: () => now, hash: sha256, ledger, checkpoints: bucket, key, log: "test", ...over }, memory);
const pass = (seconds: number): void => {
  now = instant(milliseconds(now) + seconds * 1000);
};
const write = async (number: number, when = now): Promise<void> => {
  await tables.ledger.commit(first(requested(endpointOf(number), when)));
};
async function verified(events: readonly StoredEvent[] = tables.committed): Promise<Verified> {
  const keys = publicKeys(await bucket.kept.keys());
  const verifying = verification({ sealed: sealedBy(bucket.all, { hash: sha256, ...keys }), hash: sha256 });
  for (const stored of events) verifying.add(stored);
  return verifying.finish();
}

test("each minute's events are in one checkpoint, and the log verifies", async () => {
  for (let minute = 0; minute < 30; minute += 1) {
    for (let number = 0; number < minute % 4; number += 1) await write(minute * 10 + number);
    pass(60);
    await keep();
  }
  expect(await verified()).toMatchObject({ intact: true, events: tables.committed.length, sealed: tables.committed.length });
  expect(bucket.all.reduce((sum, { statement }) => sum + statement.events, 0)).toBe(tables.committed.length);
});

test("a chain that grows is sealed piece by piece", async () => {
  let change = first(requested(endpointOf(1), now));
  for (let minute = 0; minute < 5; minute += 1) {
    const head = await tables.ledger.commit(change);
    if (typeof head === "string") throw new Error(head);
    pass(60);
    await keep();
    change = next(change.after, head, [
      { ...refused, at: now },
      { ...refused, at: now },
    ]);
  }
  expect(bucket.all.map(({ leaves }) => leaves.map(({ after, hashes }) => [after.seq, hashes.length]))).toEqual([
    [[0, 1]],
    [[1, 2]],
    [[3, 2]],
    [[5, 2]],
    [[7, 2]],
  ]);
  expect(await verified()).toMatchObject({ intact: true, sealed: 9 });
});

describe("an event that the index shows late", () => {
  test("is in a later checkpoint, for as long as a writer can be late", async () => {
    await write(1);
    await write(2);
    hidden.add("connection#" + endpointOf(2));
    for (let minute = 0; minute < 4; minute += 1) {
      pass(60);
      await keep();
      await write(10 + minute);
    }
    hidden.clear();
    pass(30);
    await keep();
    expect(await verified()).toMatchObject({ intact: true, unsealed: 0 });
  });
});

describe("when nothing happens", () => {
  test("there is a checkpoint each hour all the same, and no other", async () => {
    await write(1);
    for (let minute = 0; minute < 180; minute += 1) {
      await keep();
      pass(60);
    }
    expect(bucket.all).toHaveLength(180 / (quietSeconds / 60));
    expect(bucket.all.slice(1).every(({ statement }) => statement.events === 0)).toBe(true);
  });
});

describe("another instance", () => {
  test("goes on where the last one was, and seals nothing twice", async () => {
    for (let minute = 0; minute < 10; minute += 1) {
      await write(minute);
      pass(60);
      memory = {};
      await keep();
    }
    expect(bucket.all.reduce((sum, { statement }) => sum + statement.events, 0)).toBe(10);
    expect(await verified()).toMatchObject({ intact: true, sealed: 10, checkpoints: 10 });
  });
  test("that runs at the same time takes the next number", async () => {
    await write(1);
    await Promise.all([keepCheckpoints({ clock: () => now, hash: sha256, ledger, checkpoints: bucket, key, log: "test" }, {}), keep()]);
    await write(2);
    pass(60);
    await keep();
    expect(bucket.all.map(({ statement }) => statement.number)).toEqual([1, 2]);
    expect(await verified()).toMatchObject({ intact: true, sealed: 2 });
  });
  test("remembers, and does not read again", async () => {
    await write(1);
    await keep();
    const before = bucket.reads();
    for (let minute = 0; minute < 5; minute += 1) {
      pass(60);
      await write(10 + minute);
      await keep();
    }
    expect(bucket.reads()).toBe(before);
  });
});

test("a log that was there before its first checkpoint is sealed from its beginning, in several", async () => {
  for (let number = 0; number < 45; number += 1) await write(number, instant(milliseconds(noon) - (100 - number) * 3_600_000));
  const few: Pick<Ledger, "search"> = { search: (query, request) => ledger.search(query, { ...request, limit: 10 }) };
  await keep({ ledger: few });
  expect(await verified()).toMatchObject({ intact: true, sealed: 45 });
});

test("a failure of the key or the bucket leaves nothing half done", async () => {
  await write(1);
  await expect(keep({ key: { ...key, sign: () => Promise.reject(new Error("KMS is away")) } })).rejects.toThrow("KMS is away");
  await expect(keep({ checkpoints: { ...bucket, put: () => Promise.reject(new Error("S3 is away")) } })).rejects.toThrow("S3 is away");
  pass(60);
  await keep();
  expect(await verified()).toMatchObject({ intact: true, sealed: 1, checkpoints: 1 });
});

test("a row that is no event is told, and everything else is sealed without it, minute by minute", async () => {
  await write(1);
  await write(2);
  const spoilt: Pick<Ledger, "search"> = {
    search: async (query, request) => {
      const page = await ledger.search(query, request);
      const items = page.items.map((row): LogRow =>
        row.subject.endsWith(endpointOf(2)) ? { subject: row.subject, seq: row.seq, unreadable: "its hash is gone" } : row,
      );
      return { ...page, items };
    },
  };
  for (let minute = 0; minute < 3; minute += 1) {
    pass(60);
    await write(10 + minute);
    const { made, broken } = await keep({ ledger: spoilt });
    expect(made).toHaveLength(1);
    expect(broken).toEqual([{ subject: `connection#${endpointOf(2)}`, seq: 1, why: "its hash is gone" }]);
  }
  const { sealed, findings } = await verified();
  expect(sealed).toBe(tables.committed.length - 1);
  expect(findings).toEqual([]);
});

test("an event that comes in with a hash of its own making is told", async () => {
  await write(1);
  const lying: Pick<Ledger, "search"> = {
    search: async (query, request) => {
      const page = await ledger.search(query, request);
      return { ...page, items: page.items.map((stored) => ({ ...stored, hash: "f".repeat(64) })) };
    },
  };
  expect((await keep({ ledger: lying })).broken).toHaveLength(1);
  expect((await verified()).intact).toBe(false);
});
