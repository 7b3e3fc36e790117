// PutEvents call by call: how events are spread over calls, and how a refused one keeps its place.

import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, expect, test } from "vitest";
import { eventBus } from "../../lib/aws/bus.ts";
import { oversized, stored } from "../contracts/outboxes.contract.ts";

const mocked = mockClient(EventBridgeClient);
afterAll(() => mocked.restore());
const bus = eventBus(new EventBridgeClient({ region: "eu-west-1" }), "drawbridge");
beforeEach(() => mocked.reset());
const sizes = () => mocked.commandCalls(PutEventsCommand).map(({ args: [{ input }] }) => input.Entries?.length);
const taken = ({ Entries = [] }: { Entries?: unknown[] }) => ({ Entries: Entries.map(() => ({ EventId: "1" })) });

test("ten in a call, fewer when they are large", async () => {
  mocked.on(PutEventsCommand).callsFake(taken);
  expect(await bus.put(stored(25))).toEqual([]);
  expect(sizes()).toEqual([10, 10, 5]);
  mocked.resetHistory();
  const large = stored(6).map((event) => ({
    ...event,
    event: { ...event.event, because: { rule: "observed" as const, detail: "x".repeat(100_000) } },
  }));
  expect(await bus.put(large)).toEqual([]);
  expect(sizes()).toEqual([2, 2, 2]);
});

test("each event that was not taken is named by its own position", async () => {
  let call = 0;
  mocked.on(PutEventsCommand).callsFake(({ Entries = [] }: { Entries?: unknown[] }) => {
    call += 1;
    if (call === 2) throw Object.assign(new Error("bus is gone"), { name: "ResourceNotFoundException" });
    return {
      FailedEntryCount: 1,
      Entries: Entries.map((_, index) =>
        index === 3 ? { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" } : { EventId: "1" },
      ),
    };
  });
  const events = [...stored(12), oversized(), ...stored(12)];
  const result = await bus.put(events);
  expect(result.map(({ index }) => index)).toEqual([3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 24]);
  expect(result[0]?.reason).toBe("ThrottlingException: slow down");
  expect(result[1]?.reason).toContain("bus is gone");
});
