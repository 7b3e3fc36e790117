// Secrets, read again after five minutes, so that a new one counts soon and none is read for each request.

import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type GetSecretValueCommandOutput,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { Fault } from "../faults.ts";
import { milliseconds } from "../ids.ts";
import type { Clock, Keys } from "../ports.ts";
import { calling } from "./errors.ts";

const cachedSeconds = 300;
const action = "secretsmanager:GetSecretValue";
/** Shorter than this, a signature could be guessed. */
const keyLengthMin = 32;

/** The key that signs links, and the one before it, so that links signed before a rotation stay good. */
export function linkKeys(client: SecretsManagerClient, arn: string, clock: Clock): Keys {
  const kept = cached(clock, async () => {
    const current = await secret(client, arn, "AWSCURRENT");
    if (current === undefined || current.length < keyLengthMin)
      throw new Fault(
        "WeakKey",
        `secret ${arn}`,
        `the key that signs links must have at least ${String(keyLengthMin)} characters; put a new one`,
        false,
      );
    const previous = await secret(client, arn, "AWSPREVIOUS");
    return previous === undefined || previous.length < keyLengthMin ? [current] : [current, previous];
  });
  return { link: () => kept() };
}

/** `fresh` reads it again, whatever is kept. */
export const cachedSecret = (client: SecretsManagerClient, arn: string, clock: Clock): ((fresh?: boolean) => Promise<string>) =>
  cached(clock, async () => {
    const text = await secret(client, arn, "AWSCURRENT");
    if (text === undefined) throw new Fault("NoSecret", `secret ${arn}`, "it has no value; put one", false);
    return text;
  });

/** How long requests signed with the secret before a rotation may still be on their way, or be signed by an app that is behind. */
const previousGoodSeconds = 3600;
/** However many requests nobody signed come in, the secret is not read more often than this. */
const freshSeconds = 30;

/** The present value, and for an hour after a rotation the one before it. `fresh` reads again what is half a minute old. */
export function rotatedSecret(client: SecretsManagerClient, arn: string, clock: Clock): (fresh: boolean) => Promise<readonly string[]> {
  let kept: { readonly values: readonly string[]; readonly at: number } | undefined;
  return async (fresh) => {
    const now = milliseconds(clock());
    if (kept !== undefined && now - kept.at < (fresh ? freshSeconds : cachedSeconds) * 1000) return kept.values;
    const current = await version(client, arn, "AWSCURRENT");
    const rotated = current?.CreatedDate?.getTime() ?? 0;
    const previous = now - rotated < previousGoodSeconds * 1000 ? await version(client, arn, "AWSPREVIOUS") : undefined;
    const values = [current, previous].flatMap((one) => one?.SecretString ?? []);
    kept = { values, at: now };
    return values;
  };
}

async function secret(client: SecretsManagerClient, arn: string, stage: Stage): Promise<string | undefined> {
  return (await version(client, arn, stage))?.SecretString;
}

type Stage = "AWSCURRENT" | "AWSPREVIOUS";

async function version(client: SecretsManagerClient, arn: string, stage: Stage): Promise<GetSecretValueCommandOutput | undefined> {
  return calling(
    action,
    async () => {
      try {
        return await client.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: stage }));
      } catch (error) {
        // A secret that was never rotated has no previous version.
        if (stage === "AWSPREVIOUS" && error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    `secret ${arn}`,
  );
}

function cached<T>(clock: Clock, read: () => Promise<T>): (fresh?: boolean) => Promise<T> {
  let kept: { readonly value: T; readonly until: number } | undefined;
  return async (fresh = false) => {
    const now = milliseconds(clock());
    if (fresh || kept === undefined || now >= kept.until) kept = { value: await read(), until: now + cachedSeconds * 1000 };
    return kept.value;
  };
}
