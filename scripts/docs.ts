// Prints the pages of docs/ that the code itself knows; with --check it only says which of them are stale.

import { readFile, writeFile } from "node:fs/promises";
import { moves, states } from "../lib/connection-states.ts";
import { sentence } from "../lib/wording.ts";
import { catalogue, schemaPage } from "./event-schemas.ts";
import { eventsPage } from "./events-page.ts";
import { configSchema } from "./deploy/config-fields.ts";
import { policySchema } from "./policy-schema.ts";

interface Page {
  readonly path: string;
  readonly text: string;
}

const events = await catalogue();

const pages: readonly Page[] = [
  { path: "docs/events.md", text: eventsPage(events, sentence) },
  { path: "docs/events.schema.json", text: schemaPage(events) },
  { path: "docs/connection-states.md", text: connectionStates() },
  { path: "docs/drawbridge.config.schema.json", text: `${JSON.stringify(configSchema(), null, 2)}\n` },
  { path: "docs/policy.schema.json", text: `${JSON.stringify(policySchema(), null, 2)}\n` },
];

function connectionStates(): string {
  const rows = Object.entries(moves).map(([from, row]) => ({
    from,
    leaves: Object.entries(row).filter(([, to]) => to !== "same"),
    stays: Object.entries(row).filter(([, to]) => to === "same"),
  }));
  const targets = (to: unknown): string[] => (Array.isArray(to) ? to : [String(to)]);
  const always =
    rows
      .filter(({ from }) => from !== "none")
      .reduce<string[] | undefined>(
        (common, { stays }) =>
          common === undefined ? stays.map(([type]) => type) : common.filter((type) => stays.some(([own]) => own === type)),
        undefined,
      ) ?? [];
  const arrows = rows.flatMap(({ from, leaves }) =>
    leaves.flatMap(([type, to]) => targets(to).map((target) => `    ${from === "none" ? "[*]" : from} --> ${target}: ${type}`)),
  );
  return [
    "<!-- Printed by `npm run docs` from lib/connection-states.ts; edit that, not this. -->",
    "",
    "# The states of a connection",
    "",
    "What Drawbridge decided, and how far AWS has followed. AWS's own states are only observed.",
    "",
    "| state | meaning |",
    "|---|---|",
    ...Object.entries(states).map(([state, meaning]) => `| \`${state}\` | ${meaning} |`),
    "",
    "```mermaid",
    "stateDiagram-v2",
    ...arrows,
    "```",
    "",
    "| from | event | to |",
    "|---|---|---|",
    ...rows.flatMap(({ from, leaves }) =>
      leaves.map(
        ([type, to]) =>
          `| ${from === "none" ? "*not seen before*" : `\`${from}\``} | ${type} | ${targets(to)
            .map((target) => `\`${target}\``)
            .join(" or ")} |`,
      ),
    ),
    "",
    `In every state these may be added and change nothing else: ${always.join(", ")}.`,
    ...rows.flatMap(({ from, stays }) => {
      const own = stays.map(([type]) => type).filter((type) => !always.includes(type));
      return own.length === 0 ? [] : [`While \`${from}\` also: ${own.join(", ")}.`];
    }),
    "",
    "Any other move is refused by `evolve`: it would be a bug, not a user's mistake.",
    "",
  ].join("\n");
}

const check = process.argv.includes("--check");
const stale: string[] = [];
for (const { path, text } of pages) {
  const there = await readFile(path, "utf8").catch(() => "");
  if (there === text) continue;
  stale.push(path);
  if (!check) await writeFile(path, text);
}
if (check && stale.length > 0) {
  console.error(`stale: ${stale.join(", ")}; run npm run docs and commit what it writes`);
  process.exitCode = 1;
} else console.error(stale.length === 0 ? "the printed pages are up to date" : `written: ${stale.join(", ")}`);
