// Verifying a log: nothing that somebody did to it stays hidden, and each finding names the very event.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../lib/aws/sha256.ts";
import { sealedBy } from "../../lib/audit/sealed.ts";
import { verification, type Verified } from "../../lib/audit/verification.ts";
import { gapSeconds, lateSeconds, type Checkpoint } from "../../lib/audit/checkpoint.ts";
import { coverage, mayHold, type Period } from "../../lib/audit/coverage.ts";
import { instant } from "../../lib/ids.ts";
import { canonical } from "../../lib/canonical.ts";
import { chain, noHead, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import { everyPlace } from "./every-place.ts";
import { checkpoint, sealedLog, sign, start, trust, type SealedLog } from "./sealed-log.ts";
import { harms, rewritings } from "./tampering.ts";
import { volume } from "../volume.ts";

const size = { count: 1000, chains: 40, every: 150 };
const log = sealedLog(size);

const verify = ({ events, checkpoints }: { events: readonly LogRow[]; checkpoints: readonly Checkpoint[] }, period?: Period): Verified => {
  const verifying = verification({
    sealed: sealedBy(checkpoints, trust, period?.from !== undefined),
    hash: sha256,
    ...(period === undefined ? {} : { period }),
  });
  for (const stored of events) verifying.add(stored);
  return verifying.finish();
};
const texts = (verified: Verified): string[] => verified.findings.map(({ text }) => text);

test("a log as it was written is intact", () => {
  expect(verify(log)).toMatchObject({ intact: true, findings: [], events: 1000, sealed: 1000, unsealed: 0, checkpoints: 7 });
});

test("the order in which the events come does not matter", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...log.events], { minLength: log.events.length }), (events) => verify({ ...log, events }).intact),
    { numRuns: 5 },
  );
});

test("a chain may be as long as it likes, and wrong throughout", () => {
  const subject = "entry#*#any" as const;
  const verifying = verification({ sealed: sealedBy(log.checkpoints, trust), hash: sha256 });
  for (const stored of log.events) verifying.add(stored);
  const long = 200_000;
  for (let seq = 1; seq <= long; seq += 1) verifying.add({ subject, seq, unreadable: "it is no event" });
  expect(verifying.finish().findings).toHaveLength(long);
});

describe.each(harms)("somebody $name", (harm) => {
  test("is found and named at every one of 1,000 events", () => {
    const { tried, missed } = everyPlace(size, harm);
    expect(tried).toBeGreaterThanOrEqual(960);
    expect(missed).toEqual([]);
  });
});

test("several at once are each named", () => {
  const harm = (name: string) => rewritings.find((one) => one.name === name)?.does;
  const chains = [...Map.groupBy(log.events, ({ subject }) => subject).values()];
  const edited = harm("edits it and recomputes every hash")?.(chains[0] ?? [], 4);
  const cut = harm("cuts it and all after it")?.(chains[1] ?? [], 20);
  const events = [...(edited?.after ?? []), ...(cut?.after ?? []), ...chains.slice(3).flat()];
  const found = verify({ ...log, events }).findings;
  expect(found.filter(({ kind }) => kind === "edited").map(({ seq }) => seq)).toEqual([5]);
  expect(found.filter(({ subject, kind }) => subject === chains[1]?.[0]?.subject && kind === "truncated").map(({ seq }) => seq)).toEqual([
    21, 22, 23, 24, 25,
  ]);
  expect(found.filter(({ subject }) => subject === chains[2]?.[0]?.subject)).toHaveLength(25);
});

test.each([0, 11, 24])("one that is put in before event %i and taken out again, with all hashes anew, has moved what follows", (place) => {
  const its = [...Map.groupBy(log.events, ({ subject }) => subject).values()][7] ?? [];
  const others = log.events.filter(({ subject }) => subject !== its[0]?.subject);
  const harm = (name: string) => rewritings.find((one) => one.name === name)?.does;
  const once = harm("inserts another before it and recomputes every place and hash")?.(its, place)?.after ?? [];
  const after = harm("deletes it")?.(once, place)?.after ?? [];
  const { findings } = verify({ ...log, events: [...others, ...after] });
  expect(findings).toMatchObject([{ kind: "moved", subject: its[0]?.subject, seq: place + 2, other: place + 1 }]);
});

test("any two harms to any chain are never taken for an intact log", () => {
  const its = [...Map.groupBy(log.events, ({ subject }) => subject).values()][7] ?? [];
  const others = log.events.filter(({ subject }) => subject !== its[0]?.subject);
  const place = fc.nat(its.length - 3);
  const [rewriting, any] = [
    fc.record({ harm: fc.constantFrom(...rewritings), place }),
    fc.record({ harm: fc.constantFrom(...harms), place }),
  ];
  fc.assert(
    fc.property(rewriting, any, (first, second) => {
      const once = first.harm.does(its, first.place)?.after ?? [];
      const after = second.place < once.length ? (second.harm.does(once, second.place)?.after ?? once) : once;
      if (canonical({ after }) === canonical({ after: its })) return;
      expect(verify({ ...log, events: [...others, ...after] }).intact).toBe(false);
    }),
    { numRuns: volume(60, 200) },
  );
});

