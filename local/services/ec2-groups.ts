// Security groups and their rules: who may reach whom. They are stateful: what may go out may be answered, and the other way round.

import { isInRange } from "../ip-ranges.ts";
import { optionalNumber, optionalText, rows, text, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { filtered } from "./ec2-lists.ts";
import { checkNetwork, defaultVpc, listed, own } from "./ec2-network.ts";
import { groupRule, type GroupRule, type NetworkInterface } from "./ec2-parts.ts";
import { newId } from "./ec2-state.ts";
import type { Ec2Action, Ec2State, SecurityGroup } from "./ec2-state.ts";
import { tagRows, tagsFrom } from "./ec2-tags.ts";

export const groupActions: Readonly<Record<string, Ec2Action>> = {
  CreateSecurityGroup(state, call) {
    const vpcId = optionalText(call.input, "VpcId") ?? defaultVpc(call.caller.account);
    checkNetwork(state, call.caller.account, vpcId, [], []);
    const group: SecurityGroup = {
      id: newId("sg"),
      owner: call.caller.account,
      vpcId,
      name: text(call.input, "GroupName"),
      description: text(call.input, "Description"),
      // Until a rule of its own is added in its place, everything may go out.
      rules: [groupRule({ isEgress: true, cidr: "0.0.0.0/0" })],
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
  DeleteSecurityGroup(state, call) {
    const group = ownGroup(call, state);
    const isUsed = [...state.interfaces.values()].some((one) => one.groupIds.includes(group.id));
    const isNamed = [...state.groups.values()].some((other) => other !== group && other.rules.some((rule) => rule.groupId === group.id));
    if (isUsed || isNamed) throw new AwsError("DependencyViolation", `resource ${group.id} has a dependent object`);
    state.groups.delete(group.id);
    return { Return: true, GroupId: group.id };
  },
  AuthorizeSecurityGroupIngress: (state, call) => add(state, call, false),
  AuthorizeSecurityGroupEgress: (state, call) => add(state, call, true),
  RevokeSecurityGroupIngress: (state, call) => remove(state, call, false),
  RevokeSecurityGroupEgress: (state, call) => remove(state, call, true),
};

const ownGroup = (call: Call, state: Ec2State): SecurityGroup =>
  own(call, state.groups, "GroupId", "InvalidGroup.NotFound", "security group");

function add(state: Ec2State, call: Call, isEgress: boolean): unknown {
  const group = ownGroup(call, state);
  const made = rulesAsked(call, isEgress);
  const twice = made.find((rule) => group.rules.some((there) => isSame(there, rule)));
  if (twice !== undefined) throw new AwsError("InvalidPermission.Duplicate", "the specified rule already exists");
  group.rules.push(...made);
  return {
    Return: true,
    SecurityGroupRules: made.map((rule) => ({ SecurityGroupRuleId: rule.id, GroupId: group.id, IsEgress: isEgress })),
  };
}

function remove(state: Ec2State, call: Call, isEgress: boolean): unknown {
  const group = ownGroup(call, state);
  const asked = rulesAsked(call, isEgress);
  const missing = asked.find((rule) => !group.rules.some((there) => isSame(there, rule)));
  if (missing !== undefined) throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  group.rules = group.rules.filter((there) => !asked.some((rule) => isSame(there, rule)));
  return { Return: true };
}

const isSame = (a: GroupRule, b: GroupRule): boolean =>
  a.isEgress === b.isEgress &&
  a.protocol === b.protocol &&
  a.from === b.from &&
  a.to === b.to &&
  a.cidr === b.cidr &&
  a.groupId === b.groupId;

/** `IpPermissions`, or the short form with one range. */
function rulesAsked({ input }: Call, isEgress: boolean): GroupRule[] {
  const cidr = optionalText(input, "CidrIp");
  const short = cidr === undefined ? [] : [{ ...input, IpRanges: [{ CidrIp: cidr }] }];
  return [...rows(input, "IpPermissions"), ...short].flatMap((permission) => rulesOf(permission, isEgress));
}

function rulesOf(permission: Members, isEgress: boolean): GroupRule[] {
  const protocol = text(permission, "IpProtocol").replace(/^6$/, "tcp").replace(/^17$/, "udp");
  const ports =
    protocol === "-1"
      ? { from: -1, to: -1 }
      : { from: optionalNumber(permission, "FromPort") ?? -1, to: optionalNumber(permission, "ToPort") ?? -1 };
  const rule = (row: Members, end: Partial<GroupRule>): GroupRule => {
    const description = optionalText(row, "Description");
    return groupRule({ isEgress, protocol, ...ports, ...end, ...(description === undefined ? {} : { description }) });
  };
  return [
    ...rows(permission, "IpRanges").map((row) => rule(row, { cidr: text(row, "CidrIp") })),
    ...rows(permission, "UserIdGroupPairs").map((row) => rule(row, { groupId: text(row, "GroupId") })),
  ];
}

/** Whether one of the groups lets TCP through between its member and the other end. */
export function letsThrough(
  state: Ec2State,
  groupIds: readonly string[],
  direction: "in" | "out",
  port: number,
  other: Pick<NetworkInterface, "address" | "groupIds">,
): boolean {
  const rules = groupIds.flatMap((id) => state.groups.get(id)?.rules ?? []).filter((rule) => rule.isEgress === (direction === "out"));
  return rules.some(
    (rule) =>
      (rule.protocol === "-1" || (rule.protocol === "tcp" && (rule.from === -1 || (port >= rule.from && port <= rule.to)))) &&
      (rule.cidr === undefined ? other.groupIds.includes(rule.groupId ?? "") : isInRange(other.address, rule.cidr)),
  );
}

function groupRow(group: SecurityGroup): unknown {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: group.owner,
    IpPermissions: group.rules.filter((rule) => !rule.isEgress).map((rule) => permissionRow(group, rule)),
    IpPermissionsEgress: group.rules.filter((rule) => rule.isEgress).map((rule) => permissionRow(group, rule)),
    Tags: tagRows(group.tags),
  };
}

function permissionRow({ owner }: SecurityGroup, rule: GroupRule): unknown {
  return {
    IpProtocol: rule.protocol,
    ...(rule.protocol === "-1" ? {} : { FromPort: rule.from, ToPort: rule.to }),
    IpRanges: rule.cidr === undefined ? [] : [{ CidrIp: rule.cidr, Description: rule.description }],
    UserIdGroupPairs: rule.groupId === undefined ? [] : [{ GroupId: rule.groupId, UserId: owner, Description: rule.description }],
    Ipv6Ranges: [],
    PrefixListIds: [],
  };
}
