// How a function works off a queue: all readable messages at once, and only those that failed go back.

import middy from "@middy/core";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { invocation, tellingOf, type Telling } from "./invocation.ts";
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
  readonly work: (items: readonly Received<Wanted>[]) => Promise<readonly Failed[]>;
  /** What a message is about, for the line that tells of its failure. */
  readonly about?: (wanted: Wanted) => LogKeys;
  readonly telling?: Telling;
}

interface Failed {
  readonly id: string;
  readonly error: unknown;
}

export function queueWorker<Wanted>(given: QueueWork<Wanted>): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const telling = given.telling ?? tellingOf(given.name);
  return middy<SQSEvent, SQSBatchResponse>()
    .use(invocation(telling))
    .handler((event: SQSEvent) => workOff(event, given, telling));
}

async function workOff<Wanted>(
  { Records }: SQSEvent,
  { read, work, about }: QueueWork<Wanted>,
  { log, counts }: Telling,
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
      });
    }
  }
  counts.add("ItemsReceived", Records.length);
  if (failed.size > 0) counts.add("ItemsUnreadable", failed.size);
  for (const { id, error } of await results(items, work)) {
    failed.add(id);
    const item = items.find((one) => one.id === id);
    log.error("A message failed", error, {
      messageId: id,
      ...(item === undefined ? {} : about?.(item.wanted)),
    });
  }
  if (failed.size > 0) counts.add("ItemsFailed", failed.size);
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Of a message that cannot be read, this much is logged: its shape is what somebody will need. */
const shownMax = 2048;

async function results<Wanted>(items: readonly Received<Wanted>[], work: QueueWork<Wanted>["work"]): Promise<readonly Failed[]> {
  if (items.length === 0) return [];
  try {
    return await work(items);
  } catch (error) {
    return items.map(({ id }) => ({ id, error }));
  }
}
