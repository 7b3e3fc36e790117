// The command verify against local AWS: each check once as it should be, once as it is when something is wrong, and once unreadable.
import { expect, test, vi } from "vitest";

import type { Finding } from "../../cli/verify/finding.ts";
import { CONSUMER, PROVIDER } from "../local/two-vpcs.fixture.ts";
import { typed } from "./typed.ts";
import { failing, line, linesOf, verifyWorld } from "./verify.fixture.ts";

const world = verifyWorld();
const payments = ["--name", "payments.internal"];

test("before acceptance it says what is missing and who mends it", async () => {
  const shown = await world.verify(CONSUMER, payments);
  expect(shown.code).toBe(1);
  expect(shown.out).toMatch(/^failed {7}acceptance: pendingAcceptance: .*\n {13}→ the provider accepts it: drawbridge approve vpce-/m);
  expect(shown.out).toContain("payments.internal does not resolve");
  expect(shown.out).toContain(`→ mend that first: the provider accepts it: drawbridge approve ${world.endpoint}`);
  expect(shown.err).toMatch(/^drawbridge: 3 of 6 checks failed/);
  expect((await world.asProvider())[0]).toMatchObject({
    about: "acceptance",
    state: "failed",
    mend: `drawbridge approve ${world.endpoint}`,
  });
});

test("accepted, every check is green on both sides", async () => {
  await world.at.accept();
  const consumer = await world.verify(CONSUMER, [...payments, "--json"]);
  expect(failing(JSON.parse(consumer.out).findings)).toEqual([]);
  expect(consumer).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(consumer.out)).toMatchObject({ endpoint: world.endpoint, sides: ["consumer"], region: "eu-west-1" });
  const abouts = (JSON.parse(consumer.out) as { findings: readonly Finding[] }).findings.map(({ about, state }) => `${about} ${state}`);
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
  const provider = await world.asProvider();
  expect(provider.map(({ about, state }) => `${about} ${state}`)).toEqual(
    [
      "acceptance",
      "state",
      "targets",
      "load balancer's groups",
      "private DNS name",
      "flow logs",
      "metrics of the service",
      "metrics of the load balancer",
    ].map((about) => `${about} ok`),
  );
});

test("rejected: both sides are told what to do", async () => {
  await world.at.accept();
  const { ServiceId = "" } = world.at.provider;
  await world.at.ec2(PROVIDER, "RejectVpcEndpointConnections", { ServiceId, VpcEndpointIds: [world.endpoint] });
  const [consumer] = await world.asConsumer(...payments);
  expect(consumer).toMatchObject({
    state: "failed",
    message: expect.stringContaining("rejected"),
    mend: expect.stringMatching(/delete-vpc-endpoints --vpc-endpoint-ids vpce-\w+, then create it again: aws ec2 create-vpc-endpoint/),
  });
  expect((await world.asProvider())[0]?.mend).toBe(
    `drawbridge show ${world.endpoint} says why; to let the next one in: drawbridge allow ${CONSUMER} --service ${ServiceId}`,
  );
});

test("a VPC without DNS host names is found, with the command that mends it", async () => {
  await world.at.accept();
  const VpcId = world.at.consumer["VpcId"] ?? "";
  await world.at.ec2(CONSUMER, "ModifyVpcAttribute", { VpcId, EnableDnsHostnames: { Value: false } });
  const found = await world.asConsumer(...payments);
  expect(failing(found)).toEqual(["name", "DNS of the VPC"]);
  expect(line(found, "DNS of the VPC")?.mend).toBe(`aws ec2 modify-vpc-attribute --vpc-id ${VpcId} --enable-dns-hostnames`);
});

test.each([
  ["203.0.113.7", "resolves to a public address: 203.0.113.7"],
  ["10.1.0.60", "resolves to 10.1.0.60, which is not the endpoint's"],
])("a name that points at %s is found, with the command that points it at the endpoint", async (Value, message) => {
  await world.at.accept();
  const ResourceRecordSet = { Name: "old.payments.internal", Type: "A", TTL: 60, ResourceRecords: [{ Value }] };
  const ChangeBatch = { Changes: [{ Action: "CREATE", ResourceRecordSet }] };
  const HostedZoneId = world.at.consumer["ZoneId"] ?? "";
  await world.at.local.call("route53", "ChangeResourceRecordSets", { HostedZoneId, ChangeBatch }, CONSUMER);
  const found = (await world.asConsumer("--name", "old.payments.internal")).find(({ state }) => state === "failed");
  expect(found).toMatchObject({ about: "name", message: expect.stringContaining(message) });
  expect(found?.mend).toContain(`--hosted-zone-id ${HostedZoneId} --change-batch '{"Changes":[{"Action":"UPSERT",`);
  await carriedOut(found?.mend);
  expect(failing(await world.asConsumer("--name", "old.payments.internal"))).toEqual([]);
});

