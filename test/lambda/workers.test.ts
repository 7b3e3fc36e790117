// What goes back to a queue and to a stream, and what does not.

import type { DynamoDBRecord, SQSEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { eventRow, readEvent } from "../../lib/aws/event-row.ts";
import { writeItem } from "../../lib/aws/item.ts";
import { Fault, Unreadable } from "../../lib/faults.ts";
import { busHandler } from "../../lib/lambda/bus-handler.ts";
import { backAfterSeconds, queueWorker } from "../../lib/lambda/queue-worker.ts";
import { streamWorker } from "../../lib/lambda/stream-worker.ts";
import { stored } from "../contracts/outboxes.contract.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { context, keepTelling } from "./telling.fixture.ts";

describe("a queue's batch", () => {
  const batch = (...bodies: string[]): SQSEvent =>
    ({
      Records: bodies.map((body, index) => ({ messageId: `m-${String(index)}`, body, attributes: { ApproximateReceiveCount: "1" } })),
    }) as unknown as SQSEvent;
  const read = (body: string): string => {
    if (body === "spoiled") throw new Unreadable("The message", "it is spoiled");
    return body.toUpperCase();
  };

  test("is worked on at once, without what cannot be read, and only what failed goes back", async () => {
    const telling = keepTelling();
    const seen: unknown[] = [];
    const handler = queueWorker({
      name: "test",
      read,
      telling,
      about: (wanted) => ({ wanted }),
      work: async (items) => {
        seen.push(items);
        return [{ id: "m-2", error: new Error("AWS says no") }];
      },
    });
    expect(await handler(batch("a", "spoiled", "b"), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: "m-1" }, { itemIdentifier: "m-2" }],
    });
    expect(seen).toEqual([
      [
        { id: "m-0", wanted: "A" },
        { id: "m-2", wanted: "B" },
      ],
    ]);
    expect(telling.lines.map(({ message }) => message)).toEqual(["A message cannot be read", "A message failed"]);
    expect(telling.lines[1]?.keys).toEqual({ messageId: "m-2", wanted: "B" });
    expect(Object.fromEntries(telling.counted)).toEqual({ ItemsReceived: 3, ItemsUnreadable: 1, ItemsFailed: 2 });
    expect(telling.written).toBe(1);
  });

  test("goes back whole when the work throws", async () => {
    const handler = queueWorker({
      name: "test",
      read,
      telling: keepTelling(),
      work: async () => {
        throw new Error("no table");
      },
    });
    expect((await handler(batch("a", "b"), context)).batchItemFailures).toEqual([{ itemIdentifier: "m-0" }, { itemIdentifier: "m-1" }]);
  });

  test("gives back early what fails for a reason that passes, later each time; anything else waits its time out", async () => {
    const given: unknown[] = [];
    const records = batch("a", "b", "c", "d");
    const all = records.Records.map((record, index) => ({
      ...record,
      receiptHandle: `handle-${String(index)}`,
      attributes: { ...record.attributes, ApproximateReceiveCount: String(index + 1) },
    }));
    const passing = new Fault("RequestLimitExceeded", "ec2:AcceptVpcEndpointConnections", "slow down", true);
    const handler = queueWorker({
      name: "test",
      read,
      telling: keepTelling(),
      work: async () => [
        { id: "m-0", error: passing },
        { id: "m-1", error: passing },
        { id: "m-3", error: passing, againSeconds: 7 },
        { id: "m-2", error: new Error("a bug") },
      ],
      giveBack: async (messages) => void given.push(...messages),
    });
    const reply = await handler({ Records: all }, context);
    expect(given).toEqual([
      { receiptHandle: "handle-0", seconds: 5 },
      { receiptHandle: "handle-1", seconds: 30 },
      { receiptHandle: "handle-3", seconds: 7 },
    ]);
    expect(reply.batchItemFailures).toHaveLength(4);
    expect([1, 2, 3, 4, 5].map(backAfterSeconds)).toEqual([5, 30, 180, 720, 720]);
  });

  test("that cannot be given back early waits its time out, and that is told", async () => {
    const telling = keepTelling();
    const work = async () => [{ id: "m-0", error: new Fault("Contended", "the record", "try again", true) }];
    const giveBack = () => Promise.reject(new Error("no right"));
    const reply = await queueWorker({ name: "test", read, telling, work, giveBack })(batch("a"), context);
    expect(reply.batchItemFailures).toEqual([{ itemIdentifier: "m-0" }]);
    expect(telling.lines.at(-1)).toMatchObject({ level: "warn", keys: { reason: "no right" } });
  });

  test("that holds nothing readable is not worked on", async () => {
    let worked = 0;
    const work = async (): Promise<never[]> => {
      worked += 1;
      return [];
    };
    await queueWorker({ name: "test", read, telling: keepTelling(), work })(batch("spoiled"), context);
    expect(worked).toBe(0);
  });
});

