// The checkpoints in their bucket: objects that are written once, and that Object Lock keeps from everybody.

import {
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from "@aws-sdk/client-s3";
import * as v from "valibot";
import { checkpointKey, checkpointPrefix, keyPrefix, type Checkpoint } from "../audit/checkpoint.ts";
import { exactJson } from "../audit/exact-json.ts";
import { Fault } from "../faults.ts";
import type { Checkpoints, KeptCheckpoints } from "../ports.ts";
import { calling } from "./errors.ts";
import { instantText } from "./rows.ts";

/** For the one that writes them. */
export function checkpointBucket(client: S3Client, bucket: string): Checkpoints {
  const read = async (number: number): Promise<Checkpoint> =>
    readCheckpoint(await objectOf(client, bucket, checkpointKey(number)), checkpointKey(number));
  return {
    last: async () => {
      const number = await lastNumber(async (from) => {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: checkpointPrefix,
          StartAfter: checkpointKey(from - 1),
          MaxKeys: 1,
        });
        return ((await calling("s3:ListBucket", () => client.send(command), `bucket ${bucket}`)).Contents ?? []).length > 0;
      });
      return number === 0 ? undefined : await read(number);
    },
    read,
    put: (checkpoint) => putOnce(client, bucket, checkpointKey(checkpoint.statement.number), JSON.stringify(checkpoint)),
    putKey: (arn, pem) => putOnce(client, bucket, keyName(arn), `${arn}\n${pem}`, "text/plain"),
  };
}

/** For whoever verifies: all there is, looked at as it was first written, whatever was put or marked as deleted over it. */
export function keptCheckpoints(client: S3Client, bucket: string): KeptCheckpoints {
  const get = ({ key, version }: Version): Promise<string> => objectOf(client, bucket, key, version);
  return {
    last: () =>
      lastNumber(async (from) => {
        const { Versions = [] } = await listVersions(client, bucket, { Prefix: checkpointPrefix, KeyMarker: justBefore(from), MaxKeys: 1 });
        return Versions.length > 0;
      }),
    list: async (from = 1, to = Infinity) => {
      const versions = await versionsOf(client, bucket, checkpointPrefix, from, to);
      return oldest(versions).map((version) => ({
        read: async () => readCheckpoint(await get(version), version.key),
        key: version.key,
        writtenOver: versions.filter(({ key }) => key === version.key).length > 1,
      }));
    },
    keys: async () => {
      const texts = await Promise.all(oldest(await versionsOf(client, bucket, keyPrefix)).map(get));
      return new Map(texts.map((text) => [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n") + 1)]));
    },
  };
}

const keyName = (arn: string): string => `${keyPrefix}${arn.split("/").at(-1) ?? arn}.pem`;

/** Sorts before the checkpoint of the number, and after the one before it. */
const justBefore = (number: number): string => checkpointKey(number).slice(0, -".json".length);

/** Found by halving: some twenty small lists for a million, and few for the next. `isThere` says whether there is any from a number on. */
async function lastNumber(isThere: (from: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, 1];
  while (await isThere(high)) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isThere(middle)) low = middle;
    else high = middle;
  }
  return low;
}

async function putOnce(client: S3Client, bucket: string, key: string, body: string, type = "application/json"): Promise<"done" | "taken"> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    ContentType: type,
    IfNoneMatch: "*",
    ChecksumAlgorithm: "SHA256",
  });
  try {
    await client.send(command);
    return "done";
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    // 409: another write of the same object is under way.
    if (status === 412 || status === 409) return "taken";
    return await calling("s3:PutObject", () => Promise.reject(error as Error), `${bucket}/${key}`);
  }
}

const objectOf = (client: S3Client, bucket: string, key: string, version?: string): Promise<string> =>
  calling(
    version === undefined ? "s3:GetObject" : "s3:GetObjectVersion",
    async () => {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) });
      return (await (await client.send(command)).Body?.transformToString("utf8")) ?? "";
    },
    `${bucket}/${key}`,
  );

interface Version {
  readonly key: string;
  readonly version?: string;
  readonly at: number;
}

const listVersions = (
  client: S3Client,
  bucket: string,
  input: Omit<ListObjectVersionsCommandInput, "Bucket">,
): Promise<ListObjectVersionsCommandOutput> =>
  calling("s3:ListBucketVersions", () => client.send(new ListObjectVersionsCommand({ Bucket: bucket, ...input })), `bucket ${bucket}`);

/** All under the prefix; of checkpoints, those from one number to another. */
async function versionsOf(client: S3Client, bucket: string, prefix: string, from = 1, to = Infinity): Promise<Version[]> {
  const versions: Version[] = [];
  const end = to === Infinity ? undefined : checkpointKey(to);
  let next: Pick<ListObjectVersionsCommandInput, "KeyMarker" | "VersionIdMarker"> | undefined =
    from > 1 ? { KeyMarker: justBefore(from) } : {};
  while (next !== undefined) {
    const reply: ListObjectVersionsCommandOutput = await listVersions(client, bucket, { Prefix: prefix, ...next });
    for (const { Key, VersionId, LastModified } of reply.Versions ?? [])
      if (Key !== undefined && (end === undefined || Key <= end))
        versions.push({ key: Key, at: LastModified?.getTime() ?? 0, ...(VersionId === undefined ? {} : { version: VersionId }) });
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = reply;
    const isMore = IsTruncated === true && NextKeyMarker !== undefined && (end === undefined || NextKeyMarker <= end);
    next = isMore
      ? { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }) }
      : undefined;
  }
  return versions;
}

/** S3 lists the versions of a key newest first: the last of those written at the same moment is the first. */
const oldest = (versions: readonly Version[]): Version[] =>
  [...Map.groupBy(versions, ({ key }) => key).values()]
    .map((its) => its.reduce((first, one) => (one.at <= first.at ? one : first)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

export function readCheckpoint(text: string, from: string): Checkpoint {
  const bad = (why: string): Fault => new Fault("UnreadableCheckpoint", from, `it is not a checkpoint: ${why}`, false);
  const { value, isExact } = exactJson(text);
  const result = v.safeParse(checkpointShape, value);
  if (!result.success) throw bad(result.issues[0].message);
  if (!isExact) throw bad("it has a member twice, or is not as Drawbridge writes it");
  return value as Checkpoint;
}

const hashText = v.pipe(v.string(), v.regex(/^([0-9a-f]{64})?$/, "a hash is 64 hex digits"));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const checkpointShape = v.strictObject({
  statement: v.strictObject({
    format: v.literal(1, "its format is another: verify it with a newer Drawbridge"),
    log: v.string(),
    number: count,
    at: instantText,
    since: instantText,
    until: instantText,
    previous: hashText,
    chains: count,
    events: count,
    root: hashText,
    key: v.string(),
  }),
  signature: v.string(),
  leaves: v.array(
    v.strictObject({ subject: v.string(), after: v.strictObject({ seq: count, hash: hashText }), hashes: v.array(hashText) }),
  ),
});
