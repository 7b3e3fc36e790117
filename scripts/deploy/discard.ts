// Removing for good what an uninstall kept: tables, buckets with every version in them, the key. What is locked stays, and tells until when.
import { DeleteTableCommand, ResourceNotFoundException, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import { DeleteBucketCommand, HeadObjectCommand, NoSuchBucket } from "@aws-sdk/client-s3";

import { stackName } from "./config.ts";
import type { Deployment } from "./deployment.ts";
import { emptyBucket, type Version } from "./empty-bucket.ts";
import { keptIn } from "./kept.ts";
import { messageOf } from "./prerequisites.ts";
import { resourcesOf, stackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface DiscardOptions {
  /** Removes what is locked in the mode GOVERNANCE; whoever does it needs s3:BypassGovernanceRetention. */
  readonly bypassesLock: boolean;
}

const keyWaitDays = 7;
const tableWaitSeconds = 600;

/** Each on its own: what stays is told at the end. */
export async function discard(deployment: Deployment, given: string, options: DiscardOptions): Promise<void> {
  const kept = Object.entries(keptIn(given, "discard"));
  const unknown = kept.filter(([logicalId]) => removerOf(logicalId) === undefined).map(([logicalId]) => logicalId);
  if (unknown.length > 0) throw new Stop(`There is no ${unknown.join(", ")}`, "give what uninstall printed");
  await refuseUsed(
    deployment,
    kept.map(([, id]) => id),
  );
  const staying: string[] = [];
  for (const [logicalId, id] of kept) {
    const stays = await removerOf(logicalId)?.(deployment, id, options).catch(messageOf);
    if (stays === undefined) deployment.tell(`  removed  ${logicalId} ${id}`);
    else {
      deployment.tell(`  stays    ${logicalId} ${id}: ${stays}`);
      staying.push(logicalId);
    }
  }
  if (staying.length > 0)
    throw new Stop(
      `${staying.join(", ")} could not be removed`,
      "each has its reason above; if a right is missing: npm run --silent deploy -- policy discard prints what it takes besides the deployer's policy",
    );
}

/** Tells why it stays, or nothing. */
type Remover = (deployment: Deployment, id: string, options: DiscardOptions) => Promise<string | undefined>;

function removerOf(logicalId: string): Remover | undefined {
  if (logicalId.endsWith("Table")) return removeTable;
  if (logicalId.endsWith("Bucket")) return removeBucket;
  return logicalId.endsWith("Key") ? removeKey : undefined;
}

/** A stack that stands may use what an earlier one kept. */
async function refuseUsed({ clients, stage }: Deployment, ids: readonly string[]): Promise<void> {
  const name = stackName(stage);
  if ((await stackNow(clients.cloudFormation, name)) === undefined) return;
  const used = [...(await resourcesOf(clients.cloudFormation, name))]
    .filter(([, { id }]) => ids.includes(id))
    .map(([logicalId]) => logicalId);
  if (used.length > 0)
    throw new Stop(`${name} uses ${used.join(", ")}`, "only what no stack uses is removed: npm run deploy -- uninstall comes first");
}

const removeTable: Remover = async ({ clients: { dynamoDb } }, TableName) => {
  try {
    await dynamoDb.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client: dynamoDb, maxWaitTime: tableWaitSeconds, minDelay: 1, maxDelay: 5 }, { TableName });
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  return undefined;
};

const removeBucket: Remover = async ({ clients: { s3 } }, Bucket, { bypassesLock }) => {
  try {
    const { locked } = await emptyBucket(s3, Bucket, { bypassesLock });
    if (locked.length > 0) return await lockOf({ s3 }, Bucket, locked);
    await s3.send(new DeleteBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof NoSuchBucket)) throw error;
  }
  return undefined;
};

async function lockOf({ s3 }: Pick<Deployment["clients"], "s3">, Bucket: string, locked: readonly Version[]): Promise<string> {
  // Versions are listed oldest key first, and checkpoints are numbered: the last one is locked longest.
  const last = locked.at(-1);
  const version = last?.version === undefined ? {} : { VersionId: last.version };
  const shown = await s3.send(new HeadObjectCommand({ Bucket, Key: last?.key, ...version })).catch(() => undefined);
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = shown ?? {};
  if (mode === undefined) return `these credentials may not remove ${String(locked.length)} of its objects`;
  const early =
    mode === "GOVERNANCE"
      ? "; repeat it with --bypass-lock, with the right s3:BypassGovernanceRetention"
      : ", and nobody can remove them before";
  return `${String(locked.length)} checkpoints are locked (${mode}) until ${until?.toISOString() ?? "?"}${early}`;
}

const removeKey: Remover = async ({ clients: { kms }, tell }, KeyId) => {
  const found = await kms("DescribeKey", { KeyId }).catch((error: unknown) => {
    if (error instanceof Error && error.name === "NotFoundException") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const { KeyState } = found["KeyMetadata"] as { readonly KeyState?: string };
  if (KeyState !== "PendingDeletion") await kms("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: keyWaitDays });
  tell(
    `  AWS keeps the key ${KeyId} for ${String(keyWaitDays)} days, without charge: aws kms cancel-key-deletion --key-id ${KeyId} brings it back`,
  );
  return undefined;
};
