// DynamoDB's calls one by one: keys it leaves unread, and why it cancels a transaction.

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type CancellationReason,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { getRows } from "../../lib/aws/batch-get.ts";
import { asStored, writeItem } from "../../lib/aws/item.ts";
import { searchableLedger } from "../../lib/aws/searchable-ledger.ts";
import { slipsTable } from "../../lib/aws/slips-table.ts";
import { Fault } from "../../lib/faults.ts";
import { connected, first, named, next, noon, requested } from "../contracts/samples.ts";
import { endpointOf } from "../fakes/endpoint-services.ts";

const mocked = mockClient(DynamoDBClient);
afterAll(() => mocked.restore());
const client = new DynamoDBClient({ region: "eu-west-1" });
const retries: number[] = [];
const noWait = async (retry: number): Promise<void> => {
  retries.push(retry);
};
beforeEach(() => {
  mocked.reset();
  retries.length = 0;
});

describe("reading many rows", () => {
  const keys = Array.from({ length: 250 }, (_, index) => ({ id: String(index) }));

  test("asks for a hundred at a time, and again for what was left unread", async () => {
    mocked.on(BatchGetItemCommand).callsFake(({ RequestItems }: { RequestItems: { T: { Keys: Record<string, never>[] } } }) => {
      const { Keys } = RequestItems.T;
      return { Responses: { T: Keys.slice(0, 40) }, UnprocessedKeys: Keys.length > 40 ? { T: { Keys: Keys.slice(40) } } : {} };
    });
    const rows = await getRows(client, "T", [...keys, ...keys], noWait);
    expect(rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(keys.map((_, index) => index));
    expect(
      mocked
        .commandCalls(BatchGetItemCommand)
        .every(
          ({ args: [{ input }] }) =>
            (input.RequestItems?.["T"]?.Keys?.length ?? 0) <= 100 && input.RequestItems?.["T"]?.ConsistentRead === true,
        ),
    ).toBe(true);
    expect(retries.length).toBeGreaterThan(0);
  });

  test("gives up after a few tries, with a fault that a retry may help", async () => {
    mocked
      .on(BatchGetItemCommand)
      .callsFake(({ RequestItems }: { RequestItems: object }) => ({ Responses: {}, UnprocessedKeys: RequestItems }));
    await expect(getRows(client, "T", keys.slice(0, 2), noWait)).rejects.toMatchObject({ code: "Unprocessed", retryable: true });
    expect(mocked.commandCalls(BatchGetItemCommand)).toHaveLength(6);
  });
});

describe("removing many slips", () => {
  const slips = slipsTable(client, "T", () => noon, noWait);
  const ids = Array.from({ length: 60 }, (_, index) => String(index));

  test("asks for twenty-five at a time, and again, later, for what was left", async () => {
    const removed: unknown[] = [];
    mocked.on(BatchWriteItemCommand).callsFake(({ RequestItems }: { RequestItems: { T: object[] } }) => {
      removed.push(...RequestItems.T.slice(0, 10));
      return { UnprocessedItems: RequestItems.T.length > 10 ? { T: RequestItems.T.slice(10) } : {} };
    });
    await slips.remove("code", ids);
    expect(removed).toEqual(ids.map((id) => ({ DeleteRequest: { Key: { kind: { S: "code" }, id: { S: id } } } })));
    expect(retries).toEqual([1, 2, 1, 2]);
  });

  test("gives up after a few tries, with a fault that a retry may help", async () => {
    mocked.on(BatchWriteItemCommand).callsFake(({ RequestItems }: { RequestItems: object }) => ({ UnprocessedItems: RequestItems }));
    await expect(slips.remove("code", ids)).rejects.toMatchObject({ code: "Unprocessed", retryable: true });
    expect(mocked.commandCalls(BatchWriteItemCommand)).toHaveLength(6);
  });
});

describe("a cancelled transaction", () => {
  const ledger = searchableLedger(client, { auditLog: "L", connections: "C", settings: "S", allowList: "A" }, () => noon, noWait);
  const named1 = next(connected(1).after, { seq: 3, hash: "a".repeat(64) }, [named("acme.pl.example.com")]);
  const cancelled = (...codes: string[]): TransactionCanceledException =>
    new TransactionCanceledException({
      message: "cancelled",
      $metadata: {},
      CancellationReasons: codes.map((Code): CancellationReason => ({ Code })),
    });

  // The writes are, in order: the record, the claim of the name, the event.
  test.each([
    [["ConditionalCheckFailed", "None", "None"], "conflict"],
    [["None", "None", "ConditionalCheckFailed"], "conflict"],
    [["None", "ConditionalCheckFailed", "None"], "claimed"],
    [["ConditionalCheckFailed", "ConditionalCheckFailed", "None"], "conflict"],
    [["None", "ConditionalCheckFailed", "TransactionConflict"], "claimed"],
  ])("for %j is %s", async (codes, result) => {
    mocked.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
    expect(await ledger.commit(named1)).toBe(result);
    expect(mocked.commandCalls(TransactWriteItemsCommand)).toHaveLength(1);
  });

  test("because another was at the same rows is tried again, a few times", async () => {
    mocked
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled("TransactionConflict", "None", "None"))
      .resolves({});
    expect(await ledger.commit(named1)).toMatchObject({ seq: 4 });
    mocked.reset();
    mocked.on(TransactWriteItemsCommand).rejects(cancelled("TransactionConflict", "None", "None"));
    expect(await ledger.commit(named1)).toBe("conflict");
    expect(mocked.commandCalls(TransactWriteItemsCommand)).toHaveLength(4);
  });

  test.each([
    ["ThrottlingError", true],
    ["ProvisionedThroughputExceeded", true],
    ["ValidationError", false],
    ["ItemCollectionSizeLimitExceeded", false],
  ])("for %s is a fault", async (code, retryable) => {
    mocked.on(TransactWriteItemsCommand).rejects(cancelled("ConditionalCheckFailed", "None", code));
    const fault: unknown = await ledger.commit(named1).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code, retryable });
  });

  test("nothing of the log is ever changed or removed", async () => {
    mocked.on(TransactWriteItemsCommand).resolves({});
    await ledger.commit(named1);
    await ledger.commit(first(requested(endpointOf(2))));
    const writes = mocked.commandCalls(TransactWriteItemsCommand).flatMap(({ args: [{ input }] }) => input.TransactItems ?? []);
    const onLog = writes.filter((write) => Object.values(write).some((part: { TableName?: string }) => part.TableName === "L"));
    expect(onLog).toHaveLength(2);
    expect(onLog.every(({ Put }) => Put?.ConditionExpression === "attribute_not_exists(subject)")).toBe(true);
  });
});

test("half a surrogate pair is replaced before it is hashed, since no database gives it back", () => {
  expect(asStored({ raw: "cut \ud83d", list: ["\udf09", { whole: "🌉" }] })).toEqual({
    raw: "cut \ufffd",
    list: ["\ufffd", { whole: "🌉" }],
  });
});

test("a row holds plain JSON and nothing else", () => {
  expect(writeItem({ a: undefined, b: null, c: [1, "x", { d: false }] })).toEqual({
    b: { NULL: true },
    c: { L: [{ N: "1" }, { S: "x" }, { M: { d: { BOOL: false } } }] },
  });
  expect(() => writeItem({ a: Number.NaN })).toThrow(/NaN/);
  expect(() => writeItem({ a: () => 1 })).toThrow(/function/);
});
