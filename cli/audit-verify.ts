// The command audit verify: whether the log is what was written, and if not, which event was touched.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fingerprint, publicKeys } from "../lib/aws/public-keys.ts";
import { sha256 } from "../lib/aws/sha256.ts";
import { sealedBy } from "../lib/audit/sealed.ts";
import { verification, type Verified } from "../lib/audit/verification.ts";
import { instant, type Instant } from "../lib/ids.ts";
import type { StoredEvent } from "../lib/ledger.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { optional } from "../lib/optional.ts";
import { bundleFiles, parsed, proofFromAws, proofFromBundle, textOf, type Elsewhere, type Proof } from "./audit-proof.ts";
import { events, settledEnd } from "./audit-stream.ts";
import { operandsOf, type Call, type Command } from "./command.ts";
import { Failure, ToldFailure, wrongUsage } from "./failure.ts";
import { details, harmless, moment, painted } from "./render.ts";

export const auditVerify: Command = {
  name: "audit verify",
  operands: "",
  summary: "whether the log is what was written, and if not, which event was touched",
  more: "Every event is held against the signed checkpoints, which come straight from S3 and KMS with your own credentials. What is newer than the last checkpoint, mostly under a minute, is held against its own chain. With --export nothing is asked of AWS.",
  options: {
    export: { value: "FOLDER", help: "verify a bundle that drawbridge evidence made, offline" },
    bucket: { value: "NAME", help: "the checkpoints of this bucket, which an earlier deployment kept, instead of the deployment's own" },
    key: { value: "FILE", help: "the public key as PEM, got elsewhere, instead of the one that AWS or the bundle gives" },
  },
  examples: [
    "drawbridge audit verify",
    "drawbridge audit verify --bucket drawbridge-prod-checkpointbucket-abc123",
    "drawbridge audit verify --export evidence-2026-11 --key key.pem",
  ],
  async run(call) {
    operandsOf(call, this, 0);
    const folder = call.given.text("export");
    const bucket = call.given.text("bucket");
    if (folder !== undefined && bucket !== undefined) throw wrongUsage("--export and --bucket do not go together", "give one of them");
    const file = call.given.text("key");
    const key = file === undefined ? undefined : await textOf(file);
    const verified =
      folder === undefined
        ? await verifyLive(call, { ...optional("bucket", bucket), ...optional("key", key) })
        : await verifyBundle(folder, key);
    call.result(verified, () => shown(verified, call.terminal));
    if (!verified.intact)
      throw new ToldFailure(1, "LogAltered", `${String(verified.findings.length)} findings: the log is not what was written`);
  },
};

export interface VerifiedLog extends Verified {
  /** By ARN, the SHA-256 of each key that signed: compare it with what you wrote down. */
  readonly keys: Readonly<Record<string, string>>;
  readonly period?: { readonly from: string; readonly to: string };
}

async function verifyLive(call: Call, elsewhere: Elsewhere): Promise<VerifiedLog> {
  const deployment = await call.api.get<DeploymentShown>("/deployment");
  const to = settledEnd(undefined);
  const proof = await proofFromAws(deployment, call.terminal.env["AWS_ENDPOINT_URL"], elsewhere);
  // A checkpoint of the last moments may hold events that the indexes do not show yet.
  const checkpoints = proof.checkpoints.filter(({ statement }) => statement.until <= to);
  return verifyAgainst({ ...proof, checkpoints }, events(call, { to }));
}

async function verifyBundle(folder: string, key: string | undefined): Promise<VerifiedLog> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new Failure(1, "CannotRead", `${folder} is no folder`, "give the folder that drawbridge evidence made");
  const { manifest, ...proof } = await proofFromBundle(folder, key);
  return verifyAgainst(proof, linesOf(join(folder, bundleFiles.log)), manifest);
}

async function verifyAgainst(
  { checkpoints, keys, findings }: Proof,
  log: AsyncIterable<StoredEvent>,
  period?: { from?: string; to: string },
): Promise<VerifiedLog> {
  const sealed = sealedBy(checkpoints, { hash: sha256, ...publicKeys(keys) }, period?.from !== undefined);
  const within = period && { from: (period.from ?? instant(0)) as Instant, to: period.to as Instant };
  const verifying = verification({
    sealed: { ...sealed, findings: [...findings, ...sealed.findings] },
    hash: sha256,
    ...(within === undefined ? {} : { period: within }),
  });
  for await (const stored of log) verifying.add(stored);
  const fingerprints = Object.fromEntries([...keys].map(([arn, pem]) => [arn, fingerprint(pem)]));
  return {
    ...verifying.finish(),
    keys: fingerprints,
    ...(period?.from === undefined ? {} : { period: { from: period.from, to: period.to } }),
  };
}

async function* linesOf(path: string): AsyncGenerator<StoredEvent> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (line === "") continue;
    const stored = parsed(line, `${bundleFiles.log}, line ${String(number)},`) as Partial<StoredEvent> | null;
    if (typeof stored?.subject !== "string" || typeof stored.seq !== "number" || typeof stored.event?.at !== "string")
      throw new Failure(
        1,
        "CannotRead",
        `${bundleFiles.log}, line ${String(number)}, is no event`,
        "give a bundle that drawbridge evidence made",
      );
    yield stored as StoredEvent;
  }
}

function shown(verified: VerifiedLog, terminal: Call["terminal"]): string {
  const { intact, findings, events: count, sealed, unsealed, chains, checkpoints, until, keys, period } = verified;
  const facts: (readonly [string, string])[] = [
    [
      "Events",
      `${String(count)} in ${String(chains)} chains${period === undefined ? "" : `, from ${moment(period.from)} to ${moment(period.to)}`}`,
    ],
    ["Under a checkpoint", String(sealed)],
    ["Newer", `${String(unsealed)}, held against their own chains only`],
    ["Checkpoints", `${String(checkpoints)}${until === undefined ? "" : `, the last of ${moment(until)}`}`],
    ...Object.entries(keys).map(([arn, print]) => ["Signed by", `${arn}, SHA-256 ${print}`] as const),
  ];
  const verdict = intact
    ? painted(
        checkpoints === 0 ? "Every chain is unbroken, but no checkpoint vouches for it." : "The log is what was written.",
        "green",
        terminal,
      )
    : painted(`The log was altered: ${String(findings.length)} findings.`, "red", terminal);
  const told = findings.slice(0, shownMax).map(({ text }) => `  ${harmless(text)}`);
  const more = findings.length > shownMax ? [`  … and ${String(findings.length - shownMax)} more: see --json`] : [];
  return [verdict, ...told, ...more, "", details(facts, terminal)].join("\n");
}

const shownMax = 50;
