// What the walkthrough's parameters change about its traffic: the load balancer's filter, the zones, and the service's own name.
import { afterEach, expect, test } from "vitest";

import { CONSUMER, PROVIDER, twoVpcs, WELCOME, type TwoVpcs } from "./two-vpcs.fixture.ts";

let world: TwoVpcs | undefined;

afterEach(async () => {
  await world?.local.close();
  world = undefined;
});

test.each([
  {
    ConsumerCidr: "10.9.0.0/16",
    outcome: /timed out: sg-\w+ of the load balancer .* from 10\.1\.0\.\d+, and it filters PrivateLink's traffic/,
  },
  { ConsumerCidr: "10.1.0.0/16", outcome: /^Welcome/ },
])("with FilterClients the load balancer compares the client's own address with $ConsumerCidr", async ({ ConsumerCidr, outcome }) => {
  world = await twoVpcs({}, { provider: { FilterClients: "on", ConsumerCidr } });
  await world.accept();
  expect(await world.ask("payments.internal")).toMatch(outcome);
});

test("in both zones the endpoint has two addresses, and a name for each zone", async () => {
  world = await twoVpcs();
  await world.accept();
  const { dataPath } = world.local;
  expect(dataPath.resolve("vpc-b", "payments.internal", "A")).toHaveLength(1);
  await world.deploy(CONSUMER, "consumer", { ServiceName: world.provider["ServiceName"] ?? "", EndpointZones: "both" }, "UPDATE");
  const both = dataPath.resolve("vpc-b", "payments.internal", "A") ?? [];
  expect(both).toEqual([expect.stringMatching(/^10\.1\.0\.\d$/), expect.stringMatching(/^10\.1\.0\.(6[89]|7\d)$/)]);
  for (const address of both) expect(await world.ask(address)).toBe(WELCOME);
  const zonal = (world.consumer["EndpointName"] ?? "").replace(".", "-eu-west-1b.");
  expect(dataPath.resolve("vpc-b", zonal, "A")).toEqual([both[1]]);
});

test("where endpoints' names resolve elsewhere too, their addresses lead nowhere there", async () => {
  world = await twoVpcs({ assumptions: { endpointNamesResolveElsewhere: true } });
  await world.accept();
  const { dataPath } = world.local;
  const name = world.consumer["EndpointName"] ?? "";
  expect(dataPath.resolve("vpc-a", name, "A")).toEqual(dataPath.resolve("vpc-b", name, "A"));
  expect(dataPath.resolve("vpc-a", "payments.internal", "A")).toBeUndefined();
  expect(await world.ask(name, "vpc-a")).toMatch(/timed out: .* no route leads out of it/);
});

test("the service's own private DNS name can be switched on once the domain is proved and the connection accepted", async () => {
  world = await twoVpcs({ zoneName: "example.com" }, { provider: { PrivateDnsName: "payments.example.com" } });
  const { local, provider, consumer } = world;
  const { ServiceId, ServiceName = "" } = provider;
  const on = (): Promise<unknown> => (world as TwoVpcs).deploy(CONSUMER, "consumer", { ServiceName, PrivateDns: "on" }, "UPDATE");
  await expect(on()).rejects.toThrow(/after the endpoint connection is accepted/);
  await world.accept();
  await expect(on()).rejects.toThrow(/does not provide a private DNS name/);
  const { ServiceConfigurations } = await world.ec2(PROVIDER, "DescribeVpcEndpointServiceConfigurations", { ServiceIds: [ServiceId] });
  const [{ PrivateDnsNameConfiguration: proof }] = ServiceConfigurations as [
    { PrivateDnsNameConfiguration: { Name: string; Value: string } },
  ];
  const ResourceRecordSet = {
    Name: `${proof.Name}.payments.example.com`,
    Type: "TXT",
    TTL: 1800,
    ResourceRecords: [{ Value: `"${proof.Value}"` }],
  };
  const ChangeBatch = { Changes: [{ Action: "CREATE", ResourceRecordSet }] };
  await local.call("route53", "ChangeResourceRecordSets", { HostedZoneId: local.zoneId, ChangeBatch }, PROVIDER);
  await world.ec2(PROVIDER, "StartVpcEndpointServicePrivateDnsVerification", { ServiceId });
  await expect.poll(() => on().then(() => "on", String), { timeout: 20_000 }).toBe("on");
  expect(await world.ask("payments.example.com")).toBe(WELCOME);
  expect(local.dataPath.resolve("vpc-a", "payments.example.com", "A")).toBeUndefined();
  expect(consumer["EndpointId"]).toBeDefined();
});
