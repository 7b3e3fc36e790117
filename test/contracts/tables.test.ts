// Records and ledger: the promises, in memory and in DynamoDB.

import { afterAll, beforeAll } from "vitest";
import { ledgerContract } from "./ledger.contract.ts";
import { policyContract } from "./policy.contract.ts";
import { recordsContract } from "./records.contract.ts";
import { dynamoDbOnTheWire, tablesInMemory, type DynamoDb } from "./tables.fixture.ts";

ledgerContract("in memory", tablesInMemory);
recordsContract("in memory", tablesInMemory);
policyContract("in memory", tablesInMemory);

let dynamoDb: DynamoDb;
beforeAll(async () => {
  dynamoDb = await dynamoDbOnTheWire();
});
afterAll(() => dynamoDb.close());

ledgerContract("DynamoDB", () => dynamoDb.tables());
recordsContract("DynamoDB", () => dynamoDb.tables());
policyContract("DynamoDB", () => dynamoDb.tables());
