// Claims: the promises, in memory and in DynamoDB.

import { afterAll, beforeAll } from "vitest";
import { proofsTable } from "../../lib/aws/proofs-table.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeProofs } from "../fakes/proofs.ts";
import { proofsContract } from "./proofs.contract.ts";
import { dynamoDbOnTheWire, type DynamoDb } from "./tables.fixture.ts";

proofsContract("in memory", async () => {
  const clock = fakeClock();
  return { clock, of: fakeProofs(clock.now).of };
});

let dynamoDb: DynamoDb;
beforeAll(async () => {
  dynamoDb = await dynamoDbOnTheWire();
});
afterAll(() => dynamoDb.close());

proofsContract("DynamoDB", async () => {
  const clock = fakeClock();
  const table = await dynamoDb.table("ProofsTable");
  return { clock, of: (holder) => proofsTable(dynamoDb.client, table, clock.now, holder) };
});
