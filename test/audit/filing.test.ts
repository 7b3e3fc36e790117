// An event whose index keys say something else than the event itself is named, though every hash is right.

import { describe, expect, test } from "vitest";
import { eventRow, readLogRow } from "../../lib/aws/event-row.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { eventsPerShard, spreading, type Keys } from "../../lib/aws/spread.ts";
import { filedBy } from "../../lib/audit/filing.ts";
import { sealedBy } from "../../lib/audit/sealed.ts";
import { verification, type Verified } from "../../lib/audit/verification.ts";
import { writeItem, type Item } from "../../lib/aws/item.ts";
import { instant, serviceId } from "../../lib/ids.ts";
import { chain, noHead, type StoredEvent } from "../../lib/ledger.ts";
import { eventsIn } from "../contracts/samples.ts";
import { checkpoint, sealedLog, start, trust } from "./sealed-log.ts";

const { events, checkpoints } = sealedLog({ count: 60, chains: 6, every: 20 });

/** As a search reads it back. */
const readBack = (row: Item): StoredEvent => eventsIn([readLogRow(writeItem(row))])[0] as StoredEvent;
const verify = (log: readonly StoredEvent[], by = checkpoints): Verified => {
  const verifying = verification({ sealed: sealedBy(by, trust), hash: sha256 });
  for (const stored of log) verifying.add(stored);
  return verifying.finish();
};
/** The log as rows, with one of them changed. */
const withRow = (place: number, change: (row: Item) => Item): Verified =>
  verify(events.map((stored, index) => readBack(index === place ? change(eventRow(stored)) : eventRow(stored))));

test("rows as they were written are filed as their events say, and carry nothing more", () => {
  const log = events.map((stored) => readBack(eventRow(stored)));
  expect(log).toEqual(events);
  expect(verify(log)).toMatchObject({ intact: true, sealed: 60 });
});

describe.each(filedBy.filter((key) => key !== "service" && key !== "decision"))("a row whose %s", (key) => {
  test("is another is named, at every place", () => {
    for (const [place, { subject, seq }] of events.entries())
      expect(withRow(place, (row) => ({ ...row, [key]: "another" })).findings, `place ${String(place)}`).toMatchObject([
        { kind: "misfiled", subject, seq },
      ]);
  });
  test("is gone is named", () => {
    const { findings } = withRow(7, ({ [key]: _gone, ...row }) => row);
    expect(findings).toMatchObject([{ kind: "misfiled", subject: events[7]?.subject, seq: events[7]?.seq }]);
    expect(findings[0]?.text).toContain(`its ${key} is missing`);
  });
});

test("a row with an attribute that no event has is named, and no question is misled by it", () => {
  for (const extra of [{ note: "let in by mistake" }, { unreadable: "no" }, { filedUnder: { actor: "nobody" } }])
    expect(withRow(7, (row) => ({ ...row, ...extra })).findings).toMatchObject([
      {
        kind: "edited",
        subject: events[7]?.subject,
        seq: events[7]?.seq,
        text: expect.stringContaining(Object.keys(extra)[0] ?? "") as string,
      },
    ]);
});

test("a row that is filed under a decision though its event is none is named", () => {
  const place = events.findIndex((stored) => eventRow(stored)["decision"] === undefined);
  expect(place).toBeGreaterThanOrEqual(0);
  expect(withRow(place, (row) => ({ ...row, decision: "accepted" })).findings).toMatchObject([{ kind: "misfiled" }]);
});

describe("a busy second", () => {
  const count = eventsPerShard * 4;
  const one = events[0]?.event;
  if (one === undefined) throw new Error("the log is empty");
  const service = serviceId("vpce-svc-0123456789abcdef0");
  const busy = chain(
    "connection#vpce-0000000000000busy",
    noHead,
    Array.from({ length: count }, () => ({ ...one, at: instant(start) })),
    { service },
    sha256,
  );
  const sealed = [checkpoint(undefined, busy, start + 1000)];
  const rows = (): Item[] => {
    const spread = spreading();
    return busy.map((stored) => {
      const keys: Keys = spread.keysOf(stored);
      spread.written(stored);
      return eventRow(stored, keys);
    });
  };

  test("is spread over further keys, and that is right", () => {
    const log = rows().map(readBack);
    expect(new Set(log.map(({ filedUnder }) => filedUnder?.["service"])).size).toBe(4);
    expect(verify(log, sealed)).toMatchObject({ intact: true, sealed: count });
  });
  test("does not hide an event under a key that no reader comes to", () => {
    const log = rows().map((row, index) => readBack(index === 3 ? { ...row, actor: `${String(row["actor"])}#40` } : row));
    expect(verify(log, sealed).findings).toMatchObject([{ kind: "misfiled", seq: 4 }]);
  });
});
