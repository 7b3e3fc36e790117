// Point-in-time recovery on local AWS: a table as it was at a second, without the settings that DynamoDB does not restore.
import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDynamoDb, type DynamoDbService } from "../../local/services/dynamodb.ts";
import { manualClock, refusal, REGION, wire, type ManualClock, type Wire } from "./wire.fixture.ts";

let aws: Wire;
let clock: ManualClock;
let service: DynamoDbService;
let dynamodb: DynamoDBClient;

const TableName = "Log";
const put = (id: string, value: string) => dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id }, value: { S: value } } }));
const restore = (more: object) =>
  dynamodb.send(new RestoreTableToPointInTimeCommand({ SourceTableName: TableName, TargetTableName: "Then", ...more }));
const itemsOf = async (name: string): Promise<Record<string, string | undefined>> => {
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: name }));
  return Object.fromEntries(Items.map(({ id, value }) => [id?.S ?? "", value?.S]));
};

beforeAll(async () => {
  clock = manualClock();
  service = await createDynamoDb({ region: REGION, clock });
  aws = await wire(() => [service]);
  dynamodb = aws.dynamodb();
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["id", "value"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        { IndexName: "byValue", KeySchema: [{ AttributeName: "value", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" } },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
      SSESpecification: { Enabled: true },
    }),
  );
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "expiresAt" } }));
});
afterAll(async () => {
  await aws.front.close();
  await service.close();
});

test("a table without recovery cannot be gone back with", async () => {
  await put("before", "it began");
  expect((await refusal(restore({ UseLatestRestorableTime: true }))).name).toBe("PointInTimeRecoveryUnavailableException");
  await dynamodb.send(
    new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
  );
});

test("a table is made anew as the other was at that second; its keys, indexes and encryption come, its settings do not", async () => {
  await put("changed", "then");
  await put("removed", "then");
  clock.advance(5_000);
  const then = new Date(clock.now());
  clock.advance(5_000);
  await put("changed", "now");
  await put("new", "now");
  await dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: "removed" } } }));
  await restore({ RestoreDateTime: then });
  expect(await itemsOf("Then")).toEqual({ before: "it began", changed: "then", removed: "then" });
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: "Then" }));
  expect(Table).toMatchObject({ GlobalSecondaryIndexes: [{ IndexName: "byValue" }], SSEDescription: { Status: "ENABLED" } });
  expect(Table?.StreamSpecification).toBeUndefined();
  expect(await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: "Then" }))).toMatchObject({
    TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" },
  });
  const { ContinuousBackupsDescription: backups } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName: "Then" }));
  expect(backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe("DISABLED");
  expect(await itemsOf(TableName)).toEqual({ before: "it began", changed: "now", new: "now" });
});

test("not to a name that is taken, nor to a time before it began or that is to come", async () => {
  expect((await refusal(restore({ UseLatestRestorableTime: true }))).name).toBe("TableAlreadyExistsException");
  for (const RestoreDateTime of [new Date(clock.now() - 3_600_000), new Date(clock.now() + 3_600_000)])
    expect((await refusal(restore({ TargetTableName: "Other", RestoreDateTime }))).name).toBe("InvalidRestoreTimeException");
});
