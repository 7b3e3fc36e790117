// The event source mapping of a table's stream: in order, with bisection, bounded retries and a failure destination.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { InFlight } from "../in-flight.ts";
import type { Members } from "../members.ts";
import { matches } from "../services/events-pattern.ts";
import type { Clock } from "../service.ts";
import { failedItems } from "./batch-response.ts";
import type { Invocation } from "./runtime.ts";

export interface StreamMapping {
  readonly batchSize: number;
  readonly windowSeconds: number;
  readonly bisects: boolean;
  /** -1: for ever. */
  readonly retriesMax: number;
  /** -1: no limit. */
  readonly ageMaxSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly filters: readonly Members[];
}

/** A record of the stream, as the function gets it. */
export interface StreamRecord {
  readonly eventID?: string | undefined;
  readonly dynamodb?:
    | { readonly SequenceNumber?: string | undefined; readonly ApproximateCreationDateTime?: number | undefined }
    | undefined;
}

interface StreamMappingPorts {
  readonly streamArn: string;
  readonly functionArn: string;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly subscribe: (listener: (record: StreamRecord) => void) => () => void;
  readonly invoke: (event: unknown) => Promise<Invocation>;
  /** Where a batch that was given up is told of. */
  readonly giveUp: (record: string) => Promise<void>;
  /** The wait before the first retry; it doubles up to ten seconds. */
  readonly retryMs: number;
  /** What became of a batch, and how old its last record was then, in milliseconds. */
  readonly told?: (result: "OK" | "PROBLEM: Function call failed", ageMs: number) => void;
  /** From one reading of the shard to the next, while less than a batch is there; 0 reads at once. */
  readonly pollMs?: number;
}

const RETRY_MS_MAX = 10_000;
const SHARD = "shardId-00000000000000000001-local";

type Condition = "RetryAttemptsExhausted" | "RecordAgeExceeded";

export function startStreamMapping(ports: StreamMappingPorts, mapping: StreamMapping): () => void {
  const waiting: StreamRecord[] = [];
  let working: Promise<void> | undefined;
  let stopped = false;
  let cancelWindow: (() => void) | undefined;

  const work = async (): Promise<void> => {
    for (let batch = waiting.splice(0, mapping.batchSize); batch.length > 0; batch = waiting.splice(0, mapping.batchSize)) {
      const readAt = performance.now();
      await processBatch(ports, mapping, batch, () => stopped);
      const left = (ports.pollMs ?? 0) - (performance.now() - readAt);
      if (left > 0 && waiting.length > 0 && waiting.length < mapping.batchSize && !stopped) await sleep(left);
    }
    working = undefined;
  };
  const begin = (): void => {
    cancelWindow?.();
    cancelWindow = undefined;
    working ??= ports.inFlight.track(work());
  };
  const unsubscribe = ports.subscribe((record) => {
    if (stopped) return;
    if (mapping.filters.length > 0 && !mapping.filters.some((filter) => matches(filter, record))) return;
    waiting.push(record);
    if (mapping.windowSeconds === 0 || waiting.length >= mapping.batchSize) begin();
    else cancelWindow ??= ports.clock.after(mapping.windowSeconds * 1000, begin);
  });
  ports.inFlight.watch(() => (stopped ? 0 : waiting.length));
  return () => {
    stopped = true;
    unsubscribe();
    cancelWindow?.();
  };
}

/** Ends when every record of the batch has been processed or given up. */
async function processBatch(
  ports: StreamMappingPorts,
  mapping: StreamMapping,
  whole: readonly StreamRecord[],
  stopped: () => boolean,
): Promise<void> {
  let batch = whole;
  for (let retries = 0; batch.length > 0 && !stopped();) {
    const old = batch.filter((record) => isTooOld(ports, mapping, record));
    if (old.length > 0) {
      await ports.giveUp(failureRecord(ports, old, "RecordAgeExceeded", retries, randomUUID(), false));
      batch = batch.filter((record) => !old.includes(record));
      continue;
    }
    const invocation = await ports.invoke({ Records: batch });
    const last = batch.at(-1);
    ports.told?.(
      invocation.functionError === undefined ? "OK" : "PROBLEM: Function call failed",
      last === undefined ? 0 : Math.max(0, ports.clock.now() - createdAt(last)),
    );
    const rest = remaining(invocation, mapping, batch);
    if (rest.length === 0) return;
    // What came before the first failure is done, and the rest starts its retries anew.
    if (rest.length < batch.length) retries = 0;
    if (mapping.bisects && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2);
      await processBatch(ports, mapping, rest.slice(0, middle), stopped);
      batch = rest.slice(middle);
      retries = 0;
      continue;
    }
    batch = rest;
    if (mapping.retriesMax >= 0 && retries >= mapping.retriesMax) {
      return ports.giveUp(
        failureRecord(ports, batch, "RetryAttemptsExhausted", retries + 1, invocation.requestId, invocation.functionError !== undefined),
      );
    }
    await pause(ports, Math.min(RETRY_MS_MAX, ports.retryMs * 2 ** retries));
    retries += 1;
  }
}

/** Everything from the first failed record on: a stream never skips one. */
function remaining(invocation: Invocation, mapping: StreamMapping, batch: readonly StreamRecord[]): readonly StreamRecord[] {
  const failed = failedItems(invocation, mapping.reportsItemFailures, new Set(batch.map(sequenceOf)));
  if (failed === "all") return batch;
  const first = batch.findIndex((record) => failed.has(sequenceOf(record)));
  return first < 0 ? [] : batch.slice(first);
}

function sequenceOf(record: StreamRecord): string {
  return record.dynamodb?.SequenceNumber ?? "";
}

function createdAt(record: StreamRecord): number {
  return (record.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000;
}

function isTooOld(ports: StreamMappingPorts, mapping: StreamMapping, record: StreamRecord): boolean {
  return mapping.ageMaxSeconds >= 0 && createdAt(record) + mapping.ageMaxSeconds * 1000 < ports.clock.now();
}

function pause(ports: StreamMappingPorts, ms: number): Promise<void> {
  return new Promise((resolve) => void ports.clock.after(ms, resolve));
}

function failureRecord(
  ports: StreamMappingPorts,
  batch: readonly StreamRecord[],
  condition: Condition,
  count: number,
  requestId: string,
  failed: boolean,
): string {
  const first = batch[0];
  const last = batch.at(-1);
  const moment = (record: StreamRecord | undefined): string => new Date(record === undefined ? 0 : createdAt(record)).toISOString();
  return JSON.stringify({
    requestContext: { requestId, functionArn: ports.functionArn, condition, approximateInvokeCount: count },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: failed ? "Unhandled" : null },
    version: "1.0",
    timestamp: new Date(ports.clock.now()).toISOString(),
    DDBStreamBatchInfo: {
      shardId: SHARD,
      startSequenceNumber: first === undefined ? "" : sequenceOf(first),
      endSequenceNumber: last === undefined ? "" : sequenceOf(last),
      approximateArrivalOfFirstRecord: moment(first),
      approximateArrivalOfLastRecord: moment(last),
      batchSize: batch.length,
      streamArn: ports.streamArn,
    },
  });
}
