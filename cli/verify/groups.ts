// The endpoint's security groups: whom they let in, and whether that is whoever was tried from.
import { DescribeNetworkInterfacesCommand, DescribeSecurityGroupsCommand, DescribeVpcsCommand, type EC2Client } from "@aws-sdk/client-ec2";

import { failed, Lacks, looked, needing, notReadable, ok, type Finding } from "./finding.ts";
import { areLetIn, areMet, isLetIn, letIn, sourcesOf, type LetIn, type Somebody } from "./group-rules.ts";
import type { ConsumerSide } from "./sides.ts";

const about = "security groups";
/** AWS takes 200 values in a filter. */
const filterValuesMax = 200;

/** What trying it has shown of who came from where. */
export interface Attempt {
  readonly tcp: "passed" | "timed out" | "not tried";
  /** The address that was tried from; nothing behind a proxy. */
  readonly from: string | undefined;
  /** Sources that the flow logs of the last hour show as let in or dropped at the endpoint. */
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
}

/** What is known of the VPC around the endpoint. */
export interface Around {
  readonly vpc: string;
  readonly groups: readonly string[];
  readonly port: number;
  readonly rules: LetIn;
  readonly ranges: readonly string[];
  /** Which of the groups that the rules name belong to something in the VPC besides the endpoint. */
  readonly inUse: readonly string[];
  /** The groups of whoever in the VPC has an address that came up. */
  readonly groupsAt: ReadonlyMap<string, readonly string[]>;
}

export function groups(ec2: EC2Client, side: ConsumerSide, port: number, attempt: Attempt): Promise<readonly Finding[]> {
  return looked(about, async () => {
    if (side.groups.length === 0) return [ok(about, "the endpoint has none")];
    const asked = new DescribeSecurityGroupsCommand({ GroupIds: [...side.groups] });
    const { SecurityGroups = [] } = await needing("ec2:DescribeSecurityGroups", () => ec2.send(asked));
    const rules = letIn(SecurityGroups, port);
    const known = { vpc: side.vpc, groups: side.groups, port, rules };
    try {
      return [whoIsLetIn({ ...known, ...(await vpcAround(ec2, side, rules, attempt)) }, attempt)];
    } catch (error) {
      if (!(error instanceof Lacks)) throw error;
      if (sourcesOf(rules).length === 0) return [nobody({ ...known, ranges: [] })];
      const mend = `allow ${error.permission} to the role you use, then repeat the command`;
      return [notReadable(about, `${said(known)}; who of ${side.vpc} that is: ${error.message}`, mend)];
    }
  });
}