test("a name whose zone is not associated with the VPC, or has no such name, is found with its command", async () => {
  await world.at.accept();
  const missing = (await world.asConsumer("--name", "pay.partner.example")).find(({ state }) => state === "failed");
  expect(missing).toMatchObject({
    about: "name",
    message: expect.stringContaining("no private zone of that name is associated with vpc-"),
  });
  expect(missing?.mend).toBe(
    `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id <zone> --vpc VPCRegion=eu-west-1,VPCId=${world.at.consumer["VpcId"] ?? ""}`,
  );
  const unnamed = (await world.asConsumer("--name", "no.payments.internal")).find(({ state }) => state === "failed");
  expect(unnamed?.message).toMatch(/the zone payments.internal is associated with vpc-\w+ and has no such name$/);
  await carriedOut(unnamed?.mend);
  expect(failing(await world.asConsumer("--name", "no.payments.internal"))).toEqual([]);
});

/** The record that a mend makes, made. */
async function carriedOut(mend = ""): Promise<void> {
  const [, HostedZoneId, batch = "{}"] = /change-resource-record-sets --hosted-zone-id (\S+) --change-batch '(.*)'$/.exec(mend) ?? [];
  const input = { HostedZoneId, ChangeBatch: JSON.parse(batch) as unknown };
  await world.at.local.call("route53", "ChangeResourceRecordSets", input, CONSUMER);
}

test("a record that is there is not told as missing to who asks from elsewhere", async () => {
  await world.at.accept();
  const shown = await linesOf(world.verify(CONSUMER, [...payments, "--json"], false));
  const found = shown.find(({ message }) => message.startsWith("payments.internal"));
  expect(found?.message).toMatch(/is associated with vpc-\w+ and has that name, so that this does not run inside vpc-/);
  expect(found?.mend).toContain(`drawbridge verify ${world.endpoint} --name payments.internal`);
});

test("an unhealthy target is found by the provider, and refuses the consumer", async () => {
  await world.at.accept();
  await world.at.ec2(PROVIDER, "StopInstances", { InstanceIds: [world.at.provider["WebServerId"]] });
  const provider = await world.asProvider();
  expect(line(provider, "targets")).toMatchObject({
    state: "failed",
    message: expect.stringMatching(/^0 of 1 behind .* are healthy: i-\w+ is stopped$/),
    mend: expect.stringContaining(`describe-target-health --target-group-arn ${world.at.provider["TargetGroupArn"] ?? ""}`),
  });
  // What hinders the traffic is the mend of its absence too.
  expect(line(provider, "metrics of the service")?.mend).toMatch(/^mend that first: look at the server/);
  expect(line(await world.asConsumer(), "TCP 80")?.message).toContain("refused on port 80");
});

test("without flow logs it says how to have them", async () => {
  await world.at.accept();
  const { FlowLogs } = await world.at.ec2(CONSUMER, "DescribeFlowLogs", {});
  const FlowLogIds = (FlowLogs as { FlowLogId: string }[]).map(({ FlowLogId }) => FlowLogId);
  await world.at.ec2(CONSUMER, "DeleteFlowLogs", { FlowLogIds });
  expect(line(await world.asConsumer(...payments), "flow logs")).toMatchObject({
    state: "failed",
    mend: expect.stringContaining("aws ec2 create-flow-logs"),
  });
});

test("a flow log's group that never ends is not read for ever", async () => {
  await world.at.accept();
  const pages = world.at.local.faults.refuse({
    service: "logs",
    action: "FilterLogEvents",
    instead: () => ({ events: [], nextToken: "more" }),
  });
  expect(line(await world.asConsumer(), "flow logs")).toMatchObject({
    state: "not readable",
    message: expect.stringMatching(/nothing of eni-\w+ in the first 20 pages, and there are more$/),
    mend: expect.stringMatching(/^aws logs filter-log-events .* --log-stream-name-prefix eni-/),
  });
  expect(pages.met()).toBe(20);
});

