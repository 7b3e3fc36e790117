// What AWS bills for, its list prices, and which resource of the template brings which of them.

import type { Template } from "../template.ts";
import { sum } from "./figures.ts";

/** Counted once for what happens. */
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
  readonly signatures: number;
  readonly objectsPut: number;
  readonly firehoseGigabytes: number;
}

/** What the printed pages say of the prices. No account and no price list was asked: change the date with what is typed in here. */
export const pricesAre =
  "The prices are those of us-east-1 for arm64 as its author knew them in November 2026, typed in by hand and never held against a bill; other Regions differ. Before you rely on them, look up what weighs most at https://aws.amazon.com/pricing/ or put the counts of the table into https://calculator.aws.";

/** US dollars for each; free tiers are left out. */
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
  // Of a key on an elliptic curve.
  signatures: 1.5e-5,
  objectsPut: 5e-6,
  // Taken in, and parted by day.
  firehoseGigabytes: 0.029 + 0.02,
};

export const kinds = Object.keys(prices) as (keyof Bill)[];
export const cost = (bill: Bill): number => sum(kinds.map((kind) => bill[kind] * prices[kind]));
export const times = (bill: Bill, factor: number): Bill =>
  Object.fromEntries(Object.entries(bill).map(([kind, count]) => [kind, count * factor])) as unknown as Bill;
export const plus = (one: Bill, other: Bill): Bill =>
  Object.fromEntries(kinds.map((kind) => [kind, one[kind] + other[kind]])) as unknown as Bill;
export const nothing: Bill = Object.fromEntries(kinds.map((kind) => [kind, 0])) as unknown as Bill;

/** US dollars a month, whatever happens. A metric of ours is billed for each hour in which it is told. */
export const monthly = { alarmMetrics: 0.1, secrets: 0.4, dashboards: 3, keys: 1, metrics: 0.3 } as const;
export type Monthly = Readonly<Record<keyof typeof monthly, number>>;

export const costOfMonth = (counted: Monthly): number =>
  sum((Object.keys(monthly) as (keyof Monthly)[]).map((kind) => counted[kind] * monthly[kind]));

/** How much of each the template has; an alarm is billed for each metric that it watches. */
export function monthlyOf({ Resources }: Template, metrics: number): Monthly {
  const all = Object.values(Resources);
  const count = (type: string): number => all.filter(({ Type }) => Type === type).length;
  const watched = all.map(({ Type, Properties = {} }) => {
    if (Type !== "AWS::CloudWatch::Alarm") return 0;
    const { Metrics } = Properties as { readonly Metrics?: readonly { readonly MetricStat?: unknown }[] };
    return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
  });
  return {
    alarmMetrics: sum(watched),
    secrets: count("AWS::SecretsManager::Secret"),
    dashboards: count("AWS::CloudWatch::Dashboard"),
    keys: count("AWS::KMS::Key"),
    metrics,
  };
}

/** By type of resource: what it brings, or why nothing is counted for it. */
export const billed: Readonly<Record<string, readonly (keyof Bill | keyof Monthly)[] | string>> = {
  "AWS::Lambda::Function": ["lambdaRequests", "lambdaGigabyteSeconds", "metrics"],
  "AWS::DynamoDB::Table": ["readUnits", "writeUnits"],
  "AWS::SQS::Queue": ["sqsRequests"],
  "AWS::SNS::Topic": ["snsPublishes", "emails"],
  "AWS::Events::EventBus": ["events"],
  "AWS::ApiGatewayV2::Api": ["httpRequests"],
  "AWS::Logs::LogGroup": ["logGigabytes"],
  "AWS::KMS::Key": ["keys", "signatures"],
  "AWS::S3::Bucket": ["objectsPut"],
  "AWS::KinesisFirehose::DeliveryStream": ["firehoseGigabytes"],
  "AWS::CloudWatch::Alarm": ["alarmMetrics"],
  "AWS::CloudWatch::Dashboard": ["dashboards"],
  "AWS::SecretsManager::Secret": ["secrets"],
  "AWS::Athena::WorkGroup": "what somebody asks it, by what that reads",
  "AWS::Glue::Table": "free for the first million objects of the catalogue",
  "AWS::Glue::Database": "free for the first million objects of the catalogue",
  ...Object.fromEntries(
    [
      "AWS::S3::BucketPolicy",
      "AWS::Lambda::EventInvokeConfig",
      "AWS::Lambda::EventSourceMapping",
      "AWS::Lambda::Permission",
      "AWS::ApiGatewayV2::Stage",
      "AWS::ApiGatewayV2::Integration",
      "AWS::ApiGatewayV2::Route",
      "AWS::ApiGatewayV2::DomainName",
      "AWS::ApiGatewayV2::ApiMapping",
      "AWS::SNS::TopicPolicy",
      "AWS::SNS::Subscription",
      "AWS::SQS::QueuePolicy",
      "AWS::Events::Rule",
      "AWS::IAM::Role",
      "AWS::IAM::ManagedPolicy",
      "AWS::Athena::NamedQuery",
    ].map((type) => [type, "free in itself"]),
  ),
};

/** What the clock runs each minute, as the template says. */
export function scheduled({ Resources }: Template): string[] {
  return Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    if (Type !== "AWS::Events::Rule" || !("ScheduleExpression" in Properties)) return [];
    const { Targets = [] } = Properties as { readonly Targets?: readonly { readonly Arn: { readonly "Fn::GetAtt": readonly string[] } }[] };
    return Targets.map(({ Arn }) => Arn["Fn::GetAtt"][0] ?? "");
  });
}

export const words: Readonly<Record<keyof Bill, string>> = {
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
  signatures: "signatures of KMS",
  objectsPut: "objects put into S3",
  firehoseGigabytes: "GB through Firehose",
};
