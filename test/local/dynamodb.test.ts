// DynamoDB on local AWS: transactions whole or not at all, the change feed in order, the settings of a table.

import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDynamoDb } from "../../local/services/dynamodb.ts";
import type { DynamoDbService, StreamRecord } from "../../local/services/dynamodb.ts";
import { ACME, manualClock, refusal, REGION, wire } from "./wire.fixture.ts";
import type { ManualClock, Wire } from "./wire.fixture.ts";

let aws: Wire;
let clock: ManualClock;
let service: DynamoDbService;
let dynamodb: DynamoDBClient;

beforeEach(async () => {
  clock = manualClock();
  service = await createDynamoDb({ region: REGION, clock });
  aws = await wire(() => [service]);
  dynamodb = aws.dynamodb();
  await dynamodb.send(
    new CreateTableCommand({
      TableName: "AuditLog",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["subject", "seq", "account"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "subject", KeyType: "HASH" },
        { AttributeName: "seq", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byAccount",
          KeySchema: [
            { AttributeName: "account", KeyType: "HASH" },
            { AttributeName: "seq", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      SSESpecification: { Enabled: true },
    }),
  );
});
afterEach(async () => {
  await aws.front.close();
  await service.close();
});

const TableName = "AuditLog";
const key = (subject: string, seq = "1") => ({ subject: { S: subject }, seq: { S: seq } });
const get = async (subject: string, seq?: string) => (await dynamodb.send(new GetItemCommand({ TableName, Key: key(subject, seq) }))).Item;
const transact = async (...TransactItems: TransactWriteItem[]) => await dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));
const put = (subject: string, more: object = {}): TransactWriteItem => ({ Put: { TableName, Item: key(subject), ...more } });

describe("transactions", () => {
  test("one failed condition and nothing is written; the reasons say which, with the item that was asked for", async () => {
    await transact(put("a", { Item: { ...key("a"), n: { N: "7" } } }));
    const error = await refusal(
      transact(
        put("b"),
        put("a", { ConditionExpression: "attribute_not_exists(subject)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
      ),
    );
    expect(error).toMatchObject({
      name: "TransactionCanceledException",
      message: "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
      CancellationReasons: [
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: { n: { N: "7" } } },
      ],
    });
    expect(await get("b")).toBeUndefined();
  });

  test("an update that does not fit its item takes back what was written before it", async () => {
    await transact(put("a", { Item: { ...key("a"), n: { N: "1" } } }), put("text", { Item: { ...key("text"), n: { S: "no number" } } }));
    const add = (subject: string): TransactWriteItem => ({
      Update: { TableName, Key: key(subject), UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": { N: "1" } } },
    });
    const error = await refusal(transact(add("a"), put("new"), add("text")));
    expect(error).toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [{ Code: "None" }, { Code: "None" }, { Code: "ValidationError" }],
    });
    expect(await get("a")).toMatchObject({ n: { N: "1" } });
    expect(await get("new")).toBeUndefined();
  });

  test("a condition check guards without writing, a delete and an update take part", async () => {
    await transact(put("guard"), put("gone"), put("counter"));
    await transact(
      { ConditionCheck: { TableName, Key: key("guard"), ConditionExpression: "attribute_exists(subject)" } },
      { Delete: { TableName, Key: key("gone") } },
      {
        Update: {
          TableName,
          Key: key("counter"),
          UpdateExpression: "SET n = if_not_exists(n, :zero) + :one",
          ExpressionAttributeValues: { ":zero": { N: "0" }, ":one": { N: "1" } },
        },
      },
    );
    expect([await get("guard"), await get("gone"), await get("counter")]).toMatchObject([
      { subject: { S: "guard" } },
      undefined,
      { n: { N: "1" } },
    ]);
  });

  test("of many at once that want the same sequence number exactly one wins", async () => {
    const rivals = Array.from(
      { length: 30 },
      async (_, at) =>
        await transact(
          put(`rival-${at}`),
          put("taken", { Item: { ...key("taken"), by: { N: String(at) } }, ConditionExpression: "attribute_not_exists(subject)" }),
        ),
    );
    const results = await Promise.allSettled(rivals);
    const winners = results.flatMap(({ status }, at) => (status === "fulfilled" ? [at] : []));
    expect(winners).toHaveLength(1);
    expect(await get("taken")).toMatchObject({ by: { N: String(winners[0]) } });
    const written = await Promise.all(rivals.map(async (_, at) => await get(`rival-${at}`)));
    expect(written.filter((item) => item !== undefined)).toHaveLength(1);
  });

  test("readers see both of two balances or neither", async () => {
    const move = (from: string, to: string): Promise<unknown> =>
      transact(put("x", { Item: { ...key("x"), v: { S: from } } }), put("y", { Item: { ...key("y"), v: { S: to } } }));
    await move("0", "0");
    const work: Promise<unknown>[] = [];
    const torn: unknown[] = [];
    for (let round = 1; round <= 25; round += 1) {
      work.push(move(String(round), String(round)));
      const both = dynamodb.send(
        new TransactGetItemsCommand({ TransactItems: ["x", "y"].map((one) => ({ Get: { TableName, Key: key(one) } })) }),
      );
      work.push(
        both.then(({ Responses }) =>
          Responses?.[0]?.Item?.["v"]?.S === Responses?.[1]?.Item?.["v"]?.S ? undefined : torn.push(Responses),
        ),
      );
    }
    await Promise.all(work);
    expect(torn).toEqual([]);
  });

  test("the same token does it once, with other items it is refused", async () => {
    const add: TransactWriteItem = {
      Update: { TableName, Key: key("n"), UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": { N: "1" } } },
    };
    const once = (item: TransactWriteItem) =>
      dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [item], ClientRequestToken: "t" }));
    await once(add);
    await once(add);
    expect(await get("n")).toMatchObject({ n: { N: "1" } });
    expect((await refusal(once(put("other")))).name).toBe("IdempotentParameterMismatchException");
    clock.advance(11 * 60_000);
    await once(add);
    expect(await get("n")).toMatchObject({ n: { N: "2" } });
  });

  test("no more than a hundred, no item twice, no table that is not there", async () => {
    expect(await refusal(transact(...Array.from({ length: 101 }, (_, at) => put(String(at)))))).toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("less than or equal to 100"),
    });
    await transact(...Array.from({ length: 100 }, (_, at) => put(String(at))));
    expect(await refusal(transact(put("a"), put("a")))).toMatchObject({
      message: "Transaction request cannot include multiple operations on one item",
    });
    expect((await refusal(transact({ Put: { TableName: "Nowhere", Item: key("a") } }))).name).toBe("ResourceNotFoundException");
  });
});

