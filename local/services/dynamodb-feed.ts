// The change feed: what a table's stream hands to Lambda for each change, in the order of the changes.

import { randomBytes } from "node:crypto";
import type { Clock } from "../service.ts";
import type { DynaliteStore, Item, Table } from "./dynalite-store.ts";

export type ViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

/** As Lambda gets it; the images are in DynamoDB's JSON. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  readonly eventVersion: "1.1";
  readonly eventSource: "aws:dynamodb";
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: ViewType;
  };
}

export interface Change {
  readonly table: Table;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

export interface Stream {
  readonly arn: string;
  readonly view: ViewType;
}

export interface Feed {
  emit(store: DynaliteStore, stream: Stream | undefined, change: Change): void;
  /** By the stream's ARN, the table's ARN, or the table's bare name in any account. */
  subscribe(table: string, listener: (record: StreamRecord) => void): () => void;
}

export function createFeed(options: { region: string; clock: Clock }): Feed {
  const listeners = new Map<string, Set<(record: StreamRecord) => void>>();
  let sequence = 0;
  return {
    emit(store, stream, change) {
      // A write that changes nothing makes no record, as on AWS.
      if (stream === undefined || isSame(change.before, change.after)) return;
      sequence += 1;
      const record = recordOf(store, stream, change, { ...options, sequence });
      const [tableArn = ""] = stream.arn.split("/stream/");
      for (const name of [stream.arn, tableArn, change.table.TableName]) {
        for (const listener of listeners.get(name) ?? []) listener(record);
      }
    },
    subscribe(table, listener) {
      const those = listeners.get(table) ?? new Set();
      listeners.set(table, those.add(listener));
      return () => void those.delete(listener);
    },
  };
}

function recordOf(
  store: DynaliteStore,
  stream: Stream,
  { table, before, after }: Change,
  at: { region: string; clock: Clock; sequence: number },
): StreamRecord {
  const whole = after ?? before ?? {};
  const Keys = Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, whole[AttributeName] ?? {}]));
  const NewImage = stream.view.startsWith("NEW") ? after : undefined;
  const OldImage = stream.view.endsWith("OLD_IMAGES") || stream.view === "OLD_IMAGE" ? before : undefined;
  const sizes = [Keys, NewImage, OldImage].map((item) => (item === undefined ? 0 : store.size(item)));
  return {
    eventID: randomBytes(16).toString("hex"),
    eventName: before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: at.region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at.clock.now() / 1000),
      Keys,
      ...(NewImage === undefined ? {} : { NewImage }),
      ...(OldImage === undefined ? {} : { OldImage }),
      SequenceNumber: String(at.sequence).padStart(21, "0"),
      SizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      StreamViewType: stream.view,
    },
    eventSourceARN: stream.arn,
  };
}

function isSame(before: Item | undefined, after: Item | undefined): boolean {
  return JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
