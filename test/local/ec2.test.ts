// PrivateLink on local AWS, provider and consumer in their own accounts, through the real SDK.

import {
  AcceptVpcEndpointConnectionsCommand,
  CreateTagsCommand,
  CreateVpcEndpointCommand,
  CreateVpcEndpointConnectionNotificationCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  DeleteVpcEndpointServiceConfigurationsCommand,
  DeleteVpcEndpointsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointConnectionNotificationsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  ModifyVpcEndpointCommand,
  ModifyVpcEndpointServiceConfigurationCommand,
  ModifyVpcEndpointServicePermissionsCommand,
  paginateDescribeVpcEndpointConnections,
  RejectVpcEndpointConnectionsCommand,
  StartVpcEndpointServicePrivateDnsVerificationCommand,
} from "@aws-sdk/client-ec2";
import type { CreateVpcEndpointCommandInput, EC2Client, VpcEndpointConnection } from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, test } from "vitest";
import { createEc2 } from "../../local/services/ec2.ts";
import type { Ec2Options, Ec2Service, Notification } from "../../local/services/ec2.ts";
import { ACME, manualClock, PROVIDER, refusal, REGION, wire } from "./wire.fixture.ts";
import type { ManualClock, Wire } from "./wire.fixture.ts";

interface Scene {
  readonly aws: Wire;
  readonly clock: ManualClock;
  readonly service: Ec2Service;
  readonly notices: Notification[];
  readonly provider: EC2Client;
  readonly consumer: EC2Client;
  readonly serviceId: string;
  readonly ask: (more?: Partial<CreateVpcEndpointCommandInput>, client?: EC2Client) => Promise<string>;
  readonly connection: (endpoint: string) => Promise<VpcEndpointConnection | undefined>;
  readonly accept: (...ids: string[]) => Promise<(string | undefined)[]>;
  readonly reject: (...ids: string[]) => Promise<(string | undefined)[]>;
}

const open: Wire[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ front }) => front.close()));
});

const LOAD_BALANCER = `arn:aws:elasticloadbalancing:${REGION}:${PROVIDER}:loadbalancer/net/pay/0123456789abcdef`;

async function scene(options: Partial<Ec2Options> = {}, acceptanceRequired = true): Promise<Scene> {
  const clock = manualClock();
  const notices: Notification[] = [];
  const service = createEc2({
    region: REGION,
    clock,
    delays: { available: 1500, deleted: 1000 },
    notify: (notice) => void notices.push(notice),
    ...options,
  });
  const aws = await wire(() => [service]);
  open.push(aws);
  const provider = aws.ec2();
  const consumer = aws.ec2(ACME);
  const made = await provider.send(
    new CreateVpcEndpointServiceConfigurationCommand({ AcceptanceRequired: acceptanceRequired, NetworkLoadBalancerArns: [LOAD_BALANCER] }),
  );
  const ServiceId = made.ServiceConfiguration?.ServiceId ?? "";
  const ConnectionNotificationArn = `arn:aws:sns:${REGION}:${PROVIDER}:connections`;
  const ConnectionEvents = ["Connect", "Accept", "Reject", "Delete"];
  await provider.send(new CreateVpcEndpointConnectionNotificationCommand({ ServiceId, ConnectionNotificationArn, ConnectionEvents }));
  const ask: Scene["ask"] = async (more = {}, client = consumer) => {
    const asked = {
      VpcId: "vpc-12345678",
      ServiceName: `com.amazonaws.vpce.${REGION}.${ServiceId}`,
      VpcEndpointType: "Interface" as const,
      ...more,
    };
    return (await client.send(new CreateVpcEndpointCommand(asked))).VpcEndpoint?.VpcEndpointId ?? "";
  };
  const codes = (rows: { Error?: { Code?: string | undefined } | undefined }[] | undefined) => (rows ?? []).map((row) => row.Error?.Code);
  return {
    aws,
    clock,
    service,
    notices,
    provider,
    consumer,
    serviceId: ServiceId,
    ask,
    async connection(endpoint) {
      const { VpcEndpointConnections } = await provider.send(
        new DescribeVpcEndpointConnectionsCommand({ Filters: [{ Name: "service-id", Values: [ServiceId] }] }),
      );
      return VpcEndpointConnections?.find((one) => one.VpcEndpointId === endpoint);
    },
    accept: async (...VpcEndpointIds) =>
      codes((await provider.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }))).Unsuccessful),
    reject: async (...VpcEndpointIds) =>
      codes((await provider.send(new RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }))).Unsuccessful),
  };
}