describe("the change feed", () => {
  test("tells of single, batch and transacted writes in order, and of nothing else", async () => {
    const records: StreamRecord[] = [];
    const stop = service.changes(TableName, (record) => void records.push(record));
    await dynamodb.send(new PutItemCommand({ TableName, Item: key("a") }));
    await dynamodb.send(new PutItemCommand({ TableName, Item: key("a") }));
    await dynamodb.send(
      new UpdateItemCommand({ TableName, Key: key("a"), UpdateExpression: "SET n = :n", ExpressionAttributeValues: { ":n": { N: "1" } } }),
    );
    await refusal(transact(put("b"), put("a", { ConditionExpression: "attribute_not_exists(subject)" })));
    await transact(put("b"), { Delete: { TableName, Key: key("a") } });
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { AuditLog: [{ PutRequest: { Item: key("c") } }, { DeleteRequest: { Key: key("b") } }] } }),
    );
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: key("never") }));
    stop();
    await dynamodb.send(new PutItemCommand({ TableName, Item: key("after") }));
    expect(records.map(({ eventName, dynamodb: { Keys } }) => `${eventName} ${String(Keys["subject"]?.["S"])}`)).toEqual([
      "INSERT a",
      "MODIFY a",
      "INSERT b",
      "REMOVE a",
      "INSERT c",
      "REMOVE b",
    ]);
    expect(records[1]).toMatchObject({
      eventSource: "aws:dynamodb",
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:eu-west-1:111111111111:table\/AuditLog\/stream\/2026-01-01T/),
      dynamodb: { OldImage: key("a"), NewImage: { ...key("a"), n: { N: "1" } }, StreamViewType: "NEW_AND_OLD_IMAGES" },
    });
    const numbers = records.map(({ dynamodb: { SequenceNumber } }) => SequenceNumber);
    expect(numbers.toSorted()).toEqual(numbers);
  });
});

