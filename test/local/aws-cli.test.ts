// The real `aws` command against local AWS, where it is installed: a connection from the request to the alias.

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
});
