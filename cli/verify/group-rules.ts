// Whom the rules of security groups let in, and whether that is anybody in a VPC. Pure.
import { BlockList } from "node:net";
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";

export interface LetIn {
  readonly ranges: readonly string[];
  readonly groups: readonly string[];
  /** Prefix lists: what they hold is not looked at. */
  readonly lists: readonly string[];
}

export interface Somebody {
  readonly address: string;
  readonly groups: readonly string[];
}

export function letIn(groups: readonly SecurityGroup[], port: number): LetIn {
  const rules = groups.flatMap(({ IpPermissions = [] }) => IpPermissions.filter((rule) => covers(rule, port)));
  return {
    ranges: distinct(
      rules.flatMap(({ IpRanges = [], Ipv6Ranges = [] }) => [
        ...IpRanges.flatMap(({ CidrIp }) => CidrIp ?? []),
        ...Ipv6Ranges.flatMap(({ CidrIpv6 }) => CidrIpv6 ?? []),
      ]),
    ),
    groups: distinct(rules.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.flatMap(({ GroupId }) => GroupId ?? []))),
    lists: distinct(rules.flatMap(({ PrefixListIds = [] }) => PrefixListIds.flatMap(({ PrefixListId }) => PrefixListId ?? []))),
  };
}

const distinct = (all: readonly string[]): readonly string[] => [...new Set(all)];

function covers({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission, port: number): boolean {
  return IpProtocol === "-1" || ((IpProtocol === "tcp" || IpProtocol === "6") && FromPort <= port && port <= ToPort);
}

export const sourcesOf = ({ ranges, groups, lists }: LetIn): readonly string[] => [...ranges, ...groups, ...lists];

/** Whether a rule is for them; a prefix list may be. */
export const isLetIn = (rules: LetIn, { address, groups }: Somebody): boolean =>
  rules.lists.length > 0 || rules.ranges.some((range) => isWithin(address, range)) || rules.groups.some((one) => groups.includes(one));

/** Whether every address of these ranges is let in, each by one rule. */
export const areLetIn = ({ ranges }: LetIn, wanted: readonly string[]): boolean =>
  wanted.every((narrow) => ranges.some((wide) => bitsOf(wide) <= bitsOf(narrow) && isWithin(baseOf(narrow), wide)));

/** Whether some address of these ranges is let in. */
export const areMet = ({ ranges }: LetIn, wanted: readonly string[]): boolean =>
  wanted.some((one) => ranges.some((range) => isWithin(baseOf(range), one) || isWithin(baseOf(one), range)));

export function isWithin(address: string, range: string): boolean {
  const [base, family] = [baseOf(range), familyOf(range)];
  if (family !== familyOf(address)) return false;
  const list = new BlockList();
  list.addSubnet(base, bitsOf(range), family);
  return list.check(address, family);
}

const baseOf = (range: string): string => range.split("/")[0] ?? range;
const bitsOf = (range: string): number => Number(range.split("/")[1] ?? (familyOf(range) === "ipv6" ? 128 : 32));
const familyOf = (address: string): "ipv4" | "ipv6" => (address.includes(":") ? "ipv6" : "ipv4");
