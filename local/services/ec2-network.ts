// The little network that endpoints need: each account's default VPC, its subnets and groups, Regions and zones.

import { createHash } from "node:crypto";
import { optionalText, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { filtered } from "./ec2-lists.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, SecurityGroup, Subnet, Vpc } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

const LETTERS = ["a", "b", "c"] as const;

export const networkActions: Readonly<Record<string, Ec2Action>> = {
  DescribeRegions: (state) => ({
    Regions: [{ RegionName: state.region, Endpoint: `ec2.${state.region}.amazonaws.com`, OptInStatus: "opt-in-not-required" }],
  }),
  DescribeAvailabilityZones: (state) => ({
    AvailabilityZones: LETTERS.map((letter, at) => ({
      ZoneName: state.region + letter,
      ZoneId: `az${at + 1}`,
      RegionName: state.region,
      State: "available",
      ZoneType: "availability-zone",
    })),
  }),
  CreateVpc(state, call) {
    const vpc: Vpc = {
      id: newId("vpc"),
      owner: call.caller.account,
      cidr: text(call.input, "CidrBlock"),
      isDefault: false,
      tags: tagsFrom(call, "vpc"),
    };
    state.vpcs.set(vpc.id, vpc);
    return { Vpc: vpcRow(vpc) };
  },
  DescribeVpcs(state, call) {
    const found = listed(state, call, state.vpcs, "VpcIds", "InvalidVpcID.NotFound", "vpc ID");
    return {
      Vpcs: filtered(
        call,
        found,
        { "vpc-id": (vpc) => vpc.id, "is-default": (vpc) => String(vpc.isDefault), cidr: (vpc) => vpc.cidr },
        (vpc) => vpc.tags,
      ).map(vpcRow),
    };
  },
  CreateSubnet(state, call) {
    const vpcId = text(call.input, "VpcId");
    checkNetwork(state, call.caller.account, vpcId, [], []);
    const zone = optionalText(call.input, "AvailabilityZone") ?? `${state.region}a`;
    const subnet: Subnet = {
      id: newId("subnet"),
      owner: call.caller.account,
      vpcId,
      cidr: text(call.input, "CidrBlock"),
      zone,
      tags: tagsFrom(call, "subnet"),
    };
    state.subnets.set(subnet.id, subnet);
    return { Subnet: subnetRow(subnet) };
  },
  DescribeSubnets(state, call) {
    const found = listed(state, call, state.subnets, "SubnetIds", "InvalidSubnetID.NotFound", "subnet ID");
    const fields = {
      "vpc-id": (one: Subnet) => one.vpcId,
      "subnet-id": (one: Subnet) => one.id,
      "availability-zone": (one: Subnet) => one.zone,
    };
    return { Subnets: filtered(call, found, fields, (one) => one.tags).map(subnetRow) };
  },
  CreateSecurityGroup(state, call) {
    const vpcId = optionalText(call.input, "VpcId") ?? defaultVpc(call.caller.account);
    checkNetwork(state, call.caller.account, vpcId, [], []);
    const name = text(call.input, "GroupName");
    const description = text(call.input, "Description");
    const group: SecurityGroup = {
      id: newId("sg"),
      owner: call.caller.account,
      vpcId,
      name,
      description,
      tags: tagsFrom(call, "security-group"),
    };
    state.groups.set(group.id, group);
    return { GroupId: group.id, Tags: tagRows(group.tags) };
  },
  DescribeSecurityGroups(state, call) {
    const found = listed(state, call, state.groups, "GroupIds", "InvalidGroup.NotFound", "security group");
    const fields = {
      "vpc-id": (one: SecurityGroup) => one.vpcId,
      "group-id": (one: SecurityGroup) => one.id,
      "group-name": (one: SecurityGroup) => one.name,
    };
    return { SecurityGroups: filtered(call, found, fields, (one) => one.tags).map(groupRow) };
  },
};

/** The default VPC with three subnets and a group, the same ids for the same account in every run. */
export function ensureAccount(state: Ec2State, account: string): void {
  const vpcId = defaultVpc(account);
  if (state.vpcs.has(vpcId)) return;
  state.vpcs.set(vpcId, { id: vpcId, owner: account, cidr: "172.31.0.0/16", isDefault: true, tags: new Map() });
  for (const [at, letter] of LETTERS.entries()) {
    const id = `subnet-${hash(`${account} ${letter}`)}`;
    state.subnets.set(id, { id, owner: account, vpcId, cidr: `172.31.${at * 16}.0/20`, zone: state.region + letter, tags: new Map() });
  }
  const id = defaultGroup(account, vpcId);
  state.groups.set(id, { id, owner: account, vpcId, name: "default", description: "default VPC security group", tags: new Map() });
}

export function defaultGroup(account: string, vpcId: string): string {
  return `sg-${hash(`${account} ${vpcId}`)}`;
}

/** Refuses ids that AWS could not have given; by assumption, ones that merely do not exist here are let through. */
export function checkNetwork(
  state: Ec2State,
  account: string,
  vpcId: string,
  subnetIds: readonly string[],
  groupIds: readonly string[],
): void {
  check(state, account, state.vpcs, vpcId, { prefix: "vpc", code: "InvalidVpcId", noun: "Vpc Id" });
  for (const id of subnetIds) check(state, account, state.subnets, id, { prefix: "subnet", code: "InvalidSubnetID", noun: "subnet ID" });
  for (const id of groupIds) check(state, account, state.groups, id, { prefix: "sg", code: "InvalidGroup", noun: "security group" });
  for (const id of subnetIds) {
    const subnet = state.subnets.get(id);
    if (subnet !== undefined && state.vpcs.has(vpcId) && subnet.vpcId !== vpcId) {
      throw new AwsError("InvalidParameter", `Subnet ${id} does not belong to VPC ${vpcId}`);
    }
  }
  const zones = zonesOf(
    state,
    subnetIds.filter((id) => state.subnets.has(id)),
  );
  if (new Set(zones).size < zones.length)
    throw new AwsError("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone.");
}

/** The zone of each subnet; one that was never created gets a zone by its id. */
export function zonesOf(state: Ec2State, subnetIds: readonly string[]): string[] {
  return subnetIds.map(
    (id) => state.subnets.get(id)?.zone ?? `${state.region}${LETTERS[Number.parseInt(hash(id).slice(0, 4), 16) % LETTERS.length] ?? "a"}`,
  );
}

interface IdKind {
  readonly prefix: string;
  readonly code: string;
  readonly noun: string;
}

function check(state: Ec2State, account: string, known: ReadonlyMap<string, { owner: string }>, id: string, kind: IdKind): void {
  if (!new RegExp(`^${kind.prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id)) {
    throw new AwsError(
      `${kind.code === "InvalidGroup" ? "InvalidGroupId" : kind.code}.Malformed`,
      `Invalid id: "${id}" (expecting "${kind.prefix}-...")`,
    );
  }
  const found = known.get(id);
  const isMissing = found === undefined ? !state.assumptions.vpcsNeedNotExist : found.owner !== account;
  if (isMissing) throw new AwsError(`${kind.code}.NotFound`, `The ${kind.noun} ${id} does not exist`);
}

function listed<T extends { readonly owner: string; readonly id: string }>(
  state: Ec2State,
  call: Call,
  all: ReadonlyMap<string, T>,
  member: string,
  code: string,
  noun: string,
): T[] {
  ensureAccount(state, call.caller.account);
  const mine = [...all.values()].filter((one) => one.owner === call.caller.account);
  const ids = texts(call.input, member);
  const missing = ids.find((id) => !mine.some((one) => one.id === id));
  if (missing !== undefined) throw new AwsError(code, `The ${noun} '${missing}' does not exist`);
  return ids.length === 0 ? mine : mine.filter((one) => ids.includes(one.id));
}

function vpcRow(vpc: Vpc): unknown {
  return {
    VpcId: vpc.id,
    OwnerId: vpc.owner,
    State: "available",
    CidrBlock: vpc.cidr,
    IsDefault: vpc.isDefault,
    InstanceTenancy: "default",
    Tags: tagRows(vpc.tags),
  };
}

function subnetRow(subnet: Subnet): unknown {
  return {
    SubnetId: subnet.id,
    VpcId: subnet.vpcId,
    OwnerId: subnet.owner,
    State: "available",
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.zone,
    Tags: tagRows(subnet.tags),
  };
}

function groupRow(group: SecurityGroup): unknown {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: group.owner,
    Tags: tagRows(group.tags),
  };
}

function defaultVpc(account: string): string {
  return `vpc-${hash(account)}`;
}

function hash(text: string): string {
  return `0${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
