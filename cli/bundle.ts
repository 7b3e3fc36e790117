// A bundle of evidence: the files in its folder, and how they are read by whoever believes none of them.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as v from "valibot";
import type { Checkpoint } from "../lib/audit/checkpoint.ts";
import { exactJson } from "../lib/audit/exact-json.ts";
import { beside, type Finding } from "../lib/audit/finding.ts";
import { readCheckpoint } from "../lib/aws/checkpoint-bucket.ts";
import { readLogLine } from "../lib/aws/event-row.ts";
import { instantText } from "../lib/aws/rows.ts";
import { Fault } from "../lib/faults.ts";
import type { Instant } from "../lib/ids.ts";
import type { LogRow } from "../lib/ledger.ts";
import type { Proof } from "./audit-proof.ts";
import { Failure } from "./failure.ts";
import { keysGiven, type Believed } from "./signing-keys.ts";

export const bundleFiles = {
  log: "log.jsonl",
  checkpoints: "checkpoints.jsonl",
  keys: "keys.json",
  manifest: "manifest.json",
  steps: "VERIFY.md",
  program: "verify.py",
} as const;

/** What a bundle is about. Nobody signed it: whatever it says is held against what is signed. */
export interface Manifest {
  readonly format: 2;
  readonly made: Instant;
  readonly by: string;
  /** What was asked for; without `from`, from the log's beginning. The files hold what the checkpoints hold, which is a little more. */
  readonly from?: Instant;
  readonly to: Instant;
  readonly events: number;
  readonly checkpoints: number;
  /** SHA-256 of each file. */
  readonly files: Readonly<Record<string, string>>;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const manifestShape = v.strictObject({
  format: v.literal(2, "its format is another: make it again, or verify it with the Drawbridge that made it"),
  made: instantText,
  by: v.string(),
  from: v.exactOptional(instantText),
  to: instantText,
  events: count,
  checkpoints: count,
  files: v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a SHA-256"))),
});

export interface Bundle extends Proof {
  readonly manifest: Manifest;
  /** The rows of the log, read as they are needed; `findings` gets what is wrong with the lines. */
  readonly rows: (findings: Finding[]) => AsyncGenerator<LogRow>;
}

export async function openBundle(folder: string, { pem }: Pick<Believed, "pem">): Promise<Bundle> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new Failure(1, "CannotRead", `${folder} is no folder`, "give the folder that drawbridge evidence made");
  const manifest = await readManifest(folder);
  const { checkpoints, findings, lines } = readCheckpoints(await textOf(join(folder, bundleFiles.checkpoints)));
  const arns = [...new Set(checkpoints.map(({ statement }) => statement.key))];
  const files = await fileFindings(folder, manifest);
  const counted =
    lines === manifest.checkpoints
      ? []
      : [
          beside(
            "bundle",
            `${bundleFiles.checkpoints} holds ${String(lines)} checkpoints, and the manifest says ${String(manifest.checkpoints)}`,
          ),
        ];
  return {
    manifest,
    checkpoints,
    keys: pem === undefined ? await ownKeys(folder, arns) : keysGiven(arns, pem),
    findings: [...files, ...counted, ...findings],
    rows: (found) => rowsOf(folder, manifest, found),
  };
}

async function readManifest(folder: string): Promise<Manifest> {
  const value = exactly(await textOf(join(folder, bundleFiles.manifest)), bundleFiles.manifest);
  const result = v.safeParse(manifestShape, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw notOurs(`${bundleFiles.manifest} is not that of a bundle: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
  }
  const manifest = value as Manifest;
  if (manifest.from !== undefined && manifest.from >= manifest.to)
    throw notOurs(`${bundleFiles.manifest} tells of a period that ends before it begins`);
  return manifest;
}

function readCheckpoints(text: string): { checkpoints: Checkpoint[]; findings: Finding[]; lines: number } {
  const lines = text.split("\n").filter((line) => line !== "");
  const checkpoints: Checkpoint[] = [];
  const findings: Finding[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      checkpoints.push(readCheckpoint(line, `${bundleFiles.checkpoints}, line ${String(index + 1)}`));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      findings.push(beside("checkpoint", error.message));
    }
  }
  return { checkpoints, findings, lines: lines.length };
}

/** The bundle's own keys prove nothing about who made it. */
async function ownKeys(folder: string, arns: readonly string[]): Promise<Proof["keys"]> {
  const value = exactly(await textOf(join(folder, bundleFiles.keys)), bundleFiles.keys);
  if (!v.is(v.record(v.string(), v.string()), value)) throw notOurs(`${bundleFiles.keys} holds no public keys`);
  return new Map(
    Object.entries(value)
      .filter(([arn]) => arns.includes(arn))
      .map(([arn, pem]) => [arn, { pem, from: "the bundle's own: compare it with what you wrote down, or give --key or --fingerprint" }]),
  );
}

const listed = [bundleFiles.log, bundleFiles.checkpoints, bundleFiles.keys, bundleFiles.steps, bundleFiles.program] as const;

/** The manifest is not signed, so this shows an accident, or a careless hand. */
async function fileFindings(folder: string, { files }: Manifest): Promise<Finding[]> {
  const missing = listed.filter((name) => !(name in files)).map((name) => beside("bundle", `the manifest does not tell of ${name}`));
  const others = await Promise.all(
    Object.entries(files).map(async ([name, hash]) => {
      if (!/^[\w.-]+$/.test(name)) return [beside("bundle", `the manifest tells of a file outside the bundle: ${name}`)];
      const is = await hashOf(join(folder, name)).catch(() => undefined);
      return is === hash
        ? []
        : [beside("bundle", is === undefined ? `${name} is missing` : `${name} is not the file that the manifest tells of`)];
    }),
  );
  return [...missing, ...others.flat()];
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

const lineMembers = new Set(["subject", "seq", "event", "service", "account", "previous", "hash", "filedUnder", "unreadable", "at"]);

async function* rowsOf(folder: string, { events }: Manifest, findings: Finding[]): AsyncGenerator<LogRow> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(join(folder, bundleFiles.log)), crlfDelay: Infinity })) {
    if (line === "") continue;
    number += 1;
    const { value, isExact } = exactJson(line);
    const foreign = Object.keys(value ?? {}).find((name) => !lineMembers.has(name));
    const at = `${bundleFiles.log}, line ${String(number)},`;
    if (!isExact) findings.push(beside("bundle", `${at} has a member twice, or is not as Drawbridge writes it`));
    if (foreign !== undefined) findings.push(beside("bundle", `${at} has a member that no event has: ${JSON.stringify(foreign)}`));
    yield readLogLine(value);
  }
  if (number !== events)
    findings.push(beside("bundle", `${bundleFiles.log} holds ${String(number)} events, and the manifest says ${String(events)}`));
}

function exactly(text: string, name: string): unknown {
  const { value, isExact } = exactJson(text.replace(/\n$/, ""), 2);
  if (!isExact)
    throw notOurs(value === undefined ? `${name} is not JSON` : `${name} has a member twice, or is not as Drawbridge writes it`);
  return value;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw notOurs(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const notOurs = (message: string): Failure => new Failure(1, "CannotRead", message, "give a bundle that drawbridge evidence made");
