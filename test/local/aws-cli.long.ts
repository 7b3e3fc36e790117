// The real `aws` command against local AWS, where it is installed: tables, identities, secrets, and its refusals.

import { describe, expect, test } from "vitest";
import { awsCommand, isInstalled } from "./aws-command.fixture.ts";
import { ACME, PROVIDER } from "./wire.fixture.ts";

describe.skipIf(!isInstalled)("the aws command (skipped where it is not on the PATH)", () => {
  const cli = awsCommand();

  test("a table, a transaction and its refusal", async () => {
    await cli(
      PROVIDER,
      "dynamodb",
      "create-table",
      "--table-name",
      "Table",
      "--attribute-definitions",
      "AttributeName=id,AttributeType=S",
      "--key-schema",
      "AttributeName=id,KeyType=HASH",
      "--billing-mode",
      "PAY_PER_REQUEST",
    );
    const items = JSON.stringify([
      { Put: { TableName: "Table", Item: { id: { S: "a" }, raw: { B: "hi" } }, ConditionExpression: "attribute_not_exists(id)" } },
    ]);
    expect(await cli(PROVIDER, "dynamodb", "transact-write-items", "--transact-items", items)).toEqual({});
    expect(await cli(PROVIDER, "dynamodb", "transact-write-items", "--transact-items", items)).toContain("TransactionCanceledException");
    expect(await cli(PROVIDER, "dynamodb", "get-item", "--table-name", "Table", "--key", '{"id":{"S":"a"}}')).toEqual({
      Item: { id: { S: "a" }, raw: { B: "aGk=" } },
    });
  });

  test("identities, secrets, and how it words refusals", async () => {
    expect(await cli(ACME, "sts", "get-caller-identity")).toEqual({ UserId: ACME, Account: ACME, Arn: `arn:aws:iam::${ACME}:root` });
    const assumed = await cli(ACME, "sts", "assume-role", "--role-arn", "arn:aws:iam::333333333333:role/op", "--role-session-name", "me");
    expect(assumed).toMatchObject({ AssumedRoleUser: { Arn: "arn:aws:sts::333333333333:assumed-role/op/me" } });
    await cli(PROVIDER, "secretsmanager", "create-secret", "--name", "s", "--secret-string", "hi");
    expect(await cli(PROVIDER, "secretsmanager", "get-secret-value", "--secret-id", "s", "--query", "SecretString")).toBe("hi");
    expect(await cli("AKIANOBODY", "ec2", "describe-vpcs")).toContain("(AuthFailure)");
    expect(await cli(PROVIDER, "ec2", "describe-volumes")).toContain(
      "(InvalidAction) when calling the DescribeVolumes operation: The action DescribeVolumes is not valid for this web service.",
    );
    expect(await cli(PROVIDER, "dynamodb", "list-backups")).toContain("(UnknownOperationException)");
    expect(await cli(PROVIDER, "route53", "get-hosted-zone", "--id", "ZNONE")).toContain(
      "(NoSuchHostedZone) when calling the GetHostedZone operation: No hosted zone found with ID: ZNONE",
    );
  });
});
