// How a function follows a table's stream: in order, up to the first row that cannot be read or does not go through.

import middy from "@middy/core";
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { readItem, type Item } from "../aws/item.ts";
import { Fault } from "../faults.ts";
import { connectionsIn, inTime, invocation, tellingOf, type Telling } from "./invocation.ts";
import type { LogKeys } from "./log.ts";

export interface StreamWork<Row> {
  /** The function's name, for its log and its counts. */
  readonly name: string;
  /** Reads a new row. The stream waits at one that cannot be read, until Lambda's retries end and it is set aside. */
  readonly read: (row: Item) => Row;
  /** Works on the new rows, in order. What it throws brings all of them back. */
  readonly work: (rows: readonly Row[]) => Promise<void>;
  readonly telling?: Telling;
}

export function streamWorker<Row>(
  given: StreamWork<Row>,
): (event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse> {
  const telling = given.telling ?? tellingOf(given.name);
  return middy<DynamoDBStreamEvent, DynamoDBBatchResponse>(inTime)
    .use(invocation(telling, connectionsIn))
    .handler((event: DynamoDBStreamEvent) => follow(event, given, telling));
}

async function follow<Row>(
  { Records }: DynamoDBStreamEvent,
  { read, work }: StreamWork<Row>,
  { log, counts }: Telling,
): Promise<DynamoDBBatchResponse> {
  const rows: Row[] = [];
  let stop: string | undefined;
  for (const { eventName, dynamodb } of Records) {
    const at = dynamodb?.SequenceNumber;
    if (eventName !== "INSERT") {
      const keys = JSON.stringify(dynamodb?.Keys);
      log.error(
        "A row of the log was changed",
        new Fault("LogChanged", "the audit log", `${String(eventName)} of ${keys}: rows are only ever added; find out who did it`, false),
        { sequence: at },
      );
      continue;
    }
    try {
      // Lambda's type for the row and the SDK's differ in how they name binary values only, and no row has any.
      rows.push(read(readItem(dynamodb?.NewImage as Parameters<typeof readItem>[0])));
    } catch (error) {
      stop = at;
      log.error("A row cannot be read", error, { sequence: at, ...subjectOf(dynamodb?.Keys?.["subject"]?.S) });
      break;
    }
  }
  counts.add("ItemsReceived", Records.length);
  if (stop !== undefined) counts.add("ItemsUnreadable");
  if (rows.length > 0) await work(rows);
  return { batchItemFailures: stop === undefined ? [] : [{ itemIdentifier: stop }] };
}

/** `connection#vpce-…` names the connection. */
function subjectOf(subject = ""): LogKeys {
  const [kind, id] = subject.split("#");
  return kind === "connection" ? { subject, connection: id } : { subject };
}
