// Security groups that are the cause, at the endpoint and at the provider's load balancer, and ones that are not.
import { describe, expect, test } from "vitest";

import type { Finding } from "../../cli/verify/finding.ts";
import { areLetIn, areMet, isLetIn, isWithin } from "../../cli/verify/group-rules.ts";
import { whoIsLetIn, type Around, type Attempt } from "../../cli/verify/groups.ts";
import { CONSUMER, PROVIDER } from "../local/two-vpcs.fixture.ts";
import { expectMend, failing, line, verifyWorld } from "./verify.fixture.ts";

describe("at the endpoint", () => {
  const world = verifyWorld();

  /** The endpoint's own group, with this in place of its rules. */
  async function onlyLetIn(source: Record<string, unknown> | undefined): Promise<string> {
    const Filters = [{ Name: "tag:Name", Values: ["vpc-b endpoint"] }];
    const { SecurityGroups } = await world.at.ec2(CONSUMER, "DescribeSecurityGroups", { Filters });
    const [{ GroupId, IpPermissions }] = SecurityGroups as [{ GroupId: string; IpPermissions: unknown[] }];
    if (IpPermissions.length > 0) await world.at.ec2(CONSUMER, "RevokeSecurityGroupIngress", { GroupId, IpPermissions });
    const rule = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, ...source };
    if (source !== undefined) await world.at.ec2(CONSUMER, "AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: [rule] });
    return GroupId;
  }

  /** What a mend opens, opened. */
  async function opened(mend = ""): Promise<void> {
    const [, GroupId, port, CidrIp] = /--group-id (\S+) --protocol tcp --port (\d+) --cidr (\S+)$/.exec(mend) ?? [];
    const ports = { FromPort: Number(port), ToPort: Number(port) };
    await world.at.ec2(CONSUMER, "AuthorizeSecurityGroupIngress", { GroupId, IpProtocol: "tcp", ...ports, CidrIp });
  }

  test("one that lets nobody in, or nobody of the VPC, is found with the command that opens it", async () => {
    await world.at.accept();
    const GroupId = await onlyLetIn(undefined);
    const closed = await world.asConsumer();
    expect(failing(closed)).toEqual(["TCP 80", "security groups", "flow logs", "metrics of the endpoint"]);
    expect(line(closed, "TCP 80")?.message).toContain("no answer on port 80: a security group drops it");
    const open = `aws ec2 authorize-security-group-ingress --group-id ${GroupId} --protocol tcp --port 80 --cidr 10.1.0.0/16`;
    expect(line(closed, "security groups")).toMatchObject({ message: `${GroupId} of the endpoint let nobody in on TCP 80`, mend: open });
    expect(line(closed, "flow logs")).toMatchObject({
      message: expect.stringContaining("rejected and none accepted"),
      mend: expect.stringMatching(/authorize-security-group-ingress .* --cidr 10\.1\.0\.\d+\/32$/),
    });
    expect(line(closed, "metrics of the endpoint")?.mend).toMatch(/^mend that first: /);
    await onlyLetIn({ IpRanges: [{ CidrIp: "10.99.0.0/16" }] });
    expect(line(await world.asConsumer(), "security groups")).toMatchObject({
      state: "failed",
      message: expect.stringMatching(/ let in TCP 80 from 10\.99\.0\.0\/16, which is nobody in vpc-\w+ \(10\.1\.0\.0\/16\)$/),
      mend: open,
    });
    // The default group's own rule: only its members, and nothing but the endpoint is one.
    await onlyLetIn({ UserIdGroupPairs: [{ GroupId }] });
    const selfish = line(await world.asConsumer(), "security groups");
    expect(selfish).toMatchObject({ state: "failed", mend: open });
    await opened(selfish?.mend);
    expect(failing(await world.asConsumer())).toEqual([]);
  });

  test("one that lets in others of the VPC than who asks is found by what the flow logs show as dropped", async () => {
    await world.at.accept();
    await onlyLetIn({ IpRanges: [{ CidrIp: "10.1.0.64/26" }] });
    const found = line(await world.asConsumer(), "security groups");
    expect(found?.message).toMatch(/let in TCP 80 from 10\.1\.0\.64\/26; the flow logs show that 10\.1\.0\.\d+ was dropped$/);
    await opened(found?.mend);
    expect(failing(await world.asConsumer())).toEqual([]);
  });
});

