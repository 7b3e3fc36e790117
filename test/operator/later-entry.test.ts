// After a rollback: an entry with a member that a later version wrote is read, decides, and keeps it until it is written again; one whose bounds are not understood decides nothing.

import { expect, test } from "vitest";
import type { Entry } from "../../lib/allow-list.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Page } from "../../lib/ledger.ts";
import type { Put, ShownEntry } from "../../lib/operator/entries.ts";
import { acme, endpoint, inCare, service, type Desk } from "./desk.ts";

const key = { service, principal: acme };
const path = "/entries/{service}/{principal}";
const later = { tier: "gold", review: { every: "90d", by: ["ann"] } };

/** A desk where a later version has written more into the entry of acme. */
async function writtenLater(more: object): Promise<Desk> {
  const at = await inCare();
  await at.ask("PUT /entries", { ...key, verdict: "accept", name: "acme" });
  const { entries } = at.world.tables.rows;
  for (const [id, row] of entries) if (id.includes(acme)) entries.set(id, { ...row, ...more });
  return at;
}
const rowOf = ({ world }: Desk): unknown => [...world.tables.rows.entries].find(([id]) => id.includes(acme))?.[1];

test("what it does not know is shown as it is, and the entry decides", async () => {
  const at = await writtenLater(later);
  expect(await at.ask<ShownEntry>(`GET ${path}`, key)).toMatchObject({ entry: { verdict: "accept", ...later } });
  at.connect(1);
  await at.admit();
  expect((await at.ask<Page<Connection>>("GET /connections")).items).toMatchObject([{ endpoint, status: "approved" }]);
  expect(rowOf(at)).toMatchObject(later);
});

test("to write what the entry says already takes nothing from it", async () => {
  const at = await writtenLater(later);
  expect(await at.ask<Put>("PUT /entries", { ...key, verdict: "accept", name: "acme" })).toMatchObject({ changed: false });
  expect(rowOf(at)).toMatchObject(later);
});

test("written anew it says what this version knows, and the log keeps what it said before", async () => {
  const at = await writtenLater(later);
  const { entry } = await at.ask<Put>("PUT /entries", { ...key, verdict: "ask", name: "acme", merge: "true" });
  expect(entry).toMatchObject({ verdict: "ask", version: 2 });
  for (const member of Object.keys(later)) expect(entry).not.toHaveProperty(member);
  expect(at.world.tables.committed.at(-1)?.event).toMatchObject({ type: "EntryChanged", from: { verdict: "accept", ...later } });
});

test.each([
  ["a condition", { conditions: { weekdays: ["mon"] } }, "weekdays"],
  ["a verdict", { verdict: "quarantine" }, "verdict"],
  ["a version of rows", { v: 2 }, "its version is 2, and this Drawbridge reads 1: a later one wrote it"],
  ["a condition in the wrong place", { expires: "2030-01-01T00:00:00.000Z" }, "expires"],
])("%s that it does not know stops the entry, and says so", async (_, more, told) => {
  const at = await writtenLater(more);
  at.connect(1);
  await expect(at.admit()).rejects.toMatchObject({ code: "UnreadableRow" });
  expect(await at.ask<ShownEntry>(`GET ${path}`, key)).toMatchObject({ unreadable: expect.stringContaining(told) as string });
});

test("what an answer for some days stands in for comes back with all that it said", async () => {
  const at = await writtenLater({});
  const { entries } = at.world.tables.rows;
  const [id, row] = [...entries].find(([one]) => one.includes(acme)) ?? ["", {}];
  const {
    service: _service,
    principal: _principal,
    version: _version,
    authors: _authors,
    v: _v,
    ...rest
  } = row as unknown as Entry & { v: 1 };
  entries.set(id, { ...row, conditions: { expires: "2020-01-01T00:00:00.000Z" }, afterwards: { ...rest, ...later } });
  expect(await at.ask<ShownEntry>(`GET ${path}`, key)).toMatchObject({ entry: { ...later, conditions: {} } });
});
