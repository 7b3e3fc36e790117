// What a log is verified against: its checkpoints and public keys, from AWS with the caller's own credentials, or from a bundle.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../lib/audit/checkpoint.ts";
import type { Finding } from "../lib/audit/finding.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { Failure } from "./failure.ts";

export interface Proof {
  readonly checkpoints: readonly Checkpoint[];
  /** PEM by ARN. */
  readonly keys: ReadonlyMap<string, string>;
  /** What was wrong with the objects themselves. */
  readonly findings: readonly Finding[];
}

/** What a bundle is about. */
export interface Manifest {
  readonly format: 1;
  readonly made: string;
  readonly by: string;
  /** Absent: from the log's beginning. */
  readonly from?: string;
  readonly to: string;
  readonly events: number;
  readonly checkpoints: number;
  /** SHA-256 of each file. */
  readonly files: Readonly<Record<string, string>>;
}

export const bundleFiles = {
  log: "log.jsonl",
  checkpoints: "checkpoints.jsonl",
  keys: "keys.json",
  manifest: "manifest.json",
  steps: "VERIFY.md",
} as const;

/** Where else to look than the deployment says: a bucket that an earlier one kept, a public key that was got elsewhere. */
export interface Elsewhere {
  readonly bucket?: string;
  /** As PEM. */
  readonly key?: string;
}

/** Straight from S3 and KMS: Drawbridge itself vouches for nothing here. */
export async function proofFromAws(
  { checkpoints: where }: Pick<DeploymentShown, "checkpoints">,
  endpoint: string | undefined,
  { bucket, key }: Elsewhere = {},
): Promise<Proof> {
  if (where === undefined)
    throw new Failure(1, "OldDeployment", "The deployment keeps no checkpoints", "deploy this version of Drawbridge first");
  const [{ S3Client }, { keptCheckpoints }, { kmsKey }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("../lib/aws/checkpoint-bucket.ts"),
    import("../lib/aws/signing-key.ts"),
  ]);
  const region = where.key.split(":")[3];
  const client = new S3Client(region === undefined ? {} : { region });
  const kept = keptCheckpoints(client, bucket ?? where.bucket);
  try {
    const listed = await kept.list();
    const checkpoints: Checkpoint[] = [];
    for (let start = 0; start < listed.length; start += readsAtOnce)
      checkpoints.push(...(await Promise.all(listed.slice(start, start + readsAtOnce).map((one) => one.read()))));
    const arns = [...new Set([...(bucket === undefined ? [where.key] : []), ...checkpoints.map(({ statement }) => statement.key)])];
    // A key that signs no longer may be gone; the bucket holds its public half.
    const isOwn = arns.length === 1 && arns[0] === where.key;
    const beside = isOwn || key !== undefined ? new Map<string, string>() : await kept.keys();
    const pemOf = async (arn: string): Promise<string> => key ?? beside.get(arn) ?? (await kmsKey(arn, endpoint).publicKey());
    const keys = await Promise.all(arns.map(async (arn) => [arn, await pemOf(arn)] as const));
    const findings = listed.flatMap(({ key, writtenOver }): Finding[] =>
      writtenOver ? [{ kind: "checkpoint", text: `${key} was written over; its first version is used` }] : [],
    );
    return { checkpoints, keys: new Map(keys), findings };
  } finally {
    client.destroy();
  }
}

const readsAtOnce = 16;

/** A bundle's own; the public key may be given apart, by whoever does not trust the one in the bundle. */
export async function proofFromBundle(folder: string, key: string | undefined): Promise<Proof & { readonly manifest: Manifest }> {
  const manifest = parsed(await textOf(join(folder, bundleFiles.manifest)), bundleFiles.manifest) as Manifest;
  const lines = (await textOf(join(folder, bundleFiles.checkpoints))).split("\n").filter((line) => line !== "");
  const { readCheckpoint } = await import("../lib/aws/checkpoint-bucket.ts");
  const checkpoints = lines.map((line, index) => readCheckpoint(line, `${bundleFiles.checkpoints}, line ${String(index + 1)}`));
  const keys =
    key === undefined
      ? new Map(Object.entries(parsed(await textOf(join(folder, bundleFiles.keys)), bundleFiles.keys) as Record<string, string>))
      : new Map([...new Set(checkpoints.map(({ statement }) => statement.key))].map((arn) => [arn, key]));
  return { checkpoints, keys, findings: [], manifest };
}

export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Failure(
      1,
      "CannotRead",
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "give a bundle that drawbridge evidence made",
    );
  }
}

/** JSON of a shape that its reader knows. */
export function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(1, "CannotRead", `${name} is not JSON`, "give a bundle that drawbridge evidence made");
  }
}