async function vpcAround(
  ec2: EC2Client,
  { vpc, interfaces }: ConsumerSide,
  rules: LetIn,
  { from, accepted, rejected }: Attempt,
): Promise<Pick<Around, "ranges" | "inUse" | "groupsAt">> {
  const { Vpcs: [found] = [] } = await needing("ec2:DescribeVpcs", () => ec2.send(new DescribeVpcsCommand({ VpcIds: [vpc] })));
  const ranges = [
    ...(found?.CidrBlock === undefined ? [] : [found.CidrBlock]),
    ...(found?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => CidrBlock ?? []),
    ...(found?.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
  ];
  const those = async (name: string, values: readonly string[]): Promise<readonly Somebody[]> => {
    if (values.length === 0) return [];
    const Filters = [
      { Name: "vpc-id", Values: [vpc] },
      { Name: name, Values: values.slice(0, filterValuesMax) },
    ];
    const asked = new DescribeNetworkInterfacesCommand({ Filters });
    const { NetworkInterfaces = [] } = await needing("ec2:DescribeNetworkInterfaces", () => ec2.send(asked));
    return NetworkInterfaces.filter(({ NetworkInterfaceId = "" }) => !interfaces.includes(NetworkInterfaceId)).flatMap(
      ({ PrivateIpAddresses = [], Groups = [] }) => {
        const members = Groups.flatMap(({ GroupId }) => GroupId ?? []);
        return PrivateIpAddresses.map(({ PrivateIpAddress = "" }) => ({ address: PrivateIpAddress, groups: members }));
      },
    );
  };
  const members = await those("group-id", rules.groups);
  const inUse = rules.groups.filter((id) => members.some((one) => one.groups.includes(id)));
  const addresses = [...(from === undefined ? [] : [from]), ...rejected, ...accepted].filter((address) => !address.includes(":"));
  const cameUp = await those("addresses.private-ip-address", addresses);
  return { ranges: [...new Set(ranges)], inUse, groupsAt: new Map(cameUp.map((one) => [one.address, one.groups])) };
}

export function whoIsLetIn(around: Around, attempt: Attempt): Finding {
  const { rules, ranges, inUse, vpc } = around;
  if (sourcesOf(rules).length === 0) return nobody(around);
  if (attempt.tcp === "passed") return ok(about, said(around));
  if (rules.lists.length === 0 && inUse.length === 0 && !areMet(rules, ranges))
    return failed(about, `${said(around)}, which is nobody in ${vpc} (${ranges.join(", ")})`, opening(around, ranges[0]));
  return attempt.tcp === "timed out" ? afterSilence(around, attempt) : ok(about, said(around));
}

/** Nothing answered: is it because whoever asked is not let in? */
function afterSilence(around: Around, { from, accepted, rejected }: Attempt): Finding {
  const { rules, ranges, groupsAt, vpc } = around;
  const isIn = (address: string): boolean => isLetIn(rules, { address, groups: groupsAt.get(address) ?? [] });
  if (from !== undefined) {
    if (isIn(from)) return ok(about, said(around));
    const open = opening(around, alone(from));
    if (groupsAt.has(from)) return failed(about, `${said(around)}, and not from ${from}, where this was tried from`, open);
    const elsewhere = `${said(around)}; this was tried from ${from}, which nothing in ${vpc} has`;
    return notReadable(about, elsewhere, `try it inside ${vpc} (docs/walkthrough.md); where a way leads there from ${from}: ${open}`);
  }
  if (areLetIn(rules, ranges)) return ok(about, `${said(around)}: all of ${vpc}`);
  const shown = `${said(around)}; the flow logs show`;
  const dropped = rejected.find((address) => !isIn(address));
  if (dropped !== undefined) return failed(about, `${shown} that ${dropped} was dropped`, opening(around, alone(dropped)));
  const passed = accepted.find(isIn);
  if (passed !== undefined) return ok(about, `${shown} that ${passed} came through`);
  return notReadable(
    about,
    `${said(around)}; whether that is where this was tried from cannot be told behind a proxy`,
    `if it is not: ${opening(around, ranges[0])}`,
  );
}

function nobody(around: Pick<Around, "vpc" | "groups" | "port" | "ranges">): Finding {
  const message = `${around.groups.join(", ")} of the endpoint let nobody in on TCP ${String(around.port)}`;
  return failed(about, message, opening(around, around.ranges[0]));
}

const said = ({ groups, port, rules }: Pick<Around, "groups" | "port" | "rules">): string =>
  `${groups.join(", ")} let in TCP ${String(port)} from ${sourcesOf(rules).join(", ")}`;

/** The range of one address. */
export const alone = (address: string): string => `${address}/${address.includes(":") ? "128" : "32"}`;

/** The command that lets a range in. */
export function opening(
  { vpc, groups: [first = ""], port }: Pick<Around, "vpc" | "groups" | "port">,
  range = `<the range of ${vpc}>`,
): string {
  const command = `aws ec2 authorize-security-group-ingress --group-id ${first}`;
  if (!range.includes(":")) return `${command} --protocol tcp --port ${String(port)} --cidr ${range}`;
  return `${command} --ip-permissions IpProtocol=tcp,FromPort=${String(port)},ToPort=${String(port)},Ipv6Ranges=[{CidrIpv6=${range}}]`;
}
