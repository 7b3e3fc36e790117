// The life of a PrivateLink connection on local AWS, from both sides, and what AWS leaves open of it, both ways.

import {
  AcceptVpcEndpointConnectionsCommand,
  DeleteVpcEndpointsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcsCommand,
  ModifyVpcEndpointCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { LOAD_BALANCER, scene } from "./ec2-scene.fixture.ts";
import { ACME, PROVIDER, refusal, REGION } from "./wire.fixture.ts";

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
