// Removing for good what an uninstall kept: tables, buckets with every version in them, the key. What is locked stays, and tells until when.
import { DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DeleteTableCommand, DescribeTableCommand, ResourceNotFoundException, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import { DeleteBucketCommand, HeadBucketCommand, HeadObjectCommand, NotFound } from "@aws-sdk/client-s3";

import { stackName } from "./config.ts";
import type { Deployment } from "./deployment.ts";
import { emptyBucket, type Version } from "./empty-bucket.ts";
import { keptIn } from "./kept.ts";
import { messageOf } from "./prerequisites.ts";
import { goneStacks, keptBy } from "./stack-end.ts";
import { resourcesOf, stackNow } from "./stack.ts";
import { Stop } from "./stop.ts";

export interface DiscardOptions {
  /** Removes what is locked in the mode GOVERNANCE; whoever does it needs s3:BypassGovernanceRetention. */
  readonly bypassesLock: boolean;
}

const keyWaitDays = 7;
const tableWaitSeconds = 600;

/** Each on its own: what stays is told at the end, and what is nowhere. */
export async function discard(deployment: Deployment, given: string, options: DiscardOptions): Promise<void> {
  const kept = Object.entries(keptIn(given, "discard"));
  const unknown = kept.filter(([logicalId]) => removerOf(logicalId) === undefined).map(([logicalId]) => logicalId);
  if (unknown.length > 0) throw new Stop(`There is no ${unknown.join(", ")}`, "give what uninstall printed");
  refuseForeign(deployment, kept);
  await refuseOwn(deployment, kept);
  for (const [logicalId, id] of kept) await refuseUsed(deployment, logicalId, id);
  const { tell, stage } = deployment;
  const staying: string[] = [];
  const nowhere: string[] = [];
  for (const [logicalId, id] of kept) {
    const stays = await removerOf(logicalId)?.(deployment, id, options).catch(messageOf);
    if (stays === undefined) tell(`  removed  ${logicalId} ${id}`);
    else if (stays === notFound) nowhere.push(logicalId);
    else {
      tell(`  stays    ${logicalId} ${id}: ${stays}`);
      staying.push(logicalId);
    }
  }
  const known = nowhere.length === 0 ? new Set<string>() : await everKept(deployment);
  const lost = kept.filter(([logicalId, id]) => nowhere.includes(logicalId) && !known.has(id)).map(([logicalId]) => logicalId);
  for (const [logicalId, id] of kept)
    if (nowhere.includes(logicalId))
      tell(lost.includes(logicalId) ? `  not found in ${stage.region}: ${logicalId} ${id}` : `  removed before: ${logicalId} ${id}`);
  const wrong = [
    ...(staying.length > 0 ? [`${staying.join(", ")} could not be removed`] : []),
    ...(lost.length > 0 ? [`${lost.join(", ")} ${lost.length === 1 ? "is" : "are"} not in ${stage.region}, and no stack kept such`] : []),
  ];
  if (wrong.length > 0)
    throw new Stop(
      wrong.join("; "),
      staying.length > 0
        ? "each has its reason above; if a right is missing: npm run --silent deploy -- policy discard prints what it takes besides the deployer's policy"
        : "give what uninstall printed, in the Region where it was",
    );
}

const notFound = "not found";

/** What stacks of this stage kept that are gone: what of it is not there was removed before. */
async function everKept({ clients: { cloudFormation }, stage }: Deployment): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const { id } of await goneStacks(cloudFormation, stackName(stage)))
    for (const one of Object.values(await keptBy(cloudFormation, id))) ids.add(one);
  return ids;
}

/** Tells why it stays, or that it is not to be found; nothing when it is removed. */
type Remover = (deployment: Deployment, id: string, options: DiscardOptions) => Promise<string | undefined>;

function removerOf(logicalId: string): Remover | undefined {
  if (logicalId.endsWith("Table")) return removeTable;
  if (logicalId.endsWith("Bucket")) return removeBucket;
  return logicalId.endsWith("Key") ? removeKey : undefined;
}

