// What the reports tell of simulated lives whose clocks differ: what the records say, whatever order the log is read in.

import { beforeAll, describe, expect, test } from "vitest";
import { livesUntil, toldTypes, isIn, type Life } from "../../lib/audit/lives.ts";
import { accessOf, accessReport, statistics } from "../../lib/audit/reports.ts";
import { filed, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import { draw, live } from "./life.ts";
import { Random } from "./random.ts";
import * as system from "./system.ts";
import type { World } from "./world.ts";

interface Lived {
  readonly seed: number;
  readonly world: World;
  /** As an index by time gives it. */
  readonly log: readonly StoredEvent[];
}

const all: Lived[] = [];
beforeAll(async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { violation } = await live(
      draw(seed, { rates: { ...draw(seed).rates, skew: 1 }, sealed: false }),
      system,
      false,
      undefined,
      (world) => {
        const log = [...world.store.log.values()].flat().sort((a, b) => (filed(a).atKey < filed(b).atKey ? -1 : 1));
        all.push({ seed, world, log });
      },
    );
    if (violation !== undefined) throw new Error(`seed ${String(seed)}: ${violation.detail}`);
  }
});

const told = (rows: Iterable<LogRow>, whole = true): Life[] => {
  const lives = livesUntil(undefined, whole);
  for (const row of rows) lives.add(row);
  return lives.told();
};
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = new Random(seed, 77);
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
/** Older versions wrote each event with the time of the clock it came from. */
const unordered = (log: readonly StoredEvent[], seed: number): StoredEvent[] => {
  const random = new Random(seed, 78);
  return log.map((one) => ({
    ...one,
    event: {
      ...one.event,
      at: new Date(Date.parse(one.event.at) + random.between(-900_000, 900_000)).toISOString() as StoredEvent["event"]["at"],
    },
  }));
};

test("clocks did differ, and no chain is out of order for that", () => {
  const count = all.reduce((sum, { log }) => sum + log.length, 0);
  expect(count).toBeGreaterThan(800);
  for (const { log } of all)
    for (const its of Map.groupBy(log, ({ subject }) => subject).values())
      expect(its.map(({ seq }) => seq)).toEqual(its.map((_, index) => index + 1));
});

describe.each([
  ["in time's order", (log: readonly StoredEvent[]) => log],
  ["in any order", shuffled],
  [
    "in the order of clocks that differ, as older versions wrote it",
    (log: readonly StoredEvent[], seed: number) => unordered(log, seed).sort((a, b) => (a.event.at < b.event.at ? -1 : 1)),
  ],
] as const)("a log that is read %s", (_, order) => {
  test("gives each connection's record", () => {
    for (const { seed, world, log } of all) {
      const lives = told(order(log, seed));
      expect(lives).toHaveLength(world.store.records.size);
      for (const life of lives) {
        const { connection } = world.store.records.get(life.endpoint)?.kept ?? {};
        expect(life.incomplete, `${String(seed)} ${life.endpoint}`).toBeUndefined();
        expect({ status: life.connection?.status, account: life.account, service: life.service }).toEqual({
          status: connection?.status,
          account: connection?.account,
          service: connection?.service,
        });
      }
    }
  });
  test("gives the same from the events alone that move a connection", () => {
    for (const { seed, log } of all) {
      const few = order(log, seed).filter(({ event }) => toldTypes.some((type) => type === event.type));
      const short = (life: Life) => ({ ...accessOf(life) });
      expect(told(few, false).map(short).sort(byEndpoint)).toEqual(
        told(log)
          .map(short)
          .sort(byEndpoint)
          .map((one) => expect.objectContaining({ endpoint: one.endpoint, status: one.status, stands: one.stands }) as object),
      );
    }
  });
  test("gives figures that fit: what was decided is no more than what was asked, and as many as the records say", () => {
    for (const { seed, world, log } of all) {
      const { total } = statistics(order(log, seed));
      const asked = [...world.store.log.values()].filter(([first]) => first?.event.type === "ConnectionRequested");
      expect(total.requests).toBe(asked.length);
      expect(total.decided).toBe(total.accepted + total.rejected);
      expect(total.decided).toBeLessThanOrEqual(total.requests);
    }
  });
});

const byEndpoint = (a: { endpoint: string }, b: { endpoint: string }): number => (a.endpoint < b.endpoint ? -1 : 1);

describe("of a moment", () => {
  test("the report tells what each chain had come to before its first event after it", () => {
    for (const { log } of all.slice(0, 20)) {
      const moments = [...new Set(log.map(({ event }) => event.at))];
      for (const at of moments.filter((_, index) => index % 5 === 0)) {
        const lives = livesUntil(at, true);
        for (const row of shuffled(log, 1)) lives.add(row);
        const before = told(log.filter(({ event }) => event.at <= at));
        expect(accessReport(lives.told()).map(({ endpoint }) => endpoint)).toEqual(accessReport(before).map(({ endpoint }) => endpoint));
      }
    }
  });
});

describe("a log that somebody altered", () => {
  test("an event that is gone makes its own connection's history incomplete, and no other's; nothing is thrown", () => {
    const wrong: string[] = [];
    for (const { seed, log } of all.slice(0, 20))
      for (const [index, gone] of log.entries()) {
        if (!gone.subject.startsWith("connection#")) continue;
        const isLast = !log.some(({ subject, seq }) => subject === gone.subject && seq > gone.seq);
        for (const { endpoint, incomplete = false } of told(log.filter((_, place) => place !== index)))
          if (incomplete !== (`connection#${endpoint}` === gone.subject && !isLast))
            wrong.push(`${String(seed)} ${gone.subject} ${String(gone.seq)}: ${endpoint}`);
      }
    expect(wrong).toEqual([]);
  });
  test("a row that is no event any more does the same, and the others' reports are told", () => {
    const { log = [] } = all.find((one) => one.log.length > 20) ?? {};
    const victim = log.find(({ subject, seq }) => subject.startsWith("connection#") && seq === 2);
    if (victim === undefined) throw new Error("a life has a connection");
    const rows = log.map((one): LogRow => (one === victim ? { subject: one.subject, seq: one.seq, unreadable: "its hash is gone" } : one));
    const report = accessReport(told(rows));
    expect(report.find(({ endpoint }) => `connection#${endpoint}` === victim.subject)).toMatchObject({ incomplete: true });
    const others = told(log).filter((life) => isIn(life) && `connection#${life.endpoint}` !== victim.subject);
    expect(report.map(({ endpoint }) => endpoint)).toEqual(expect.arrayContaining(others.map(({ endpoint }) => endpoint)));
    expect(() => statistics(rows)).not.toThrow();
  });
});