describe("the life of a connection", () => {
  test("asked, accepted, pending, available, deleted, and the provider is told of each but available", async () => {
    const { ask, accept, clock, connection, consumer, notices, serviceId } = await scene();
    const id = await ask({ SubnetIds: ["subnet-12345678"], SecurityGroupIds: ["sg-12345678"] });
    expect(id).toMatch(/^vpce-[0-9a-f]{17}$/);
    expect(await connection(id)).toMatchObject({
      ServiceId: serviceId,
      VpcEndpointOwner: ACME,
      VpcEndpointState: "pendingAcceptance",
      CreationTimestamp: new Date(clock.now()),
      NetworkLoadBalancerArns: [LOAD_BALANCER],
      IpAddressType: "ipv4",
    });
    expect(await accept(id)).toEqual([]);
    expect((await connection(id))?.VpcEndpointState).toBe("pending");
    clock.advance(1500);
    const available = await connection(id);
    expect(available?.VpcEndpointState).toBe("available");
    expect(available?.DnsEntries?.[0]).toMatchObject({
      DnsName: expect.stringMatching(new RegExp(`^${id}-[a-z0-9]{8}\\.${serviceId}\\.eu-west-1\\.vpce\\.amazonaws\\.com$`)),
      HostedZoneId: "Z38GZ743OKFT7T",
    });
    expect(available?.DnsEntries).toHaveLength(2);
    await consumer.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    expect((await connection(id))?.VpcEndpointState).toBe("deleting");
    clock.advance(1000);
    expect((await connection(id))?.VpcEndpointState).toBe("deleted");
    clock.advance(3_600_000);
    expect(await connection(id)).toBeUndefined();
    expect(notices.map(({ message }) => (JSON.parse(message) as { event: string }).event)).toEqual(["Connect", "Accept", "Delete"]);
    expect(notices[0]).toMatchObject({
      account: PROVIDER,
      serviceArn: `arn:aws:ec2:${REGION}:${PROVIDER}:vpc-endpoint-service/${serviceId}`,
      message: expect.stringContaining(id),
    });
  });

  test("without acceptance required it is available by itself", async () => {
    const { ask, clock, connection } = await scene({}, false);
    const id = await ask();
    expect((await connection(id))?.VpcEndpointState).toBe("pending");
    clock.advance(1500);
    expect((await connection(id))?.VpcEndpointState).toBe("available");
  });

  test("the provider can reject before and after; rejected is the end", async () => {
    const { accept, ask, clock, connection, reject } = await scene();
    const [first, second] = [await ask(), await ask()];
    await accept(second);
    clock.advance(1500);
    expect(await reject(first, second)).toEqual([]);
    expect([(await connection(first))?.VpcEndpointState, (await connection(second))?.VpcEndpointState]).toEqual(["rejected", "rejected"]);
    expect(await accept(first)).toEqual(["InvalidState"]);
    expect(await reject(first)).toEqual(["InvalidState"]);
  });

  test("a rejected connection does not become available later", async () => {
    const { accept, ask, clock, connection, reject } = await scene();
    const id = await ask();
    await accept(id);
    await reject(id);
    clock.advance(10_000);
    expect((await connection(id))?.VpcEndpointState).toBe("rejected");
  });

  test("every change by the consumer leads through pending again", async () => {
    const { accept, ask, clock, connection, consumer } = await scene();
    const id = await ask();
    await accept(id);
    clock.advance(1500);
    await consumer.send(new ModifyVpcEndpointCommand({ VpcEndpointId: id, AddSecurityGroupIds: ["sg-87654321"] }));
    expect((await connection(id))?.VpcEndpointState).toBe("pending");
    clock.advance(1500);
    expect((await connection(id))?.VpcEndpointState).toBe("available");
  });

  test("Unsuccessful names each id that failed, the others are done", async () => {
    const { ask, connection, provider, serviceId } = await scene();
    const id = await ask();
    const unknown = "vpce-00000000000000000";
    const answer = await provider.send(
      new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId, VpcEndpointIds: [unknown, id, "nonsense"] }),
    );
    expect(answer.Unsuccessful).toMatchObject([
      { ResourceId: unknown, Error: { Code: "InvalidVpcEndpointId.NotFound" } },
      { ResourceId: "nonsense", Error: { Code: "InvalidVpcEndpointId.Malformed" } },
    ]);
    expect((await connection(id))?.VpcEndpointState).toBe("pending");
  });
});

