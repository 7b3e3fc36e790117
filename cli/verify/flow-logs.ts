// Flow logs of a VPC: whether what passed at certain addresses was written down, and whether only private addresses were part of it.
import { DescribeFlowLogsCommand, type EC2Client, type FlowLog } from "@aws-sdk/client-ec2";

import { failed, looked, notReadable, ok, type Finding } from "./finding.ts";
import { isPrivate } from "./reach.ts";
import { signedCall } from "./signed-call.ts";

export interface Watched {
  readonly about: string;
  readonly region: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  readonly interfaces: readonly string[];
}

const spanMilliseconds = 60 * 60 * 1000;
const linesMax = 10_000;

export function flowLogs(ec2: EC2Client, watched: Watched): Promise<readonly Finding[]> {
  const { about, vpc } = watched;
  return looked(about, "ec2:DescribeFlowLogs", async () => {
    const Values = [vpc, ...watched.subnets, ...watched.interfaces];
    const { FlowLogs = [] } = await ec2.send(new DescribeFlowLogsCommand({ Filter: [{ Name: "resource-id", Values }] }));
    const active = FlowLogs.filter(({ FlowLogStatus }) => FlowLogStatus === "ACTIVE");
    if (active.length === 0)
      return [
        failed(
          about,
          `nothing writes down what passes in ${vpc}`,
          `aws ec2 create-flow-logs --resource-type VPC --resource-ids ${vpc} --traffic-type ALL --log-group-name <group> --deliver-logs-permission-arn <role>`,
        ),
      ];
    const readable = active.find(({ LogGroupName }) => LogGroupName !== undefined);
    if (readable === undefined) return [notReadable(about, `they are written to ${active[0]?.LogDestination ?? "elsewhere"}: look there`)];
    return written(watched, readable);
  });
}

function written({ about, region, interfaces }: Watched, { LogGroupName = "", MaxAggregationInterval = 600, LogFormat = "" }: FlowLog) {
  return looked(about, "logs:FilterLogEvents", async () => {
    const lines: string[] = [];
    for (const one of interfaces) lines.push(...(await linesOf(region, LogGroupName, one)));
    const rows = lines.map((line) => rowOf(line, LogFormat)).filter((row) => row !== undefined);
    const open = rows.flatMap(({ source, destination }) => [source, destination]).filter((address) => !isPrivate(address));
    const accepted = rows.filter(({ action }) => action === "ACCEPT").length;
    const rejected = rows.length - accepted;
    if (open.length > 0)
      return [
        failed(about, `public addresses are in ${LogGroupName}: ${[...new Set(open)].join(", ")}`, "look at who talks to the endpoint"),
      ];
    if (accepted > 0)
      return [
        ok(about, `${LogGroupName}: ${String(accepted)} accepted, ${String(rejected)} rejected in the last hour, private addresses only`),
      ];
    if (rejected > 0)
      return [failed(about, `${LogGroupName}: ${String(rejected)} rejected and none accepted in the last hour`, "see the security groups")];
    return [
      failed(
        about,
        `${LogGroupName}: no traffic in the last hour; lines come up to ${String(Math.ceil(MaxAggregationInterval / 60) + 5)} minutes late`,
        "send a request through the endpoint, wait, and repeat the command",
      ),
    ];
  });
}

async function linesOf(region: string, logGroupName: string, nic: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const asked = {
      logGroupName,
      filterPattern: `"${nic}"`,
      startTime: Date.now() - spanMilliseconds,
      ...(nextToken === undefined ? {} : { nextToken }),
    };
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.FilterLogEvents" };
    const text = await signedCall({ service: "logs", region, headers, body: JSON.stringify(asked) });
    const reply = JSON.parse(text) as { readonly events?: readonly { readonly message?: string }[]; readonly nextToken?: string };
    lines.push(...(reply.events ?? []).flatMap(({ message }) => message ?? []));
    ({ nextToken } = reply);
  } while (nextToken !== undefined && lines.length < linesMax);
  return lines;
}

interface Row {
  readonly source: string;
  readonly destination: string;
  readonly action: string;
}

const defaultFields =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status".split(" ");

/** By the flow log's own format; a line that says nothing of addresses (NODATA) is none. */
function rowOf(line: string, format: string): Row | undefined {
  const named = [...format.matchAll(/\$\{([\w-]+)\}/g)].map(([, name = ""]) => name);
  const fields = named.length > 0 ? named : defaultFields;
  const values = line.trim().split(/\s+/);
  const at = (name: string): string => values[fields.indexOf(name)] ?? "-";
  const [source, destination, action] = [at("srcaddr"), at("dstaddr"), at("action")];
  return source === "-" || destination === "-" ? undefined : { source, destination, action };
}
