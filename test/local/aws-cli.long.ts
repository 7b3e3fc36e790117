// The real `aws` command against local AWS, where it is installed: a connection from the request to the alias, tables, identities, secrets, and its refusals.

import { describe, expect, test } from "vitest";
import { awsCommand, isInstalled } from "./aws-command.fixture.ts";
import { ACME, PROVIDER, REGION } from "./wire.fixture.ts";

describe.skipIf(!isInstalled)("the aws command (skipped where it is not on the PATH)", () => {
  const cli = awsCommand();

  test("a connection from the request to the alias", async () => {
    const balancer = `arn:aws:elasticloadbalancing:${REGION}:${PROVIDER}:loadbalancer/net/pay/0123456789abcdef`;
    const made = (await cli(
      PROVIDER,
      "ec2",
      "create-vpc-endpoint-service-configuration",
      "--acceptance-required",
      "--network-load-balancer-arns",
      balancer,
    )) as { ServiceConfiguration: { ServiceId: string; ServiceName: string } };
    const { ServiceId, ServiceName } = made.ServiceConfiguration;
    const asked = (await cli(
      ACME,
      "ec2",
      "create-vpc-endpoint",
      "--vpc-id",
      "vpc-12345678",
      "--vpc-endpoint-type",
      "Interface",
      "--service-name",
      ServiceName,
    )) as { VpcEndpoint: { VpcEndpointId: string; State: string } };
    expect(asked.VpcEndpoint.State).toBe("pendingAcceptance");
    const id = asked.VpcEndpoint.VpcEndpointId;
    expect(await cli(PROVIDER, "ec2", "accept-vpc-endpoint-connections", "--service-id", ServiceId, "--vpc-endpoint-ids", id)).toEqual({
      Unsuccessful: [],
    });
    const listed = (await cli(
      PROVIDER,
      "ec2",
      "describe-vpc-endpoint-connections",
      "--filters",
      `Name=service-id,Values=${ServiceId}`,
    )) as {
      VpcEndpointConnections: {
        VpcEndpointId: string;
        VpcEndpointOwner: string;
        VpcEndpointState: string;
        DnsEntries: { DnsName: string; HostedZoneId: string }[];
      }[];
    };
    const [connection] = listed.VpcEndpointConnections;
    expect(connection).toMatchObject({ VpcEndpointId: id, VpcEndpointOwner: ACME, VpcEndpointState: "available" });
    const zone = (await cli(PROVIDER, "route53", "create-hosted-zone", "--name", "pl.example.com", "--caller-reference", "cli")) as {
      HostedZone: { Id: string };
    };
    const target = connection?.DnsEntries[0];
    const AliasTarget = { HostedZoneId: target?.HostedZoneId, DNSName: target?.DnsName, EvaluateTargetHealth: false };
    const batch = JSON.stringify({
      Changes: [{ Action: "UPSERT", ResourceRecordSet: { Name: "acme.pl.example.com", Type: "A", AliasTarget } }],
    });
    expect(
      await cli(PROVIDER, "route53", "change-resource-record-sets", "--hosted-zone-id", zone.HostedZone.Id, "--change-batch", batch),
    ).toMatchObject({ ChangeInfo: { Status: "PENDING" } });
    const records = await cli(
      PROVIDER,
      "route53",
      "list-resource-record-sets",
      "--hosted-zone-id",
      zone.HostedZone.Id,
      "--query",
      "ResourceRecordSets[?Type=='A']",
    );
    expect(records).toEqual([
      { Name: "acme.pl.example.com.", Type: "A", AliasTarget: { ...AliasTarget, DNSName: `${AliasTarget.DNSName ?? ""}.` } },
    ]);
  });

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
