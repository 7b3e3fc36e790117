// Verifying a log: nothing that somebody did to it stays hidden, and each finding names the very event.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../lib/aws/sha256.ts";
import { sealedBy } from "../../lib/audit/sealed.ts";
import { verification, type Verified } from "../../lib/audit/verification.ts";
import { lateSeconds, type Checkpoint } from "../../lib/audit/checkpoint.ts";
import { instant } from "../../lib/ids.ts";
import { canonical, chain, noHead, type StoredEvent } from "../../lib/ledger.ts";
import { everyPlace } from "./every-place.ts";
import { checkpoint, sealedLog, sign, start, trust, type SealedLog } from "./sealed-log.ts";
import { harms } from "./tampering.ts";

const size = { count: 1000, chains: 40, every: 150 };
const log = sealedLog(size);

const verify = ({ events, checkpoints }: SealedLog, period?: { from: number; to: number }): Verified => {
  const within = period && { from: instant(period.from), to: instant(period.to) };
  const verifying = verification({
    sealed: sealedBy(checkpoints, trust, period !== undefined),
    hash: sha256,
    ...(within === undefined ? {} : { period: within }),
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

describe.each(harms)("somebody $name", (harm) => {
  test("is found and named at every one of 1,000 events", () => {
    const { tried, missed } = everyPlace(size, harm);
    expect(tried).toBeGreaterThanOrEqual(960);
    expect(missed).toEqual([]);
  });
});

test("several at once are each named", () => {
  const harm = (name: string) => harms.find((one) => one.name === name)?.does;
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
  const harm = (name: string) => harms.find((one) => one.name === name)?.does;
  const once = harm("inserts another before it and recomputes every place and hash")?.(its, place)?.after ?? [];
  const after = harm("deletes it")?.(once, place)?.after ?? [];
  const { findings } = verify({ ...log, events: [...others, ...after] });
  expect(findings).toMatchObject([{ kind: "moved", subject: its[0]?.subject, seq: place + 2, other: place + 1 }]);
});

test("any two harms to any chain are never taken for an intact log", () => {
  const its = [...Map.groupBy(log.events, ({ subject }) => subject).values()][7] ?? [];
  const others = log.events.filter(({ subject }) => subject !== its[0]?.subject);
  const harm = fc.record({ harm: fc.constantFrom(...harms), place: fc.nat(its.length - 3) });
  fc.assert(
    fc.property(harm, harm, (first, second) => {
      const once = first.harm.does(its, first.place)?.after ?? [];
      const after = second.place < once.length ? (second.harm.does(once, second.place)?.after ?? once) : once;
      if (canonical({ after }) === canonical({ after: its })) return;
      expect(verify({ ...log, events: [...others, ...after] }).intact).toBe(false);
    }),
    { numRuns: 200 },
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
    const forged = harms[3]?.does(its, its.length - 1)?.after ?? [];
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

describe("the export of a period", () => {
  const from = start + 200_000;
  const to = start + 800_000;
  const events = log.events.filter(({ event }) => Date.parse(event.at) >= from && Date.parse(event.at) < to);
  const checkpoints = log.checkpoints.filter(({ statement }) => Date.parse(statement.until) > from && Date.parse(statement.since) < to);

  test("is intact, although what is before and after it is not there", () => {
    expect(verify({ events, checkpoints }, { from, to })).toMatchObject({ intact: true, events: 600 });
  });
  test("lacks nothing unnoticed of what lies between two events of a chain", () => {
    const middle = events[300];
    const verified = verify({ events: events.filter((one) => one !== middle), checkpoints }, { from, to });
    expect(verified.findings).toMatchObject([{ kind: "deleted", subject: middle?.subject, seq: middle?.seq }]);
  });
  test("shows what was edited", () => {
    const edited = events.map((one, index) => (index === 123 ? { ...one, event: { ...one.event, at: instant(from) } } : one));
    expect(verify({ events: edited, checkpoints }, { from, to }).findings).toMatchObject([
      { kind: "edited", subject: events[123]?.subject },
    ]);
  });
});
