// The command audit export: a period of the log as JSON Lines, complete, and resumed where it was broken off.

import { appendFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { operandsOf, type Call, type Command } from "./command.ts";
import type { Instant } from "../lib/ids.ts";
import { lastOf, pages, settledEnd, stored, type Query } from "./audit-stream.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { printableJson } from "./json.ts";
import { painted } from "./render.ts";
import { periodOf } from "./times.ts";

export const auditExport: Command = {
  name: "audit export",
  operands: "",
  summary: "a period of the log as JSON Lines, one event a line, oldest first",
  more: "It is complete up to its end, which is ten seconds ago at the latest. With --out, an export that was broken off goes on where it was.",
  options: {
    from: { value: "TIME", help: "from then on; from the beginning unless told" },
    to: { value: "TIME", help: "before then" },
    account: { value: "ACCOUNT", help: "of one consumer only" },
    service: { value: "ID|*", help: "of one service only" },
    out: { value: "FILE", help: "into this file, instead of on stdout" },
  },
  examples: ["drawbridge audit export --from 2026-11-01 --to 2026-12-01 --out november.jsonl", "drawbridge audit export | jq .event.type"],
  async run(call) {
    operandsOf(call, this, 0);
    const { given, api, terminal } = call;
    const { from, to } = periodOf(given);
    const query = { from, account: given.text("account"), service: given.text("service") };
    const out = given.text("out");
    if (out !== undefined) {
      const exported = await exportTo(call, out, query, to);
      call.result(exported, () => `${String(exported.events)} events up to ${exported.to} are in ${out}.`);
      return;
    }
    if (given.flag("json"))
      throw wrongUsage("--json is one document, and an export on stdout is one for each event", "leave --json out, or give --out FILE");
    for await (const { items } of pages(api, { ...query, to: settledEnd(to) })) {
      for (const item of items) terminal.out(printableJson(stored(item)));
      if (!(await terminal.taken())) return;
    }
  },
};

export interface Exported {
  readonly file: string;
  readonly events: number;
  readonly to: Instant;
  readonly resumed: boolean;
}

/** How far an export has come: beside the file, until it is whole. */
interface Progress {
  readonly asked: string;
  readonly to: Instant;
  readonly cursor: string;
  readonly bytes: number;
  readonly events: number;
}

/** Writes page by page; the file gets its name when it is whole. */
export async function exportTo(
  { api, terminal }: Pick<Call, "api" | "terminal">,
  file: string,
  query: Query,
  to: Instant | undefined,
): Promise<Exported> {
  const [part, note] = [`${file}.part`, `${file}.progress`];
  const asked = JSON.stringify([query, to ?? ""]);
  const before = await progressOf(note, asked);
  let { bytes, events } = before ?? { bytes: 0, events: 0 };
  const end = before?.to ?? settledEnd(to);
  let begun = false;
  // Only when the API has answered: an export that cannot begin leaves nothing behind.
  const begin = async (): Promise<void> => {
    if (begun) return;
    begun = true;
    await written(file, async () => {
      if (before === undefined) await writeFile(part, "");
      // What was written after the note is written again.
      else await truncate(part, bytes);
    });
    if (before !== undefined) terminal.err(`Going on after ${String(events)} events.`);
  };
  for await (const { items, cursor } of pages(api, { ...query, to: end }, before?.cursor)) {
    await begin();
    const text = items.map((item) => `${printableJson(stored(item))}\n`).join("");
    await written(file, () => appendFile(part, text));
    bytes += Buffer.byteLength(text);
    events += items.length;
    if (cursor !== undefined) await writeFile(note, JSON.stringify({ asked, to: end, cursor, bytes, events } satisfies Progress));
    if (terminal.interactive)
      terminal.err(painted(`${String(events)} events so far, up to ${items.length === 0 ? end : lastOf(items)} …`, "dim", terminal.aside));
  }
  await begin();
  await written(file, () => rename(part, file));
  await rm(note, { force: true });
  return { file, events, to: end, resumed: before !== undefined };
}

/** Nothing when there is no note, or when it is of another export. */
async function progressOf(note: string, asked: string): Promise<Progress | undefined> {
  const text = await readFile(note, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const progress = JSON.parse(text) as Progress;
    return progress.asked === asked ? progress : undefined;
  } catch {
    return undefined;
  }
}

async function written(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Failure(
      1,
      "CannotWrite",
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      "give --out another place",
    );
  }
}
