// The load balancer's own part in the traffic: whom it takes for healthy, whom it chooses, and what it does when nobody is.
import { expect, test } from "vitest";

import { socksConnect } from "../../cli/verify/socks.ts";
import type { Members } from "../../local/members.ts";
import { connectedVpcs, CONSUMER, PROVIDER, WELCOME } from "./two-vpcs.fixture.ts";

const at = connectedVpcs();

const elb = (action: string, input: Members): Promise<Members> => at.world.local.call("elasticloadbalancing", action, input, PROVIDER);
const group = (): Members => ({ TargetGroupArn: at.world.provider["TargetGroupArn"] });
const health = async (): Promise<unknown> =>
  ((await elb("DescribeTargetHealth", group()))["TargetHealthDescriptions"] as { TargetHealth: unknown }[]).map(
    ({ TargetHealth }) => TargetHealth,
  );

/** Another web server beside the template's, in its subnet and group. */
async function anotherServer(page: string): Promise<string> {
  const { Reservations } = await at.world.ec2(PROVIDER, "DescribeInstances", { InstanceIds: [at.world.provider["WebServerId"]] });
  const [first] = (Reservations as { Instances: Server[] }[]).flatMap(({ Instances }) => Instances);
  const unit = "[Service]\\nExecStart=/usr/bin/python3 -m http.server 80 --directory /srv";
  const files = `write_files: [{ path: /srv/index.html, content: "${page}" }, { path: /etc/systemd/system/w.service, content: "${unit}" }]`;
  const UserData = Buffer.from(`#cloud-config\n${files}\nruncmd: [[systemctl, start, w.service]]\n`).toString("base64");
  const SecurityGroupIds = first?.SecurityGroups.map(({ GroupId }) => GroupId);
  const asked = { ImageId: "ami-0", MinCount: 1, MaxCount: 1, SubnetId: first?.SubnetId, SecurityGroupIds, UserData };
  const { Instances } = await at.world.ec2(PROVIDER, "RunInstances", asked);
  const InstanceId = (Instances as { InstanceId: string }[])[0]?.InstanceId ?? "";
  await elb("RegisterTargets", { ...group(), Targets: [{ Id: InstanceId }] });
  return InstanceId;
}
interface Server {
  readonly SubnetId: string;
  readonly SecurityGroups: { readonly GroupId: string }[];
}

test("a target that answers the health check with another code is unhealthy; alone, it is tried all the same", async () => {
  expect(await health()).toEqual([{ State: "healthy" }]);
  await elb("ModifyTargetGroup", { ...group(), HealthCheckPath: "/not-there" });
  const mismatch = {
    State: "unhealthy",
    Reason: "Target.ResponseCodeMismatch",
    Description: "Health checks failed with these codes: [404]",
  };
  expect(await health()).toEqual([mismatch]);
  expect(await at.world.ask()).toBe(WELCOME);
  await elb("ModifyTargetGroup", { ...group(), HealthCheckPath: "/not-there", Matcher: { HttpCode: "200-399,404" } });
  expect(await health()).toEqual([{ State: "healthy" }]);
  await elb("ModifyTargetGroup", { ...group(), HealthCheckProtocol: "TCP", HealthCheckPort: "81" });
  expect(await health()).toMatchObject([{ State: "unhealthy", Reason: "Target.Timeout" }]);
});

test("connections are spread over the healthy targets, and none goes to another", async () => {
  const second = await anotherServer("second");
  const several = async (): Promise<ReadonlySet<string>> =>
    new Set([await at.world.ask(), await at.world.ask(), await at.world.ask(), await at.world.ask()]);
  expect(await several()).toEqual(new Set([WELCOME, "second"]));
  await at.world.ec2(PROVIDER, "StopInstances", { InstanceIds: [second] });
  expect(await several()).toEqual(new Set([WELCOME]));
  await at.world.ec2(PROVIDER, "StartInstances", { InstanceIds: [second] });
  await elb("DeregisterTargets", { ...group(), Targets: [{ Id: at.world.provider["WebServerId"] }] });
  expect(await several()).toEqual(new Set(["second"]));
});

test("groups are found by their load balancer, and of one that is not there that is said", async () => {
  const of = async (LoadBalancerArn: unknown): Promise<unknown> =>
    ((await elb("DescribeTargetGroups", { LoadBalancerArn }))["TargetGroups"] as Members[]).map((one) => one["TargetGroupArn"]);
  const arn = String(at.world.provider["LoadBalancerArn"]);
  expect(await of(arn)).toEqual([at.world.provider["TargetGroupArn"]]);
  await expect(of(`${arn}0`)).rejects.toThrow("One or more load balancers not found");
});

test("with nobody registered it refuses", async () => {
  await elb("DeregisterTargets", { ...group(), Targets: [{ Id: at.world.provider["WebServerId"] }] });
  expect(await at.world.ask()).toMatch(/refused: .* its target group is empty/);
});

