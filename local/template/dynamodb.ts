// AWS::DynamoDB::Table.
import { isDeepStrictEqual } from "node:util";

import { flag, list, optionalText, record, type Members } from "../members.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const DYNAMODB: Makers = { "AWS::DynamoDB::Table": makeTable };

const ACTIVE_TRIES_MAX = 200;
const ACTIVE_LOOK_MS = 5;

async function makeTable(declared: Declared, workshop: Workshop): Promise<Made> {
  const { properties } = declared;
  const TableName = optionalText(properties, "TableName") ?? workshop.physicalName(declared.logicalId, 255);
  const copied = [
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "Tags",
    "DeletionProtectionEnabled",
    "TableClass",
  ];
  const stream = record(properties, "StreamSpecification");
  const viewType = optionalText(stream, "StreamViewType");
  await workshop.call("dynamodb", "CreateTable", {
    TableName,
    ...Object.fromEntries(copied.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]])),
    ...billing(properties),
    ...(viewType === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: viewType } }),
    ...(properties["SSESpecification"] === undefined ? {} : { SSESpecification: encryption(record(properties, "SSESpecification")) }),
  });
  await active(declared, workshop, TableName);
  if (flag(record(properties, "PointInTimeRecoverySpecification"), "PointInTimeRecoveryEnabled")) await recover(workshop, TableName, true);
  const timeToLive = record(properties, "TimeToLiveSpecification");
  if (flag(timeToLive, "Enabled")) await expire(workshop, TableName, timeToLive);
  return existingTable(declared, workshop, TableName);
}

/** The table as it stands: made by the stack just now, or imported into it. */
export async function existingTable(declared: Declared, workshop: Workshop, TableName: string): Promise<Made> {
  const table = await active(declared, workshop, TableName);
  const streamArn = optionalText(table, "LatestStreamArn");
  return {
    ref: TableName,
    attributes: { Arn: table["TableArn"], ...(streamArn === undefined ? {} : { StreamArn: streamArn }) },
    change: (next) => changeTable(declared, next, workshop, TableName),
    remove: () => workshop.call("dynamodb", "DeleteTable", { TableName }),
  };
}

async function changeTable(before: Declared, next: Declared, workshop: Workshop, TableName: string): Promise<Made> {
  const differs = (name: string): boolean => !isDeepStrictEqual(before.properties[name], next.properties[name]);
  for (const name of CHANGED_ELSEWHERE) if (differs(name)) refuse(next, `local AWS does not change ${name} of a table that is there.`);
  if (differs("PointInTimeRecoverySpecification"))
    await recover(workshop, TableName, flag(record(next.properties, "PointInTimeRecoverySpecification"), "PointInTimeRecoveryEnabled"));
  const timeToLive = record(next.properties, "TimeToLiveSpecification");
  if (differs("TimeToLiveSpecification") && flag(timeToLive, "Enabled")) await expire(workshop, TableName, timeToLive);
  if (differs("DeletionProtectionEnabled"))
    await workshop.call("dynamodb", "UpdateTable", {
      TableName,
      DeletionProtectionEnabled: flag(next.properties, "DeletionProtectionEnabled"),
    });
  return existingTable(next, workshop, TableName);
}

const CHANGED_ELSEWHERE = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "StreamSpecification", "SSESpecification", "BillingMode"];

const recover = (workshop: Workshop, TableName: string, PointInTimeRecoveryEnabled: boolean): Promise<Members> =>
  workshop.call("dynamodb", "UpdateContinuousBackups", { TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled } });

const expire = (workshop: Workshop, TableName: string, timeToLive: Members): Promise<Members> =>
  workshop.call("dynamodb", "UpdateTimeToLive", {
    TableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: timeToLive["AttributeName"] },
  });

function billing(properties: Members): Members {
  const mode = optionalText(properties, "BillingMode") ?? "PROVISIONED";
  if (mode === "PAY_PER_REQUEST") return { BillingMode: mode };
  return { BillingMode: mode, ProvisionedThroughput: properties["ProvisionedThroughput"] };
}

function encryption(specification: Members): Members {
  const key = optionalText(specification, "KMSMasterKeyId");
  return { Enabled: flag(specification, "SSEEnabled"), SSEType: "KMS", ...(key === undefined ? {} : { KMSMasterKeyId: key }) };
}

async function active(declared: Declared, workshop: Workshop, TableName: string): Promise<Members> {
  for (let tries = 0; tries < ACTIVE_TRIES_MAX; tries += 1) {
    const table = record(await workshop.call("dynamodb", "DescribeTable", { TableName }), "Table");
    const building = list(table, "GlobalSecondaryIndexes").some((index) => (index as Members)["IndexStatus"] !== "ACTIVE");
    if (table["TableStatus"] === "ACTIVE" && !building) return table;
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_LOOK_MS));
  }
  return refuse(declared, `the table ${TableName} did not become ACTIVE.`);
}
