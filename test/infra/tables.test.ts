// The tables outlive the stack, can be restored to any second, and have every index from the first deployment on.
import { expect, test } from "vitest";
import { at, named, ofType } from "./packaged.ts";

const tables = ofType("AWS::DynamoDB::Table");

test.each(tables)("$id is on demand, encrypted, restorable and kept, under no fixed name", (table) => {
  expect(table.Properties).toMatchObject({
    BillingMode: "PAY_PER_REQUEST",
    SSESpecification: { SSEEnabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  expect(table).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
  expect(table.Properties).not.toHaveProperty("TableName");
});

const keys = {
  AllowListTable: { "": "service, principal", byPrincipal: "principal, service" },
  ConnectionsTable: {
    "": "endpoint",
    byService: "service, endpoint",
    byAccount: "account, endpoint",
    byOpen: "openAt, openSince",
    byDue: "dueIn, dueAt",
  },
  AuditLogTable: {
    "": "subject, seq",
    byService: "service, atKey",
    byAccount: "account, atKey",
    byActor: "actor, atKey",
    byType: "type, atKey",
    byDecision: "decision, atKey",
    byTime: "bucket, atKey",
  },
  SettingsTable: { "": "kind, id" },
  ProofsTable: { "": "kind, id" },
};

test.each(Object.entries(keys))("%s has its keys and indexes, each with all attributes", (id, wanted) => {
  const table = named(id);
  const indexes = (at(table, "GlobalSecondaryIndexes") ?? []) as Index[];
  const found = Object.fromEntries(indexes.map((index) => [index.IndexName, keyOf(index.KeySchema)]));
  expect({ "": keyOf(at(table, "KeySchema") as Key[]), ...found }).toEqual(wanted);
  expect(indexes.filter(({ Projection }) => Projection.ProjectionType !== "ALL")).toEqual([]);
});

test("there are no other tables", () => {
  expect(tables.map(({ id }) => id)).toEqual(Object.keys(keys));
});

test("the log streams what was added, and expires nothing; proofs expire", () => {
  expect(at(named("AuditLogTable"), "StreamSpecification")).toEqual({
    StreamViewType: "NEW_IMAGE",
  });
  expect(at(named("AuditLogTable"), "TimeToLiveSpecification")).toBeUndefined();
  expect(at(named("ProofsTable"), "TimeToLiveSpecification")).toEqual({
    AttributeName: "expiresAt",
    Enabled: true,
  });
});

interface Key {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly Key[];
  readonly Projection: { readonly ProjectionType: string };
}

function keyOf(schema: readonly Key[]): string {
  return [...schema]
    .sort((a, b) => a.KeyType.localeCompare(b.KeyType))
    .map(({ AttributeName }) => AttributeName)
    .join(", ");
}