describe("what is newer than the last checkpoint", () => {
  const young = (events: readonly StoredEvent[], at: number): StoredEvent[] => {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return [];
    return chain(
      last.subject,
      last,
      [
        { ...last.event, at: instant(at) },
        { ...last.event, at: instant(at + 1) },
      ],
      {},
      sha256,
    );
  };
  const its = [...Map.groupBy(log.events, ({ subject }) => subject).values()][3] ?? [];
  const after = start + size.count * 1000 + 60_000;

  test("is counted as not yet under one", () => {
    expect(verify({ ...log, events: [...log.events, ...young(its, after)] })).toMatchObject({ intact: true, sealed: 1000, unsealed: 2 });
  });
  test("is broken where it does not fit", () => {
    const [, second] = young(its, after);
    const verified = verify({ ...log, events: [...log.events, ...(second === undefined ? [] : [second])] });
    expect(verified.findings).toMatchObject([{ kind: "broken", seq: its.length + 2 }]);
  });
  test("cannot pretend to be old: neither an event at a chain's end nor a whole chain", () => {
    const backdated = young(its, start + size.count * 1000 - lateSeconds * 1000 - 10_000);
    expect(verify({ ...log, events: [...log.events, ...backdated] }).findings).toMatchObject([{ kind: "inserted" }, { kind: "inserted" }]);
    const [event] = backdated.map((stored) => stored.event);
    const made = chain("connection#vpce-0000000000000dead", noHead, event === undefined ? [] : [event], {}, sha256);
    expect(verify({ ...log, events: [...log.events, ...made] }).findings).toMatchObject([
      { kind: "inserted", subject: "connection#vpce-0000000000000dead", seq: 1 },
    ]);
  });
});

describe("the checkpoints themselves", () => {
  const altered = (index: number, change: (checkpoint: Checkpoint) => Checkpoint): SealedLog => ({
    ...log,
    checkpoints: log.checkpoints.map((one, at) => (at === index ? change(one) : one)),
  });
  const without = (index: number): SealedLog => ({ ...log, checkpoints: log.checkpoints.filter((_, at) => at !== index) });

  test("one that is missing is named, wherever it was but at the end", () => {
    for (let index = 0; index < log.checkpoints.length - 1; index += 1) expect(texts(verify(without(index)))[0]).toMatch(/missing/);
  });
  test("one whose text was altered has no signature", () => {
    const found = texts(verify(altered(2, (one) => ({ ...one, statement: { ...one.statement, events: 1 } }))));
    expect(found[0]).toBe("checkpoint 3: its signature is not that of its key: it was altered or forged");
  });
  test("one whose list was altered is not the one that was signed", () => {
    expect(texts(verify(altered(2, (one) => ({ ...one, leaves: one.leaves.slice(1) }))))[0]).toBe(
      "checkpoint 3: its list of events is not the one that was signed",
    );
  });
  test("a signature by another key is told", () => {
    const found = texts(
      verify(altered(0, (one) => ({ ...one, statement: { ...one.statement, key: "arn:aws:kms:eu-west-1:1:key/other" } }))),
    );
    expect(found[0]).toMatch(/which is not among the public keys given/);
  });
  test("one that was signed later over an altered log contradicts the one before", () => {
    const its = [...Map.groupBy(log.events, ({ subject }) => subject).values()][0] ?? [];
    const forged = rewritings[3]?.does(its, its.length - 1)?.after ?? [];
    const again = checkpoint(log.checkpoints.at(-1), forged.slice(-1), start + 2_000_000);
    const verified = verify({
      events: [...log.events.filter(({ subject }) => subject !== its[0]?.subject), ...forged],
      checkpoints: [...log.checkpoints, again],
    });
    expect(verified.findings.map(({ kind, seq }) => [kind, seq])).toEqual([
      ["checkpoint", its.length],
      ["edited", its.length],
    ]);
  });
  test("signing needs the private key", () => {
    expect(trust.isSigned("text", sign("text"), log.checkpoints[0]?.statement.key ?? "")).toBe(true);
    expect(trust.isSigned("text", sign("other"), log.checkpoints[0]?.statement.key ?? "")).toBe(false);
    expect(trust.isSigned("text", "rubbish", log.checkpoints[0]?.statement.key ?? "")).toBe(false);
  });
});

