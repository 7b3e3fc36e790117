// What every keeper of slips promises: codes, sessions, and what waits to be mailed.

import { describe, expect, test } from "vitest";
import { instant, milliseconds } from "../../lib/ids.ts";
import type { Slips } from "../../lib/ports.ts";
import type { FakeClock } from "../fakes/clock.ts";

export interface SlipsUnderTest {
  readonly clock: FakeClock;
  readonly port: Slips;
}

export function slipsContract(name: string, setup: () => Promise<SlipsUnderTest>): void {
  describe(`${name}: slips`, () => {
    const until = ({ clock }: SlipsUnderTest, seconds: number) => instant(milliseconds(clock.now()) + seconds * 1000);

    test("is there until its time is over, and may be put again", async () => {
      const world = await setup();
      const { port, clock } = world;
      expect(await port.get("code", "ann")).toBeUndefined();
      await port.put({ kind: "code", id: "ann", until: until(world, 60), count: 0, data: { hash: "a" } });
      expect(await port.get("code", "ann")).toEqual({ kind: "code", id: "ann", until: until(world, 60), count: 0, data: { hash: "a" } });
      await port.put({ kind: "code", id: "ann", until: until(world, 120), data: { hash: "b" } });
      clock.advance(61);
      expect((await port.get("code", "ann"))?.data).toEqual({ hash: "b" });
      clock.advance(60);
      expect(await port.get("code", "ann")).toBeUndefined();
      expect(await port.ofKind("code")).toEqual([]);
    });

    test("of one kind are listed, and removed", async () => {
      const world = await setup();
      const { port } = world;
      for (const id of ["a", "b", "c"]) await port.put({ kind: "to-mail#ann", id, until: until(world, 60), data: {} });
      await port.put({ kind: "to-mail#bob", id: "d", until: until(world, 60), data: {} });
      expect((await port.ofKind("to-mail#ann")).map(({ id }) => id)).toEqual(["a", "b", "c"]);
      await port.remove("to-mail#ann", ["a", "c", "never"]);
      expect((await port.ofKind("to-mail#ann")).map(({ id }) => id)).toEqual(["b"]);
      await port.remove("to-mail#ann", ["b"]);
      await port.remove("to-mail#ann", []);
      expect(await port.ofKind("to-mail#ann")).toEqual([]);
      expect(await port.ofKind("to-mail#bob")).toHaveLength(1);
    });

    test("counts up to the most, once for each of many at once, and never what is over", async () => {
      const world = await setup();
      const { port, clock } = world;
      expect(await port.count("code", "ann", 5)).toBeUndefined();
      await port.put({ kind: "code", id: "ann", until: until(world, 60), count: 0, data: {} });
      const counts = await Promise.all(Array.from({ length: 9 }, async () => port.count("code", "ann", 5)));
      expect(counts.filter((count) => count !== undefined).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
      expect((await port.get("code", "ann"))?.count).toBe(5);
      await port.put({ kind: "code", id: "bob", until: until(world, 60), data: {} });
      clock.advance(61);
      expect(await port.count("code", "bob", 5)).toBeUndefined();
    });
  });
}
