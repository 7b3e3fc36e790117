// The keys that sign links, on local Secrets Manager over the wire.

import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cachedSecret, linkKeys, rotatedSecret } from "../../lib/aws/keys.ts";
import { Fault } from "../../lib/faults.ts";
import { createSecretsManager } from "../../local/services/secretsmanager.ts";
import { fakeClock } from "../fakes/clock.ts";
import { startWire, type Wire } from "./wire.fixture.ts";

let wire: Wire;
let client: SecretsManagerClient;
beforeAll(async () => {
  wire = await startWire(async ({ clock, region }) => [createSecretsManager({ clock, region })]);
  client = new SecretsManagerClient(wire.config());
});
afterAll(() => wire.close());

const [one, two, three] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];
let made = 0;
const secret = async (SecretString: string): Promise<string> =>
  (await client.send(new CreateSecretCommand({ Name: `secret-${String((made += 1))}`, SecretString }))).ARN ?? "";
const put = (SecretId: string, SecretString: string): Promise<unknown> =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString }));

describe("the keys that sign links", () => {
  test("are the newest and the one before it, read again after five minutes", async () => {
    const arn = await secret(one);
    const clock = fakeClock();
    const keys = linkKeys(client, arn, clock.now);
    expect(await keys.link()).toEqual([one]);
    await put(arn, two);
    expect(await keys.link()).toEqual([one]);
    clock.advance(300);
    expect(await keys.link()).toEqual([two, one]);
    await put(arn, three);
    clock.advance(300);
    expect(await keys.link()).toEqual([three, two]);
  });

  test("must be long enough to be safe", async () => {
    await expect(linkKeys(client, await secret("short"), fakeClock().now).link()).rejects.toThrow(/at least 32 characters/);
  });
});

describe("a secret", () => {
  test("is its text; one that does not exist is a fault that a retry does not help", async () => {
    expect(await cachedSecret(client, await secret('{"webhookUrl":""}'), fakeClock().now)()).toBe('{"webhookUrl":""}');
    const missing = cachedSecret(client, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:none-abcdef", fakeClock().now)();
    await expect(missing).rejects.toThrow(Fault);
    await expect(missing).rejects.toMatchObject({ retryable: false, where: "secretsmanager:GetSecretValue" });
  });
});

test("a secret is kept for five minutes, and read at once when it is wanted fresh", async () => {
  const clock = fakeClock();
  const arn = await secret("one");
  const read = cachedSecret(client, arn, clock.now);
  expect(await read()).toBe("one");
  await put(arn, "two");
  expect(await read(false)).toBe("one");
  expect([await read(true), await read(false)]).toEqual(["two", "two"]);
  await put(arn, "three");
  clock.advance(300);
  expect(await read(false)).toBe("three");
});

describe("a secret that others sign with", () => {
  const now = () => fakeClock(new Date().toISOString());

  test("is the newest, and for an hour after a change the one before it too", async () => {
    const clock = now();
    const read = rotatedSecret(client, await secret(one), clock.now);
    expect(await read(false)).toEqual([one]);
    const arn = await secret(one);
    const changed = rotatedSecret(client, arn, clock.now);
    await put(arn, two);
    expect(await changed(false)).toEqual([two, one]);
    clock.advance(3590);
    expect(await changed(false)).toEqual([two, one]);
    // What leaked must not stay good until the next change.
    clock.advance(300);
    expect(await changed(false)).toEqual([two]);
  });

  test("is read anew after five minutes, or after half a minute for who doubts it", async () => {
    const clock = now();
    const arn = await secret(one);
    const read = rotatedSecret(client, arn, clock.now);
    expect(await read(false)).toEqual([one]);
    await put(arn, two);
    clock.advance(29);
    expect(await read(true)).toEqual([one]);
    clock.advance(1);
    expect(await read(false)).toEqual([one]);
    expect(await read(true)).toEqual([two, one]);
    await put(arn, three);
    clock.advance(300);
    expect(await read(false)).toEqual([three, two]);
  });
});
