// The little network that endpoints need: each account's default VPC, its subnets and groups, Regions and zones.

import { createHash } from "node:crypto";
import { flag, optionalText, record, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call } from "../service.ts";
import { filtered } from "./ec2-lists.ts";
import { groupRule } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, EndpointService, Subnet, Vpc } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

const LETTERS = ["a", "b", "c"] as const;

export const networkActions: Readonly<Record<string, Ec2Action>> = {
  DescribeRegions: (state) => ({
    Regions: [{ RegionName: state.region, Endpoint: `ec2.${state.region}.amazonaws.com`, OptInStatus: "opt-in-not-required" }],
  }),
  DescribeAvailabilityZones: (state) => ({
    AvailabilityZones: LETTERS.map((letter, at) => ({
      ZoneName: state.region + letter,
      ZoneId: zoneIdOf(state.region, at),
      RegionName: state.region,
      State: "available",
      ZoneType: "availability-zone",
    })),
  }),
  CreateVpc(state, call) {
    const vpc: Vpc = {
      dnsSupport: true,
      dnsHostnames: false,
      id: newId("vpc"),
      owner: call.caller.account,
      cidr: text(call.input, "CidrBlock"),
      isDefault: false,
      tags: tagsFrom(call, "vpc"),
    };
    state.vpcs.set(vpc.id, vpc);
    addDefaultGroup(state, vpc);
    return { Vpc: vpcRow(vpc) };
  },
  ModifyVpcAttribute(state, call) {
    const vpc = own(call, state.vpcs, "VpcId", "InvalidVpcID.NotFound", "vpc ID");
    const given = (name: string): boolean | undefined =>
      call.input[name] === undefined ? undefined : flag(record(call.input, name), "Value");
    vpc.dnsSupport = given("EnableDnsSupport") ?? vpc.dnsSupport;
    vpc.dnsHostnames = given("EnableDnsHostnames") ?? vpc.dnsHostnames;
    return {};
  },
  DescribeVpcAttribute(state, call) {
    const vpc = own(call, state.vpcs, "VpcId", "InvalidVpcID.NotFound", "vpc ID");
    const asked = text(call.input, "Attribute");
    if (asked === "enableDnsSupport") return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } };
    if (asked === "enableDnsHostnames") return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
    throw new AwsError("InvalidParameterValue", `Value (${asked}) for parameter attribute is invalid.`);
  },
  DeleteVpc(state, call) {
    const vpc = own(call, state.vpcs, "VpcId", "InvalidVpcID.NotFound", "vpc ID");
    const users = [...state.subnets.values(), ...state.groups.values()].filter((one) => one.vpcId === vpc.id);
    if (users.some((one) => one.id !== defaultGroup(vpc.owner, vpc.id)))
      throw new AwsError("DependencyViolation", `The vpc '${vpc.id}' has dependencies and cannot be deleted.`);
    state.groups.delete(defaultGroup(vpc.owner, vpc.id));
    state.vpcs.delete(vpc.id);
    return {};
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
    const zone = zoneAsked(state, call);
    const subnet: Subnet = {
      id: newId("subnet"),
      owner: call.caller.account,
      vpcId,
      cidr: text(call.input, "CidrBlock"),
      zone,
      tags: tagsFrom(call, "subnet"),
    };
    state.subnets.set(subnet.id, subnet);
    return { Subnet: subnetRow(state, subnet) };
  },
  DeleteSubnet(state, call) {
    const subnet = own(call, state.subnets, "SubnetId", "InvalidSubnetID.NotFound", "subnet ID");
    if ([...state.interfaces.values()].some((one) => one.subnetId === subnet.id))
      throw new AwsError("DependencyViolation", `The subnet '${subnet.id}' has dependencies and cannot be deleted.`);
    state.subnets.delete(subnet.id);
    return {};
  },
  DescribeSubnets(state, call) {
    const found = listed(state, call, state.subnets, "SubnetIds", "InvalidSubnetID.NotFound", "subnet ID");
    const fields = {
      "vpc-id": (one: Subnet) => one.vpcId,
      "subnet-id": (one: Subnet) => one.id,
      "availability-zone": (one: Subnet) => one.zone,
    };
    return { Subnets: filtered(call, found, fields, (one) => one.tags).map((one) => subnetRow(state, one)) };
  },
};

