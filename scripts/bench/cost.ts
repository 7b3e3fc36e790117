// What running Drawbridge costs, from counted calls: idle, with many connections, with many questions.

import { approver } from "../actors.ts";
import { readTemplate } from "../template.ts";
import { liveOnFakes } from "./fakes-life.ts";
import { quietSeconds } from "../../lib/audit/checkpoint.ts";
import { shown, sum, type Section } from "./figures.ts";
import { pause, startBenchStack } from "./local-stack.ts";
import { cost, costOfMonth, kinds, monthlyOf, nothing, plus, prices, pricesAre, scheduled, times, words, type Bill } from "./prices.ts";
import { tableShapes, writeUnits } from "./units.ts";
import { readItem } from "../../lib/aws/item.ts";

const minutesPerMonth = 730 * 60;
const memoryGigabytes = 0.5;
/** A warm run and its log, assumed: local times say nothing of AWS's. */
const secondsPerRun = 0.15;
const logBytesPerRun = 600;
/** Keys that one consumer's verdict is looked up by: endpoint, account and any, at the service and at every service. */
const keysPerVerdict = 6;

/** A record through Firehose counts as at least this much. */
const firehoseBytesLeast = 5 * 1024;

/** One connection, all its life until its name is made, asked of a person or not, as local AWS counts it. */
async function oneLife(asked: boolean): Promise<Bill> {
  const stack = await startBenchStack({ delays: { available: 0 }, parameters: { ApproverEmail: "approvers@payments.example" } });
  try {
    const { local } = stack;
    if (asked)
      await local.call("dynamodb", "DeleteItem", {
        TableName: tableOf(local, "AllowListTable"),
        Key: { service: { S: stack.service.id }, principal: { S: "any" } },
      });
    const runsBefore = stack.runs.length;
    const logBefore = await rowsOf(local, "AuditLogTable");
    const calls = await stack.counting(async () => {
      const [endpoint = ""] = await stack.connect(1);
      if (asked) await answer(stack, endpoint);
      while ((await stack.stateOf(endpoint, 0)).toLowerCase() !== "available") await pause(100);
      for (let seconds = 0; seconds < 15; seconds += 1) await pause(1000);
      await local.idle();
    });
    const shapes = tableShapes(await readTemplate());
    const known = new Set(logBefore.map((row) => JSON.stringify(row)));
    const added = (await rowsOf(local, "AuditLogTable")).filter((row) => !known.has(JSON.stringify(row)));
    const [record = {}] = await rowsOf(local, "ConnectionsTable");
    const count = (action: string): number => calls[action] ?? 0;
    const runs = stack.runs.length - runsBefore;
    return {
      lambdaRequests: runs,
      lambdaGigabyteSeconds: runs * secondsPerRun * memoryGigabytes,
      readUnits: count("dynamodb:GetItem") + count("dynamodb:Query") + count("dynamodb:BatchGetItem") * keysPerVerdict,
      writeUnits:
        sum(added.map((row) => writeUnits(row, shapes["AuditLogTable"] ?? { indexes: [] }, true))) +
        count("dynamodb:TransactWriteItems") * writeUnits(record, shapes["ConnectionsTable"] ?? { indexes: [] }, true) +
        count("dynamodb:PutItem") +
        count("dynamodb:DeleteItem"),
      // Each message is sent, received and deleted; what SNS and EventBridge send is not among the calls.
      sqsRequests: count("sqs:SendMessage") * 3 + 2 * 3,
      snsPublishes: count("sns:Publish") + 2,
      emails: count("sns:Publish"),
      events: added.length,
      httpRequests: asked ? 2 : 0,
      logGigabytes: (runs * logBytesPerRun) / 1e9,
      // A minute in which something happened has one checkpoint and one file of the archive, however much it was: counted by the minute.
      signatures: 0,
      objectsPut: 0,
      firehoseGigabytes: (added.length * firehoseBytesLeast) / 1e9,
    };
  } finally {
    await stack.close();
  }
}

