// A stream's batches: order, bisection, poison, partial failures, age.
import { describe, expect, it } from "vitest";

import { startStreamMapping, type StreamMapping, type StreamRecord } from "../../local/functions/stream-mapping.ts";
import { createInFlight } from "../../local/in-flight.ts";
import { wallClock } from "../../local/clock.ts";

interface Run {
  readonly batches: string[][];
  readonly givenUp: {
    requestContext: { condition: string; approximateInvokeCount: number };
    DDBStreamBatchInfo: { startSequenceNumber: string; endSequenceNumber: string; batchSize: number };
  }[];
  send(ids: readonly string[], secondsOld?: number): Promise<void>;
}

const PLAIN: StreamMapping = {
  batchSize: 100,
  windowSeconds: 0,
  bisects: false,
  retriesMax: 2,
  ageMaxSeconds: -1,
  reportsItemFailures: false,
  filters: [],
};

function run(mapping: Partial<StreamMapping>, answer: (ids: readonly string[]) => readonly string[] | "error"): Run {
  const inFlight = createInFlight();
  const batches: string[][] = [];
  const givenUp: Run["givenUp"] = [];
  let listener: (record: StreamRecord) => void = () => undefined;
  startStreamMapping(
    {
      streamArn: "arn:stream",
      functionArn: "arn:function",
      clock: wallClock(),
      inFlight,
      retryMs: 1,
      subscribe(given) {
        listener = given;
        return () => undefined;
      },
      giveUp: (message) => Promise.resolve(void givenUp.push(JSON.parse(message) as Run["givenUp"][number])),
      invoke(event) {
        const ids = (event as { Records: StreamRecord[] }).Records.map((record) => record.dynamodb?.SequenceNumber ?? "");
        batches.push(ids);
        const answered = answer(ids);
        if (answered === "error") return Promise.resolve({ requestId: "r", payload: "{}", functionError: "Unhandled" });
        return Promise.resolve({
          requestId: "r",
          payload: JSON.stringify({ batchItemFailures: answered.map((itemIdentifier) => ({ itemIdentifier })) }),
        });
      },
    },
    { ...PLAIN, ...mapping },
  );
  return {
    batches,
    givenUp,
    async send(ids, secondsOld = 0) {
      for (const SequenceNumber of ids)
        listener({ dynamodb: { SequenceNumber, ApproximateCreationDateTime: Date.now() / 1000 - secondsOld } });
      await inFlight.idle();
    },
  };
}

const poison = (ids: readonly string[]): "error" | readonly string[] => (ids.includes("3") ? "error" : []);

describe("a stream's batch", () => {
  it("is given up after its retries, and the next one goes on", async () => {
    const stream = run({ batchSize: 2 }, poison);
    await stream.send(["1", "2", "3", "4", "5"]);
    expect(stream.batches).toEqual([["1"], ["2", "3"], ["2", "3"], ["2", "3"], ["4", "5"]]);
    expect(stream.givenUp).toHaveLength(1);
    expect(stream.givenUp[0]).toMatchObject({
      requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 3 },
      DDBStreamBatchInfo: { startSequenceNumber: "2", endSequenceNumber: "3", batchSize: 2 },
    });
  });

  it("is bisected down to the poison, in order", async () => {
    const stream = run({ bisects: true, retriesMax: 1 }, poison);
    await stream.send(["0"]);
    await stream.send(["1", "2", "3", "4"]);
    expect(stream.givenUp.map((one) => one.DDBStreamBatchInfo)).toMatchObject([
      { startSequenceNumber: "3", endSequenceNumber: "3", batchSize: 1 },
    ]);
    const done = stream.batches.filter((ids) => !ids.includes("3")).flat();
    expect(done).toEqual(["0", "1", "2", "4"]);
  });

  it("goes on from the first failed record", async () => {
    const tried = new Map<string, number>();
    const stream = run({ reportsItemFailures: true, retriesMax: 5 }, (ids) => {
      for (const id of ids) tried.set(id, (tried.get(id) ?? 0) + 1);
      return ids.includes("2") && (tried.get("2") ?? 0) < 3 ? ["2"] : [];
    });
    await stream.send(["0"]);
    await stream.send(["1", "2", "3"]);
    expect(stream.batches).toEqual([["0"], ["1"], ["2", "3"], ["2", "3"], ["2", "3"]]);
    expect(stream.givenUp).toEqual([]);
  });

  it("bisects with partial failures, so that only the poison is lost", async () => {
    const stream = run({ reportsItemFailures: true, bisects: true, retriesMax: 1 }, (ids) => (ids.includes("3") ? ["3"] : []));
    await stream.send(["0"]);
    await stream.send(["1", "2", "3", "4", "5"]);
    expect(stream.givenUp.map((one) => one.DDBStreamBatchInfo.startSequenceNumber)).toEqual(["3"]);
    expect(stream.batches.at(-1)).toContain("5");
  });

  it("with an answer that is none of ours fails as a whole", async () => {
    const stream = run({ reportsItemFailures: true, retriesMax: 0 }, () => ["another"]);
    await stream.send(["1"]);
    expect(stream.givenUp).toHaveLength(1);
  });

  it("that is too old is not tried", async () => {
    const stream = run({ ageMaxSeconds: 60 }, () => []);
    await stream.send(["1"], 120);
    expect(stream.batches).toEqual([]);
    expect(stream.givenUp[0]?.requestContext.condition).toBe("RecordAgeExceeded");
  });
});
