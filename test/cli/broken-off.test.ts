// The command as a process: readers that go away, and Ctrl-C, change neither its exit code nor what it does, and it says where it stopped.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inCare, service, type Desk } from "../operator/desk.ts";
import { served, type Asked, type SignedServer } from "./signed-server.ts";
import { inShell, started } from "./started.ts";

let at: Desk;
let server: SignedServer;
let place: string;
let file: string;
/** What happens before the API takes a request up. */
let before: (asked: Asked) => Promise<void> | undefined;

const entries = 900;
const policy = `entries:\n${Array.from({ length: entries }, (_, index) => `  - { service: ${service}, principal: "${String(500_000_000_000 + index)}", verdict: accept }\n`).join("")}`;
const written = (): number => at.types().filter((type) => type === "EntryAdded").length;
const isBatch = ({ url }: Asked): boolean => url === "/entries/batch";

beforeEach(async () => {
  at = await inCare();
  before = () => undefined;
  server = await served(at, (asked) => before(asked));
  place = await mkdtemp(join(tmpdir(), "broken-off-"));
  file = join(place, "policy.yml");
  await writeFile(file, policy);
});
afterEach(async () => {
  await server.close();
  await rm(place, { recursive: true });
});

test("a check that fails does so though nobody reads what it prints", async () => {
  expect((await inShell(`drawbridge apply ${file} --check`, server.url)).code).toBe(1);
  expect(await inShell(`drawbridge apply ${file} --check | true`, server.url)).toMatchObject({
    code: 1,
    err: "drawbridge: The policy is not as the file says; apply the file without --check\n",
  });
  expect(await inShell(`drawbridge apply ${file} --check --json | true`, server.url)).toMatchObject({ code: 1 });
  expect(await inShell("drawbridge show nonsense --json 2>&1 | true", server.url)).toMatchObject({ code: 2 });
});

test("who reads only the beginning of what succeeds has no failure of it, and is read no further for", async () => {
  for (const start of [500_000_000_000, 600_000_000_000, 700_000_000_000])
    await at.ask("POST /entries/batch", {
      put: Array.from({ length: 1000 }, (_, index) => ({ service, principal: String(start + index), verdict: "accept" })),
    });
  expect(await inShell("drawbridge list --all | head -1", server.url)).toMatchObject({ code: 0, err: "" });
  at.world.clock.advance(60);
  const lines = await inShell("drawbridge audit export | head -1", server.url);
  expect(lines).toMatchObject({ code: 0, err: "" });
  expect(lines.out).toMatch(/^\{.*\}\n$/);
  expect(server.asked.filter(({ url }) => url.startsWith("/audit"))).toHaveLength(1);
});

test("what is told to nobody is done to its end", async () => {
  expect(await inShell(`drawbridge apply ${file} --yes 2>&1 | head -1`, server.url)).toMatchObject({ code: 0 });
  expect(written()).toBe(entries);
  expect(await inShell(`drawbridge apply ${file} --yes`, server.url)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Nothing to do/),
  });
});

test.skipIf(!existsSync("/dev/full"))("a disk that is full is told, and fails the command", async () => {
  expect(await inShell("drawbridge services --json > /dev/full", server.url)).toMatchObject({
    code: 1,
    err: "drawbridge: what it prints cannot be written (ENOSPC)\n",
  });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "an apply that %s stops does what is under way, says where it stopped, and goes on when repeated",
  async (signal) => {
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const { promise: underWay, resolve: arrived } = Promise.withResolvers<void>();
    before = async (asked) => {
      if (!isBatch(asked)) return;
      if (server.asked.filter(isBatch).length === 4) arrived();
      await go;
    };
    const run = started(["apply", file, "--yes"], server.url);
    await underWay;
    run.signal(signal);
    // As npx does, which passes on what the terminal has sent already.
    run.signal(signal);
    await run.says("Stopping as soon as what is under way is done.");
    release();
    const { code, err } = await run.ended;
    expect({ code, last: err.trim().split("\n").at(-1) }).toEqual({
      code: 1,
      last: "drawbridge: Stopped at the entries after 800 of 900 changes: it was interrupted; repeat the command, and it goes on from there",
    });
    expect(written()).toBe(800);
    expect(await started(["apply", file, "--yes"], server.url).ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Done: entries 100 added\./),
    });
    expect(written()).toBe(entries);
  },
);

test("a second Ctrl-C ends it at once", async () => {
  const { promise: never } = Promise.withResolvers<void>();
  const { promise: underWay, resolve: arrived } = Promise.withResolvers<void>();
  before = (asked) => {
    if (!isBatch(asked)) return undefined;
    arrived();
    return never;
  };
  const run = started(["apply", file, "--yes"], server.url);
  await underWay;
  run.signal("SIGINT");
  await run.says("Stopping");
  const impatient = setInterval(() => run.signal("SIGINT"), 20);
  expect((await run.ended).code).toBeUndefined();
  clearInterval(impatient);
});