async function answer(stack: Awaited<ReturnType<typeof startBenchStack>>, endpoint: string): Promise<void> {
  const { local } = stack;
  const people = approver({ aws: local.aws, api: local.api, inbox: local.inbox, region: local.region });
  for (let tries = 0; tries < 300; tries += 1) {
    const mail = await people.mailAbout(endpoint);
    const link = mail === undefined ? undefined : people.linkIn(mail);
    if (link !== undefined) {
      await people.answer(link, await people.open(link), "approve", "0000", "known from the spring trial");
      return;
    }
    await pause(100);
  }
  throw new Error("nobody was asked");
}

type Local = Awaited<ReturnType<typeof startBenchStack>>["local"];
const tableOf = (local: Local, logicalId: string): string =>
  local.stack.resources.find((one) => one.logicalId === logicalId)?.physicalId ?? logicalId;

async function rowsOf(local: Local, logicalId: string): Promise<Readonly<Record<string, unknown>>[]> {
  const { Items = [] } = (await local.call("dynamodb", "Scan", { TableName: tableOf(local, logicalId) })) as {
    Items?: Parameters<typeof readItem>[0][];
  };
  return Items.map((row) => readItem(row));
}

/** One sweep over so many connections at rest, of one service. */
async function oneSweep(connections: number): Promise<Bill> {
  const { swept } = await liveOnFakes(Math.max(1, connections), await readTemplate());
  const runSeconds = 0.3 + connections / 2000;
  return {
    ...nothing,
    lambdaRequests: 1,
    lambdaGigabyteSeconds: runSeconds * memoryGigabytes,
    readUnits: connections === 0 ? 1.5 : swept.readUnits,
    logGigabytes: logBytesPerRun / 1e9,
  };
}

/** One minute's run of each function that the clock wakes, but for the sweep, when nothing has happened; and how many metrics they tell. */
async function oneMinute(functions: readonly string[]): Promise<{ bill: Bill; metrics: number }> {
  const stack = await startBenchStack();
  try {
    const { local } = stack;
    const bills: Bill[] = [];
    for (const name of functions) {
      // The first run of an instance reads more: it remembers for the others.
      await local.invoke(name);
      const calls = await stack.counting(async () => void (await local.invoke(name)));
      const count = (action: string): number => calls[action] ?? 0;
      bills.push({
        ...nothing,
        lambdaRequests: 1,
        lambdaGigabyteSeconds: secondsPerRun * memoryGigabytes,
        readUnits: count("dynamodb:GetItem") + count("dynamodb:BatchGetItem") + count("dynamodb:Query"),
        logGigabytes: logBytesPerRun / 1e9,
      });
    }
    return { bill: bills.reduce(plus, nothing), metrics: metricsIn(functions.flatMap((name) => [...local.logs(name)])) };
  } finally {
    await stack.close();
  }
}