describe("a stream's batch", () => {
  const record = (row: object, at: number, eventName = "INSERT"): DynamoDBRecord =>
    ({
      eventName,
      dynamodb: { NewImage: writeItem(row as Record<string, unknown>), Keys: {}, SequenceNumber: String(at) },
    }) as unknown as DynamoDBRecord;
  const rows = stored(3).map((one) => eventRow(one));
  const [first, second, third] = rows as [object, object, object];
  const worker = (telling = keepTelling()) => {
    const worked: number[][] = [];
    const handler = streamWorker({
      name: "test",
      telling,
      read: (row) => readEvent("AuditLog", row),
      work: async (events) => {
        worked.push(events.map(({ seq }) => seq));
      },
    });
    return { worked, handler: (...Records: DynamoDBRecord[]) => handler({ Records }, context), telling };
  };

  test("goes through in order", async () => {
    const { worked, handler } = worker();
    expect(await handler(record(first, 1), record(second, 2), record(third, 3))).toEqual({ batchItemFailures: [] });
    expect(worked).toEqual([[1, 2, 3]]);
  });

  test("stops at the first row that cannot be read, with what came before done", async () => {
    const { worked, handler } = worker();
    expect(await handler(record(first, 11), record({ subject: "x" }, 12), record(third, 13))).toEqual({
      batchItemFailures: [{ itemIdentifier: "12" }],
    });
    expect(worked).toEqual([[1]]);
  });

  test("tells loudly of a row that was changed or removed, and goes on", async () => {
    const { worked, handler, telling } = worker();
    expect(await handler(record(first, 1, "MODIFY"), record(second, 2, "REMOVE"), record(third, 3))).toEqual({ batchItemFailures: [] });
    expect(worked).toEqual([[3]]);
    expect(telling.lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  test("comes back whole when the work throws", async () => {
    const telling = keepTelling();
    const handler = streamWorker({
      name: "test",
      telling,
      read: (row) => row,
      work: async () => {
        throw new Error("no queue");
      },
    });
    await expect(handler({ Records: [record(first, 1)] }, context)).rejects.toThrow("no queue");
    expect(telling.lines[0]).toMatchObject({ level: "error", message: "The invocation failed" });
    expect(telling.written).toBe(1);
  });
});

describe("an event of the bus", () => {
  const [one] = stored(1);

  test("is read and handed on; one that cannot be read throws", async () => {
    const seen: unknown[] = [];
    const handler = busHandler({
      name: "test",
      telling: keepTelling(),
      work: async (told) => {
        seen.push(told.endpoint);
      },
    });
    await handler({ detail: one === undefined ? undefined : JSON.parse(JSON.stringify(detailOf(one))) } as never, context);
    expect(seen).toEqual([endpointOf(1)]);
    await expect(handler({ detail: { version: 2 } } as never, context)).rejects.toThrow(Unreadable);
  });
});