describe("at the load balancer, which filters what comes through PrivateLink", () => {
  const world = verifyWorld({ provider: { FilterClients: "on", ConsumerCidr: "10.9.0.0/16" } });

  async function ofBalancer(action: string, port: number, CidrIp: string): Promise<string> {
    const Filters = [{ Name: "tag:Name", Values: ["vpc-a load balancer"] }];
    const { SecurityGroups } = await world.at.ec2(PROVIDER, "DescribeSecurityGroups", { Filters });
    const [{ GroupId }] = SecurityGroups as [{ GroupId: string }];
    await world.at.ec2(PROVIDER, action, { GroupId, IpProtocol: "tcp", FromPort: port, ToPort: port, CidrIp });
    return GroupId;
  }

  test("ranges without the clients are told from the start, and are the cause once connections were dropped", async () => {
    await world.at.accept();
    const about = "load balancer's groups";
    const shown = (all: readonly Finding[]): Finding | undefined => line(all, about);
    expect(shown(await world.asProvider())).toMatchObject({
      state: "ok",
      message: expect.stringMatching(
        / filter what comes through PrivateLink by the client's own address, and let in TCP 80 from 10\.9\.0\.0\/16 only$/,
      ),
    });
    // The consumer's own side is in order, and the flow logs show that its client came through.
    const consumer = await world.asConsumer();
    expect(line(consumer, "TCP 80")?.mend).toContain(`else the provider sees what is behind it: drawbridge verify ${world.endpoint}`);
    expect(line(consumer, "security groups")).toMatchObject({
      state: "ok",
      message: expect.stringMatching(/flow logs show that 10\.1\.0\.\d+ came through$/),
    });
    const provider = await world.asProvider();
    const LoadBalancerArn = world.at.provider["LoadBalancerArn"] ?? "";
    const GroupId = await ofBalancer("RevokeSecurityGroupIngress", 80, "10.9.0.0/16");
    const mend = `let acceptance alone decide: aws elbv2 set-security-groups --load-balancer-arn ${LoadBalancerArn} --security-groups ${GroupId} --enforce-security-group-inbound-rules-on-private-link-traffic off`;
    expect(shown(provider)).toMatchObject({
      state: "failed",
      message: expect.stringMatching(
        /10\.9\.0\.0\/16 only: 1 connection was dropped in the last hour, and none of this endpoint's came through since$/,
      ),
      mend,
    });
    // What was told with the wrong cause before.
    for (const other of ["flow logs", "metrics of the service", "metrics of the load balancer"])
      expect(line(provider, other)).toMatchObject({ state: "failed", mend: `mend that first: ${mend}` });
    await ofBalancer("AuthorizeSecurityGroupIngress", 443, "10.1.0.0/16");
    expect(shown(await world.asProvider())).toMatchObject({ state: "failed", message: expect.stringMatching(/TCP 80 from nobody$/), mend });
    await ofBalancer("AuthorizeSecurityGroupIngress", 80, "10.1.0.0/16");
    expect(failing(await world.asConsumer())).toEqual([]);
    const now = await world.asProvider();
    expect(failing(now)).toEqual([]);
    expect(shown(now)?.message).toContain("1 connection was dropped in the last hour");
  });

  /** As CloudWatch would have it, for what dropped and what came through in minutes of the last hour. */
  test.each<[string, readonly number[], readonly number[], Finding["state"], string]>([
    ["nothing was dropped", [], [3], "ok", "10.9.0.0/16 only"],
    ["all came through after the last that was dropped", [9, 7], [5], "ok", "2 connections were dropped in the last hour"],
    [
      "none came through since",
      [2],
      [5],
      "failed",
      "1 connection was dropped in the last hour, and none of this endpoint's came through since",
    ],
    ["both in one minute", [5], [5], "not readable", "the last in the minute in which this endpoint's last came through"],
  ])("%s", async (_, dropped, through, state, message) => {
    await world.at.accept();
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    const series = (ago: readonly number[]) => ({
      Timestamps: ago.map((one) => new Date(minute - one * 60_000)),
      Values: ago.map(() => 1),
    });
    world.at.local.faults.refuse({
      service: "monitoring",
      action: "GetMetricData",
      instead: () => ({
        MetricDataResults: [
          { Id: "m0", ...series(through) },
          { Id: "m1", ...series(dropped) },
        ],
      }),
    });
    const found = line(await world.asProvider(), "load balancer's groups");
    expect(found).toMatchObject({ state, message: expect.stringContaining(message) });
  });
});

