// An allow-list of many entries brought in with one command, and the same file once more: how long, and which calls.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change } from "../../lib/ledger.ts";
import type { AllowList } from "../../lib/ports.ts";
import { main } from "../../cli/main.ts";
import { nobody, type Terminal } from "../../cli/terminal.ts";
import { secretAccessKey, served } from "../../test/cli/signed-server.ts";
import { inCare, service as deskService, type Desk } from "../../test/operator/desk.ts";
import { operator, type World } from "../actors.ts";
import { sum, type Section, type Table } from "./figures.ts";
import { startBenchStack, type BenchStack } from "./local-stack.ts";

interface Applied {
  readonly what: string;
  readonly seconds: number;
  readonly calls: Readonly<Record<string, number>>;
}

const firstAccount = 300_000_000_000;

/** The whole list against tables in memory, which shows what the command and the API themselves cost; a part of it on local AWS. */
export async function importSection(entries: number, onLocalAws: number): Promise<Section> {
  const place = await mkdtemp(join(tmpdir(), "drawbridge-import-"));
  try {
    const file = join(place, "policy.yml");
    const inMemory = await imported(file, deskService, entries, await inMemoryRun());
    const stack = await startBenchStack({ delays: { available: 0 } });
    try {
      return section(entries, inMemory, onLocalAws, await imported(file, stack.service.id, onLocalAws, localRun(stack)));
    } finally {
      await stack.close();
    }
  } finally {
    await rm(place, { recursive: true });
  }
}

interface Run {
  /** Applies the file; gives the calls that it took. */
  apply(file: string): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

async function imported(file: string, service: string, entries: number, run: Run): Promise<Applied[]> {
  const line = (index: number): string =>
    `  - { service: ${service}, principal: ${String(firstAccount + index)}, verdict: accept, name: consumer ${String(index)}, contact: team-${String(index)}@example.com }`;
  const everybody = `  - { service: ${service}, principal: any, verdict: accept }`;
  await writeFile(file, ["entries:", everybody, ...Array.from({ length: entries - 1 }, (_, index) => line(index)), ""].join("\n"));
  const applied: Applied[] = [];
  try {
    for (const what of ["imported", "the same file again"]) {
      const began = performance.now();
      const calls = await run.apply(file);
      applied.push({ what, seconds: (performance.now() - began) / 1000, calls });
    }
    return applied;
  } finally {
    await run.close();
  }
}

function localRun(stack: BenchStack): Run {
  const { aws, api, inbox, region, account } = stack.local;
  const world: World = { aws, api, inbox, region };
  return {
    apply: (file) =>
      stack.counting(async () => {
        const { code, stderr } = await operator(world, account)("apply", file, "--yes");
        if (code !== 0) throw new Error(`drawbridge apply: ${stderr.trim().split("\n").at(-1) ?? ""}`);
      }),
    close: () => Promise.resolve(),
  };
}

/** The command, its signed requests over HTTP and the API's use-cases are real; the tables are fakes. */
async function inMemoryRun(): Promise<Run> {
  const desk = await inCare();
  const counts: Record<string, number> = {};
  const server = await served({ ...desk, ports: counted(desk.ports, counts) });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "111111111111", AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const terminal: Terminal = {
    ...nobody,
    env: { AWS_REGION: "eu-west-1", DRAWBRIDGE_API: server.url },
    err: (text) => void (text.endsWith(" a second") ? process.stderr.write(`import: ${text}\n`) : undefined),
  };
  return {
    apply: async (file) => {
      const before = { ...counts, requests: 0 };
      const asked = server.asked.length;
      const code = await main(["apply", file, "--yes"], terminal);
      if (code !== 0) throw new Error("drawbridge apply failed");
      const calls = Object.entries(counts).map(([call, count]) => [call, count - (before[call as keyof typeof before] ?? 0)] as const);
      return { "requests of the command": server.asked.length - asked, ...Object.fromEntries(calls) };
    },
    close: () => server.close(),
  };
}

function counted(ports: Desk["ports"], counts: Record<string, number>): Desk["ports"] {
  const count = <Given extends readonly unknown[], Result>(call: string, work: (...given: Given) => Result) => {
    counts[call] = 0;
    return (...given: Given): Result => {
      counts[call] = (counts[call] ?? 0) + 1;
      return work(...given);
    };
  };
  const { ledger, allowList } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      commit: count("transactions", (change: Change) => ledger.commit(change)),
      head: count("histories read", (subject: string) => ledger.head(subject)),
    },
    allowList: {
      ...allowList,
      read: count("reads of entries by key", (keys: Parameters<AllowList["read"]>[0]) => allowList.read(keys)),
      ofService: count("pages of the list", (...given: Parameters<AllowList["ofService"]>) => allowList.ofService(...given)),
    },
  };
}

function section(entries: number, inMemory: readonly Applied[], few: number, onLocalAws: readonly Applied[]): Section {
  const [first, again] = inMemory;
  const rate = entries / (first?.seconds ?? Number.NaN);
  const transactions = first?.calls["transactions"] ?? Number.NaN;
  const writesAgain = sum([again?.calls["transactions"] ?? 0, onLocalAws[1]?.calls["dynamodb:TransactWriteItems"] ?? 0]);
  return {
    name: "import",
    title: `An allow-list of ${entries.toLocaleString("en-US")} entries from one file`,
    tables: [
      table(`${entries.toLocaleString("en-US")} entries; the command, HTTP and the API, tables in memory`, entries, inMemory),
      table(`${few.toLocaleString("en-US")} entries on local AWS, calls over the wire`, few, onLocalAws),
    ],
    notes: [
      "Each entry is a transaction of its own: the entry and its event in the log together. A new entry's history is not read first: that it has none is a condition of the transaction.",
      "On local AWS the calls of what follows are counted too: each event is told on the bus, ten a call, and admit asks once for each account's connections.",
      "The command tells how far it is and how many a second; it sends 200 entries a request, four requests at a time, so that on AWS it stays far below the API's throttle.",
    ],
    targets: [
      { what: "entries per second, tables in memory", wanted: "≥ 500", got: rate.toFixed(0), reached: rate >= 500 },
      { what: "transactions per entry", wanted: "1", got: (transactions / entries).toFixed(3), reached: transactions === entries },
      { what: "writes when the same file is applied again", wanted: "0", got: String(writesAgain), reached: writesAgain === 0 },
    ],
  };
}

function table(what: string, entries: number, applied: readonly Applied[]): Table {
  const calls = [...new Set(applied.flatMap((one) => Object.keys(one.calls)))].toSorted();
  return {
    head: [what, ...applied.map((one) => one.what)],
    rows: [
      ["seconds", ...applied.map(({ seconds }) => seconds)],
      ["entries per second", ...applied.map(({ seconds }) => entries / seconds)],
      ...calls.map((call): (string | number)[] => [call, ...applied.map((one) => one.calls[call] ?? 0)]),
    ],
  };
}
