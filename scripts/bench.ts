// How fast, how many calls, how much: `npm run bench`. Every figure stands beside another one from the same run.

import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { auditSection } from "./bench/audit.ts";
import { callsSection } from "./bench/calls.ts";
import { costForDeploying, costSection } from "./bench/cost.ts";
import { markdown, type Section } from "./bench/figures.ts";
import { hopsSection } from "./bench/hops.ts";
import { importSection } from "./bench/import.ts";
import { namesSection } from "./bench/names.ts";
import { slackSection } from "./bench/slack.ts";
import { policySection } from "./bench/policy.ts";
import { startsSection } from "./bench/starts.ts";
import { stormSection } from "./bench/storm.ts";
import { virtualSection } from "./bench/virtual-storm.ts";
import { putBlocks } from "./page-block.ts";

const sections: Readonly<Record<string, { readonly what: string; readonly run: (rounds: number) => Promise<Section> }>> = {
  calls: { what: "AWS calls, items and units, for one connection and for a hundred", run: () => callsSection() },
  storm: { what: "1,000 connections at once on local AWS, in real time", run: () => stormSection(1000) },
  virtual: { what: "storms on virtual time beside one call each and a poller", run: () => virtualSection() },
  policy: { what: "what one decision reads, with 10, 1,000 and 100,000 entries", run: () => policySection() },
  import: { what: "an allow-list of 100,000 entries from one file", run: () => importSection(100_000, 1000) },
  names: {
    what: "the names of 1,000 consumers accepted at once, under both of Route 53's limits, beside one call each",
    run: () => namesSection(),
  },
  hops: { what: "from requested to available on local AWS, hop by hop", run: (rounds) => hopsSection(rounds) },
  starts: { what: "each function's bundle and start beside an empty handler and a usual bundle", run: (rounds) => startsSection(rounds) },
  slack: {
    what: "Slack's acknowledgement with everything stalled, calls for a question and a decision, the page",
    run: (rounds) => slackSection(rounds),
  },
  audit: { what: "questions to the log at any size, the spread of its keys, and verifying it", run: () => auditSection() },
  cost: { what: "what AWS would bill", run: () => costSection() },
};

const usage = `Usage: npm run bench -- [options]

  --only NAMES   these sections, with commas between:
${Object.entries(sections)
  .map(([name, { what }]) => `                   ${name.padEnd(9)}${what}`)
  .join("\n")}
  --rounds N     how often what is timed is repeated (default 15)
  --json         for programs
  --write        puts the sections into docs/performance.md, and the cost into docs/deploy.md
  --help         this

Exit code 1 when a target is not reached.`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "15" },
    json: { type: "boolean" },
    write: { type: "boolean" },
    help: { type: "boolean" },
  },
});
const rounds = Number(values.rounds);
const wanted = values.only?.split(",") ?? Object.keys(sections);
const unknown = wanted.find((name) => !(name in sections));

if (values.help === true) process.stdout.write(`${usage}\n`);
else if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(
    unknown === undefined
      ? `--rounds needs a whole number from 1\n`
      : `There is no section ${unknown}; there are ${Object.keys(sections).join(", ")}\n`,
  );
  process.exitCode = 2;
} else await bench();

async function bench(): Promise<void> {
  const machine = {
    at: new Date().toISOString(),
    commit: git("rev-parse", "--short", "HEAD"),
    changed: git("status", "--porcelain") !== "",
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    node: process.version,
    load: loadavg().map((value) => Math.round(value * 10) / 10),
  };
  const done: Section[] = [];
  const machineLine = `${machine.at.slice(0, 16).replace("T", " ")} UTC, commit ${machine.commit}${machine.changed ? " with changes" : ""}, ${String(machine.cores)} cores (${machine.processor}), Node ${machine.node.slice(1)}, load ${machine.load.join(" ")} at the beginning`;
  if (values.json !== true) process.stdout.write(`${machineLine}\n\n`);
  for (const name of wanted) {
    const began = performance.now();
    process.stderr.write(`${name}: ${sections[name]?.what ?? ""} …\n`);
    const section = await sections[name]?.run(rounds);
    if (section === undefined) continue;
    done.push(section);
    process.stderr.write(`${name}: took ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
    if (values.json !== true) process.stdout.write(`${markdown(section)}\n\n`);
  }
  if (values.write === true) await write(done, machineLine);
  if (values.json === true) process.stdout.write(`${JSON.stringify({ machine, sections: done }, null, 2)}\n`);
  if (done.some(({ targets }) => targets.some(({ reached }) => !reached))) process.exitCode = 1;
}

/** Each section has its place in the page; those that were not run stay as they were. */
async function write(done: readonly Section[], machineLine: string): Promise<void> {
  const blocks = done.map((section) => {
    const [title = "", ...rest] = markdown(section).split("\n");
    return [section.name, [title, "", `\`npm run bench -- --only ${section.name}\`: ${machineLine}.`, ...rest].join("\n")] as const;
  });
  await putBlocks("docs/performance.md", Object.fromEntries(blocks));
  const priced = done.find(({ name }) => name === "cost");
  if (priced !== undefined) await writePrices(costForDeploying(priced));
}

async function writePrices(table: string): Promise<void> {
  const page = new URL("../docs/deploy.md", import.meta.url);
  const text = await readFile(page, "utf8");
  const place = /(<!-- cost: printed by [^\n]*-->\n\n)[\s\S]*?(\n\n<!-- \/cost -->)/;
  if (!place.test(text)) throw new Error("docs/deploy.md has no place for the cost");
  await writeFile(
    page,
    text.replace(place, (_, begin: string, end: string) => begin + table + end),
  );
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}