test("what may not be read is told with the permission that is missing, and is no failure", async () => {
  await world.at.accept();
  const shown = await world.verify(withRights(CONSUMER, ["ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointConnections"]), ["--json"]);
  expect(shown.code).toBe(0);
  expect(unreadable((JSON.parse(shown.out) as { findings: readonly Finding[] }).findings)).toEqual([
    "addresses: your credentials lack ec2:DescribeNetworkInterfaces",
    "security groups: your credentials lack ec2:DescribeSecurityGroups",
    "DNS of the VPC: your credentials lack ec2:DescribeVpcAttribute",
    "private DNS name: your credentials lack ec2:DescribeVpcEndpointServices",
    "flow logs: your credentials lack ec2:DescribeFlowLogs",
    "metrics of the endpoint: your credentials lack cloudwatch:GetMetricData",
  ]);
});

test("each call that is refused names its own permission", async () => {
  await world.at.accept();
  const see = ["ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointConnections"];
  const as = async (account: string, ...rights: readonly string[]): Promise<readonly string[]> =>
    unreadable(await linesOf(world.verify(withRights(account, [...see, ...rights]), ["--json"], account === CONSUMER)));
  expect(await as(CONSUMER, "ec2:DescribeSecurityGroups")).toContainEqual(
    expect.stringMatching(
      /^security groups: sg-\w+ let in TCP 80 from sg-\w+; who of vpc-\w+ that is: your credentials lack ec2:DescribeVpcs$/,
    ),
  );
  expect(await as(CONSUMER, "ec2:DescribeFlowLogs")).toContain("flow logs: your credentials lack logs:FilterLogEvents");
  expect(await as(PROVIDER)).toEqual([
    "targets: your credentials lack elasticloadbalancing:DescribeTargetGroups",
    "load balancer's groups: your credentials lack elasticloadbalancing:DescribeLoadBalancers",
    "private DNS name: your credentials lack ec2:DescribeVpcEndpointServiceConfigurations",
    "flow logs: your credentials lack elasticloadbalancing:DescribeLoadBalancers",
    "metrics of the service: your credentials lack cloudwatch:GetMetricData",
    "metrics of the load balancer: your credentials lack cloudwatch:GetMetricData",
  ]);
  expect(await as(PROVIDER, "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeLoadBalancers")).toMatchObject({
    0: "targets: your credentials lack elasticloadbalancing:DescribeTargetHealth",
    2: "flow logs: your credentials lack ec2:DescribeNetworkInterfaces",
  });
});

function withRights(account: string, Action: readonly string[]): string {
  const document = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };
  const role = { arn: `arn:aws:iam::${account}:role/little`, name: "little", policies: [{ name: "p", document }] };
  return world.at.local.issue(role, "session").accessKeyId;
}
const unreadable = (all: readonly Finding[]): readonly string[] =>
  all.filter(({ state }) => state === "not readable").map(({ about, message }) => `${about}: ${message}`);

test("an error that is no refusal is told by its own name, and no permission is blamed for it", async () => {
  await world.at.accept();
  const { faults } = world.at.local;
  faults.refuse({
    service: "elasticloadbalancing",
    action: "DescribeLoadBalancers",
    code: "Throttling",
    message: "Rate exceeded",
    status: 400,
  });
  expect(line(await world.asProvider(), "flow logs")).toMatchObject({ state: "not readable", message: "Throttling: Rate exceeded" });
});

test("somebody who may not see either side is told both permissions", async () => {
  expect(
    (await linesOf(world.verify(withRights(CONSUMER, ["sts:GetCallerIdentity"]), ["--json"], false))).map(({ message }) => message),
  ).toEqual(["your credentials lack ec2:DescribeVpcEndpoints", "your credentials lack ec2:DescribeVpcEndpointConnections"]);
});

test("outside the VPC the name does not resolve, and it says where to run", async () => {
  await world.at.accept();
  const found = line(await linesOf(world.verify(CONSUMER, ["--json"], false)), "name");
  expect(found?.state).not.toBe("ok");
  expect(found?.message).toContain("this machine");
});

test("a deployment that cannot be asked is one unreadable line", async () => {
  const [first] = await linesOf(world.verify(CONSUMER, ["--json"], true, { DRAWBRIDGE_API: "http://127.0.0.1:9" }));
  expect(first).toMatchObject({ about: "drawbridge", state: "not readable", mend: expect.stringContaining("DRAWBRIDGE_API") });
});

test("an endpoint that this account has no part in, and words that make no sense, are refused", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "333333333333");
  expect(await typed(["verify", world.endpoint])).toMatchObject({
    code: 1,
    err: expect.stringContaining("neither an endpoint of this account"),
  });
  expect(await typed(["verify", "vpc-1"])).toMatchObject({ code: 2 });
  expect(await typed(["verify", world.endpoint, "--port", "0"])).toMatchObject({ code: 2 });
  expect(await typed(["verify", world.endpoint, "--path", "health"])).toMatchObject({ code: 2 });
});
