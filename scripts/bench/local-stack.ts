// A stack on local AWS with one service in care that lets everybody in, and consumers that connect at once.

import { startLocalAws, type LocalAws, type LocalAwsOptions } from "../../local/aws.ts";
import { operator, provider, type World } from "../actors.ts";
import { ensurePackaged } from "../package.ts";
import { difference } from "./figures.ts";

export interface Run {
  readonly functionName: string;
  /** Milliseconds since local AWS came up, on one clock. */
  readonly began: number;
  ended: number;
}

export interface BenchStack {
  readonly local: LocalAws;
  readonly service: { readonly id: string; readonly name: string };
  readonly runs: readonly Run[];
  /** Lines of the functions' logs with the level ERROR or WARN. */
  readonly complaints: readonly string[];
  /** One endpoint from each of so many accounts, all at once; gives their ids. */
  connect(count: number, firstAccount?: number): Promise<string[]>;
  /** How many of the service's connections are in each state, as the provider sees them. */
  states(): Promise<Record<string, number>>;
  /** The state as the consumer sees it, who has a throttle of their own. */
  stateOf(endpoint: string, account: number): Promise<string>;
  /** Calls over the wire while `work` runs. */
  counting(work: () => Promise<void>): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const zoneName = "privatelink.example.com";
const firstConsumer = 200_000_000_000;

export async function startBenchStack(options: LocalAwsOptions = {}): Promise<BenchStack> {
  await ensurePackaged();
  const runs: Run[] = [];
  const complaints: string[] = [];
  const open = new Map<string, Run>();
  const print = (name: string, line: string): void => {
    const functionName = name.split("-").at(-1) ?? name;
    const [, word = "", requestId = ""] = /^(START|END) RequestId: (\S+)/.exec(line) ?? [];
    if (word === "START") open.set(requestId, { functionName, began: performance.now(), ended: Number.NaN });
    const run = open.get(requestId);
    if (word === "END" && run !== undefined) {
      run.ended = performance.now();
      runs.push(run);
    }
    if (/"level":"(ERROR|WARN)"|^ERROR/.test(line)) complaints.push(`${functionName}: ${line.slice(0, 300)}`);
  };
  const local = await startLocalAws({ zoneName, print, ...options });
  try {
    const service = await inCare(local);
    await local.idle();
    return stackOf(local, service, runs, complaints);
  } catch (error) {
    await local.close();
    throw error;
  }
}

async function inCare(local: LocalAws): Promise<{ id: string; name: string }> {
  const world: World = { aws: local.aws, api: local.api, inbox: local.inbox, region: local.region };
  const loadBalancer = `arn:aws:elasticloadbalancing:${local.region}:${local.account}:loadbalancer/net/payments/50dc6c495c0c9188`;
  const service = await provider(world, local.account).createService(loadBalancer);
  const drawbridge = operator(world, local.account);
  for (const words of [
    ["services", "add", service.id, "--zone", zoneName, "--yes"],
    ["allow", "any", "--service", service.id, "--yes"],
  ]) {
    const { code, stderr } = await drawbridge(...words);
    if (code !== 0) throw new Error(`drawbridge ${words.join(" ")}: ${stderr.trim()}`);
  }
  return service;
}

function stackOf(local: LocalAws, service: BenchStack["service"], runs: readonly Run[], complaints: readonly string[]): BenchStack {
  return {
    local,
    service,
    runs,
    complaints,
    connect: async (count, firstAccount = 0) => {
      const ids: string[] = [];
      // Without the wire: what the consumers' own calls cost is not measured here.
      for (let index = 0; index < count; index += 1) {
        const created = (await local.call(
          "ec2",
          "CreateVpcEndpoint",
          { VpcEndpointType: "Interface", VpcId: "vpc-0b0b0b0b0b0b0b0b0", ServiceName: service.name },
          String(firstConsumer + firstAccount + index),
        )) as { VpcEndpoint: { VpcEndpointId: string } };
        ids.push(created.VpcEndpoint.VpcEndpointId);
      }
      return ids;
    },
    states: async () => {
      const counts: Record<string, number> = {};
      let NextToken: string | undefined;
      do {
        const reply = (await local.call("ec2", "DescribeVpcEndpointConnections", {
          Filters: [{ Name: "service-id", Values: [service.id] }],
          MaxResults: 1000,
          ...(NextToken === undefined ? {} : { NextToken }),
        })) as { VpcEndpointConnections: { VpcEndpointState: string }[]; NextToken?: string };
        for (const { VpcEndpointState: state } of reply.VpcEndpointConnections) counts[state] = (counts[state] ?? 0) + 1;
        NextToken = reply.NextToken;
      } while (NextToken !== undefined);
      return counts;
    },
    stateOf: async (endpoint, account) => {
      const reply = (await local.call("ec2", "DescribeVpcEndpoints", { VpcEndpointIds: [endpoint] }, String(firstConsumer + account))) as {
        VpcEndpoints: { State: string }[];
      };
      return reply.VpcEndpoints[0]?.State ?? "unknown";
    },
    counting: async (work) => {
      const before = local.counts();
      await work();
      return difference(before, local.counts());
    },
    close: () => local.close(),
  };
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds));
