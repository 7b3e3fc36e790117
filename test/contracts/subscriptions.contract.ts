// What every keeper of approvers' mail addresses promises.

import { describe, expect, test } from "vitest";
import type { Subscriptions } from "../../lib/ports.ts";

export interface SubscriptionsUnderTest {
  readonly port: Subscriptions;
  /** The token in the mail that asks this address to confirm. */
  readonly tokenOf: (email: string) => Promise<string>;
}

export function subscriptionsContract(name: string, setup: () => Promise<SubscriptionsUnderTest>): void {
  describe(`${name}: subscriptions`, () => {
    test("are asked for with their filter, confirmed so that no link ends them, and ended", async () => {
      const { port, tokenOf } = await setup();
      const arn = await port.subscribe("ann", "ann@example.com");
      expect(arn).toMatch(/^arn:aws:sns:/);
      expect(await port.subscribe("ann", "ann@example.com")).toBe(arn);
      expect(await port.all()).toEqual([{ protocol: "email", endpoint: "ann@example.com" }]);
      expect(await port.confirm(await tokenOf("ann@example.com"))).toBe(arn);
      expect(await port.all()).toEqual([{ protocol: "email", endpoint: "ann@example.com", arn }]);
      expect(await port.inspect(arn)).toEqual({ protected: true, approver: "ann" });
      await port.remove(arn);
      await port.remove(arn);
      expect(await port.all()).toEqual([]);
      expect(await port.inspect(arn)).toBeUndefined();
    });

    test("a token that AWS does not know confirms nothing", async () => {
      const { port } = await setup();
      await port.subscribe("ann", "ann@example.com");
      await expect(port.confirm("not-a-token")).rejects.toMatchObject({ code: "BadInput", field: "token" });
      expect((await port.all())[0]?.arn).toBeUndefined();
    });
  });
}
