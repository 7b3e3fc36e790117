// Emptying a bucket for good: every version and every delete marker, of as many as there are. What is locked stays, and is named.
import { DeleteObjectsCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from "@aws-sdk/client-s3";

export interface Version {
  readonly key: string;
  readonly version?: string;
}

export interface Emptied {
  readonly removed: number;
  /** What S3 keeps until its lock ends. */
  readonly locked: readonly Version[];
}

/** S3 lists and removes so many at once. */
const pageMax = 1000;

/** S3 and CloudFormation delete no bucket that holds anything. */
export async function emptyBucket(
  s3: S3Client,
  Bucket: string,
  { bypassesLock = false, pageSize = pageMax }: { readonly bypassesLock?: boolean; readonly pageSize?: number } = {},
): Promise<Emptied> {
  let removed = 0;
  const locked: Version[] = [];
  for await (const versions of pagesOf(s3, Bucket, pageSize)) {
    const Objects = versions.map(({ key, version }) => ({ Key: key, ...(version === undefined ? {} : { VersionId: version }) }));
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects, Quiet: true },
        ...(bypassesLock ? { BypassGovernanceRetention: true } : {}),
      }),
    );
    const other = Errors.find(({ Code }) => Code !== "AccessDenied");
    if (other !== undefined) throw new Error(`${Bucket}/${other.Key ?? ""}: ${other.Code ?? ""}: ${other.Message ?? ""}`);
    locked.push(...Errors.map(({ Key = "", VersionId }) => ({ key: Key, ...(VersionId === undefined ? {} : { version: VersionId }) })));
    removed += Objects.length - Errors.length;
  }
  return { removed, locked };
}

/** A page is read after the one before it is gone: what stays lies behind the marker. */
async function* pagesOf(s3: S3Client, Bucket: string, MaxKeys: number): AsyncGenerator<readonly Version[]> {
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, ...next }));
    const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (all.length > 0)
      yield all.map(({ Key = "", VersionId }) => ({ key: Key, ...(VersionId === undefined ? {} : { version: VersionId }) }));
    const { IsTruncated, NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    next =
      IsTruncated === true && KeyMarker !== undefined
        ? { KeyMarker, ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }) }
        : undefined;
  }
}
