// From requested to available on local AWS, without AWS's own delay: how long, and where the time goes.

import { median, quantile, type Section } from "./figures.ts";
import { pause, startBenchStack, type BenchStack, type Run } from "./local-stack.ts";

interface Trip {
  readonly total: number;
  readonly toObserve: number;
  readonly observe: number;
  readonly toAdmit: number;
  readonly admit: number;
}

const pollMilliseconds = 10;

export async function hopsSection(rounds: number): Promise<Section> {
  const stack = await startBenchStack({ delays: { available: 0 } });
  try {
    // The first one finds processes that have never made a call: it is shown apart, as the nearest thing to a cold start.
    const first = await trip(stack, 0);
    const trips: Trip[] = [];
    for (let round = 1; round <= rounds; round += 1) trips.push(await trip(stack, round));
    const columns = ["toObserve", "observe", "toAdmit", "admit", "total"] as const;
    const row = (name: string, of: (column: (typeof columns)[number]) => number): (string | number)[] => [
      name,
      ...columns.map((column) => of(column)),
    ];
    const total = median(trips.map((one) => one.total)) / 1000;
    return {
      name: "hops",
      title: "From requested to available, on local AWS without AWS's own delay",
      tables: [
        {
          head: [
            "ms",
            "notification, SNS, SQS and its window of 1 s",
            "observe: list, record, hand over",
            "SQS, without a window",
            "admit: list, judge, record, Accept",
            "requested to available",
          ],
          rows: [
            row("the first", (column) => first[column]),
            row(`median of ${String(rounds)}`, (column) => median(trips.map((one) => one[column]))),
            row("90 of 100", (column) =>
              quantile(
                trips.map((one) => one[column]),
                0.9,
              ),
            ),
          ],
        },
      ],
      notes: [
        "The second that observe waits for more is what lets one listing serve a whole storm, and AWS allows no shorter window for batches of more than ten. It is the greater part of the time, and the only wait on the way: observe hands over to admit directly, many connections in a message, so admit's queue needs none.",
        "On AWS the hops themselves take longer (SNS about 73 ms, SQS 16 ms, a commit 25 ms, each function up to a second when cold), and after the accept AWS takes a minute or more until the endpoint is available.",
      ],
      targets: [{ what: "requested to available, median", wanted: "under 2 s", got: `${total.toFixed(2)} s`, reached: total < 2 }],
    };
  } finally {
    await stack.close();
  }
}

async function trip(stack: BenchStack, round: number): Promise<Trip> {
  await stack.local.idle();
  const runsBefore = stack.runs.length;
  const began = performance.now();
  const [endpoint = ""] = await stack.connect(1, round);
  while ((await stack.stateOf(endpoint, round)).toLowerCase() !== "available") {
    if (performance.now() - began > 60_000) throw new Error(`${endpoint} is not available after a minute`);
    await pause(pollMilliseconds);
  }
  const total = performance.now() - began;
  // The function's own end comes after its accept.
  const admit = await ended(stack, runsBefore, "admit");
  const observe = await ended(stack, runsBefore, "observe");
  return {
    total,
    toObserve: observe.began - began,
    observe: observe.ended - observe.began,
    toAdmit: Math.max(0, admit.began - observe.ended),
    admit: began + total - admit.began,
  };
}

async function ended(stack: BenchStack, from: number, functionName: string): Promise<Run> {
  for (;;) {
    const run = stack.runs.slice(from).find((one) => one.functionName === functionName);
    if (run !== undefined) return run;
    await pause(pollMilliseconds);
  }
}