describe("what AWS leaves open, both ways", () => {
  test("accepting twice", async () => {
    const strict = await scene();
    const one = await strict.ask();
    await strict.accept(one);
    expect(await strict.accept(one)).toEqual(["InvalidState"]);
    const lenient = await scene({ assumptions: { acceptAgainSucceeds: true } });
    const other = await lenient.ask();
    await lenient.accept(other);
    expect(await lenient.accept(other)).toEqual([]);
  });

  test("accepting after a rejection, and another code for the wrong state", async () => {
    const { accept, ask, connection, reject } = await scene({
      assumptions: { acceptAfterRejectSucceeds: true, wrongStateCode: "OperationNotPermitted" },
    });
    const id = await ask();
    await reject(id);
    expect(await reject(id)).toEqual(["OperationNotPermitted"]);
    expect(await accept(id)).toEqual([]);
    expect((await connection(id))?.VpcEndpointState).toBe("pending");
  });

  test("names while it waits, expiry, the consumer's tags, the form of the notice", async () => {
    const { ask, clock, connection, notices } = await scene({
      assumptions: {
        dnsEntriesWhilePendingAcceptance: true,
        pendingAcceptanceExpiresMs: 60_000,
        consumerTagsOnConnections: true,
        notificationForm: "text",
      },
    });
    const id = await ask({ TagSpecifications: [{ ResourceType: "vpc-endpoint", Tags: [{ Key: "team", Value: "pay" }] }] });
    expect(await connection(id)).toMatchObject({ DnsEntries: [{ HostedZoneId: "Z38GZ743OKFT7T" }], Tags: [{ Key: "team", Value: "pay" }] });
    expect(notices[0]?.message).toMatch(/^Connect: VPC endpoint vpce-/);
    clock.advance(60_000);
    expect((await connection(id))?.VpcEndpointState).toBe("expired");
    const closed = await scene();
    expect((await closed.connection(await closed.ask()))?.DnsEntries ?? []).toEqual([]);
  });

  test("the filter on the endpoint id", async () => {
    const command = new DescribeVpcEndpointConnectionsCommand({ Filters: [{ Name: "vpc-endpoint-id", Values: ["vpce-*"] }] });
    const works = await scene();
    await works.ask();
    expect((await works.provider.send(command)).VpcEndpointConnections).toHaveLength(1);
    const refuses = await scene({ assumptions: { vpcEndpointIdFilterWorks: false } });
    expect(await refusal(refuses.provider.send(command))).toMatchObject({
      name: "InvalidParameterValue",
      message: "The filter 'vpc-endpoint-id' is invalid",
    });
  });

  test("VPCs that nobody made", async () => {
    const { ask, aws } = await scene({ assumptions: { vpcsNeedNotExist: false } });
    expect((await refusal(ask())).name).toBe("InvalidVpcId.NotFound");
    const consumer = aws.ec2(ACME);
    const VpcId = (await consumer.send(new DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId;
    const subnets =
      (await consumer.send(new DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId ?? ""] }] }))).Subnets ?? [];
    expect(await ask({ VpcId, SubnetIds: subnets.map(({ SubnetId }) => SubnetId ?? "") })).toMatch(/^vpce-/);
    expect((await refusal((await scene()).ask({ VpcId: "vpc-1" }))).name).toBe("InvalidVpcId.Malformed");
  });

  test("states that no call leads to can be forced by a test", async () => {
    const { ask, connection, service } = await scene();
    const id = await ask();
    service.force(id, "failed");
    expect((await connection(id))?.VpcEndpointState).toBe("failed");
    expect(() => service.force(id, "asleep")).toThrow("is no state of a connection");
  });
});

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
