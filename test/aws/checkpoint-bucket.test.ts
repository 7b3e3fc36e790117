// The bucket of checkpoints and the key that signs them, over AWS's own protocols.

import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { checkpointBucket, keptCheckpoints, readCheckpoint } from "../../lib/aws/checkpoint-bucket.ts";
import { publicKeys } from "../../lib/aws/public-keys.ts";
import { kmsKey } from "../../lib/aws/signing-key.ts";
import { checkpointKey, type Checkpoint } from "../../lib/audit/checkpoint.ts";
import { Fault } from "../../lib/faults.ts";
import { createCallFaults } from "../../local/call-faults.ts";
import { wallClock } from "../../local/clock.ts";
import { startFront, type Front } from "../../local/http-front.ts";
import { createIdentities } from "../../local/identities.ts";
import { s3Door } from "../../local/s3-door.ts";
import { createKms } from "../../local/services/kms.ts";
import { createBuckets, type Buckets } from "../../local/services/s3-buckets.ts";
import { fakeCheckpoints } from "../fakes/checkpoints.ts";
import { sealedLog } from "../audit/sealed-log.ts";

const region = "eu-west-1";
const account = "111111111111";
const { checkpoints: samples } = sealedLog({ count: 40, chains: 4, every: 5 });
const sample = (number: number): Checkpoint => {
  const found = samples[number - 1];
  if (found === undefined) throw new Error("not so many");
  return found;
};

let front: Front;
let buckets: Buckets;
let s3: S3Client;
let arn: string;
let made = 0;
beforeAll(async () => {
  const identities = createIdentities();
  buckets = createBuckets(wallClock());
  const kms = createKms({ region, clock: wallClock() });
  const door = s3Door({ buckets, identities, region, faults: createCallFaults(), log: () => undefined });
  front = await startFront({ services: [kms], identities, port: 0, region, other: door });
  s3 = new S3Client({ endpoint: front.url, region, credentials: { accessKeyId: account, secretAccessKey: "any" }, maxAttempts: 1 });
  const call = {
    action: "CreateKey",
    input: { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" },
    caller: identities.caller(account),
    region,
    requestId: "r",
  };
  const { KeyMetadata } = kms.handle(call) as { KeyMetadata: { Arn: string } };
  arn = KeyMetadata.Arn;
  vi.stubEnv("AWS_ACCESS_KEY_ID", account);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
});
afterAll(async () => {
  s3.destroy();
  await front.close();
  vi.unstubAllEnvs();
});

const locked = (): string => {
  const name = `checkpoints-${String((made += 1))}`;
  buckets.create(name, account, { versioned: true, lock: { mode: "GOVERNANCE", days: 10 } });
  return name;
};

describe.each([
  { name: "in memory", setup: () => fakeCheckpoints() },
  { name: "S3", setup: () => checkpointBucket(s3, locked()) },
])("checkpoints $name", ({ setup }) => {
  test("an empty bucket has no last one", async () => {
    expect(await setup().last()).toBeUndefined();
  });
  test("each number is written once, and the last is found", async () => {
    const store = setup();
    for (let number = 1; number <= 7; number += 1) {
      expect(await store.put(sample(number))).toBe("done");
      expect(await store.put({ ...sample(number), signature: "another" })).toBe("taken");
      expect(await store.last()).toEqual(sample(number));
    }
    expect(await store.read(3)).toEqual(sample(3));
    expect(await store.putKey(arn, "pem")).toBe("done");
    expect(await store.putKey(arn, "other")).toBe("taken");
  });
});

describe("what is kept", () => {
  let bucket: string;
  beforeEach(async () => {
    bucket = locked();
    for (let number = 1; number <= 3; number += 1) await checkpointBucket(s3, bucket).put(sample(number));
    await checkpointBucket(s3, bucket).putKey(arn, "pem\n");
  });
  const listed = async (): Promise<{ numbers: number[]; writtenOver: boolean[] }> => {
    const all = await keptCheckpoints(s3, bucket).list();
    const read = await Promise.all(all.map((one) => one.read()));
    return { numbers: read.map(({ statement }) => statement.number), writtenOver: all.map((one) => one.writtenOver) };
  };

  test("is listed in order, with the keys", async () => {
    expect(await listed()).toEqual({ numbers: [1, 2, 3], writtenOver: [false, false, false] });
    expect(await keptCheckpoints(s3, bucket).keys()).toEqual(new Map([[arn, "pem\n"]]));
  });
  test("is as it was first, also when somebody wrote over it or marked it as deleted", async () => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: checkpointKey(2), Body: "forged" }));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: checkpointKey(3) }));
    expect(await listed()).toEqual({ numbers: [1, 2, 3], writtenOver: [false, true, false] });
  });
  test("cannot be removed while it is locked", async () => {
    const version = buckets.find(bucket)?.versions[0];
    await expect(s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: version?.key, VersionId: version?.version }))).rejects.toThrow(
      "object lock",
    );
  });
});

test("an object that is no checkpoint is named", () => {
  for (const text of ["", "{}", '{"statement":{"format":2}}']) expect(() => readCheckpoint(text, "checkpoints/x.json")).toThrow(Fault);
  expect(() => readCheckpoint("{}", "checkpoints/x.json")).toThrow("checkpoints/x.json");
});

test("a bucket that is not there is a fault that names the permission and the bucket", async () => {
  await expect(checkpointBucket(s3, "nowhere").last()).rejects.toThrow(/s3:ListBucket.*nowhere/s);
  await expect(checkpointBucket(s3, "nowhere").put(sample(1))).rejects.toThrow(/s3:PutObject.*nowhere/s);
});

describe("the key in KMS", () => {
  test("signs what its public half verifies", async () => {
    const key = kmsKey(arn, front.url);
    const { isSigned } = publicKeys(new Map([[arn, await key.publicKey()]]));
    const signature = await key.sign("a statement");
    expect(isSigned("a statement", signature, arn)).toBe(true);
    expect(isSigned("another", signature, arn)).toBe(false);
    expect(isSigned("a statement", signature, `${arn}0`)).toBe("unknown key");
  });
  test("says what is wrong", async () => {
    await expect(kmsKey(`${arn.slice(0, -1)}x`, front.url).sign("text")).rejects.toThrow(/kms:Sign.*NotFound/);
    await expect(kmsKey(arn, front.url).sign("x".repeat(5000))).rejects.toThrow("too long to sign");
  });
});
