// An operator's desk whose log is sealed: S3 and KMS on loopback, speaking AWS's own protocols, and the clock of the world for everybody.

import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { vi } from "vitest";
import { checkpointBucket } from "../../lib/aws/checkpoint-bucket.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { kmsKey } from "../../lib/aws/signing-key.ts";
import { instant, milliseconds } from "../../lib/ids.ts";
import { keepCheckpoints, type Memory } from "../../lib/loop/checkpoint.ts";
import type { Ledger, SigningKey } from "../../lib/ports.ts";
import { createCallFaults } from "../../local/call-faults.ts";
import { wallClock } from "../../local/clock.ts";
import { startFront } from "../../local/http-front.ts";
import { createIdentities } from "../../local/identities.ts";
import { s3Door } from "../../local/s3-door.ts";
import { createKms } from "../../local/services/kms.ts";
import { createBuckets } from "../../local/services/s3-buckets.ts";
import { acme, desk, service, type Desk } from "../operator/desk.ts";
import { secretAccessKey, served, type SignedServer } from "./signed-server.ts";
import { typed, type Typed } from "./typed.ts";

const region = "eu-west-1";
const account = "111111111111";

export interface SealedDesk {
  readonly at: Desk;
  readonly server: SignedServer;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly arn: string;
  /** Objects read from S3 so far. */
  readonly reads: () => number;
  run(...words: string[]): Promise<Typed>;
  /** Lets a minute pass, and seals what there is. With a key or ledger of somebody's own, as they would. */
  seal(minutes?: number, ports?: { key?: SigningKey; ledger?: Pick<Ledger, "search">; bucket?: string }): Promise<void>;
  /** Something happens: an entry is written, a consumer connects and is let in. */
  happen(number: number): Promise<void>;
  newBucket(): string;
  newKey(): string;
  put(key: string, text: string): Promise<void>;
  hide(key: string): Promise<void>;
  close(): Promise<void>;
}

export async function sealedDesk(): Promise<SealedDesk> {
  vi.stubEnv("AWS_ACCESS_KEY_ID", account);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  vi.stubEnv("AWS_SESSION_TOKEN", "");
  vi.stubEnv("AWS_REGION", region);
  const identities = createIdentities();
  const buckets = createBuckets(wallClock());
  const kms = createKms({ region, clock: wallClock() });
  let reads = 0;
  const door = s3Door({ buckets, identities, region, faults: createCallFaults(), log: () => undefined });
  const front = await startFront({
    services: [kms],
    identities,
    port: 0,
    region,
    other: (request, response) => {
      if (request.method === "GET" && /\/checkpoints\/\d/.test(request.url ?? "")) reads += 1;
      return door(request, response);
    },
  });
  vi.stubEnv("AWS_ENDPOINT_URL", front.url);
  const s3 = new S3Client({ endpoint: front.url, region, credentials: { accessKeyId: account, secretAccessKey }, maxAttempts: 1 });
  let made = 0;
  const newBucket = (): string => {
    const name = `checkpoints-${String((made += 1))}`;
    buckets.create(name, account, { versioned: true, lock: { mode: "GOVERNANCE", days: 10 } });
    return name;
  };
  const newKey = (): string => {
    const call = {
      action: "CreateKey",
      input: { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" },
      caller: identities.caller(account),
      region,
      requestId: "r",
    };
    return (kms.handle(call) as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
  };
  const [bucket, arn] = [newBucket(), newKey()];
  const at = desk({ checkpoints: { bucket, key: arn } });
  const server = await served(at);
  const { clock } = at.world;
  // The command's own clock: what it lists ends ten seconds before.
  vi.useFakeTimers({ toFake: ["Date"] });
  const tick = (seconds: number): void => void vi.setSystemTime(milliseconds(clock.advance(seconds)));
  tick(0);
  const memory: Memory = {};
  return {
    at,
    server,
    s3,
    bucket,
    arn,
    reads: () => reads,
    run: (...words) => typed(words, { api: server.url, env: { AWS_ENDPOINT_URL: front.url } }),
    async seal(minutes = 1, { key = kmsKey(arn, front.url), ledger = at.ports.ledger, bucket: into = bucket } = {}) {
      tick(minutes * 60);
      const own = into === bucket ? memory : {};
      await keepCheckpoints(
        {
          clock: clock.now,
          hash: sha256,
          ledger,
          checkpoints: checkpointBucket(s3, into),
          key,
          log: `${account}/${region}/drawbridge-test`,
        },
        own,
      );
    },
    async happen(number) {
      if (number === 1) await at.ask("POST /services", { service });
      tick(1);
      await at.ask("PUT /entries", { service, principal: acme, verdict: "accept", purpose: `trial ${String(number)}` });
      at.connect(number);
      await at.admit();
    },
    newBucket,
    newKey,
    put: async (key, text) => void (await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }))),
    hide: async (key) => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
    async close() {
      vi.useRealTimers();
      vi.unstubAllEnvs();
      s3.destroy();
      await server.close();
      await front.close();
    },
  };
}

export const later = (at: string, minutes: number): string => instant(Date.parse(at) + minutes * 60_000);
