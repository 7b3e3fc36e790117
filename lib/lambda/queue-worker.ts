// How a function works off a queue: all readable messages at once, and only those that failed go back.

import middy from "@middy/core";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { explainError, Fault } from "../faults.ts";
import { idsIn } from "../ids.ts";
import { connectionsIn, inTime, invocation, tellingOf, type Telling } from "./invocation.ts";
import type { LogKeys } from "./log.ts";

/** One message that could be read, by the id its queue gave it. */
export interface Received<Wanted> {
  readonly id: string;
  readonly wanted: Wanted;
}

export interface QueueWork<Wanted> {
  /** The function's name, for its log and its counts. */
  readonly name: string;
  /** Reads a message's body. What it throws fails that message, which ends in the dead-letter queue. */
  readonly read: (body: string) => Wanted;
  /** Works on all that could be read; gives those that failed. What it throws fails them all. */
  readonly work: (items: readonly Received<Wanted>[], leftMs: () => number) => Promise<readonly Failed[]>;
  /** Lets a message come back after so many seconds. Without it, a failed one waits until its queue's visibility timeout is over. */
  readonly giveBack?: (messages: readonly GivenBack[]) => Promise<void>;
  /** What a message is about, for the line that tells of its failure. */
  readonly about?: (wanted: Wanted) => LogKeys;
  readonly telling?: Telling;
}

interface Failed {
  readonly id: string;
  readonly error: unknown;
  /** When it should come again; otherwise that is told by how often it has come. */
  readonly againSeconds?: number;
}

export interface GivenBack {
  readonly receiptHandle: string;
  readonly seconds: number;
}

/** 5, 30, 180 … seconds: long enough that a short outage does not use up a message's receives. */
export const backAfterSeconds = (receives: number): number => Math.min(5 * 6 ** Math.max(0, receives - 1), 720);

export function queueWorker<Wanted>(given: QueueWork<Wanted>): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const telling = given.telling ?? tellingOf(given.name);
  return middy<SQSEvent, SQSBatchResponse>(inTime)
    .use(invocation(telling, connectionsIn))
    .handler((event: SQSEvent, context: Context) => workOff(event, given, telling, () => context.getRemainingTimeInMillis()));
}

async function workOff<Wanted>(
  { Records }: SQSEvent,
  { read, work, about, giveBack }: QueueWork<Wanted>,
  { log, counts }: Telling,
  leftMs: () => number,
): Promise<SQSBatchResponse> {
  const items: Received<Wanted>[] = [];
  const failed = new Set<string>();
  for (const { messageId, body, attributes } of Records) {
    try {
      items.push({ id: messageId, wanted: read(body) });
    } catch (error) {
      failed.add(messageId);
      log.error("A message cannot be read", error, {
        messageId,
        received: attributes.ApproximateReceiveCount,
        body: body.slice(0, shownMax),
        connections: idsIn(body).endpoints,
      });
    }
  }
  counts.add("ItemsReceived", Records.length);
  if (failed.size > 0) counts.add("ItemsUnreadable", failed.size);
  const passing = new Map<string, number | undefined>();
  for (const { id, error, againSeconds } of await results(items, work, leftMs)) {
    failed.add(id);
    if (error instanceof Fault && error.retryable) passing.set(id, againSeconds);
    const item = items.find((one) => one.id === id);
    log.error("A message failed", error, {
      messageId: id,
      ...(item === undefined ? {} : about?.(item.wanted)),
    });
  }
  if (failed.size > 0) counts.add("ItemsFailed", failed.size);
  if (giveBack !== undefined && passing.size > 0)
    await giveBack(
      Records.filter(({ messageId }) => passing.has(messageId)).map(({ messageId, receiptHandle, attributes }) => ({
        receiptHandle,
        seconds: passing.get(messageId) ?? backAfterSeconds(Number(attributes.ApproximateReceiveCount)),
      })),
    ).catch((error: unknown) => log.warn("Messages could not be given back early", { reason: explainError(error).message }));
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Of a message that cannot be read, this much is logged: its shape is what somebody will need. */
const shownMax = 2048;

async function results<Wanted>(
  items: readonly Received<Wanted>[],
  work: QueueWork<Wanted>["work"],
  leftMs: () => number,
): Promise<readonly Failed[]> {
  if (items.length === 0) return [];
  try {
    return await work(items, leftMs);
  } catch (error) {
    return items.map(({ id }) => ({ id, error }));
  }
}
