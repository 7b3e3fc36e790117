// An endpoint service on local AWS: who may ask for it, its private name, its lists, limits and tags.

import {
  AcceptVpcEndpointConnectionsCommand,
  CreateTagsCommand,
  DeleteVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
  ModifyVpcEndpointServiceConfigurationCommand,
  ModifyVpcEndpointServicePermissionsCommand,
  paginateDescribeVpcEndpointConnections,
  StartVpcEndpointServicePrivateDnsVerificationCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { scene } from "./ec2-scene.fixture.ts";
import { ACME, refusal, REGION } from "./wire.fixture.ts";

describe("who may ask", () => {
  test("once permissions are set, only those in them; another sees no such service", async () => {
    const { ask, aws, provider, serviceId } = await scene();
    const AddAllowedPrincipals = [`arn:aws:iam::${ACME}:root`];
    const added = await provider.send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId: serviceId, AddAllowedPrincipals }));
    expect(added.AddedPrincipals).toMatchObject([{ PrincipalType: "Account", Principal: AddAllowedPrincipals[0], ServiceId: serviceId }]);
    const stranger = aws.ec2("333333333333");
    expect(await refusal(ask({}, stranger))).toMatchObject({
      name: "InvalidServiceName",
      message: expect.stringContaining(`'com.amazonaws.vpce.${REGION}.${serviceId}' does not exist`),
    });
    expect((await stranger.send(new DescribeVpcEndpointServicesCommand({}))).ServiceNames).toEqual([]);
    expect(await ask()).toMatch(/^vpce-/);
    await provider.send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId: serviceId, AddAllowedPrincipals: ["*"] }));
    expect(await ask({}, stranger)).toMatch(/^vpce-/);
  });

  test("under strict permissions an untouched service is closed to others and open to its owner", async () => {
    const { ask, provider } = await scene({ assumptions: { servicesOpenUntilPermissionsSet: false } });
    expect((await refusal(ask())).name).toBe("InvalidServiceName");
    expect(await ask({}, provider)).toMatch(/^vpce-/);
  });

  test("a service belongs to its provider alone", async () => {
    const { ask, consumer, serviceId } = await scene();
    const id = await ask();
    expect((await consumer.send(new DescribeVpcEndpointServiceConfigurationsCommand({}))).ServiceConfigurations).toEqual([]);
    expect((await consumer.send(new DescribeVpcEndpointConnectionsCommand({}))).VpcEndpointConnections).toEqual([]);
    expect(
      (await refusal(consumer.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId, VpcEndpointIds: [id] })))).name,
    ).toBe("InvalidVpcEndpointServiceId.NotFound");
  });

  test("an endpoint of another type than the service offers is refused", async () => {
    const { ask } = await scene();
    expect(await refusal(ask({ VpcEndpointType: "Gateway" }))).toMatchObject({
      name: "InvalidParameter",
      message: "Endpoint type (Gateway) does not match available service types ([Interface]).",
    });
  });
});

describe("private DNS", () => {
  test("can only be switched on after the provider has accepted and verified its name", async () => {
    const { accept, ask, clock, consumer, provider, serviceId } = await scene();
    expect((await refusal(ask({ PrivateDnsEnabled: true }))).message).toBe(
      `Private DNS can only be enabled after the endpoint connection is accepted by the owner of com.amazonaws.vpce.${REGION}.${serviceId}.`,
    );
    const id = await ask();
    await accept(id);
    const enable = new ModifyVpcEndpointCommand({ VpcEndpointId: id, PrivateDnsEnabled: true });
    expect((await refusal(consumer.send(enable))).name).toBe("InvalidParameter");
    await provider.send(new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId: serviceId, PrivateDnsName: "pay.example.com" }));
    const describe = new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [serviceId] });
    const before = (await provider.send(describe)).ServiceConfigurations?.[0]?.PrivateDnsNameConfiguration;
    expect(before).toMatchObject({
      State: "pendingVerification",
      Type: "TXT",
      Value: expect.stringMatching(/^vpce:/),
      Name: expect.stringMatching(/^_/),
    });
    await provider.send(new StartVpcEndpointServicePrivateDnsVerificationCommand({ ServiceId: serviceId }));
    clock.advance(1500);
    expect((await provider.send(describe)).ServiceConfigurations?.[0]?.PrivateDnsNameConfiguration?.State).toBe("verified");
    await consumer.send(enable);
    expect((await consumer.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }))).VpcEndpoints?.[0]?.PrivateDnsEnabled).toBe(
      true,
    );
  });
});

