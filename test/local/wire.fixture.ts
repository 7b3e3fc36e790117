// A front with chosen services, a clock that only moves when told, and real SDK clients in front of it.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { Route53Client } from "@aws-sdk/client-route-53";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { startFront } from "../../local/http-front.ts";
import type { Front } from "../../local/http-front.ts";
import { createIdentities } from "../../local/identities.ts";
import type { Identities } from "../../local/identities.ts";
import type { Clock, Service } from "../../local/service.ts";

export const PROVIDER = "111111111111";
export const ACME = "222222222222";
export const REGION = "eu-west-1";

export interface ManualClock extends Clock {
  /** Moves time on and runs what is due on the way, in order. */
  advance(ms: number): void;
}

export function manualClock(): ManualClock {
  let now = Date.UTC(2026, 0, 1);
  const due = new Set<{ at: number; work: () => void }>();
  return {
    now: () => now,
    after(ms, work) {
      const entry = { at: now + ms, work };
      due.add(entry);
      return () => void due.delete(entry);
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        due.delete(next);
        now = next.at;
        next.work();
      }
      now = until;
    },
  };
}

export interface Wire {
  readonly front: Front;
  readonly identities: Identities;
  config(accessKeyId?: string): ClientConfig;
  ec2(accessKeyId?: string): EC2Client;
  route53(accessKeyId?: string): Route53Client;
  dynamodb(accessKeyId?: string): DynamoDBClient;
  secrets(accessKeyId?: string): SecretsManagerClient;
  ssm(accessKeyId?: string): SSMClient;
}

interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly maxAttempts: number;
  readonly credentials: { accessKeyId: string; secretAccessKey: string };
}

export async function wire(make: (identities: Identities) => readonly Service[] | Promise<readonly Service[]>): Promise<Wire> {
  const identities = createIdentities();
  const front = await startFront({ services: await make(identities), identities, port: 0, region: REGION });
  const config = (accessKeyId = PROVIDER): ClientConfig => ({
    endpoint: front.url,
    region: REGION,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: "any" },
  });
  return {
    front,
    identities,
    config,
    ec2: (key) => new EC2Client(config(key)),
    route53: (key) => new Route53Client(config(key)),
    dynamodb: (key) => new DynamoDBClient(config(key)),
    secrets: (key) => new SecretsManagerClient(config(key)),
    ssm: (key) => new SSMClient(config(key)),
  };
}

/** A request by hand, signed (or not) as asked: for what no SDK would send. */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  signed?: { service: string; key?: string },
): Promise<Response> {
  const authorization =
    signed === undefined
      ? {}
      : {
          authorization: `AWS4-HMAC-SHA256 Credential=${signed.key ?? PROVIDER}/20260101/${REGION}/${signed.service}/aws4_request, SignedHeaders=host, Signature=0`,
          "x-amz-date": "20260101T000000Z",
        };
  return await fetch(url, { method: "POST", body, headers: { ...authorization, ...headers } });
}

/** The refusal itself, so that a test can look at it; fails when there is none. */
export async function refusal(work: Promise<unknown>): Promise<Error & Readonly<Record<string, unknown>>> {
  try {
    await work;
  } catch (error) {
    return error as Error & Readonly<Record<string, unknown>>;
  }
  throw new Error("was not refused");
}
