// Secrets Manager and SSM's parameters on local AWS.

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wallClock } from "../../local/clock.ts";
import { createSecretsManager } from "../../local/services/secretsmanager.ts";
import { createSsm } from "../../local/services/ssm.ts";
import { ACME, refusal, REGION, wire } from "./wire.fixture.ts";
import type { Wire } from "./wire.fixture.ts";

let aws: Wire;
beforeAll(async () => {
  const options = { region: REGION, clock: wallClock() };
  aws = await wire(() => [createSecretsManager(options), createSsm(options)]);
});
afterAll(async () => await aws.front.close());

test("a secret's new value is current, the old one previous", async () => {
  const secrets = aws.secrets();
  const { ARN: SecretId } = await secrets.send(new CreateSecretCommand({ Name: "link-key", SecretString: "one" }));
  expect(SecretId).toMatch(/^arn:aws:secretsmanager:eu-west-1:111111111111:secret:link-key-[A-Za-z]{6}$/);
  await secrets.send(new PutSecretValueCommand({ SecretId: "link-key", SecretString: "two" }));
  await secrets.send(new UpdateSecretCommand({ SecretId, SecretString: "three" }));
  const value = async (more: object = {}) => (await secrets.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString;
  expect([await value(), await value({ VersionStage: "AWSPREVIOUS" })]).toEqual(["three", "two"]);
  const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId }));
  expect(
    Object.values(VersionIdsToStages ?? {})
      .flat()
      .toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
  expect((await refusal(secrets.send(new CreateSecretCommand({ Name: "link-key" })))).name).toBe("ResourceExistsException");
});

test("bytes come back as they went in", async () => {
  const SecretBinary = new Uint8Array([0, 1, 254, 255]);
  await aws.secrets().send(new CreateSecretCommand({ Name: "bytes", SecretBinary }));
  expect((await aws.secrets().send(new GetSecretValueCommand({ SecretId: "bytes" }))).SecretBinary).toEqual(SecretBinary);
});

test("a secret of another account, or one marked for deletion, is not given away", async () => {
  await aws.secrets().send(new CreateSecretCommand({ Name: "mine", SecretString: "x" }));
  expect(await refusal(aws.secrets(ACME).send(new GetSecretValueCommand({ SecretId: "mine" })))).toMatchObject({
    name: "ResourceNotFoundException",
    message: "Secrets Manager can't find the specified secret.",
  });
  await aws.secrets().send(new DeleteSecretCommand({ SecretId: "mine" }));
  expect((await refusal(aws.secrets().send(new GetSecretValueCommand({ SecretId: "mine" })))).name).toBe("InvalidRequestException");
});

test("parameters are put, got and listed by path", async () => {
  const ssm = aws.ssm();
  const put = (Name: string, more: object = {}) => ssm.send(new PutParameterCommand({ Name, Value: "v", Type: "String", ...more }));
  await put("/app/a");
  await put("/app/deep/b");
  expect((await refusal(put("/app/a"))).name).toBe("ParameterAlreadyExists");
  expect((await put("/app/a", { Overwrite: true, Value: "w" })).Version).toBe(2);
  expect((await ssm.send(new GetParameterCommand({ Name: "/app/a" }))).Parameter).toMatchObject({
    Value: "w",
    ARN: "arn:aws:ssm:eu-west-1:111111111111:parameter/app/a",
  });
  expect((await refusal(ssm.send(new GetParameterCommand({ Name: "/none" })))).name).toBe("ParameterNotFound");
  expect(await ssm.send(new GetParametersCommand({ Names: ["/app/a", "/none"] }))).toMatchObject({
    Parameters: [{ Name: "/app/a" }],
    InvalidParameters: ["/none"],
  });
  const byPath = async (Recursive: boolean) =>
    (await ssm.send(new GetParametersByPathCommand({ Path: "/app", Recursive }))).Parameters?.map(({ Name }) => Name);
  expect([await byPath(false), await byPath(true)]).toEqual([["/app/a"], ["/app/a", "/app/deep/b"]]);
});