describe("lists, limits and the rest", () => {
  test("pages of connections hold each one once", async () => {
    const { ask, provider, serviceId } = await scene({ throttled: false });
    const ids: string[] = [];
    for (let count = 0; count < 13; count += 1) ids.push(await ask());
    const seen: string[] = [];
    let pages = 0;
    for await (const page of paginateDescribeVpcEndpointConnections(
      { client: provider, pageSize: 5 },
      { Filters: [{ Name: "service-id", Values: [serviceId] }] },
    )) {
      pages += 1;
      seen.push(...(page.VpcEndpointConnections ?? []).map((one) => one.VpcEndpointId ?? ""));
    }
    expect([pages, seen]).toEqual([3, ids]);
    const states = [{ Name: "vpc-endpoint-state", Values: ["available", "pending*"] }];
    expect((await provider.send(new DescribeVpcEndpointConnectionsCommand({ Filters: states }))).VpcEndpointConnections).toHaveLength(13);
    expect((await refusal(provider.send(new DescribeVpcEndpointConnectionsCommand({ MaxResults: 4 })))).name).toBe("InvalidParameterValue");
    expect((await refusal(provider.send(new DescribeVpcEndpointConnectionsCommand({ NextToken: "x" })))).name).toBe("InvalidNextToken");
    expect(
      (await refusal(provider.send(new DescribeVpcEndpointConnectionsCommand({ Filters: [{ Name: "colour", Values: ["red"] }] })))).message,
    ).toBe("The filter 'colour' is invalid");
  });

  test("ten accepts in a burst, then one a second, for each account by itself", async () => {
    const { accept, aws, clock, serviceId } = await scene();
    const nobody = "vpce-00000000000000000";
    for (let count = 0; count < 10; count += 1) await accept(nobody);
    expect(await refusal(accept(nobody))).toMatchObject({ name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } });
    const other = new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId, VpcEndpointIds: [nobody] });
    expect((await refusal(aws.ec2(ACME).send(other))).name).toBe("InvalidVpcEndpointServiceId.NotFound");
    clock.advance(1000);
    expect(await accept(nobody)).toEqual(["InvalidVpcEndpointId.NotFound"]);
    expect((await refusal(accept(nobody))).name).toBe("RequestLimitExceeded");
  });

  test("a service with connections cannot be deleted", async () => {
    const { ask, provider, reject, serviceId } = await scene();
    const id = await ask();
    const remove = new DeleteVpcEndpointServiceConfigurationsCommand({ ServiceIds: [serviceId] });
    expect((await provider.send(remove)).Unsuccessful?.[0]?.Error?.Code).toBe("ExistingVpcEndpointConnections");
    await reject(id);
    expect((await provider.send(remove)).Unsuccessful).toEqual([]);
    expect(
      (await refusal(provider.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId, VpcEndpointIds: [id] })))).name,
    ).toBe("InvalidVpcEndpointServiceId.NotFound");
  });

  test("a dry run changes nothing", async () => {
    const { ask, connection, provider, serviceId } = await scene();
    const id = await ask();
    const dry = new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId, VpcEndpointIds: [id], DryRun: true });
    expect(await refusal(provider.send(dry))).toMatchObject({ name: "DryRunOperation", $metadata: { httpStatusCode: 412 } });
    expect((await connection(id))?.VpcEndpointState).toBe("pendingAcceptance");
  });

  test("tags, notifications and client tokens", async () => {
    const { ask, provider, serviceId } = await scene();
    await provider.send(new CreateTagsCommand({ Resources: [serviceId], Tags: [{ Key: "drawbridge", Value: "yes" }] }));
    const tagged = new DescribeVpcEndpointServiceConfigurationsCommand({ Filters: [{ Name: "tag:drawbridge", Values: ["yes"] }] });
    expect((await provider.send(tagged)).ServiceConfigurations?.[0]?.Tags).toEqual([{ Key: "drawbridge", Value: "yes" }]);
    const listed = await provider.send(
      new DescribeVpcEndpointConnectionNotificationsCommand({ Filters: [{ Name: "service-id", Values: [serviceId] }] }),
    );
    expect(listed.ConnectionNotificationSet).toMatchObject([
      {
        ServiceId: serviceId,
        ConnectionNotificationType: "Topic",
        ConnectionNotificationState: "Enabled",
        ConnectionEvents: ["Connect", "Accept", "Reject", "Delete"],
      },
    ]);
    const [first, second] = [await ask({ ClientToken: "same" }), await ask({ ClientToken: "same" })];
    expect(second).toBe(first);
    expect((await refusal(ask({ ClientToken: "same", VpcId: "vpc-87654321" }))).name).toBe("IdempotentParameterMismatch");
  });
});
