// The command verify against local AWS: each check once as it should be, once as it is when something is wrong, and once unreadable.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { CONSUMER, PROVIDER, twoVpcs, type TwoVpcs } from "../local/two-vpcs.fixture.ts";
import { typed, type Typed } from "./typed.ts";

let world: TwoVpcs;

beforeEach(async () => {
  world = await twoVpcs();
  vi.stubEnv("AWS_ENDPOINT_URL", world.local.aws);
  vi.stubEnv("AWS_REGION", world.local.region);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "any");
  vi.stubEnv("AWS_SESSION_TOKEN", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.local.close();
});

interface Line {
  readonly about: string;
  readonly state: string;
  readonly message: string;
  readonly mend?: string;
}

const endpoint = (): string => world.consumer["EndpointId"] ?? "";

/** As somebody with this key, from inside VPC-B unless told otherwise. */
async function verify(accessKeyId: string, words: readonly string[] = [], inside = true, env: Record<string, string> = {}): Promise<Typed> {
  vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
  const entry = inside ? await world.local.dataPath.enter("vpc-b") : undefined;
  const proxy = entry === undefined ? {} : { ALL_PROXY: `socks5h://127.0.0.1:${String(entry.port)}` };
  return typed(["verify", endpoint(), ...words], { env: { ...proxy, ...env } });
}

const asConsumer = (...words: readonly string[]): Promise<Typed> => verify(CONSUMER, ["--name", "payments.internal", ...words]);
const asProvider = (...words: readonly string[]): Promise<Typed> => verify(PROVIDER, words, false);

async function lines(shown: Promise<Typed>): Promise<readonly Line[]> {
  return (JSON.parse((await shown).out) as { findings: readonly Line[] }).findings;
}

const failing = (all: readonly Line[]): readonly string[] => all.filter(({ state }) => state === "failed").map(({ about }) => about);

test("before acceptance it says what is missing and who mends it", async () => {
  const shown = await asConsumer();
  expect(shown.code).toBe(1);
  expect(shown.out).toMatch(/^failed {7}acceptance: pendingAcceptance: .*\n {13}→ the provider accepts it: drawbridge approve vpce-/m);
  expect(shown.out).toContain("payments.internal does not resolve");
  expect(shown.err).toMatch(/^drawbridge: 3 of 6 checks failed/);
  expect((await lines(asProvider("--json")))[0]).toMatchObject({
    about: "acceptance",
    state: "failed",
    mend: `drawbridge approve ${endpoint()}`,
  });
});

test("accepted, every check is green on both sides", async () => {
  await world.accept();
  const consumer = await asConsumer("--json");
  expect(failing(JSON.parse(consumer.out).findings)).toEqual([]);
  expect(consumer).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(consumer.out)).toMatchObject({ endpoint: endpoint(), sides: ["consumer"], region: "eu-west-1" });
  const abouts = (JSON.parse(consumer.out) as { findings: readonly Line[] }).findings.map(({ about, state }) => `${about} ${state}`);
  expect(abouts).toEqual(
    [
      "acceptance",
      "state",
      "name",
      "TCP 80",
      "HTTP",
      "name",
      "TCP 80",
      "HTTP",
      "security groups",
      "DNS of the VPC",
      "private DNS name",
      "flow logs",
      "metrics of the endpoint",
    ].map((about) => `${about} ok`),
  );
  expect(consumer.out).toContain("http://payments.internal/ answers 200: Welcome to PrivateLink Demo from VPC-A");
  const provider = await lines(asProvider("--json"));
  expect(provider.map(({ about, state }) => `${about} ${state}`)).toEqual(
    ["acceptance", "state", "targets", "flow logs", "metrics of the service", "metrics of the load balancer"].map((about) => `${about} ok`),
  );
});

