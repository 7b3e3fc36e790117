// What the template says of queues, functions and rules, so that the simulated world waits and wakes as the deployed one does.

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { matches } from "../../local/services/events-pattern.ts";

const read = (path: string): unknown => parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"), { logLevel: "silent" });

interface QueueResource {
  readonly Properties: { readonly VisibilityTimeout: number; readonly RedrivePolicy: { readonly maxReceiveCount: number } };
}
interface RuleResource {
  readonly Type: string;
  readonly Properties: { readonly EventBusName?: string; readonly EventPattern?: Readonly<Record<string, unknown>> };
}
interface FunctionResource {
  readonly timeout: number;
  readonly events?: readonly {
    readonly sqs?: { readonly batchSize: number; readonly maximumBatchingWindow?: number; readonly maximumConcurrency: number };
  }[];
}

const { functions } = read("serverless.yml") as { readonly functions: Readonly<Record<string, FunctionResource>> };
const queues = (read("infra/queues.yml") as { readonly Resources: Readonly<Record<string, QueueResource>> }).Resources;
const rules = (read("infra/rules.yml") as { readonly Resources: Readonly<Record<string, RuleResource>> }).Resources;

const there = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`the template has no ${what} any more: say in test/simulation/template.ts what took its place`);
  return value;
};

export type QueueName = "observe" | "admit" | "dns";

/** A queue with its event source mapping. */
export interface QueueSettings {
  readonly visibilityMs: number;
  readonly receivesMax: number;
  readonly batch: number;
  readonly windowMs: number;
  readonly concurrency: number;
}

const settingsOf = (name: QueueName, resource: string): QueueSettings => {
  const { VisibilityTimeout, RedrivePolicy } = there(queues[resource], resource).Properties;
  const mapping = there(functions[name]?.events?.find(({ sqs }) => sqs !== undefined)?.sqs, `queue that wakes ${name}`);
  return {
    visibilityMs: VisibilityTimeout * 1000,
    receivesMax: RedrivePolicy.maxReceiveCount,
    batch: mapping.batchSize,
    windowMs: (mapping.maximumBatchingWindow ?? 0) * 1000,
    concurrency: mapping.maximumConcurrency,
  };
};

export const queueSettings: Readonly<Record<QueueName, QueueSettings>> = {
  observe: settingsOf("observe", "ObserveQueue"),
  admit: settingsOf("admit", "AdmitQueue"),
  dns: settingsOf("dns", "DnsQueue"),
};

/** Lambda's time limit of each function. */
export const limitMs = (name: string): number => there(functions[name], `function ${name}`).timeout * 1000;

export type Target = "admit" | "dns" | "notify";
const patterns = (["admit", "dns", "notify"] as const).map((target) => {
  const name = `${target[0]?.toUpperCase() ?? ""}${target.slice(1)}Rule`;
  return [target, there(rules[name]?.Properties.EventPattern, name)] as const;
});

/** Whom the bus's rules wake for an event. */
export const targetsOf = (event: { readonly type: string }): Target[] =>
  patterns.flatMap(([target, pattern]) =>
    matches(pattern, { source: "drawbridge", "detail-type": event.type, detail: event }) ? [target] : [],
  );
