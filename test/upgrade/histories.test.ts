// What released versions wrote is read by this one: every row, every chain, and each record as the replay of its events.
import { describe, expect, test } from "vitest";

import { approverKind, readApprover } from "../../lib/aws/approver-row.ts";
import { connectionRow, readConnection } from "../../lib/aws/connection-row.ts";
import { entryRow, isEntry, readListed } from "../../lib/aws/entry-row.ts";
import { eventRow, readEvent } from "../../lib/aws/event-row.ts";
import { counterKind, freezeKind, readCount, readFreeze, readUnits, unitsKind } from "../../lib/aws/freeze-row.ts";
import { readItem, writeItem, type Item } from "../../lib/aws/item.ts";
import { readService, serviceKind, serviceRow } from "../../lib/aws/service-row.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { replay } from "../../lib/connection.ts";
import { authorsIn } from "../../lib/entry-authors.ts";
import { eventTypes } from "../../lib/event-types.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import { allTime, connectionSubject, entrySubject, firstBreak, serviceSubject } from "../../lib/ledger.ts";
import manifest from "../../package.json" with { type: "json" };
import { histories, type Row } from "./history.ts";

const all = await histories();

test("this version is recorded, or the one before it", () => {
  expect(all.length).toBeGreaterThan(0);
  expect(all.at(-1)?.version.split(".")[0]).toBe(manifest.version.split(".")[0]);
});

/** What this version can write and no history can hold, each with its reason. */
const untold: Readonly<Record<string, string>> = {};

test("every event type that this version can write is in a recorded history", () => {
  const told = new Set(all.flatMap(({ tables }) => tables.AuditLogTable.map(({ type }) => type?.S ?? "")));
  expect(eventTypes.filter((type) => !told.has(type))).toEqual(Object.keys(untold));
});

/** Written again, a row is the row that was read: a later version loses nothing of it. */
function same(row: Row, again: Item): void {
  expect(readItem(writeItem(again))).toEqual(readItem(row));
}

describe.each(all)("what $version wrote", ({ tables }) => {
  const events = tables.AuditLogTable.map((row) => readEvent("AuditLog", readItem(row)));
  const bySubject = Map.groupBy(events, ({ subject }) => subject);
  const chainOf = (subject: string) => (bySubject.get(subject) ?? []).toSorted((one, other) => one.seq - other.seq);

  test("every event is read, and would be written so again", () => {
    expect(events.length).toBeGreaterThan(20);
    for (const [index, row] of tables.AuditLogTable.entries()) {
      const event = events[index];
      if (event === undefined) continue;
      const { bucket } = readItem(row);
      // What is filed by time was once filed by day; both are found (lib/aws/audit-search.ts).
      expect([allTime, event.event.at.slice(0, 10)]).toContain(bucket);
      same(row, { ...eventRow(event), bucket });
    }
  });

  test("every chain is whole, from its first event on", () => {
    for (const subject of bySubject.keys()) {
      const chain = chainOf(subject);
      expect(
        chain.map(({ seq }) => seq),
        subject,
      ).toEqual(chain.map((_, index) => index + 1));
      expect(firstBreak(chain, sha256), subject).toBeUndefined();
    }
  });

  test("every connection is the replay of its events, at the head of its chain", () => {
    expect(tables.ConnectionsTable.length).toBeGreaterThan(5);
    for (const row of tables.ConnectionsTable) {
      const kept = readConnection("Connections", readItem(row));
      same(row, connectionRow(kept));
      const chain = chainOf(connectionSubject(kept.connection.endpoint));
      expect(replay(chain.map(({ event }) => event as ConnectionEvent))).toEqual(kept.connection);
      const last = chain.at(-1);
      expect(kept.head).toEqual({ seq: last?.seq, hash: last?.hash, at: last?.event.at });
    }
  });

  test("every entry and every service is read, and its chain ends with it", () => {
    for (const row of tables.AllowListTable) {
      const entry = readListed("AllowList", readItem(row));
      same(row, entryRow(entry));
      if (isEntry(entry)) {
        const chain = chainOf(entrySubject(entry.service, entry.principal)).filter(({ seq }) => seq <= entry.version);
        expect(entry.authors ?? [entry.author]).toEqual(authorsIn(chain.map(({ event }) => event)));
      }
      expect(chainOf(entrySubject(entry.service, entry.principal)).at(-1)?.seq).toBe(entry.version);
    }
    for (const row of tables.SettingsTable.filter(({ kind }) => kind?.S === serviceKind)) {
      const service = readService("Settings", readItem(row));
      same(row, serviceRow(service));
      expect(chainOf(serviceSubject(service.service)).at(-1)?.seq).toBe(service.version);
    }
  });

  test("a member that a later version wrote besides stops nothing, and is written again with its row", () => {
    const more = <T extends Row>(row: T): T => ({ ...row, later: { M: { of: { S: "a later version" } } } });
    for (const row of tables.AuditLogTable.map(more)) expect(() => readEvent("AuditLog", readItem(row))).not.toThrow();
    for (const row of tables.ConnectionsTable.map(more)) same(row, connectionRow(readConnection("Connections", readItem(row))));
    for (const row of tables.AllowListTable.map(more)) same(row, entryRow(readListed("AllowList", readItem(row))));
    for (const row of tables.SettingsTable.filter(({ kind }) => kind?.S === serviceKind).map(more))
      same(row, serviceRow(readService("Settings", readItem(row))));
  });

  test("every kind of setting is read, and there is one of each", () => {
    const read: Readonly<Record<string, (item: Item) => unknown>> = {
      [serviceKind]: (item) => readService("Settings", item),
      [approverKind]: (item) => readApprover("Settings", item),
      [freezeKind]: (item) => readFreeze("Settings", item),
      [unitsKind]: (item) => readUnits("Settings", item),
      [counterKind]: (item) => readCount("Settings", item),
      // A claimed name, and an account that a service's permissions keep: their keys say all.
      name: ({ id }) => id,
      principal: ({ id }) => id,
    };
    const kinds = tables.SettingsTable.map(({ kind }) => kind?.S?.split("#")[0] ?? "");
    expect([...new Set(kinds)].toSorted()).toEqual(Object.keys(read).toSorted());
    for (const [index, row] of tables.SettingsTable.entries()) expect(read[kinds[index] ?? ""]?.(readItem(row))).toBeDefined();
  });

  test("what is kept for a while says until when", () => {
    expect(tables.ProofsTable.length).toBeGreaterThan(5);
    for (const row of tables.ProofsTable) expect(readItem(row)["expiresAt"]).toBeGreaterThan(1_700_000_000);
  });
});
