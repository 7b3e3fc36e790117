// What is promised of everything that is sent away: looks on queues, events on the bus, messages to people.

import { describe, expect, test } from "vitest";
import { readDetail, type Told } from "../../lib/aws/bus-event.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { BadInput } from "../../lib/faults.ts";
import { chain, connectionSubject, noHead, type StoredEvent } from "../../lib/ledger.ts";
import type { Bus, Message, People, Undelivered, Wake } from "../../lib/ports.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";
import { acme, event, payments, refused, requested } from "./samples.ts";

export interface WakeUnderTest {
  readonly port: Pick<Wake, "observe">;
  /** What is in the queue now, as `readMessage` takes it: bodies with the delay they were sent with. */
  readonly bodies: () => Promise<{ readonly look: unknown }[]>;
}

export function wakeContract(name: string, setup: () => Promise<WakeUnderTest>): void {
  describe(`${name}: waking`, () => {
    test("a look arrives as it was sent", async () => {
      const { port, bodies } = await setup();
      const look = { service: payments, endpoints: [endpointOf(1), endpointOf(2)], attempt: 2, why: "look-again" } as const;
      await port.observe(look);
      expect(await bodies()).toEqual([{ look }]);
    });

    test("a delay that no queue can keep is refused", async () => {
      const { port, bodies } = await setup();
      for (const delay of [-1, 0.5, 901]) await expect(port.observe({ service: payments, why: "sweep" }, delay)).rejects.toThrow(BadInput);
      expect(await bodies()).toEqual([]);
    });
  });
}

export interface BusUnderTest {
  readonly port: Bus;
  /** The details that came off the bus, in any order. */
  readonly told: (count: number) => Promise<unknown[]>;
}

export function busContract(name: string, setup: () => Promise<BusUnderTest>): void {
  describe(`${name}: telling the bus`, () => {
    test("every event arrives, as what everybody may rely on", async () => {
      const { port, told } = await setup();
      const events = stored(25);
      expect(await port.put(events)).toEqual([]);
      const details: Told[] = (await told(25)).map(readDetail);
      expect(details.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(events.map(({ seq }) => seq));
      const requestedOne = details.find(({ seq }) => seq === 1);
      expect(requestedOne).toMatchObject({
        version: 1,
        type: "ConnectionRequested",
        service: payments,
        endpoint: endpointOf(1),
        account: acme,
        by: { kind: "drawbridge" },
        because: { rule: "observed" },
      });
    });

    test("the raw message that brought it up stays in the log", async () => {
      const { port, told } = await setup();
      const [one] = chain(
        connectionSubject(endpointOf(1)),
        noHead,
        [{ ...requested(endpointOf(1)), source: { kind: "notification", raw: "secret?" } }],
        { service: payments, account: acme },
        sha256,
      );
      await port.put([one as StoredEvent]);
      expect(JSON.stringify(await told(1))).not.toContain("secret?");
    });

    test("nothing to tell is told at once", async () => {
      const { port } = await setup();
      expect(await port.put([])).toEqual([]);
    });
  });
}

export function stored(count: number): StoredEvent[] {
  const events = [requested(endpointOf(1)), ...Array.from({ length: count - 1 }, () => refused)];
  return chain(connectionSubject(endpointOf(1)), noHead, events, { service: payments, account: acme }, sha256);
}

/** An event too large for the bus. */
export const oversized = (): StoredEvent => {
  const [one] = chain(
    connectionSubject(endpointOf(9)),
    noHead,
    [event({ type: "AnswerRefused", choice: "approve", why: "x".repeat(300_000) })],
    { service: payments, account: acme },
    sha256,
  );
  return one as StoredEvent;
};

export interface PeopleUnderTest {
  readonly port: People;
  /** What came to each topic: subject, text, attributes. */
  readonly approvals: () => Promise<Message[]>;
  readonly decisions: () => Promise<Message[]>;
}

export function peopleContract(name: string, setup: () => Promise<PeopleUnderTest>): void {
  describe(`${name}: telling people`, () => {
    test("a message comes to its own topic", async () => {
      const { port, approvals, decisions } = await setup();
      const [question, answer] = [
        { subject: "Who may connect?", text: "acme asks\nhttps://example.com/a/token", attributes: { type: "ApprovalRequested" } },
        { subject: "Approved", text: "żółty 🌉", attributes: { type: "ConnectionApproved", account: acme } },
      ];
      await port.approvers(question);
      await port.decisions(answer);
      expect(await approvals()).toEqual([question]);
      expect(await decisions()).toEqual([answer]);
    });
  });
}

export function undeliveredContract(
  name: string,
  setup: () => Promise<{ readonly port: Undelivered; kept: () => Promise<unknown[]> }>,
): void {
  describe(`${name}: what the bus did not take`, () => {
    test("waits by its key in the log", async () => {
      const { port, kept } = await setup();
      const key = { subject: connectionSubject(endpointOf(1)), seq: 3, reason: "ThrottlingException: slow down" };
      await port.put(key);
      expect(await kept()).toEqual([key]);
    });
  });
}
