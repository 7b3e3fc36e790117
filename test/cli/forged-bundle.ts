// A bundle of evidence as drawbridge evidence makes it, and whoever hands it over forging it: the hashes and counts fit again afterwards.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sealBundle } from "../../cli/bundle-made.ts";
import { bundleFiles, hashOf, type Manifest } from "../../cli/bundle.ts";
import { printableJson } from "../../cli/json.ts";
import { mayHold } from "../../lib/audit/coverage.ts";
import { instant, type Instant } from "../../lib/ids.ts";
import { keyArn, pem, sealedLog, start } from "../audit/sealed-log.ts";

const minute = 60_000;
const log = sealedLog({ count: 600, chains: 30, every: 40, step: minute });
export const end: Instant = instant(start + 600 * minute);

/** Of the whole log, or from some minutes after its beginning on, up to some others. */
export async function bundleIn(folder: string, fromMinute?: number, toMinute = 600): Promise<Manifest> {
  const period = {
    ...(fromMinute === undefined ? {} : { from: instant(start + fromMinute * minute) }),
    to: instant(start + toMinute * minute),
  };
  const checkpoints = log.checkpoints.filter(({ statement }) => mayHold(statement, period));
  const [first, last] = [checkpoints[0]?.statement, checkpoints.at(-1)?.statement];
  const begin = first === undefined || first.number === 1 ? instant(0) : first.since;
  const until = last === undefined || last.until < period.to ? period.to : last.until;
  const events = log.events.filter(({ event }) => event.at >= begin && event.at <= until);
  await writeFile(join(folder, bundleFiles.log), events.map((one) => `${printableJson(one)}\n`).join(""));
  return sealBundle(folder, {
    period,
    by: "arn:aws:iam::111111111111:user/alice",
    events: events.length,
    checkpoints,
    keys: new Map([[keyArn, pem]]),
  });
}

export interface Opened {
  log: string[];
  checkpoints: string[];
  keys: string;
  manifest: Record<string, unknown>;
}

/** Changes what it holds, and then counts and hashes anew, as a careful forger would. */
export async function forge(folder: string, change: (opened: Opened) => void): Promise<void> {
  const text = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const lines = async (name: string): Promise<string[]> => (await text(name)).split("\n").filter((line) => line !== "");
  const opened: Opened = {
    log: await lines(bundleFiles.log),
    checkpoints: await lines(bundleFiles.checkpoints),
    keys: await text(bundleFiles.keys),
    manifest: JSON.parse(await text(bundleFiles.manifest)) as Record<string, unknown>,
  };
  change(opened);
  await writeFile(join(folder, bundleFiles.log), opened.log.map((line) => `${line}\n`).join(""));
  await writeFile(join(folder, bundleFiles.checkpoints), opened.checkpoints.map((line) => `${line}\n`).join(""));
  await writeFile(join(folder, bundleFiles.keys), opened.keys);
  const files = Object.fromEntries(
    await Promise.all(Object.keys(opened.manifest["files"] ?? {}).map(async (name) => [name, await hashOf(join(folder, name))])),
  ) as Record<string, string>;
  const manifest = { ...opened.manifest, events: opened.log.length, checkpoints: opened.checkpoints.length, files };
  await writeFile(join(folder, bundleFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
}