interface Told {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** CloudWatch bills each name with each set of dimensions as one. */
export function metricsIn(lines: readonly string[]): number {
  const known = new Set<string>();
  for (const line of lines) {
    if (!line.startsWith("{")) continue;
    const told = JSON.parse(line) as Told & Readonly<Record<string, unknown>>;
    const { _aws: metrics } = told;
    for (const { Namespace, Dimensions, Metrics } of metrics?.CloudWatchMetrics ?? [])
      for (const set of Dimensions)
        for (const { Name } of Metrics) known.add(JSON.stringify([Namespace, Name, set.map((name) => [name, told[name]])]));
  }
  return known.size;
}

/** Lambda polls each queue all the time: five pollers, 20 seconds a poll. */
const idlePolls = (queues: number): Bill => ({ ...nothing, sqsRequests: queues * 5 * 3 * minutesPerMonth });

export async function costSection(): Promise<Section> {
  const template = await readTemplate();
  const mappings = Object.values(template.Resources).filter(
    ({ Type, Properties = {} }) => Type === "AWS::Lambda::EventSourceMapping" && "ScalingConfig" in Properties,
  ).length;
  const byTheClock = scheduled(template).filter((name) => name !== "SweepLambdaFunction");
  const { bill: minute } = await oneMinute(byTheClock);
  const { metrics } = await oneMinute(scheduled(template));
  const monthly = costOfMonth(monthlyOf(template, metrics));
  // At rest the log is sealed once in a while all the same, so that a gap is seen.
  const seals = (minutesPerMonth * 60) / quietSeconds;
  const always = plus(plus(times(minute, minutesPerMonth), idlePolls(mappings)), { ...nothing, signatures: seals, objectsPut: seals });
  const idle = plus(times(await oneSweep(0), minutesPerMonth), always);
  const watched = plus(times(await oneSweep(1000), minutesPerMonth), always);
  const [accepted, asked] = [await oneLife(false), await oneLife(true)];
  const busy = { ...nothing, signatures: minutesPerMonth, objectsPut: 2 * minutesPerMonth };
  const cases: [string, Bill, number][] = [
    ["a month, nothing in care", idle, monthly],
    ["a month, 1,000 connections in care, at rest", watched, monthly],
    ["1,000 connections accepted by the allow-list, once", times(accepted, 1000), 0],
    ["100,000 questions asked by mail and answered, once", times(asked, 100_000), 0],
    ["something happens in every minute of a month, besides", busy, 0],
  ];
  const fixed = monthlyOf(template, metrics);
  return {
    name: "cost",
    title: "Cost",
    tables: [
      {
        head: ["US dollars", "for calls and units", "fixed", "together"],
        rows: cases.map(([name, bill, more]) => [name, cost(bill), more, cost(bill) + more]),
      },
      {
        head: ["counted", ...cases.map(([name]) => name), "US dollars each"],
        rows: kinds.map((kind) => [
          words[kind],
          ...cases.map(([, bill]) => Math.round(bill[kind] * 100) / 100),
          prices[kind].toExponential(2),
        ]),
      },
    ],
    notes: [
      pricesAre,
      `Calls are counted on local AWS for one connection, and for one quiet run of each function that the clock wakes; items and units from the rows it wrote; the sweep's reads on the fakes. Assumed: ${String(secondsPerRun)} s and ${String(logBytesPerRun)} bytes of log a run, ${String(memoryGigabytes)} GB, one approver by mail, a sweep of 0.3 s and half a second more for each 1,000 connections.`,
      "Not in it: free tiers (the first million Lambda and SQS requests of a month alone cover the idle case's), DynamoDB's storage and point-in-time recovery (about $0.45 a GB and month), what S3 and the logs store, reads of secrets, CloudTrail, your hosted zone, and PrivateLink itself. EC2's and Route 53's API calls cost nothing.",
      `Fixed a month: ${String(fixed.alarmMetrics)} metrics that alarms watch, $0.10 each; ${String(fixed.secrets)} secrets, $0.40 each; the dashboard, $3 (the first three of an account are free); the key of the checkpoints, $1; ${String(fixed.metrics)} metrics of our own that are told each minute, $0.30 each. The others are billed for the hours in which something happens, at most the same each.`,
      "A minute in which something happens has one checkpoint, signed and put, and one file of the archive, however much it was.",
      "With 1,000 connections the sweep's reads are the bill: each minute it reads every record and, for each consumer, the keys of the allow-list that may speak about it.",
    ],
    targets: [],
  };
}

/** The same for docs/deploy.md: what somebody wants to know before they deploy. */
export function costForDeploying({ tables: [table] }: Section): string {
  const rows = (table?.rows ?? []).map(
    (cells) => `| ${cells.map((cell) => (typeof cell === "number" ? shown(cell) : cell)).join(" | ")} |`,
  );
  return [
    "In US dollars of us-east-1, counted calls times prices that were typed in by hand in November 2026 and never held against a bill. Look up what weighs most",
    "at https://aws.amazon.com/pricing/, or put the counts of [performance.md](performance.md#cost) into https://calculator.aws:",
    "",
    "| | calls and units | fixed | together |",
    "|---|--:|--:|--:|",
    ...rows,
    "",
    "Fixed are what alarms watch ($0.10 a metric), our own metrics ($0.30 each), the secrets ($0.40 each), the dashboard ($3) and the key that signs",
    "checkpoints ($1). Not in it: free tiers, what DynamoDB and S3 store, CloudTrail, the hosted zone, PrivateLink itself. What was counted, and what it",
    "rests on, stands in [performance.md](performance.md#cost).",
  ].join("\n");
}
