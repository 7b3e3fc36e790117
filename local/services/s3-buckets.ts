// What S3 holds: buckets and their objects, in memory.
import { createHash } from "node:crypto";

import { AwsError, type Clock } from "../service.ts";

export interface StoredObject {
  readonly key: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly at: number;
  readonly contentType?: string;
}

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly objects: Map<string, StoredObject>;
}

export interface Buckets {
  create(name: string, account: string): Bucket;
  /** Refuses one that holds something, as S3 does. */
  remove(name: string): void;
  find(name: string): Bucket | undefined;
  put(bucket: Bucket, key: string, body: Buffer, contentType?: string): StoredObject;
}

export function createBuckets(clock: Clock): Buckets {
  const all = new Map<string, Bucket>();
  return {
    create(name, account) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
        throw new AwsError("InvalidBucketName", `The bucket name ${name} is not valid.`);
      if (all.has(name)) throw new AwsError("BucketAlreadyOwnedByYou", `${name} already exists`, 409);
      const bucket: Bucket = { name, account, objects: new Map() };
      all.set(name, bucket);
      return bucket;
    },
    remove(name) {
      const bucket = all.get(name);
      if (bucket !== undefined && bucket.objects.size > 0)
        throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409);
      all.delete(name);
    },
    find: (name) => all.get(name),
    put(bucket, key, body, contentType) {
      const etag = `"${createHash("md5").update(body).digest("hex")}"`;
      const stored: StoredObject = { key, body, etag, at: clock.now(), ...(contentType === undefined ? {} : { contentType }) };
      bucket.objects.set(key, stored);
      return stored;
    },
  };
}
