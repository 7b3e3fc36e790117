// What running Drawbridge costs, from counted calls: idle, with many connections, with many questions.

import { approver } from "../actors.ts";
import { readTemplate } from "../template.ts";
import { liveOnFakes } from "./fakes-life.ts";
import { sum, type Section } from "./figures.ts";
import { pause, startBenchStack } from "./local-stack.ts";
import { tableShapes, writeUnits } from "./units.ts";
import { readItem } from "../../lib/aws/item.ts";

/** What AWS bills for, counted. */
export interface Bill {
  readonly lambdaRequests: number;
  readonly lambdaGigabyteSeconds: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly sqsRequests: number;
  readonly snsPublishes: number;
  readonly emails: number;
  readonly events: number;
  readonly httpRequests: number;
  readonly logGigabytes: number;
}

/** US dollars for each, list prices of us-east-1 for arm64; free tiers are left out. Look them up before you rely on them: https://aws.amazon.com/pricing/ */
export const prices: Readonly<Record<keyof Bill, number>> = {
  lambdaRequests: 0.2e-6,
  lambdaGigabyteSeconds: 0.000_013_333_4,
  readUnits: 0.125e-6,
  writeUnits: 0.625e-6,
  sqsRequests: 0.4e-6,
  snsPublishes: 0.5e-6,
  emails: 2e-5,
  events: 1e-6,
  httpRequests: 1e-6,
  logGigabytes: 0.5,
};

export const cost = (bill: Bill): number => sum((Object.keys(prices) as (keyof Bill)[]).map((kind) => bill[kind] * prices[kind]));
export const times = (bill: Bill, factor: number): Bill =>
  Object.fromEntries(Object.entries(bill).map(([kind, count]) => [kind, count * factor])) as unknown as Bill;
export const plus = (one: Bill, other: Bill): Bill =>
  Object.fromEntries((Object.keys(prices) as (keyof Bill)[]).map((kind) => [kind, one[kind] + other[kind]])) as unknown as Bill;
export const nothing: Bill = Object.fromEntries(Object.keys(prices).map((kind) => [kind, 0])) as unknown as Bill;

const minutesPerMonth = 730 * 60;
const memoryGigabytes = 0.5;
/** A warm run and its log, assumed: local times say nothing of AWS's. */
const secondsPerRun = 0.15;
const logBytesPerRun = 600;
/** Keys that one consumer's verdict is looked up by: endpoint, account and any, at the service and at every service. */
const keysPerVerdict = 6;

/** Fixed charges a month: alarms beyond no free ones, the two secrets. */
const fixed = (alarms: number, secrets: number, dashboards: number): number => alarms * 0.1 + secrets * 0.4 + dashboards * 3;

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

/** Lambda polls each queue all the time: five pollers, 20 seconds a poll. */
const idlePolls = (queues: number): Bill => ({ ...nothing, sqsRequests: queues * 5 * 3 * minutesPerMonth });

export async function costSection(): Promise<Section> {
  const template = await readTemplate();
  const count = (type: string): number => Object.values(template.Resources).filter(({ Type }) => Type === type).length;
  const monthly = fixed(count("AWS::CloudWatch::Alarm"), count("AWS::SecretsManager::Secret"), count("AWS::CloudWatch::Dashboard"));
  const mappings = Object.values(template.Resources).filter(
    ({ Type, Properties = {} }) => Type === "AWS::Lambda::EventSourceMapping" && "ScalingConfig" in Properties,
  ).length;
  const idle = plus(times(await oneSweep(0), minutesPerMonth), idlePolls(mappings));
  const watched = plus(times(await oneSweep(1000), minutesPerMonth), idlePolls(mappings));
  const [accepted, asked] = [await oneLife(false), await oneLife(true)];
  const cases: [string, Bill, number][] = [
    ["a month, nothing in care", idle, monthly],
    ["a month, 1,000 connections in care, at rest", watched, monthly],
    ["1,000 connections accepted by the allow-list, once", times(accepted, 1000), 0],
    ["100,000 questions asked by mail and answered, once", times(asked, 100_000), 0],
  ];
  const kinds = Object.keys(prices) as (keyof Bill)[];
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
      `Calls are counted on local AWS for one connection, items and units from the rows it wrote; the sweep's reads on the fakes. Assumed: ${String(secondsPerRun)} s and ${String(logBytesPerRun)} bytes of log a run, ${String(memoryGigabytes)} GB, one approver by mail, a sweep of 0.3 s and half a second more for each 1,000 connections.`,
      "Not in it: free tiers (the first million Lambda and SQS requests of a month alone cover the idle case's), DynamoDB's storage and point-in-time recovery (about $0.45 a GB and month), CloudTrail, your hosted zone, and PrivateLink itself. EC2's and Route 53's API calls cost nothing.",
      "Fixed: each alarm $0.10, each secret $0.40, the dashboard $3 (the first three of an account are free).",
      "With 1,000 connections the sweep's reads are the bill: each minute it reads every record and, for each consumer, the keys of the allow-list that may speak about it.",
    ],
    targets: [],
  };
}

const words: Readonly<Record<keyof Bill, string>> = {
  lambdaRequests: "Lambda requests",
  lambdaGigabyteSeconds: "Lambda GB-seconds",
  readUnits: "DynamoDB read units",
  writeUnits: "DynamoDB write units",
  sqsRequests: "SQS requests",
  snsPublishes: "SNS publishes",
  emails: "mails",
  events: "events on the bus",
  httpRequests: "HTTP API requests",
  logGigabytes: "GB of logs",
};