describe("tables", () => {
  test("are ready at once and say what they were made with", async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableStatus: "ACTIVE",
      TableArn: "arn:aws:dynamodb:eu-west-1:111111111111:table/AuditLog",
      SSEDescription: { Status: "ENABLED" },
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
      LatestStreamArn: expect.stringContaining("/stream/"),
    });
  });

  test("belong to their account", async () => {
    expect((await refusal(aws.dynamodb(ACME).send(new DescribeTableCommand({ TableName })))).name).toBe("ResourceNotFoundException");
  });

  test("keep their time to live and their backups", async () => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: "expiresAt" };
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    expect(await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }))).toMatchObject({
      TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" },
    });
    expect((await refusal(dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })))).message).toBe(
      "TimeToLive is already enabled",
    );
    await dynamodb.send(
      new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    );
    const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe("ENABLED");
  });
});

describe("what the product asks of dynalite", () => {
  test("an index answers in order, page by page, both ways", async () => {
    const requests = Array.from({ length: 12 }, (_, at) => ({
      PutRequest: { Item: { ...key(`c${at}`, String(at).padStart(2, "0")), account: { S: ACME } } },
    }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { AuditLog: requests } }));
    const query = {
      TableName,
      IndexName: "byAccount",
      KeyConditionExpression: "account = :a AND seq BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":a": { S: ACME }, ":from": { S: "02" }, ":to": { S: "08" } },
    };
    const first = await dynamodb.send(new QueryCommand({ ...query, Limit: 4 }));
    const second = await dynamodb.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
    const all = [...(first.Items ?? []), ...(second.Items ?? [])].map((item) => item["seq"]?.S);
    expect(all).toEqual(["02", "03", "04", "05", "06", "07", "08"]);
    const back = await dynamodb.send(new QueryCommand({ ...query, ScanIndexForward: false, Limit: 1 }));
    expect(back.Items?.[0]?.["seq"]).toEqual({ S: "08" });
  });

  test.each([
    ["attribute_not_exists(absentAttribute)", true],
    ["attribute_exists(absentAttribute)", false],
    ["begins_with(#text, :ab)", true],
    ["contains(#text, :ab)", true],
    ["size(#text) > :two", true],
    ["n BETWEEN :two AND :nine", true],
    ["n IN (:two, :nine)", false],
    ["NOT n = :two AND (attribute_type(n, :N) OR n < :two)", true],
  ])("condition %s is %s", async (ConditionExpression, holds) => {
    await dynamodb.send(new PutItemCommand({ TableName, Item: { ...key("a"), text: { S: "abc" }, n: { N: "5" } } }));
    const values = { ":ab": { S: "ab" }, ":two": { N: "2" }, ":nine": { N: "9" }, ":N": { S: "N" } };
    const used = Object.fromEntries(Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(ConditionExpression)));
    const input = {
      TableName,
      Item: key("a"),
      ConditionExpression,
      ...(Object.keys(used).length === 0 ? {} : { ExpressionAttributeValues: used }),
      ...(ConditionExpression.includes("#text") ? { ExpressionAttributeNames: { "#text": "text" } } : {}),
    };
    const work = dynamodb.send(new PutItemCommand({ ...input, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
    if (holds) await work;
    else expect(await refusal(work)).toMatchObject({ name: "ConditionalCheckFailedException", Item: { n: { N: "5" } } });
  });
});
