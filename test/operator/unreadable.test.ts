// An entry that nobody can read: it is named wherever somebody looks, hides no other, decides nothing, and can be removed.

import { expect, test } from "vitest";
import type { Connection } from "../../lib/connection.ts";
import type { Page, Subject } from "../../lib/ledger.ts";
import type { ListedEntries, RemovedEntry, ShownEntry } from "../../lib/operator/entries.ts";
import { pending } from "../../lib/operator/pending.ts";
import { sweep } from "../../lib/loop/sweep.ts";
import { accountOf } from "../fakes/endpoint-services.ts";
import { acme, endpoint, inCare, service, type Desk } from "./desk.ts";

const globex = accountOf(3);
const key = { service, principal: acme };
const path = "/entries/{service}/{principal}";
const why = expect.stringContaining("moonPhase") as string;

/** A desk where the entry of acme is spoilt, and that of globex is sound. */
async function spoilt(): Promise<Desk> {
  const at = await inCare();
  for (const principal of [acme, globex]) await at.ask("PUT /entries", { service, principal, verdict: "accept" });
  const { entries } = at.world.tables.rows;
  for (const [id, row] of entries) if (id.includes(acme)) entries.set(id, { ...row, conditions: { moonPhase: "full" } });
  return at;
}

test("is listed and shown by name, beside the others", async () => {
  const { ask } = await spoilt();
  const unreadable = [{ ...key, principal: `account#${acme}`, unreadable: why }];
  expect(await ask<ListedEntries>("GET /entries")).toMatchObject({ items: [{ principal: `account#${globex}` }], unreadable });
  expect(await ask<ListedEntries>("GET /entries", { principal: acme })).toMatchObject({ items: [], unreadable });
  expect(await ask<ShownEntry>(`GET ${path}`, key)).toMatchObject({ unreadable: why, history: [{ event: { type: "EntryAdded" } }] });
});

test("is no ground to decide on, and each refusal says which it is and how it goes", async () => {
  const at = await spoilt();
  const refusal = {
    code: "UnreadableEntry",
    message: expect.stringContaining(`The entry for ${acme} at ${service} cannot be read`) as string,
    remedy: expect.stringContaining(`drawbridge remove ${acme} --service '${service}'`) as string,
  };
  await expect(at.ask("GET /explain", { who: acme })).rejects.toMatchObject(refusal);
  await expect(at.ask("PUT /entries", { ...key, verdict: "accept" })).rejects.toMatchObject(refusal);
  at.connect(1);
  await expect(at.ask("PUT /entries", { service: "*", principal: acme, verdict: "accept" })).rejects.toMatchObject(refusal);
  await expect(at.admit()).rejects.toMatchObject({ code: "UnreadableRow" });
  expect(await at.ask("GET /explain", { who: globex })).toMatchObject({ items: [{ explanation: { verdict: "accept" } }] });
});

test("is removed whatever its version, the log keeps the row as it was, and who waits is decided", async () => {
  const at = await spoilt();
  at.connect(1);
  expect(await at.ask<RemovedEntry>(`DELETE ${path}`, { ...key, version: "7", preview: "true" })).toMatchObject({ unreadable: why });
  expect(await at.ask<RemovedEntry>(`DELETE ${path}`, { ...key, reason: "it was broken" })).not.toHaveProperty("entry");
  expect(at.world.tables.committed.at(-1)?.event).toMatchObject({
    type: "EntryRemoved",
    entry: { version: 1 },
    from: { conditions: { moonPhase: "full" } },
  });
  await at.admit();
  expect((await at.ask<Page<Connection>>("GET /connections")).items).toMatchObject([{ endpoint, status: "asking" }]);
  expect(await at.ask("PUT /entries", { ...key, verdict: "accept" })).toMatchObject({ entry: { version: 3 } });
});

test("keeps the endpoint service's permissions as they are, and open questions are still listed", async () => {
  const at = await inCare();
  at.connect(1, 4);
  await at.admit();
  await at.ask("PUT /entries", { service, principal: acme, verdict: "accept" });
  await at.ask("PATCH /services/{service}", { service, permissions: "follow" });
  const { entries } = at.world.tables.rows;
  for (const [id, row] of entries) entries.set(id, { ...row, conditions: { moonPhase: "full" } });
  entries.set(`${service} account#${accountOf(4)}`, { service, principal: `account#${accountOf(4)}`, v: 1 });
  await sweep({ ...at.world.ports(), permissions: at.world.ports() });
  expect(await at.ports.endpointServices.allowed(service)).toEqual({ accounts: [], others: [] });
  expect(await at.ask("GET /services/{service}", { service })).toMatchObject({
    problems: [{ message: expect.stringContaining("cannot be read") as string }],
  });
  expect(await at.ask("GET /pending")).toMatchObject({ items: [{ because: { rule: "no-entry" } }] });
});

test("of the log, where it is looked up who wrote an entry, hides no open question", async () => {
  const at = await inCare();
  at.connect(1);
  await at.ask("PUT /entries", { ...key, verdict: "ask" });
  await at.admit();
  const { entries } = at.world.tables.rows;
  // As an older Drawbridge wrote it.
  for (const [id, { authors: _, ...row }] of entries) entries.set(id, row);
  const ledger = {
    ...at.ports.ledger,
    history: async (subject: Subject) => ({ items: [{ subject, seq: 1, unreadable: "its hash is gone" }] }),
  };
  expect(await pending({ ...at.ports, ledger }, {})).toMatchObject({ items: [{ connection: { endpoint } }] });
});
