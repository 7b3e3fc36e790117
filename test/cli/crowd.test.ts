// Many operators' commands at once, a thousand in the long run: no update is lost, and each change is in the log.
import { expect, test } from "vitest";
import { firstBreak, type StoredEvent } from "../../lib/ledger.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { service } from "../operator/desk.ts";
import { volume } from "../volume.ts";
import { typist } from "./typist.fixture.ts";

const desk = typist();

const commands = volume(250, 1000);
const entries = 50;

test(`${String(commands)} commands in parallel on ${String(entries)} entries: every change is in the log, one version after the other`, async () => {
  const done = await Promise.all(
    Array.from({ length: commands }, (_, index) =>
      desk.run(`allow ${String(700_000_000_000 + (index % entries))} --service ${service} --ticket NET-${String(index)} --yes`),
    ),
  );
  expect(done.filter(({ code }) => code !== 0).map(({ err }) => err)).toEqual([]);
  const written = desk.at.world.tables.committed.filter(({ event }) => event.type === "EntryAdded" || event.type === "EntryChanged");
  const tickets = written.map(({ event }) => ((event as { to?: { ticket?: string } }).to?.ticket ?? "").slice(4)).map(Number);
  expect(tickets.toSorted((a, b) => a - b)).toEqual(Array.from({ length: commands }, (_, index) => index));
  for (const [subject, events] of Map.groupBy(written, (stored: StoredEvent) => stored.subject)) {
    expect(
      events.map(({ seq }) => seq),
      subject,
    ).toEqual(Array.from({ length: commands / entries }, (_, index) => index + 1));
    expect(firstBreak(events, sha256), subject).toBeUndefined();
    const last = events.at(-1)?.event as { to?: { ticket?: string; version?: number } };
    const [entry] = await desk.at.ports.allowList.read([
      { service, principal: subject.split("#").slice(2).join("#") as `account#${string}` },
    ]);
    expect(entry).toMatchObject({ ticket: last.to?.ticket, version: commands / entries });
  }
});
