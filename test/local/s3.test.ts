// Buckets over the wire: versions and delete markers by pages, many removed at once, locks and who may bypass one.
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startLocalAws } from "../../local/aws.ts";
import type { LocalAws } from "../../local/aws-options.ts";
import { emptyBucket } from "../../scripts/deploy/empty-bucket.ts";

const account = "111111111111";
let local: LocalAws;
let s3: S3Client;

const bucket = (more: object) => ({ Type: "AWS::S3::Bucket", Properties: { VersioningConfiguration: { Status: "Enabled" }, ...more } });

beforeAll(async () => {
  const retention = { DefaultRetention: { Mode: "GOVERNANCE", Days: 10 } };
  local = await startLocalAws({
    template: {
      Resources: {
        Plain: { Type: "AWS::S3::Bucket" },
        Versions: bucket({}),
        Locked: bucket({ ObjectLockEnabled: true, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: retention } }),
      },
    },
  });
  s3 = clientOf({ accessKeyId: account, secretAccessKey: "x" });
});
afterAll(async () => {
  await local.close();
});

const clientOf = (credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }): S3Client =>
  new S3Client({ endpoint: local.aws, region: local.region, forcePathStyle: true, credentials });
const nameOf = (logicalId: string): string => local.stack.resources.find((one) => one.logicalId === logicalId)?.physicalId ?? "";
const put = (Bucket: string, Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));

test("a deleted object is hidden, and comes back when its marker goes", async () => {
  const Bucket = nameOf("Versions");
  await put(Bucket, "a", "1");
  await put(Bucket, "a", "2");
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).rejects.toThrow("does not exist");
  const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions?.map(({ IsLatest }) => IsLatest)).toEqual([false, false]);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: DeleteMarkers?.[0]?.VersionId }));
  expect(await (await s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).Body?.transformToString()).toBe("2");
});

test("versions are listed by pages, each once, in the order of their keys", async () => {
  const Bucket = nameOf("Versions");
  for (const key of ["c", "b", "a b/ü&"]) for (const body of ["1", "2", "3"]) await put(Bucket, key, body);
  const seen: string[] = [];
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...next }));
    seen.push(...(page.Versions ?? []).map(({ Key = "", VersionId = "" }) => `${Key} ${VersionId}`));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    next = KeyMarker === undefined || VersionIdMarker === undefined ? undefined : { KeyMarker, VersionIdMarker };
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.map((one) => one.slice(0, one.lastIndexOf(" ")))).toEqual([
    "a",
    "a",
    "a b/ü&",
    "a b/ü&",
    "a b/ü&",
    "b",
    "b",
    "b",
    "c",
    "c",
    "c",
  ]);
});

test("a bucket goes only when every version and marker is gone, of however many there are", async () => {
  for (const [Bucket, count] of [
    [nameOf("Versions"), 12],
    [nameOf("Plain"), 1],
  ] as const) {
    await put(Bucket, "x", "1");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "y" }));
    if (count > 1) await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toThrow("not empty");
    expect(await emptyBucket(s3, Bucket, { pageSize: 5 })).toEqual({ removed: count + (count > 1 ? 1 : 0), locked: [] });
    await s3.send(new DeleteBucketCommand({ Bucket }));
  }
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual([nameOf("Locked")]);
});

test("what is locked stays, and tells until when; who may bypass the lock removes it", async () => {
  const Bucket = nameOf("Locked");
  const { VersionId } = await put(Bucket, "checkpoints/1.json", "{}");
  const { ObjectLockMode, ObjectLockRetainUntilDate } = await s3.send(new HeadObjectCommand({ Bucket, Key: "checkpoints/1.json" }));
  expect(ObjectLockMode).toBe("GOVERNANCE");
  expect((ObjectLockRetainUntilDate?.getTime() ?? 0) / 86_400_000).toBeCloseTo(Date.now() / 86_400_000 + 10, 1);
  const left = await emptyBucket(s3, Bucket);
  expect(left).toMatchObject({ removed: 0, locked: [{ key: "checkpoints/1.json", version: VersionId }] });

  const statement = { Effect: "Allow", Action: ["s3:DeleteObjectVersion"], Resource: `arn:aws:s3:::${Bucket}/*` };
  const document = { Version: "2012-10-17", Statement: [statement] };
  const role = { arn: `arn:aws:iam::${account}:role/cleaner`, name: "cleaner", policies: [{ name: "cleaner", document }] };
  const request = new DeleteObjectsCommand({
    Bucket,
    Delete: { Objects: [{ Key: "checkpoints/1.json", VersionId }] },
    BypassGovernanceRetention: true,
  });
  await expect(clientOf(local.issue(role, "x")).send(request)).rejects.toThrow("s3:BypassGovernanceRetention");
  expect(await emptyBucket(s3, Bucket, { bypassesLock: true })).toEqual({ removed: 1, locked: [] });
});
