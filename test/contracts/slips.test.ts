// Slips: the promises, in memory and in DynamoDB, where they lie beside claims.

import { afterAll, beforeAll, expect, test } from "vitest";
import { proofsTable } from "../../lib/aws/proofs-table.ts";
import { slipsTable } from "../../lib/aws/slips-table.ts";
import { fakeClock } from "../fakes/clock.ts";
import { fakeSlips } from "../fakes/slips.ts";
import { slipsContract } from "./slips.contract.ts";
import { dynamoDbOnTheWire, type DynamoDb } from "./tables.fixture.ts";

slipsContract("in memory", async () => {
  const clock = fakeClock();
  return { clock, port: fakeSlips(clock.now).port };
});

let dynamoDb: DynamoDb;
beforeAll(async () => {
  dynamoDb = await dynamoDbOnTheWire();
});
afterAll(() => dynamoDb.close());

slipsContract("DynamoDB", async () => {
  const clock = fakeClock();
  return { clock, port: slipsTable(dynamoDb.client, await dynamoDb.table("ProofsTable"), clock.now) };
});

test("a claim is no slip", async () => {
  const clock = fakeClock();
  const table = await dynamoDb.table("ProofsTable");
  await proofsTable(dynamoDb.client, table, clock.now, "a").claim("lease", "1", 60);
  const slips = slipsTable(dynamoDb.client, table, clock.now);
  expect(await slips.get("lease", "1")).toBeUndefined();
  expect(await slips.ofKind("lease")).toEqual([]);
});