describe("a period", () => {
  const hours = sealedLog({ count: 1000, chains: 40, every: 50, step: 60_000 });
  const period = { from: instant(start + 300 * 60_000), to: instant(start + 700 * 60_000) };
  const checkpoints = hours.checkpoints.filter(({ statement }) => mayHold(statement, period));
  const [first, last] = [checkpoints[0]?.statement, checkpoints.at(-1)?.statement];
  if (first === undefined || last === undefined) throw new Error("there are checkpoints");
  const events = hours.events.filter(({ event }) => event.at >= first.since && event.at <= last.until);
  const found = (log: Partial<SealedLog>) => verify({ events, checkpoints, ...log }, period).findings;

  test("is intact with all that its checkpoints hold, although what is before and after them is not there", () => {
    expect(checkpoints.length).toBeGreaterThan(5);
    expect(checkpoints.length).toBeLessThan(hours.checkpoints.length - 3);
    const verified = verify({ events, checkpoints }, period);
    expect(verified).toMatchObject({ intact: true, events: events.length, unsealed: 0, held: checkpoints.length * 50 });
    expect(verified.sealed).toBe(verified.held);
    expect(verified.outside).toBeGreaterThan(0);
    expect(
      coverage(
        checkpoints.map(({ statement }) => statement),
        period,
      ),
    ).toEqual([]);
  });
  test("lacks nothing unnoticed: each event that a checkpoint holds is missed, also in the first forty minutes and after the end", () => {
    const held = new Set(checkpoints.flatMap(({ leaves }) => leaves.flatMap(({ hashes }) => hashes)));
    const each = events.filter(({ hash }) => held.has(hash));
    for (const one of each.filter((_, index) => index % volume(5, 1) === 0))
      expect(found({ events: events.filter((other) => other !== one) })).toMatchObject([{ subject: one.subject, seq: one.seq }]);
  });
  test("lacks no whole chain unnoticed", () => {
    for (const subject of new Set(events.map((one) => one.subject)))
      expect(found({ events: events.filter((one) => one.subject !== subject) }).length).toBeGreaterThan(0);
  });
  test("shows what was edited, and what was put in", () => {
    const edited = events.map((one, index) => (index === 223 ? { ...one, event: { ...one.event, at: period.from } } : one));
    expect(found({ events: edited })).toMatchObject([{ kind: "edited", subject: events[223]?.subject }]);
    const made = chain("connection#vpce-0000000000000dead", noHead, [{ ...eventAt(events, 200), at: period.from }], {}, sha256);
    expect(found({ events: [...events, ...made] })).toMatchObject([{ kind: "inserted", seq: 1 }]);
  });
  test.each([
    ["its first checkpoint", () => checkpoints.slice(1), "those before it that hold events from"],
    ["its last checkpoints", () => checkpoints.slice(0, -3), "no checkpoint was made"],
    ["all of them", () => [], "there is no checkpoint"],
    ["one of the time before", () => hours.checkpoints.slice(0, -3), "is of the time before"],
    ["one of the time after", () => [...checkpoints, ...hours.checkpoints.slice(-1)], "is of the time after"],
  ])("does not pass with %s missing or too many", (_, given, text) => {
    const told = coverage(
      given().map(({ statement }) => statement),
      period,
    );
    expect(told.map((one) => one.text).join()).toContain(text);
  });
});

const eventAt = (events: readonly StoredEvent[], place: number): StoredEvent["event"] => {
  const one = events[place];
  if (one === undefined) throw new Error("not so many");
  return one.event;
};

test("a time in which nothing was sealed is told, and nothing else is", () => {
  const [before, after] = [log.events.slice(0, 500), log.events.slice(500)];
  const first = checkpoint(undefined, before, start + 600_000);
  const late = (seconds: number): Checkpoint[] => [first, checkpoint(first, after, start + 600_000 + seconds * 1000)];
  expect(verify({ events: log.events, checkpoints: late(gapSeconds) })).toMatchObject({ intact: true });
  expect(verify({ events: log.events, checkpoints: late(gapSeconds + 1) }).findings).toMatchObject([{ kind: "gap" }]);
});

describe("a row that only an index hides", () => {
  const hidden = log.events[417];
  if (hidden === undefined) throw new Error("not so many");
  const seen = log.events.filter((one) => one !== hidden);
  const asked = (row: LogRow): Verified => {
    const verifying = verification({ sealed: sealedBy(log.checkpoints, trust), hash: sha256 });
    for (const one of seen) verifying.add(one);
    expect(verifying.doubtful()).toEqual([hidden.subject]);
    verifying.found([...log.events.filter((one) => one.subject === hidden.subject && one !== hidden), row], instant(start + 10_000_000));
    return verifying.finish();
  };
  test("is misfiled, not deleted, when its chain is read by its key", () => {
    const verified = asked({ ...hidden, filedUnder: { bucket: "elsewhere" } });
    expect(verified.findings).toMatchObject([{ kind: "misfiled", subject: hidden.subject, seq: hidden.seq }]);
    expect(verified).toMatchObject({ events: 1000, sealed: 1000 });
  });
  test("is no finding where the list by time was only behind", () => {
    expect(asked(hidden)).toMatchObject({ intact: true, sealed: 1000 });
  });
  test("is no event any more, where it is none", () => {
    expect(asked({ subject: hidden.subject, seq: hidden.seq, unreadable: "its hash is gone" }).findings).toMatchObject([
      { kind: "edited", seq: hidden.seq },
    ]);
  });
});