/** Another stage's, or nobody's of ours. A key has no name. */
function refuseForeign({ stage }: Deployment, kept: readonly (readonly [string, string])[]): void {
  const prefix = `${stackName(stage)}-`;
  const foreign = kept.filter(([logicalId, id]) => removerOf(logicalId) !== removeKey && !id.startsWith(prefix));
  if (foreign.length > 0)
    throw new Stop(
      `${foreign.map(([logicalId, id]) => `${logicalId} ${id}`).join(", ")}: no name that begins with ${prefix}; nothing was removed`,
      "give what uninstall printed, with the stage of that",
    );
}

/** A stack that stands may use what an earlier one kept. */
async function refuseOwn({ clients: { cloudFormation }, stage }: Deployment, kept: readonly (readonly [string, string])[]): Promise<void> {
  const stack = await stackNow(cloudFormation, stackName(stage));
  if (stack === undefined) return;
  const used = new Set([...(await resourcesOf(cloudFormation, stack.id)).values()].map(({ id }) => id));
  for (const [logicalId, id] of kept) if (used.has(id)) throw inUse(stack.name, logicalId, id);
}

const inUse = (stack: string, logicalId: string, id: string): Stop =>
  new Stop(
    `${stack} uses ${logicalId} ${id}; nothing was removed`,
    "only what no stack uses is removed: npm run deploy -- uninstall comes first",
  );

/** So may one of another stage, which was made around it. */
async function refuseUsed({ clients: { cloudFormation } }: Deployment, logicalId: string, PhysicalResourceId: string): Promise<void> {
  const { StackResources = [] } = await cloudFormation
    .send(new DescribeStackResourcesCommand({ PhysicalResourceId }))
    .catch((error: unknown) => {
      if (error instanceof Error && error.message.includes("does not exist")) return { StackResources: [] };
      throw new Stop(
        `Whether a stack uses ${logicalId} could not be read: ${messageOf(error)}; nothing was removed`,
        "npm run --silent deploy -- policy discard prints what it takes besides the deployer's policy",
      );
    });
  // A stack that is gone is shown for 90 days, with what it kept.
  const user = StackResources.find(
    (one) => one.PhysicalResourceId === PhysicalResourceId && !/^DELETE_(SKIPPED|COMPLETE)$/.test(one.ResourceStatus ?? ""),
  );
  if (user !== undefined) throw inUse(user.StackName ?? "A stack", logicalId, PhysicalResourceId);
}

const removeTable: Remover = async ({ clients: { dynamoDb } }, TableName) => {
  const there = await found(dynamoDb.send(new DescribeTableCommand({ TableName })), isNoTable);
  if (there === undefined) return notFound;
  // An earlier run may have begun it.
  if (there.Table?.TableStatus !== "DELETING") await found(dynamoDb.send(new DeleteTableCommand({ TableName })), isNoTable);
  await waitUntilTableNotExists({ client: dynamoDb, maxWaitTime: tableWaitSeconds, minDelay: 1, maxDelay: 5 }, { TableName });
  return undefined;
};

const isNoTable = (error: unknown): boolean => error instanceof ResourceNotFoundException;

async function found<T>(work: Promise<T>, isMissing: (error: unknown) => boolean): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const removeBucket: Remover = async ({ clients: { s3 } }, Bucket, { bypassesLock }) => {
  if ((await found(s3.send(new HeadBucketCommand({ Bucket })), isElsewhere)) === undefined) return notFound;
  const { locked } = await emptyBucket(s3, Bucket, { bypassesLock });
  if (locked.length > 0) return lockOf({ s3 }, Bucket, locked);
  await s3.send(new DeleteBucketCommand({ Bucket }));
  return undefined;
};

/** S3 points to a bucket's own Region. */
const isElsewhere = (error: unknown): boolean =>
  error instanceof NotFound || (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 301;

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
  const there = await found(kms("DescribeKey", { KeyId }), (error) => error instanceof Error && error.name === "NotFoundException");
  if (there === undefined) return notFound;
  const { KeyState, Description = "" } = there["KeyMetadata"] as { readonly KeyState?: string; readonly Description?: string };
  // A key has no name that would tell whose it is.
  if (!Description.includes("Drawbridge")) return `it is no key of Drawbridge's: "${Description}"`;
  if (KeyState !== "PendingDeletion") await kms("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: keyWaitDays });
  tell(
    `  AWS keeps the key ${KeyId} for ${String(keyWaitDays)} days, without charge: aws kms cancel-key-deletion --key-id ${KeyId} brings it back`,
  );
  return undefined;
};