test("a listener is moved to another port, and taken away", async () => {
  const { Listeners } = await elb("DescribeListeners", { LoadBalancerArn: at.world.provider["LoadBalancerArn"] });
  const ListenerArn = (Listeners as { ListenerArn: string }[])[0]?.ListenerArn;
  await elb("ModifyListener", { ListenerArn, Port: 8080 });
  expect(await at.world.ask()).toMatch(/refused: the load balancer has no listener on port 80/);
  await elb("ModifyListener", { ListenerArn, Port: 80 });
  expect(await at.world.ask()).toBe(WELCOME);
  await elb("DeleteListener", { ListenerArn });
  expect(await at.world.ask()).toMatch(/refused: the load balancer has no listener on port 80/);
  await expect(elb("DeleteListener", { ListenerArn })).rejects.toThrow(/not found/);
});

/** As any client sends it: a form, answered in XML. */
async function wire(Action: string, members: Readonly<Record<string, string>>): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${PROVIDER}/20261123/eu-west-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = { authorization, "x-amz-date": "20261123T120000Z", "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ Action, Version: "2015-12-01", ...members });
  return (await fetch(at.world.local.aws, { method: "POST", headers, body })).text();
}

test("over the wire a listener is added to, and the filter of PrivateLink's traffic is set", async () => {
  const { LoadBalancerArn = "", TargetGroupArn = "" } = at.world.provider;
  const forward = { "DefaultActions.member.1.Type": "forward", "DefaultActions.member.1.TargetGroupArn": TargetGroupArn };
  expect(await wire("CreateListener", { LoadBalancerArn, Protocol: "TCP", Port: "81", ...forward })).toContain("<Port>81</Port>");
  const listeners = await wire("DescribeListeners", { LoadBalancerArn });
  expect(listeners.match(new RegExp(`<TargetGroupArn>${TargetGroupArn}</TargetGroupArn>`, "g"))).toHaveLength(2);
  const [, group = ""] = /<member>(sg-\w+)<\/member>/.exec(await wire("DescribeLoadBalancers", { LoadBalancerArn })) ?? [];
  const filter = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
  const groups = { LoadBalancerArn, "SecurityGroups.member.1": group };
  expect(await wire("SetSecurityGroups", { ...groups, [filter]: "on" })).toContain(`<${filter}>on</${filter}>`);
  expect(await wire("DescribeLoadBalancers", { LoadBalancerArn })).toContain(`<${filter}>on</${filter}>`);
  expect(await wire("SetSecurityGroups", { ...groups, "SecurityGroups.member.1": "sg-00000000" })).toContain("<Code>InvalidGroup");
  const cross = { "Attributes.member.1.Key": "load_balancing.cross_zone.enabled", "Attributes.member.1.Value": "false" };
  expect(await wire("ModifyLoadBalancerAttributes", { LoadBalancerArn, ...cross })).toContain("<Value>false</Value>");
});

test("without crossing zones only targets in the client's own zone are in use", async () => {
  const { LoadBalancerArn = "" } = at.world.provider;
  const Attributes = [{ Key: "load_balancing.cross_zone.enabled", Value: "false" }];
  await elb("ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes });
  expect(await at.world.ask()).toBe(WELCOME);
  const { ServiceName = "" } = at.world.provider;
  await at.world.deploy(CONSUMER, "consumer", { ServiceName, EndpointZones: "both" }, "UPDATE");
  const addresses = at.world.local.dataPath.resolve("vpc-b", "payments.internal", "A") ?? [];
  const said = await Promise.all(addresses.map((address) => at.world.ask(address)));
  expect(said).toEqual([WELCOME, expect.stringMatching(/refused: .* is unused \(it stands in another zone/)]);
});

test.each([
  {
    how: "rejected",
    cut: () =>
      at.world.ec2(PROVIDER, "RejectVpcEndpointConnections", {
        ServiceId: at.world.provider["ServiceId"],
        VpcEndpointIds: [at.world.consumer["EndpointId"]],
      }),
  },
  { how: "deleted", cut: () => at.world.ec2(CONSUMER, "DeleteVpcEndpoints", { VpcEndpointIds: [at.world.consumer["EndpointId"]] }) },
])(
  "a connection that is open ends when its endpoint is $how",
  async ({ cut }) => {
    const entry = await at.world.local.dataPath.enter("vpc-b");
    const socket = await socksConnect({ host: "127.0.0.1", port: entry.port }, "payments.internal", 80);
    const ended = new Promise((resolve) => socket.setTimeout(0).once("close", resolve));
    socket.resume();
    await cut();
    await ended;
    const { events } = await at.world.local.call("logs", "FilterLogEvents", { logGroupName: at.world.consumer["FlowLogGroup"] }, CONSUMER);
    expect((events as unknown[]).length).toBeGreaterThan(0);
  },
  20_000,
);
