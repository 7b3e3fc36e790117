// An allow-list of many entries brought in with one command on local AWS, and the same file once more: time, calls, memory.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { operator, type World } from "../actors.ts";
import { sum, type Section } from "./figures.ts";
import { startBenchStack, type BenchStack } from "./local-stack.ts";

interface Applied {
  readonly what: string;
  readonly seconds: number;
  readonly calls: Readonly<Record<string, number>>;
}

const firstAccount = 300_000_000_000;

export async function importSection(entries: number): Promise<Section> {
  const stack = await startBenchStack({ delays: { available: 0 } });
  const place = await mkdtemp(join(tmpdir(), "drawbridge-import-"));
  try {
    const file = join(place, "policy.yml");
    await writeFile(file, policyOf(stack.service.id, entries));
    const first = await apply(stack, file, "imported");
    const again = await apply(stack, file, "the same file again");
    return section(entries, [first, again]);
  } finally {
    await rm(place, { recursive: true });
    await stack.close();
  }
}

const policyOf = (service: string, entries: number): string =>
  [
    "entries:",
    `  - { service: ${service}, principal: any, verdict: accept }`,
    ...Array.from(
      { length: entries - 1 },
      (_, index) =>
        `  - { service: ${service}, principal: ${String(firstAccount + index)}, verdict: accept, name: consumer ${String(index)}, contact: team-${String(index)}@example.com }`,
    ),
    "",
  ].join("\n");

async function apply(stack: BenchStack, file: string, what: string): Promise<Applied> {
  const { aws, api, inbox, region, account } = stack.local;
  const world: World = { aws, api, inbox, region };
  const began = performance.now();
  const calls = await stack.counting(async () => {
    const { code, stderr } = await operator(world, account)("apply", file, "--yes");
    if (code !== 0) throw new Error(`drawbridge apply: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  });
  return { what, seconds: (performance.now() - began) / 1000, calls };
}

function section(entries: number, applied: readonly Applied[]): Section {
  const [first, again] = applied;
  const actions = [...new Set(applied.flatMap(({ calls }) => Object.keys(calls)))].toSorted();
  const rate = entries / (first?.seconds ?? Number.NaN);
  const writesAgain = again?.calls["dynamodb:TransactWriteItems"] ?? 0;
  return {
    name: "import",
    title: `An allow-list of ${entries.toLocaleString("en-US")} entries from one file, on local AWS`,
    tables: [
      {
        head: ["", ...applied.map(({ what }) => what)],
        rows: [
          ["seconds", ...applied.map(({ seconds }) => seconds)],
          ["entries per second", ...applied.map(({ seconds }) => entries / seconds)],
          ...actions.map((action): (string | number)[] => [action, ...applied.map(({ calls }) => calls[action] ?? 0)]),
          ["all calls", ...applied.map(({ calls }) => sum(Object.values(calls)))],
          ["calls per 1,000 entries", ...applied.map(({ calls }) => (sum(Object.values(calls)) * 1000) / entries)],
        ],
      },
    ],
    notes: [
      "Each entry is a transaction of its own, the entry and its event in the log together: that is the one call per entry. A new entry's history is not read first: that it has none is a condition of the transaction.",
      "The bus is told of each event, ten a call, and observes nothing by it: admit is woken, and finds no connection that the entry concerns.",
      "Local AWS runs API, DynamoDB and functions on the same processors, so that the rate is that of this machine and not of AWS.",
    ],
    targets: [
      { what: "entries per second", wanted: "≥ 100", got: rate.toFixed(0), reached: rate >= 100 },
      { what: "writes when the same file is applied again", wanted: "0", got: String(writesAgain), reached: writesAgain === 0 },
    ],
  };
}
