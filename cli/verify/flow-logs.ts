// Flow logs of a VPC: whether what passed at certain interfaces was written down, and whether only private addresses were part of it.
import { DescribeFlowLogsCommand, type EC2Client, type FlowLog } from "@aws-sdk/client-ec2";

import { failed, needing, notReadable, ok, unreadable, type Finding } from "./finding.ts";
import { isPrivate } from "./reach.ts";
import { signedCall } from "./signed-call.ts";

const about = "flow logs";

export interface Watched {
  readonly region: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly interfaces: readonly string[];
  readonly port: number;
}

/** What the flow logs hold of these interfaces; or the line that says why that is not known. */
export type Written = { readonly finding: Finding } | Lines;
interface Lines {
  readonly group: string;
  readonly rows: readonly Row[];
  readonly lateMinutes: number;
  /** An interface of which not all was read. */
  readonly unfinished: string | undefined;
}
export interface Row {
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: string;
  readonly action: string;
}

const spanMilliseconds = 60 * 60 * 1000;
const linesMax = 10_000;
/** A page may be empty and have a next one all the same. */
const pagesMax = 20;

export async function written(ec2: EC2Client, watched: Watched): Promise<Written> {
  const { vpc } = watched;
  try {
    const Filter = [{ Name: "resource-id", Values: [vpc, ...watched.subnets, ...watched.interfaces] }];
    const { FlowLogs = [] } = await needing("ec2:DescribeFlowLogs", () => ec2.send(new DescribeFlowLogsCommand({ Filter })));
    const active = FlowLogs.filter(({ FlowLogStatus }) => FlowLogStatus === "ACTIVE");
    if (active.length === 0) {
      const begin = `aws ec2 create-flow-logs --resource-type VPC --resource-ids ${vpc} --traffic-type ALL --log-group-name <group> --deliver-logs-permission-arn <role>`;
      return { finding: failed(about, `nothing writes down what passes in ${vpc}`, begin) };
    }
    const readable = active.find(({ LogGroupName }) => LogGroupName !== undefined);
    if (readable !== undefined) return await linesOf(watched, readable);
    const elsewhere = active[0]?.LogDestination ?? "elsewhere";
    return { finding: notReadable(about, `they are written to ${elsewhere}`, "look there") };
  } catch (error) {
    return { finding: unreadable(about, error) };
  }
}

async function linesOf(
  { region, interfaces }: Watched,
  { LogGroupName = "", MaxAggregationInterval = 600, LogFormat = "" }: FlowLog,
): Promise<Lines> {
  const rows: Row[] = [];
  let unfinished: string | undefined;
  for (const nic of interfaces) {
    const { lines, isAll } = await streamsOf(region, LogGroupName, nic);
    rows.push(...lines.flatMap((line) => rowOf(line, LogFormat) ?? []));
    if (!isAll) unfinished = nic;
  }
  return { group: LogGroupName, rows, lateMinutes: Math.ceil(MaxAggregationInterval / 60) + 5, unfinished };
}

/** Each interface has streams of its own, which begin with its id. */
async function streamsOf(region: string, logGroupName: string, nic: string): Promise<{ lines: readonly string[]; isAll: boolean }> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  for (let pages = 0; pages < pagesMax && lines.length < linesMax; pages += 1) {
    const startTime = Date.now() - spanMilliseconds;
    const asked = { logGroupName, logStreamNamePrefix: nic, startTime, ...(nextToken === undefined ? {} : { nextToken }) };
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.FilterLogEvents" };
    const text = await needing("logs:FilterLogEvents", () => signedCall({ service: "logs", region, headers, body: JSON.stringify(asked) }));
    const reply = JSON.parse(text) as { readonly events?: readonly { readonly message?: string }[]; readonly nextToken?: string };
    lines.push(...(reply.events ?? []).flatMap(({ message }) => message ?? []));
    ({ nextToken } = reply);
    if (nextToken === undefined) return { lines, isAll: true };
  }
  return { lines, isAll: false };
}

export interface Mends {
  /** For what was dropped, by its source. */
  readonly dropped: (source: string) => string;
  readonly nothing: string;
}

export function flowLogs(shown: Written, { interfaces, port }: Watched, mends: Mends): Finding {
  if ("finding" in shown) return shown.finding;
  const { group, rows, lateMinutes, unfinished } = shown;
  const look = `aws logs filter-log-events --log-group-name ${group} --log-stream-name-prefix ${unfinished ?? interfaces[0] ?? ""}`;
  const open = rows.flatMap(({ source, destination }) => [source, destination]).filter((address) => !isPrivate(address));
  if (open.length > 0)
    return failed(
      about,
      `public addresses are in ${group}: ${[...new Set(open)].join(", ")}`,
      `see who talks to it: ${look} --filter-pattern '"${open[0] ?? ""}"'`,
    );
  const accepted = rows.filter(({ action }) => action === "ACCEPT").length;
  const rejected = rows.length - accepted;
  if (accepted > 0)
    return ok(about, `${group}: ${String(accepted)} accepted, ${String(rejected)} rejected in the last hour, private addresses only`);
  if (unfinished !== undefined && rejected === 0)
    return notReadable(about, `${group}: nothing of ${unfinished} in the first ${String(pagesMax)} pages, and there are more`, look);
  if (rejected === 0)
    return failed(about, `${group}: no traffic in the last hour; lines come up to ${String(lateMinutes)} minutes late`, mends.nothing);
  const [source] = sources(shown, port, "REJECT");
  return failed(
    about,
    `${group}: ${String(rejected)} rejected and none accepted in the last hour`,
    source === undefined ? `see what was dropped: ${look}` : mends.dropped(source),
  );
}

/** Who asked for the port, and was let in or dropped. */
export function sources(shown: Written, port: number, action: "ACCEPT" | "REJECT"): readonly string[] {
  if ("finding" in shown) return [];
  const asking = shown.rows.filter((row) => row.action === action && row.destinationPort === String(port));
  return [...new Set(asking.map(({ source }) => source))];
}

const defaultFields =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status".split(" ");

/** By the flow log's own format; a line that says nothing of addresses (NODATA) is none. */
function rowOf(line: string, format: string): Row | undefined {
  const named = [...format.matchAll(/\$\{([\w-]+)\}/g)].map(([, name = ""]) => name);
  const fields = named.length > 0 ? named : defaultFields;
  const values = line.trim().split(/\s+/);
  const at = (name: string): string => values[fields.indexOf(name)] ?? "-";
  const [source, destination] = [at("srcaddr"), at("dstaddr")];
  if (source === "-" || destination === "-") return undefined;
  return { source, destination, destinationPort: at("dstport"), action: at("action") };
}