test("rejected: both sides are told what to do", async () => {
  await world.accept();
  await world.ec2(PROVIDER, "RejectVpcEndpointConnections", { ServiceId: world.provider["ServiceId"], VpcEndpointIds: [endpoint()] });
  const [consumer] = await lines(asConsumer("--json"));
  expect(consumer).toMatchObject({
    state: "failed",
    message: expect.stringContaining("rejected"),
    mend: expect.stringContaining("create it again"),
  });
  expect((await lines(asProvider("--json")))[0]?.mend).toBe(`drawbridge show ${endpoint()} says why`);
});

test("a closed security group is found, with the command that opens it", async () => {
  await world.accept();
  const { SecurityGroups } = await world.ec2(CONSUMER, "DescribeSecurityGroups", {
    Filters: [{ Name: "tag:Name", Values: ["vpc-b endpoint"] }],
  });
  const [group] = SecurityGroups as { GroupId: string; IpPermissions: unknown[] }[];
  await world.ec2(CONSUMER, "RevokeSecurityGroupIngress", { GroupId: group?.GroupId, IpPermissions: group?.IpPermissions });
  const found = await lines(verify(CONSUMER, ["--json"]));
  expect(failing(found)).toEqual(["TCP 80", "security groups", "flow logs", "metrics of the endpoint"]);
  expect(found.find(({ about }) => about === "TCP 80")?.message).toContain("no answer on port 80: a security group drops it");
  expect(found.find(({ about }) => about === "security groups")?.mend).toContain(
    `authorize-security-group-ingress --group-id ${group?.GroupId ?? ""}`,
  );
  expect(found.find(({ about }) => about === "flow logs")?.message).toContain("rejected and none accepted");
});

test("a VPC without DNS host names is found, with the command that mends it", async () => {
  await world.accept();
  const VpcId = world.consumer["VpcId"] ?? "";
  await world.ec2(CONSUMER, "ModifyVpcAttribute", { VpcId, EnableDnsHostnames: { Value: false } });
  const found = await lines(asConsumer("--json"));
  expect(failing(found)).toEqual(["name", "DNS of the VPC"]);
  expect(found.find(({ about }) => about === "DNS of the VPC")?.mend).toBe(
    `aws ec2 modify-vpc-attribute --vpc-id ${VpcId} --enable-dns-hostnames`,
  );
});

test.each([
  ["203.0.113.7", "resolves to a public address: 203.0.113.7"],
  ["10.1.0.60", "resolves to 10.1.0.60, which is not the endpoint's"],
])("a name that points at %s is found", async (Value, message) => {
  await world.accept();
  const ResourceRecordSet = { Name: "old.payments.internal", Type: "A", TTL: 60, ResourceRecords: [{ Value }] };
  const ChangeBatch = { Changes: [{ Action: "CREATE", ResourceRecordSet }] };
  await world.local.call("route53", "ChangeResourceRecordSets", { HostedZoneId: world.consumer["ZoneId"], ChangeBatch }, CONSUMER);
  const found = await lines(verify(CONSUMER, ["--name", "old.payments.internal", "--json"]));
  expect(found.find(({ state }) => state === "failed")).toMatchObject({ about: "name", message: expect.stringContaining(message) });
});

test("a name whose zone is not associated with the VPC is found, with the command that associates it", async () => {
  await world.accept();
  const found = (await lines(verify(CONSUMER, ["--name", "pay.partner.example", "--json"]))).find(({ state }) => state === "failed");
  expect(found).toMatchObject({ about: "name", message: expect.stringContaining("no private zone of that name is associated with vpc-") });
  expect(found?.mend).toBe(
    `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id <zone> --vpc VPCRegion=eu-west-1,VPCId=${world.consumer["VpcId"] ?? ""}`,
  );
  const other = (await lines(verify(CONSUMER, ["--name", "no.payments.internal", "--json"]))).find(({ state }) => state === "failed");
  expect(other?.message).toContain("the zone payments.internal is associated with vpc-");
});

