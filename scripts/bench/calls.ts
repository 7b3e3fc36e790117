// What one connection costs in calls and billed units, and a hundred of them in one batch.

import { readTemplate } from "../template.ts";
import { liveOnFakes, type Tally } from "./fakes-life.ts";
import { sum, type Section } from "./figures.ts";
import { pause, startBenchStack } from "./local-stack.ts";

interface Counted {
  readonly calls: Readonly<Record<string, number>>;
  readonly runs: Readonly<Record<string, number>>;
}

/** Calls of the functions until the last is accepted, and until all is quiet. */
async function onLocalAws(connections: number): Promise<{ accepted: Counted; quiet: Counted }> {
  const stack = await startBenchStack({ delays: { available: 0 } });
  try {
    const runsBefore = stack.runs.length;
    const runs = (): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const { functionName } of stack.runs.slice(runsBefore)) counts[functionName] = (counts[functionName] ?? 0) + 1;
      return counts;
    };
    let accepted: Counted | undefined;
    const calls = await stack.counting(async () => {
      const calls = await stack.counting(async () => {
        await stack.connect(connections);
        while ((await stack.states())["pendingAcceptance"] !== undefined) await pause(50);
      });
      accepted = { calls, runs: runs() };
      // The look that finds it available comes ten seconds after the accept, and the name after that.
      for (let seconds = 0; seconds < 15; seconds += 1) await pause(1000);
      await stack.local.idle();
    });
    if (accepted === undefined) throw new Error("nothing was counted");
    return { accepted, quiet: { calls, runs: runs() } };
  } finally {
    await stack.close();
  }
}

/** The calls that the accept waits for: those of observe and admit. What publish and the others do goes on beside it. */
const onTheWay = /^(ec2:|sqs:SendMessage|dynamodb:(GetItem|BatchGetItem|Query|TransactWriteItems)$)/;

export async function callsSection(): Promise<Section> {
  const template = await readTemplate();
  const [one, hundred] = [await onLocalAws(1), await onLocalAws(100)];
  const units = { one: await liveOnFakes(1, template), hundred: await liveOnFakes(100, template) };
  const actions = [...new Set([...Object.keys(one.quiet.calls), ...Object.keys(hundred.quiet.calls)])].toSorted();
  const way = (calls: Readonly<Record<string, number>>): number =>
    sum(Object.entries(calls).map(([action, count]) => (onTheWay.test(action) ? count : 0)));
  const tallied = (name: string, { reads, readUnits, writes, writeUnits, transactions, events }: Tally): (string | number)[] => [
    name,
    transactions,
    events,
    reads,
    readUnits,
    writes,
    writeUnits,
  ];
  return {
    name: "calls",
    title: "Calls and billed units, from the notification on",
    tables: [
      {
        head: [
          "AWS call, over the wire of local AWS",
          "1: until accepted",
          "1: until its name is made",
          "100 at once: until accepted",
          "100: until their names are made",
        ],
        rows: [
          ...actions.map((action): (string | number)[] => [
            action,
            one.accepted.calls[action] ?? 0,
            one.quiet.calls[action] ?? 0,
            hundred.accepted.calls[action] ?? 0,
            hundred.quiet.calls[action] ?? 0,
          ]),
          ["all", ...[one.accepted, one.quiet, hundred.accepted, hundred.quiet].map(({ calls }) => sum(Object.values(calls)))],
          ["on the way to the accept (observe and admit)", way(one.accepted.calls), "", "", ""],
          ["runs of functions", ...[one.accepted, one.quiet, hundred.accepted, hundred.quiet].map(({ runs }) => sum(Object.values(runs)))],
        ],
      },
      {
        head: ["DynamoDB, counted on the fakes", "transactions", "events", "items read", "read units", "items written", "write units"],
        rows: [
          tallied("1 until accepted", units.one.accepted),
          tallied("1 until its name is made", units.one.named),
          tallied("100 in one batch until accepted", units.hundred.accepted),
          tallied("100 until their names are made", units.hundred.named),
          tallied("one sweep over 100 at rest", units.hundred.swept),
        ],
      },
    ],
    notes: [
      "EC2 is called three times for one connection: two listings, since a message is never trusted and the verdict is given on what AWS shows at that moment, and one Accept. For a hundred it is the same three or few more.",
      "A write of a transaction is billed twice, and each index a row stands in once more (six of the log, two of the records): that is most of the write units. Whether AWS bills the indexes of a transactional write twice too is not documented; then they would be about a third more.",
      "PutEvents takes ten events a call, and the stream is read four times a second: one event alone is a call, a hundred at once are about ten.",
    ],
    targets: [],
  };
}
