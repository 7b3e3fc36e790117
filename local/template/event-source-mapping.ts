// AWS::Lambda::EventSourceMapping: from a queue or a table's stream to a function.
import { randomUUID } from "node:crypto";

import { send } from "../functions/async-invoke.ts";
import { startQueueMapping } from "../functions/queue-mapping.ts";
import type { RunningFunction } from "../functions/runtime.ts";
import { startStreamMapping } from "../functions/stream-mapping.ts";
import { flag, isMembers, numberOr, optionalText, record, rows, text, texts, type Members } from "../members.ts";
import { seconds } from "../services/sqs-settings.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const EVENT_SOURCE_MAPPINGS: Makers = {
  async "AWS::Lambda::EventSourceMapping"(declared, workshop) {
    const running = workshop.functions.find(text(declared.properties, "FunctionName"));
    if (running === undefined) return refuse(declared, "the function does not exist.");
    const source = text(declared.properties, "EventSourceArn");
    return mapped(declared, workshop, running, source, randomUUID());
  },
};

type Start = () => () => Promise<void> | void;

/** A changed mapping begins before the old one ends: a message may come twice, none is missed. */
async function mapped(declared: Declared, workshop: Workshop, running: RunningFunction, source: string, id: string): Promise<Made> {
  const start = await startOf(declared, workshop, running, source, id);
  const enabled = declared.properties["Enabled"] !== false;
  const mapping = workshop.mappings.add({ id, functionArn: running.definition.arn, sourceArn: source, enabled }, start);
  workshop.onClose(mapping.stop);
  return {
    ref: id,
    attributes: { Id: id },
    async change(next) {
      const changed = await mapped(next, workshop, running, source, id);
      await mapping.stop();
      return changed;
    },
    remove: mapping.stop,
    drift() {
      const now = workshop.mappings.find(id);
      return Promise.resolve(now === undefined ? "gone" : now.enabled === enabled ? [] : ["Enabled"]);
    },
  };
}

function startOf(declared: Declared, workshop: Workshop, running: RunningFunction, source: string, id: string): Promise<Start> {
  if (source.startsWith("arn:aws:sqs:")) return mapQueue(declared, workshop, running, source);
  if (source.startsWith("arn:aws:dynamodb:")) return mapStream(declared, workshop, running, source, id);
  return refuse(declared, `local AWS has no event source ${source}.`);
}

/** Pollers of a queue without MaximumConcurrency; AWS starts with five. */
const POLLERS_DEFAULT = 2;

async function mapQueue(declared: Declared, workshop: Workshop, running: RunningFunction, queueArn: string): Promise<Start> {
  const { properties } = declared;
  const queue = workshop.queue(queueArn);
  if (queue === undefined) return refuse(declared, `the queue ${queueArn} does not exist.`);
  await mustBeAllowed(declared, workshop, running, ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queueArn);
  const batchSize = numberOr(properties, "BatchSize", 10);
  const windowSeconds = numberOr(properties, "MaximumBatchingWindowInSeconds", 0);
  if (batchSize < 1 || batchSize > 10_000) refuse(declared, "BatchSize must be 1 to 10000.");
  if (batchSize > 10 && windowSeconds < 1)
    refuse(declared, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  const visibility = seconds(queue.settings, "VisibilityTimeout");
  const { timeoutSeconds } = running.definition;
  if (visibility < timeoutSeconds)
    refuse(declared, `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeoutSeconds} seconds`);
  const concurrencyMax = numberOr(record(properties, "ScalingConfig"), "MaximumConcurrency", POLLERS_DEFAULT);
  if (concurrencyMax < 2 || concurrencyMax > 1000) refuse(declared, "MaximumConcurrency must be 2 to 1000.");
  return () =>
    startQueueMapping(
      {
        queue,
        region: workshop.stack.region,
        clock: workshop.clock,
        inFlight: workshop.inFlight,
        invoke: (event) => workshop.functions.invoke(running.definition.name, event),
        log: (line) => workshop.log(line),
      },
      { batchSize, windowSeconds, concurrencyMax, reportsItemFailures: reportsItemFailures(properties), filters: filters(properties) },
    );
}

async function mapStream(declared: Declared, workshop: Workshop, running: RunningFunction, streamArn: string, id: string): Promise<Start> {
  const { properties } = declared;
  await mustBeAllowed(
    declared,
    workshop,
    running,
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
    streamArn,
  );
  await mustBeAllowed(declared, workshop, running, ["dynamodb:ListStreams"], "*");
  if (optionalText(properties, "StartingPosition") === undefined)
    refuse(declared, "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint");
  const tableName = /:table\/([^/]+)\/stream\//.exec(streamArn)?.[1];
  if (tableName === undefined) return refuse(declared, `${streamArn} is not a table's stream.`);
  const destination = optionalText(record(record(properties, "DestinationConfig"), "OnFailure"), "Destination");
  const log = (line: string): void => workshop.log(line);
  return () =>
    startStreamMapping(
      {
        streamArn,
        functionArn: running.definition.arn,
        clock: workshop.clock,
        inFlight: workshop.inFlight,
        subscribe: (listener) => workshop.changes(tableName, listener),
        invoke: (event) => workshop.functions.invoke(running.definition.name, event),
        retryMs: workshop.streamRetryMs,
        told(result, ageMs) {
          workshop.mappings.note(id, result);
          workshop.measure({
            account: workshop.stack.account,
            namespace: "AWS/Lambda",
            metric: "IteratorAge",
            dimensions: { FunctionName: running.definition.name },
            value: ageMs,
          });
        },
        // Lambda reads a shard four times a second; the first record of a quiet one is not kept waiting here.
        pollMs: 250,
        async giveUp(message) {
          log(`ERROR ${running.definition.name} gave up a batch of ${tableName}: ${message}`);
          if (destination !== undefined) await send({ callAs: (...call) => workshop.callAs(...call), log }, running, destination, message);
        },
      },
      {
        batchSize: numberOr(properties, "BatchSize", 100),
        windowSeconds: numberOr(properties, "MaximumBatchingWindowInSeconds", 0),
        bisects: flag(properties, "BisectBatchOnFunctionError"),
        retriesMax: numberOr(properties, "MaximumRetryAttempts", -1),
        ageMaxSeconds: numberOr(properties, "MaximumRecordAgeInSeconds", -1),
        reportsItemFailures: reportsItemFailures(properties),
        filters: filters(properties),
      },
    );
}

/** Lambda refuses a mapping whose function's role could not read the source. */
async function mustBeAllowed(
  declared: Declared,
  workshop: Workshop,
  running: RunningFunction,
  actions: readonly string[],
  resource: string,
): Promise<void> {
  const role = workshop.identities.roleByArn(running.definition.role.arn) ?? running.definition.role;
  for (const action of actions) {
    try {
      await workshop.demand(role, [{ action, resource }]);
    } catch {
      refuse(declared, `The provided execution role does not have permissions to call ${action.split(":")[1] ?? action} on ${resource}`);
    }
  }
}

function reportsItemFailures(properties: Members): boolean {
  return texts(properties, "FunctionResponseTypes").includes("ReportBatchItemFailures");
}

function filters(properties: Members): readonly Members[] {
  return rows(record(properties, "FilterCriteria"), "Filters").map((row) => {
    const pattern: unknown = JSON.parse(text(row, "Pattern"));
    return isMembers(pattern) ? pattern : {};
  });
}
