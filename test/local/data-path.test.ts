// Traffic between the walkthrough's two VPCs: it flows when the connection is available, and fails as on AWS when it is not.
import { afterEach, beforeEach, expect, test } from "vitest";

import type { Entry } from "../../local/data-path/data-path.ts";
import { CONSUMER, PROVIDER, twoVpcs, WELCOME, type TwoVpcs } from "./two-vpcs.fixture.ts";

let world: TwoVpcs;

beforeEach(async () => {
  world = await twoVpcs();
});
afterEach(async () => {
  await world.local.close();
});

const enter = (vpc: string, as?: string): Promise<Entry> => world.local.dataPath.enter(vpc, as);

const ask: TwoVpcs["ask"] = (...asked) => world.ask(...asked);
const names = (): readonly string[] => [world.consumer["EndpointName"] ?? "", "payments.internal"];
const endpoint = (): string => world.consumer["EndpointId"] ?? "";
const groupOf = async (account: string, part: string): Promise<string> => {
  const { SecurityGroups } = await world.ec2(account, "DescribeSecurityGroups", { Filters: [{ Name: "tag:Name", Values: [part] }] });
  return (SecurityGroups as { GroupId: string }[])[0]?.GroupId ?? "";
};

test("before acceptance there is no such name; after it, both lead to the web server", async () => {
  for (const name of names()) expect(await ask(name)).toMatch(/name not found/);
  await world.accept();
  for (const name of names()) expect(await ask(name)).toBe(WELCOME);
});

test("rejected: the name is still there and nobody answers; deleted: the name is gone", async () => {
  await world.accept();
  const asked = { ServiceId: world.provider["ServiceId"], VpcEndpointIds: [endpoint()] };
  await world.ec2(PROVIDER, "RejectVpcEndpointConnections", asked);
  for (const name of names()) expect(await ask(name)).toMatch(/refused: vpce-\w+ is rejected/);
  await world.ec2(CONSUMER, "DeleteVpcEndpoints", { VpcEndpointIds: [endpoint()] });
  for (const name of names()) expect(await ask(name)).toMatch(/name not found/);
});

test("names and addresses exist in VPC-B only", async () => {
  await world.accept();
  const { dataPath } = world.local;
  const [address = ""] = dataPath.resolve("vpc-b", "payments.internal", "A") ?? [];
  expect(address).toMatch(/^10\.1\.0\./);
  for (const name of names()) expect(dataPath.resolve("vpc-a", name, "A")).toBeUndefined();
  expect(await ask(address)).toBe(WELCOME);
  expect(await ask(address, "vpc-a")).toMatch(/timed out: .* no route leads out of it/);
});

test("a private zone does not answer while the VPC's DNS host names are off", async () => {
  await world.accept();
  await world.ec2(CONSUMER, "ModifyVpcAttribute", { VpcId: world.consumer["VpcId"], EnableDnsHostnames: { Value: false } });
  expect(await ask("payments.internal")).toMatch(/name not found/);
  expect(await ask(names()[0] ?? "")).toBe(WELCOME);
});

test("security groups drop what they do not let through, and say which", async () => {
  await world.accept();
  const [group, client] = [await groupOf(CONSUMER, "vpc-b endpoint"), await groupOf(CONSUMER, "vpc-b client")];
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: client }] }];
  await world.ec2(CONSUMER, "RevokeSecurityGroupIngress", { GroupId: group, IpPermissions });
  expect(await ask("payments.internal")).toContain(`timed out: ${group} of 10.1.0.`);
  await world.ec2(CONSUMER, "AuthorizeSecurityGroupIngress", { GroupId: group, IpPermissions });
  expect(await ask("payments.internal")).toBe(WELCOME);
  expect(await ask("payments.internal", "vpc-b", 443)).toContain(`timed out: ${client} of 10.1.0.`);
});

test("without a healthy target the load balancer refuses", async () => {
  await world.accept();
  const InstanceIds = [world.provider["WebServerId"] ?? ""];
  await world.ec2(PROVIDER, "StopInstances", { InstanceIds });
  expect(await ask("payments.internal")).toMatch(/refused: .* no healthy target: i-\w+:80 is unused \(i-\w+ is stopped\)/);
  const health = async (): Promise<unknown> =>
    world.local.call("elasticloadbalancing", "DescribeTargetHealth", { TargetGroupArn: world.provider["TargetGroupArn"] }, PROVIDER);
  expect(await health()).toMatchObject({
    TargetHealthDescriptions: [{ TargetHealth: { State: "unused", Reason: "Target.InvalidState" } }],
  });
  await world.ec2(PROVIDER, "StartInstances", { InstanceIds });
  expect(await health()).toMatchObject({ TargetHealthDescriptions: [{ TargetHealth: { State: "healthy" } }] });
  expect(await ask("payments.internal")).toBe(WELCOME);
});

