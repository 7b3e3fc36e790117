// What a log is verified against: its checkpoints and public keys, straight from AWS with the caller's own credentials.

import type { S3Client } from "@aws-sdk/client-s3";
import type { Checkpoint, Statement } from "../lib/audit/checkpoint.ts";
import { isBefore, isFrom } from "../lib/audit/coverage.ts";
import { beside, type Finding } from "../lib/audit/finding.ts";
import { Fault } from "../lib/faults.ts";
import type { Instant } from "../lib/ids.ts";
import type { KeptCheckpoint, KeptCheckpoints } from "../lib/ports.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";
import { keysGiven, type Believed, type Keys } from "./signing-keys.ts";

export interface Proof {
  readonly checkpoints: readonly Checkpoint[];
  readonly keys: Keys;
  /** What was wrong with the objects themselves. */
  readonly findings: readonly Finding[];
}

/** Where checkpoints are kept, and the key that signs now. */
export interface Where {
  readonly bucket: string;
  readonly key?: string;
}

/** What the caller says goes before what the deployment says of itself. */
export async function whereKept({ given, api }: Pick<Call, "given" | "api">): Promise<Where> {
  const bucket = given.text("bucket");
  if (bucket !== undefined) return { bucket };
  const { checkpoints } = await api.get<DeploymentShown>("/deployment");
  if (checkpoints === undefined)
    throw new Failure(1, "OldDeployment", "The deployment keeps no checkpoints", "deploy this version of Drawbridge first");
  return checkpoints;
}

const readsAtOnce = 32;

/** Straight from S3 and KMS: Drawbridge itself vouches for nothing here. Only the checkpoints that the period takes are read. */
export async function proofFromAws(
  { bucket, key }: Where,
  period: { readonly from?: Instant; readonly to?: Instant },
  { pem }: Pick<Believed, "pem">,
  env: Call["terminal"]["env"],
): Promise<Proof> {
  const [{ S3Client }, { keptCheckpoints }] = await Promise.all([import("@aws-sdk/client-s3"), import("../lib/aws/checkpoint-bucket.ts")]);
  const region = key?.split(":")[3] ?? env["AWS_REGION"];
  const client: S3Client = new S3Client({ followRegionRedirects: true, ...(region === undefined ? {} : { region }) });
  const kept = keptCheckpoints(client, bucket);
  try {
    const { checkpoints, findings } = await readAll(await listed(kept, period));
    const arns = [...new Set([...checkpoints.map(({ statement }) => statement.key), ...(key === undefined ? [] : [key])])];
    const keys = pem === undefined ? await keysOf(kept, arns, env["AWS_ENDPOINT_URL"]) : { keys: keysGiven(arns, pem), findings: [] };
    return { checkpoints, keys: keys.keys, findings: [...findings, ...keys.findings] };
  } finally {
    client.destroy();
  }
}

/** The ends of checkpoints rise with their numbers, so both borders of the period are found by halving. */
async function listed(kept: KeptCheckpoints, { from, to }: { from?: Instant; to?: Instant }): Promise<readonly KeptCheckpoint[]> {
  if (from === undefined && to === undefined) return kept.list();
  const last = await kept.last();
  const first = from === undefined ? 1 : await firstThat(kept, last, (statement) => isFrom(statement, from));
  const end = to === undefined ? last + 1 : await firstThat(kept, last, (statement) => !isBefore(statement, to));
  return first >= end ? [] : kept.list(first, end - 1);
}

/** The least number of a checkpoint that is so, when all after it are; one more than the last when none is. */
async function firstThat(kept: KeptCheckpoints, last: number, isSo: (statement: Statement) => boolean): Promise<number> {
  let [low, high] = [0, last + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const statement = await statementFrom(kept, middle, high - 1);
    // Where some are missing or unreadable, the next one that is there speaks for them.
    if (statement === undefined || isSo(statement)) high = middle;
    else low = Math.max(middle, statement.number);
  }
  return high;
}

async function statementFrom(kept: KeptCheckpoints, from: number, to: number): Promise<Statement | undefined> {
  for (const one of await kept.list(from, Math.min(to, from + 99))) {
    const read = await readOne(one);
    if ("statement" in read) return read.statement;
  }
  return undefined;
}

async function readAll(all: readonly KeptCheckpoint[]): Promise<{ checkpoints: Checkpoint[]; findings: Finding[] }> {
  const read: (Checkpoint | Finding)[] = [];
  for (let start = 0; start < all.length; start += readsAtOnce)
    read.push(...(await Promise.all(all.slice(start, start + readsAtOnce).map(readOne))));
  const over = all.filter(({ writtenOver }) => writtenOver);
  return {
    checkpoints: read.filter((one) => "statement" in one),
    findings: [
      ...read.filter((one): one is Finding => !("statement" in one)),
      ...over.map(({ key }) => beside("checkpoint", `${key} was written over; its first version is used`)),
    ],
  };
}

/** One that cannot be read hides no other. */
async function readOne(one: KeptCheckpoint): Promise<Checkpoint | Finding> {
  try {
    return await one.read();
  } catch (error) {
    if (error instanceof Fault && error.code === "UnreadableCheckpoint") return beside("checkpoint", error.message);
    throw error;
  }
}

/** KMS's own word, and the copy that was kept when the key was first used: either does, and they must be the same. */
async function keysOf(
  kept: KeptCheckpoints,
  arns: readonly string[],
  endpoint: string | undefined,
): Promise<{ keys: Keys; findings: Finding[] }> {
  const { kmsKey } = await import("../lib/aws/signing-key.ts");
  const copies = await kept.keys();
  const findings: Finding[] = [];
  const keys = await Promise.all(
    arns.map(async (arn): Promise<[string, { pem: string; from: string }]> => {
      const copy = copies.get(arn);
      try {
        const pem = await kmsKey(arn, endpoint).publicKey();
        if (copy !== undefined && copy.trim() !== pem.trim())
          findings.push(beside("key", `the copy of ${arn} that is kept beside the checkpoints is another key than KMS gives`));
        return [arn, { pem, from: "as KMS gives it" }];
      } catch (error) {
        if (copy === undefined) throw error;
        const why = error instanceof Error ? error.message : String(error);
        return [arn, { pem: copy, from: `the copy kept beside the checkpoints, since KMS does not give it (${why})` }];
      }
    }),
  );
  return { keys: new Map(keys), findings };
}
