// Many operators' commands at once, a thousand in the long run: no update is lost, and each change is in the log.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { firstBreak, type StoredEvent } from "../../lib/ledger.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { volume } from "../volume.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed } from "./typed.ts";

let at: Desk;
let server: SignedServer;

beforeEach(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "111111111111");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  at = await inCare();
  server = await served(at);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const commands = volume(250, 1000);
const entries = 50;

test(`${String(commands)} commands in parallel on ${String(entries)} entries: every change is in the log, one version after the other`, async () => {
  const done = await Promise.all(
    Array.from({ length: commands }, (_, index) =>
      typed(["allow", String(700_000_000_000 + (index % entries)), "--service", service, "--ticket", `NET-${String(index)}`, "--yes"], {
        api: server.url,
      }),
    ),
  );
  expect(done.filter(({ code }) => code !== 0).map(({ err }) => err)).toEqual([]);
  const written = at.world.tables.committed.filter(({ event }) => event.type === "EntryAdded" || event.type === "EntryChanged");
  const tickets = written.map(({ event }) => ((event as { to?: { ticket?: string } }).to?.ticket ?? "").slice(4)).map(Number);
  expect(tickets.toSorted((a, b) => a - b)).toEqual(Array.from({ length: commands }, (_, index) => index));
  for (const [subject, events] of Map.groupBy(written, (stored: StoredEvent) => stored.subject)) {
    expect(
      events.map(({ seq }) => seq),
      subject,
    ).toEqual(Array.from({ length: commands / entries }, (_, index) => index + 1));
    expect(firstBreak(events, sha256), subject).toBeUndefined();
    const last = events.at(-1)?.event as { to?: { ticket?: string; version?: number } };
    const [entry] = await at.ports.allowList.read([{ service, principal: subject.split("#").slice(2).join("#") as `account#${string}` }]);
    expect(entry).toMatchObject({ ticket: last.to?.ticket, version: commands / entries });
  }
});
