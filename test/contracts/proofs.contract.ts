// What every keeper of claims promises.

import { describe, expect, test } from "vitest";
import type { Proofs } from "../../lib/ports.ts";
import type { FakeClock } from "../fakes/clock.ts";

export interface ProofsUnderTest {
  readonly clock: FakeClock;
  /** The port as one process sees it. */
  readonly of: (holder: string) => Proofs;
}

export function proofsContract(name: string, setup: () => Promise<ProofsUnderTest>): void {
  describe(`${name}: claims`, () => {
    test("what is claimed stays claimed until its time has passed, for the claimer too", async () => {
      const { clock, of } = await setup();
      const proofs = of("a");
      clock.advance(0.9);
      expect(await proofs.claim("lease", "zone#Z1", 60)).toBe(true);
      expect(await proofs.claim("lease", "zone#Z1", 60)).toBe(false);
      clock.advance(59.9);
      expect(await of("b").claim("lease", "zone#Z1", 60)).toBe(false);
      clock.advance(2);
      expect(await of("b").claim("lease", "zone#Z1", 60)).toBe(true);
    });

    test("kinds and ids are apart", async () => {
      const { of } = await setup();
      const proofs = of("a");
      expect(await proofs.claim("lease", "1", 60)).toBe(true);
      expect(await proofs.claim("told", "1", 60)).toBe(true);
      expect(await proofs.claim("lease", "2", 60)).toBe(true);
    });

    test("whoever holds it may give it back, and then it is free", async () => {
      const { of } = await setup();
      const proofs = of("a");
      await proofs.claim("lease", "1", 60);
      await proofs.release("lease", "1");
      await proofs.release("lease", "1");
      await proofs.release("lease", "never claimed");
      expect(await of("b").claim("lease", "1", 60)).toBe(true);
    });

    test("whoever holds it may hold it longer, and nobody gets it in between", async () => {
      const { clock, of } = await setup();
      const proofs = of("a");
      expect(await proofs.extend("lease", "1", 600)).toBe(false);
      await proofs.claim("lease", "1", 60);
      clock.advance(30);
      expect(await proofs.extend("lease", "1", 600)).toBe(true);
      clock.advance(599);
      expect(await of("b").claim("lease", "1", 60)).toBe(false);
      clock.advance(3);
      expect(await of("b").claim("lease", "1", 60)).toBe(true);
      expect(await proofs.extend("lease", "1", 600)).toBe(false);
      await proofs.release("lease", "1");
      expect(await of("c").claim("lease", "1", 60)).toBe(false);
    });

    test("nobody gives back what another has claimed since", async () => {
      const { clock, of } = await setup();
      const [slow, quick] = [of("slow"), of("quick")];
      await slow.claim("lease", "1", 60);
      clock.advance(62);
      expect(await quick.claim("lease", "1", 60)).toBe(true);
      await slow.release("lease", "1");
      expect(await of("third").claim("lease", "1", 60)).toBe(false);
    });

    test("of many at once, one gets it", async () => {
      const { of } = await setup();
      const results = await Promise.all(Array.from({ length: 8 }, (_, index) => of(`p-${String(index)}`).claim("lease", "1", 60)));
      expect(results.filter(Boolean)).toHaveLength(1);
    });
  });
}
