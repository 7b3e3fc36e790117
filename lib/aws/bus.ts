// The bus "drawbridge": committed events as EventBridge events, as many in a call as it takes.

import { PutEventsCommand, type EventBridgeClient, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { explainError } from "../faults.ts";
import type { StoredEvent } from "../ledger.ts";
import type { Bus } from "../ports.ts";
import { busSource, detailOf } from "./bus-event.ts";
import { calling } from "./errors.ts";

/** What PutEvents takes: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const entriesPerCall = 10;
const bytesPerCall = 256 * 1024;

interface Entry {
  readonly index: number;
  readonly bytes: number;
  readonly request: PutEventsRequestEntry;
}
interface NotTaken {
  readonly index: number;
  readonly reason: string;
}

export const eventBus = (client: EventBridgeClient, name: string): Bus => ({
  put: async (events) => {
    const entries = events.map((event, index) => entryOf(name, event, index));
    const tooLarge = entries.filter(({ bytes }) => bytes > bytesPerCall);
    const notTaken: NotTaken[] = tooLarge.map(({ index, bytes }) => ({
      index,
      reason: `it has ${String(bytes)} bytes, and the bus takes ${String(bytesPerCall)}`,
    }));
    for (const call of calls(entries.filter((entry) => !tooLarge.includes(entry)))) notTaken.push(...(await put(client, call)));
    return notTaken.toSorted((a, b) => a.index - b.index);
  },
});

/** A call that fails as a whole took none of its events; those of the other calls are not put twice because of it. */
async function put(client: EventBridgeClient, entries: readonly Entry[]): Promise<NotTaken[]> {
  try {
    const { Entries = [] } = await calling("events:PutEvents", () =>
      client.send(new PutEventsCommand({ Entries: entries.map(({ request }) => request) })),
    );
    return entries.flatMap(({ index }, position) => {
      const result = Entries[position];
      if (result !== undefined && result.ErrorCode === undefined) return [];
      return [
        {
          index,
          reason:
            result === undefined
              ? "the bus did not answer for it"
              : `${String(result.ErrorCode)}: ${result.ErrorMessage ?? "no reason given"}`,
        },
      ];
    });
  } catch (error) {
    return entries.map(({ index }) => ({ index, reason: explainError(error).message }));
  }
}

function entryOf(bus: string, event: StoredEvent, index: number): Entry {
  const Detail = JSON.stringify(detailOf(event));
  const request = {
    EventBusName: bus,
    Source: busSource,
    DetailType: event.event.type,
    Detail,
    Time: new Date(event.event.at),
  };
  // The time counts as 14 bytes.
  return {
    index,
    request,
    bytes: 14 + [busSource, event.event.type, Detail].reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  };
}

function calls(entries: readonly Entry[]): Entry[][] {
  const made: Entry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const last = made.at(-1);
    if (last === undefined || last.length === entriesPerCall || entry.bytes > room) {
      made.push([entry]);
      room = bytesPerCall - entry.bytes;
    } else {
      last.push(entry);
      room -= entry.bytes;
    }
  }
  return made;
}