test("an unhealthy target is found by the provider, and refuses the consumer", async () => {
  await world.accept();
  await world.ec2(PROVIDER, "StopInstances", { InstanceIds: [world.provider["WebServerId"]] });
  const targets = (await lines(asProvider("--json"))).find(({ about }) => about === "targets");
  expect(targets).toMatchObject({ state: "failed", message: expect.stringMatching(/^0 of 1 behind .* are healthy: i-\w+ is stopped$/) });
  expect((await lines(verify(CONSUMER, ["--json"]))).find(({ about }) => about === "TCP 80")?.message).toContain("refused on port 80");
});

test("without flow logs it says how to have them", async () => {
  await world.accept();
  const { FlowLogs } = await world.ec2(CONSUMER, "DescribeFlowLogs", {});
  await world.ec2(CONSUMER, "DeleteFlowLogs", { FlowLogIds: (FlowLogs as { FlowLogId: string }[]).map(({ FlowLogId }) => FlowLogId) });
  const found = (await lines(asConsumer("--json"))).find(({ about }) => about === "flow logs");
  expect(found).toMatchObject({ state: "failed", mend: expect.stringContaining("aws ec2 create-flow-logs") });
});

test("what may not be read is told with the permission that is missing, and is no failure", async () => {
  await world.accept();
  const Statement = [{ Effect: "Allow", Action: ["ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointConnections"], Resource: "*" }];
  const role = {
    arn: `arn:aws:iam::${CONSUMER}:role/little`,
    name: "little",
    policies: [{ name: "p", document: { Version: "2012-10-17", Statement } }],
  };
  const { accessKeyId } = world.local.issue(role, "session");
  const shown = await verify(accessKeyId, ["--json"]);
  expect(shown.code).toBe(0);
  const unreadable = (JSON.parse(shown.out) as { findings: readonly Line[] }).findings.filter(({ state }) => state === "not readable");
  expect(unreadable.map(({ message }) => message)).toEqual([
    "your credentials lack ec2:DescribeSecurityGroups",
    "your credentials lack ec2:DescribeVpcAttribute",
    "your credentials lack ec2:DescribeVpcEndpointServices",
    "your credentials lack ec2:DescribeFlowLogs",
    "your credentials lack cloudwatch:GetMetricData",
  ]);
});

test("somebody who may not see either side is told both permissions", async () => {
  const role = { arn: `arn:aws:iam::${CONSUMER}:role/none`, name: "none", policies: [] };
  const { accessKeyId } = world.local.issue(role, "session");
  expect((await lines(verify(accessKeyId, ["--json"], false))).map(({ message }) => message)).toEqual([
    "your credentials lack ec2:DescribeVpcEndpoints",
    "your credentials lack ec2:DescribeVpcEndpointConnections",
  ]);
});

test("outside the VPC the name does not resolve, and it says where to run", async () => {
  await world.accept();
  const found = (await lines(verify(CONSUMER, ["--json"], false))).find(({ about }) => about === "name");
  expect(found?.state).not.toBe("ok");
  expect(found?.message).toContain("this machine");
});

test("a deployment that cannot be asked is one unreadable line", async () => {
  const [first] = await lines(verify(CONSUMER, ["--json"], true, { DRAWBRIDGE_API: "http://127.0.0.1:9" }));
  expect(first).toMatchObject({ about: "drawbridge", state: "not readable" });
});

test("an endpoint that this account has no part in, and words that make no sense, are refused", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "333333333333");
  expect(await typed(["verify", endpoint()])).toMatchObject({
    code: 1,
    err: expect.stringContaining("neither an endpoint of this account"),
  });
  expect(await typed(["verify", "vpc-1"])).toMatchObject({ code: 2 });
  expect(await typed(["verify", endpoint(), "--port", "0"])).toMatchObject({ code: 2 });
  expect(await typed(["verify", endpoint(), "--path", "health"])).toMatchObject({ code: 2 });
});
