// What S3 holds: buckets and their objects, in memory; where a bucket says so every version and delete marker, under lock.
import { createHash, randomUUID } from "node:crypto";

import { AwsError, type Clock } from "../service.ts";

export interface StoredObject {
  readonly key: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly at: number;
  readonly version: string;
  readonly contentType?: string;
  readonly lock?: Lock;
  /** Hides what is under it, and holds nothing. */
  readonly isMarker?: true;
}

/** Nobody removes this version before; with GOVERNANCE, but who may bypass it. */
export interface Lock {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly until: number;
}

export interface Bucket {
  readonly name: string;
  readonly account: string;
  /** What is shown without asking for a version. */
  readonly objects: Map<string, StoredObject>;
  /** Every version, oldest first; only where versions are kept. */
  readonly versions: StoredObject[];
  settings: BucketSettings;
}

export interface BucketSettings {
  readonly versioned: boolean;
  /** How an object is locked from when it is put. */
  readonly lock?: { readonly mode: Lock["mode"]; readonly days: number };
}

export interface Put {
  readonly contentType?: string;
  /** Only if there is nothing under the key. */
  readonly ifNoneMatch?: boolean;
}

export interface Buckets {
  create(name: string, account: string, settings?: BucketSettings): Bucket;
  /** Refuses one that holds something, as S3 does. */
  remove(name: string): void;
  find(name: string): Bucket | undefined;
  of(account: string): readonly Bucket[];
  put(bucket: Bucket, key: string, body: Buffer, how?: Put): StoredObject;
  /** Without a version, one that keeps versions only hides the object. */
  delete(bucket: Bucket, key: string, version?: string, how?: { readonly bypassesGovernance: boolean }): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** The version of what is in a bucket that keeps none. */
const UNVERSIONED = "null";

export function createBuckets(clock: Clock): Buckets {
  const all = new Map<string, Bucket>();
  return {
    create(name, account, settings = { versioned: false }) {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
        throw new AwsError("InvalidBucketName", `The bucket name ${name} is not valid.`);
      if (all.has(name)) throw new AwsError("BucketAlreadyOwnedByYou", `${name} already exists`, 409);
      const bucket: Bucket = { name, account, objects: new Map(), versions: [], settings };
      all.set(name, bucket);
      return bucket;
    },
    remove(name) {
      const bucket = all.get(name);
      if (bucket !== undefined && bucket.objects.size + bucket.versions.length > 0)
        throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409);
      all.delete(name);
    },
    find: (name) => all.get(name),
    of: (account) => [...all.values()].filter((bucket) => bucket.account === account),
    put(bucket, key, body, { contentType, ifNoneMatch = false } = {}) {
      if (ifNoneMatch && bucket.objects.has(key))
        throw new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412);
      const { lock } = bucket.settings;
      const stored: StoredObject = {
        ...version(bucket, key, body, clock),
        ...(contentType === undefined ? {} : { contentType }),
        ...(lock === undefined ? {} : { lock: { mode: lock.mode, until: clock.now() + lock.days * DAY_MS } }),
      };
      bucket.objects.set(key, stored);
      if (bucket.settings.versioned) bucket.versions.push(stored);
      return stored;
    },
    delete(bucket, key, wanted, { bypassesGovernance } = { bypassesGovernance: false }) {
      if (wanted === undefined || (wanted === UNVERSIONED && !bucket.settings.versioned)) {
        bucket.objects.delete(key);
        if (bucket.settings.versioned) bucket.versions.push({ ...version(bucket, key, Buffer.alloc(0), clock), isMarker: true });
        return;
      }
      const at = bucket.versions.findIndex((stored) => stored.key === key && stored.version === wanted);
      const { lock } = bucket.versions[at] ?? {};
      if (lock !== undefined && lock.until > clock.now() && !(bypassesGovernance && lock.mode === "GOVERNANCE"))
        throw new AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403);
      if (at === -1) return;
      bucket.versions.splice(at, 1);
      const last = bucket.versions.findLast((stored) => stored.key === key);
      if (last === undefined || last.isMarker === true) bucket.objects.delete(key);
      else bucket.objects.set(key, last);
    },
  };
}

const version = ({ settings }: Bucket, key: string, body: Buffer, clock: Clock): StoredObject => ({
  key,
  body,
  etag: `"${createHash("md5").update(body).digest("hex")}"`,
  at: clock.now(),
  version: settings.versioned ? `${String((versions += 1)).padStart(12, "0")}${randomUUID().slice(0, 8)}` : UNVERSIONED,
});
/** Ids sort as the versions came, so that a listing goes on from one that is gone meanwhile. */
let versions = 0;