/** The default VPC with three subnets and a group, the same ids for the same account in every run. */
export function ensureAccount(state: Ec2State, account: string): void {
  const vpcId = defaultVpc(account);
  if (state.vpcs.has(vpcId)) return;
  state.vpcs.set(vpcId, {
    id: vpcId,
    owner: account,
    cidr: "172.31.0.0/16",
    isDefault: true,
    dnsSupport: true,
    dnsHostnames: true,
    tags: new Map(),
  });
  for (const [at, letter] of LETTERS.entries()) {
    const id = `subnet-${hash(`${account} ${letter}`)}`;
    state.subnets.set(id, { id, owner: account, vpcId, cidr: `172.31.${at * 16}.0/20`, zone: state.region + letter, tags: new Map() });
  }
  addDefaultGroup(state, { id: vpcId, owner: account });
}

/** Its members talk to each other, and out to everywhere. */
function addDefaultGroup(state: Ec2State, { id: vpcId, owner }: Pick<Vpc, "id" | "owner">): void {
  const id = defaultGroup(owner, vpcId);
  const rules = [groupRule({ isEgress: false, groupId: id }), groupRule({ isEgress: true, cidr: "0.0.0.0/0" })];
  state.groups.set(id, { id, owner, vpcId, name: "default", description: "default VPC security group", rules, tags: new Map() });
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

/** The zones in which one can connect to the service: those of its load balancer, where that is one of ours. */
export function zonesOfService(state: Ec2State, service: EndpointService): string[] {
  const known = service.networkLoadBalancerArns.flatMap((arn) => state.balancers.get(arn)?.zones ?? []);
  return known.length > 0 ? [...new Set(known)].sort() : LETTERS.map((letter) => state.region + letter);
}

/** `eu-west-1` → `euw1-az1`, the same in every account here; on AWS an account's eu-west-1a may be any of them. */
function zoneIdOf(region: string, at: number): string {
  const [area = "", ...rest] = region.split("-");
  const number = rest.at(-1) ?? "1";
  const direction = rest.slice(0, -1).map((word) => word.replace(/^(north|south)(east|west)?$|^(east|west|central)$/, shortDirection));
  return `${area}${direction.join("")}${number}-az${at + 1}`;
}

const shortDirection = (_all: string, first = "", second = "", single = ""): string =>
  `${first.charAt(0)}${second.charAt(0)}${single.charAt(0)}`;

function zoneAsked(state: Ec2State, call: Call): string {
  const id = optionalText(call.input, "AvailabilityZoneId");
  if (id === undefined) return optionalText(call.input, "AvailabilityZone") ?? `${state.region}a`;
  const at = LETTERS.findIndex((_letter, index) => zoneIdOf(state.region, index) === id);
  if (at < 0)
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${id}) for parameter availabilityZoneId is invalid. Subnets can currently only be created in the following availability zones: ${LETTERS.map((_letter, index) => zoneIdOf(state.region, index)).join(", ")}.`,
    );
  return `${state.region}${LETTERS[at] ?? "a"}`;
}

/** The caller's own resource of that id. */
export function own<T extends { readonly owner: string }>(
  call: Call,
  all: ReadonlyMap<string, T>,
  member: string,
  code: string,
  noun: string,
): T {
  const id = text(call.input, member);
  const found = all.get(id);
  if (found === undefined || found.owner !== call.caller.account) throw new AwsError(code, `The ${noun} '${id}' does not exist`);
  return found;
}

export function listed<T extends { readonly owner: string; readonly id: string }>(
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

function subnetRow(state: Ec2State, subnet: Subnet): unknown {
  return {
    SubnetId: subnet.id,
    VpcId: subnet.vpcId,
    OwnerId: subnet.owner,
    State: "available",
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: zoneIdOf(
      state.region,
      LETTERS.findIndex((letter) => subnet.zone.endsWith(letter)),
    ),
    MapPublicIpOnLaunch: false,
    Tags: tagRows(subnet.tags),
  };
}

export function defaultVpc(account: string): string {
  return `vpc-${hash(account)}`;
}

function hash(text: string): string {
  return `0${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