describe("whoever asked", () => {
  const rules = { ranges: [] as readonly string[], groups: [] as readonly string[], lists: [] as readonly string[] };
  const around: Around = { vpc: "vpc-1", groups: ["sg-1"], port: 80, rules, ranges: ["10.1.0.0/16"], inUse: [], groupsAt: new Map() };
  const silent: Attempt = { tcp: "timed out", from: undefined, accepted: [], rejected: [] };
  const client = new Map([["10.1.0.9", ["sg-client"]]]);
  const byGroup = { ...around, rules: { ...rules, groups: ["sg-client"] }, inUse: ["sg-client"] };

  test.each<[string, Around, Attempt, Finding["state"], string]>([
    ["nobody is let in", around, { ...silent, tcp: "passed" }, "failed", "let nobody in on TCP 80"],
    [
      "it came through, wherever from",
      { ...around, rules: { ...rules, ranges: ["192.168.0.0/16"] } },
      { ...silent, tcp: "passed" },
      "ok",
      "from 192.168.0.0/16",
    ],
    [
      "only others are let in",
      { ...around, rules: { ...rules, ranges: ["192.168.0.0/16"] } },
      { ...silent, tcp: "not tried" },
      "failed",
      "nobody in vpc-1 (10.1.0.0/16)",
    ],
    ["a group that nothing else has", { ...around, rules: { ...rules, groups: ["sg-1"] } }, silent, "failed", "from sg-1, which is nobody"],
    [
      "a prefix list may hold anybody",
      { ...around, rules: { ...rules, lists: ["pl-1"] } },
      { ...silent, tcp: "not tried" },
      "ok",
      "from pl-1",
    ],
    ["all of the VPC", { ...around, rules: { ...rules, ranges: ["10.0.0.0/8"] } }, silent, "ok", "all of vpc-1"],
    [
      "all of one of two ranges",
      { ...around, ranges: ["10.1.0.0/16", "10.2.0.0/16"], rules: { ...rules, ranges: ["10.1.0.0/16"] } },
      silent,
      "not readable",
      "cannot be told behind a proxy",
    ],
    [
      "the machine's own address is not let in",
      { ...byGroup, groupsAt: new Map([["10.1.0.8", ["sg-other"]]]) },
      { ...silent, from: "10.1.0.8" },
      "failed",
      "not from 10.1.0.8, where this was tried from",
    ],
    [
      "the machine is not in the VPC, whatever its address",
      byGroup,
      { ...silent, from: "10.1.0.8" },
      "not readable",
      "this was tried from 10.1.0.8, which nothing in vpc-1 has",
    ],
    ["the machine's own group is let in", { ...byGroup, groupsAt: client }, { ...silent, from: "10.1.0.9" }, "ok", "from sg-client"],
    [
      "what was dropped then is let in now",
      { ...byGroup, groupsAt: client },
      { ...silent, rejected: ["10.1.0.9"] },
      "not readable",
      "cannot be told",
    ],
    [
      "somebody of the group came through",
      { ...byGroup, groupsAt: client },
      { ...silent, accepted: ["10.1.0.9"] },
      "ok",
      "10.1.0.9 came through",
    ],
    [
      "somebody else was dropped",
      { ...byGroup, groupsAt: client },
      { ...silent, accepted: ["10.1.0.9"], rejected: ["10.1.0.8"] },
      "failed",
      "10.1.0.8 was dropped",
    ],
    ["nothing shows who asked", byGroup, silent, "not readable", "cannot be told behind a proxy"],
  ])("%s", (_, where, attempt, state, message) => {
    const found = whoIsLetIn(where, attempt);
    expect(found).toMatchObject({ state, message: expect.stringContaining(message) });
    expectMend(found);
  });

  test("an address of IPv6 is opened as one", () => {
    const found = whoIsLetIn({ ...byGroup, ranges: ["10.1.0.0/16", "fd00:1::/56"] }, { ...silent, from: "fd00:1::9" });
    expect(found.mend).toContain(
      "aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions IpProtocol=tcp,FromPort=80,ToPort=80,Ipv6Ranges=[{CidrIpv6=fd00:1::9/128}]",
    );
  });

  test("ranges hold addresses and each other", () => {
    expect(isWithin("10.1.2.3", "10.1.0.0/16")).toBe(true);
    expect(isWithin("10.2.2.3", "10.1.0.0/16")).toBe(false);
    expect(isWithin("203.0.113.9", "0.0.0.0/0")).toBe(true);
    expect(isWithin("fd00::1", "0.0.0.0/0")).toBe(false);
    expect(isWithin("fd00::1", "fd00::/8")).toBe(true);
    const of = (...ranges: string[]) => ({ ...rules, ranges });
    expect(areLetIn(of("10.1.0.0/17"), ["10.1.0.0/16"])).toBe(false);
    expect(areLetIn(of("10.1.0.0/16", "10.2.0.0/16"), ["10.1.0.0/16", "10.2.128.0/17"])).toBe(true);
    expect(areMet(of("10.1.4.0/24"), ["10.1.0.0/16"])).toBe(true);
    expect(areMet(of("10.0.0.0/8"), ["10.1.0.0/16"])).toBe(true);
    expect(areMet(of("10.2.0.0/16", "::/0"), ["10.1.0.0/16"])).toBe(false);
    expect(isLetIn(of("10.1.0.0/16"), { address: "10.1.0.1", groups: [] })).toBe(true);
  });
});
