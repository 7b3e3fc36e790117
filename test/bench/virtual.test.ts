// The virtual AWS that storms are played on: its buckets, its queues, and that a storm comes out the same each time.

import { describe, expect, test } from "vitest";
import { latency, virtualAws, VirtualQueue } from "../../scripts/bench/virtual-aws.ts";
import { playDrawbridge, playOneByOne, playPoller } from "../../scripts/bench/virtual-storm.ts";

describe("EC2 on virtual time", () => {
  test("takes ten calls at once, then one a second", async () => {
    const aws = virtualAws(100);
    const taken: number[] = [];
    const call = async (): Promise<void> => {
      try {
        await aws.accept([]);
        taken.push(aws.seconds());
      } catch {
        // throttled
      }
    };
    for (let second = 0; second < 5; second += 1)
      aws.schedule.after(second * 1000, () => void Promise.all(Array.from({ length: 20 }, call)));
    await aws.schedule.run();
    const at = (second: number): number => taken.filter((when) => Math.floor(when) === second).length;
    expect([0, 1, 2, 3, 4].map(at)).toEqual([10, 1, 1, 1, 1]);
    expect(aws.calls).toMatchObject({ accepts: 100, acceptThrottles: 86 });
  });

  test("refuses a list that is too long, and a listing takes a call a page", async () => {
    const aws = virtualAws(2);
    const refused = aws.accept(["a", "b", "c"]).catch((error: unknown) => error);
    const listed = aws.listPage();
    await aws.schedule.run();
    expect(await refused).toMatchObject({ name: "InvalidParameterValue" });
    await listed;
    expect(aws.calls.listings).toBe(1);
  });
});

describe("a queue on virtual time", () => {
  test("hands out batches after its window, so many at once, and what failed again later", async () => {
    const aws = virtualAws(1);
    const seen: { at: number; ids: string[]; receives: number[] }[] = [];
    const queue = new VirtualQueue(aws, {
      batch: 3,
      windowSeconds: 1,
      concurrency: 1,
      work: async (_, messages) => {
        seen.push({ at: aws.seconds(), ids: messages.map(({ id }) => id), receives: messages.map(({ receives }) => receives) });
        await aws.takes(1000, () => undefined);
        return new Map(messages.filter(({ id, receives }) => id === "1" && receives === 1).map(({ id }) => [id, 10]));
      },
    });
    for (let message = 0; message < 4; message += 1) queue.send("x");
    await aws.schedule.run();
    expect(seen.map(({ ids }) => ids)).toEqual([["1", "2", "3"], ["4"], ["1"]]);
    expect(seen[0]?.at).toBeCloseTo((latency.queueToFunction + latency.coldStart) / 1000);
    expect(seen[2]?.receives).toEqual([2]);
    expect(queue.receivesMost).toBe(2);
  });
});

describe("a storm on virtual time", () => {
  test("is accepted in few calls, and comes out the same each time", async () => {
    const first = await playDrawbridge(300, 100);
    expect(first.acceptedAfter).toBeLessThan(10);
    expect(first).toMatchObject({ accepts: 3, throttles: 0, receivesMost: 1 });
    expect(await playDrawbridge(300, 100)).toEqual(first);
  });

  test("is accepted whatever the longest list is", async () => {
    const played = await playDrawbridge(200, 10);
    expect(played.acceptedAfter).toBeLessThan(60);
    expect(played.receivesMost).toBeLessThanOrEqual(5);
  });

  test("takes one call each as long as the bucket says, and a poller until its minute", async () => {
    const { acceptedAfter, accepts, throttles } = await playOneByOne(100);
    expect(Math.round(acceptedAfter)).toBe(91);
    expect(accepts - throttles).toBe(100);
    expect((await playPoller(100, 100)).acceptedAfter).toBeGreaterThan(60);
  });
});