test("nobody but the load balancer reaches the web server", async () => {
  const server = await enter("vpc-a");
  const { Subnets } = await world.ec2(PROVIDER, "DescribeSubnets", { Filters: [{ Name: "tag:Name", Values: ["vpc-a first"] }] });
  const TagSpecifications = [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "bystander" }] }];
  const SubnetId = (Subnets as { SubnetId: string }[])[0]?.SubnetId;
  await world.ec2(PROVIDER, "RunInstances", { ImageId: "ami-0", MinCount: 1, MaxCount: 1, SubnetId, TagSpecifications });
  const group = await groupOf(PROVIDER, "vpc-a web server");
  expect(await ask(server.address, "vpc-a", 80, "bystander")).toContain(`timed out: ${group} of ${server.address}`);
  expect(await ask(server.address, "vpc-b")).toMatch(/timed out: .* no route/);
});

test("a change by the consumer does not cut what was available", async () => {
  await world.accept();
  await world.ec2(CONSUMER, "ModifyVpcEndpoint", { VpcEndpointId: endpoint(), PolicyDocument: "{}" });
  expect(await ask("payments.internal")).toBe(WELCOME);
});

test("what passed is written down with private addresses, and counted on both sides", async () => {
  await world.accept();
  expect(await ask("payments.internal")).toBe(WELCOME);
  for (const [account, group, addresses] of [
    [CONSUMER, world.consumer["FlowLogGroup"], /^2 222222222222 eni-\w+ 10\.1\.0\.\d+ 10\.1\.0\.\d+ \d+ \d+ 6 \d+ \d+ \d+ \d+ ACCEPT OK$/],
    [PROVIDER, world.provider["FlowLogGroup"], /^2 111111111111 eni-\w+ 10\.0\.0\.\d+ 10\.0\.0\.\d+ \d+ \d+ 6 \d+ \d+ \d+ \d+ ACCEPT OK$/],
  ] as const) {
    const { events } = await world.local.call("logs", "FilterLogEvents", { logGroupName: group }, account);
    const lines = (events as { message: string }[]).map(({ message }) => message);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(addresses);
  }
  const { ServiceName, ServiceId } = world.provider;
  const dimensions = {
    "Endpoint Type": "Interface",
    "Service Name": ServiceName,
    "VPC Endpoint Id": endpoint(),
    "VPC Id": world.consumer["VpcId"],
  };
  expect(await sum(CONSUMER, "AWS/PrivateLinkEndpoints", "NewConnections", dimensions)).toBe(1);
  expect(await sum(PROVIDER, "AWS/PrivateLinkServices", "NewConnections", { "Service Id": ServiceId })).toBe(1);
  expect(await sum(PROVIDER, "AWS/PrivateLinkServices", "BytesProcessed", { "Service Id": ServiceId })).toBeGreaterThan(WELCOME.length);
  expect(await sum(CONSUMER, "AWS/PrivateLinkServices", "NewConnections", { "Service Id": ServiceId })).toBe(0);
});

test("flow logs are read by an interface's own stream, or by what its name begins with", async () => {
  await world.accept();
  expect(await ask("payments.internal")).toBe(WELCOME);
  const logGroupName = world.consumer["FlowLogGroup"];
  const read = async (input: Record<string, unknown>): Promise<readonly string[]> => {
    const { events } = await world.local.call("logs", "FilterLogEvents", { logGroupName, ...input }, CONSUMER);
    return [...new Set((events as { logStreamName: string }[]).map(({ logStreamName }) => logStreamName))];
  };
  const [first = "", ...others] = await read({});
  expect(others.length).toBeGreaterThan(0);
  expect(await read({ logStreamNames: [first] })).toEqual([first]);
  expect(await read({ logStreamNamePrefix: first.replace("-all", "") })).toEqual([first]);
  expect(await read({ logStreamNamePrefix: "eni-nobody" })).toEqual([]);
  await expect(read({ logStreamNames: [first], logStreamNamePrefix: "eni-" })).rejects.toThrow(/cannot be given together/);
});

async function sum(account: string, Namespace: string, MetricName: string, dimensions: Readonly<Record<string, unknown>>): Promise<number> {
  const { Datapoints } = await world.local.call(
    "monitoring",
    "GetMetricStatistics",
    {
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ["Sum"],
    },
    account,
  );
  return (Datapoints as { Sum: number }[]).reduce((total, { Sum }) => total + Sum, 0);
}

test("an endpoint stands only in zones that the load balancer has", async () => {
  const VpcId = world.consumer["VpcId"];
  const { Subnet } = await world.ec2(CONSUMER, "CreateSubnet", { VpcId, CidrBlock: "10.1.1.0/26", AvailabilityZoneId: "euw1-az3" });
  const SubnetIds = [(Subnet as { SubnetId: string }).SubnetId];
  const asked = { VpcEndpointType: "Interface", VpcId, ServiceName: world.provider["ServiceName"], SubnetIds };
  await expect(world.ec2(CONSUMER, "CreateVpcEndpoint", asked)).rejects.toThrow(/does not support the availability zone/);
});

test("an account that the service does not name cannot see it", async () => {
  const asked = { VpcEndpointType: "Interface", VpcId: "vpc-0b0b0b0b0b0b0b0b0", ServiceName: world.provider["ServiceName"] };
  await expect(world.ec2("333333333333", "CreateVpcEndpoint", asked)).rejects.toThrow(/does not exist/);
});
