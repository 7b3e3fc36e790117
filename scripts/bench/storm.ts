// A thousand connections at once on local AWS, through the packaged functions, with EC2's buckets enforced: in real time.

import { availableParallelism } from "node:os";
import { sum, type Section } from "./figures.ts";
import { pause, startBenchStack } from "./local-stack.ts";

interface Storm {
  readonly connections: number;
  readonly seconds: number;
  readonly acceptCalls: number;
  readonly listings: number;
  readonly runs: Readonly<Record<string, number>>;
  readonly complaints: number;
}

const secondsMax = 240;

async function storm(connections: number): Promise<Storm> {
  const stack = await startBenchStack({ delays: { available: 0 } });
  try {
    const runsBefore = stack.runs.length;
    let seconds = Number.NaN;
    const counts = await stack.counting(async () => {
      const began = performance.now();
      await stack.connect(connections);
      for (;;) {
        const { pendingAcceptance: waiting = 0 } = await stack.states();
        seconds = (performance.now() - began) / 1000;
        if (waiting === 0) return;
        if (seconds > secondsMax) throw new Error(`${String(waiting)} of ${String(connections)} still wait after ${String(secondsMax)} s`);
        await pause(500);
      }
    });
    const runs: Record<string, number> = {};
    for (const { functionName } of stack.runs.slice(runsBefore)) runs[functionName] = (runs[functionName] ?? 0) + 1;
    return {
      connections,
      seconds,
      acceptCalls: counts["ec2:AcceptVpcEndpointConnections"] ?? 0,
      listings: counts["ec2:DescribeVpcEndpointConnections"] ?? 0,
      runs,
      complaints: stack.complaints.length,
    };
  } finally {
    await stack.close();
  }
}

export async function stormSection(connections: number): Promise<Section> {
  const got = await storm(connections);
  return {
    name: "storm",
    title: `${String(connections)} connections at once, on local AWS, in real time`,
    tables: [
      {
        head: [
          "connections",
          "all accepted after, s",
          "Accept calls",
          "listings",
          "runs of observe",
          "of admit",
          "of all functions",
          "errors and warnings",
        ],
        rows: [
          [
            got.connections,
            got.seconds,
            got.acceptCalls,
            got.listings,
            got.runs["observe"] ?? 0,
            got.runs["admit"] ?? 0,
            sum(Object.values(got.runs)),
            got.complaints,
          ],
        ],
      },
    ],
    notes: [
      `Each from an account of its own; every entry, record, event and name as deployed; EC2's buckets as AWS publishes them (Accept 10 calls, 1/s; Describe 100, 20/s).`,
      `All of AWS and all functions share the ${String(availableParallelism())} cores of this machine, so the seconds are mostly DynamoDB's and EventBridge's work in one process of local AWS.`,
    ],
    targets: [{ what: "all accepted", wanted: "under 60 s", got: `${got.seconds.toFixed(1)} s`, reached: got.seconds < 60 }],
  };
}
