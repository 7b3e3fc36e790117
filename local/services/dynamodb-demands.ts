// What IAM is asked before a DynamoDB action runs: each table and index it touches, with the keys it touches.

import { isMembers, optionalText, record, rows, text } from "../members.ts";
import type { Members } from "../members.ts";
import type { Call, Demand } from "../service.ts";
import { tableName } from "./dynamodb-tables.ts";
import type { TableFacts } from "./dynamodb-tables.ts";
import { transactOperations } from "./dynamodb-transactions.ts";

const KINDS = { Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", ConditionCheck: "ConditionCheckItem" } as const;

/** On the table that is made, as DynamoDB documents it. */
const RESTORES = ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"];

export function dynamoDbDemands(call: Call, facts: (name: string) => TableFacts | undefined): Demand[] {
  const { action, input } = call;
  const on = (verb: string, table: unknown, items: readonly unknown[] = [], index?: string): Demand => {
    const name = tableName(table);
    const arn = facts(name)?.arn ?? `arn:aws:dynamodb:${call.region}:${call.caller.account}:table/${name}`;
    const keys = leadingKeys(facts(name), items);
    return {
      action: `dynamodb:${verb}`,
      resource: index === undefined ? arn : `${arn}/index/${index}`,
      resourceAccount: call.caller.account,
      ...(keys.length === 0 ? {} : { context: { "dynamodb:LeadingKeys": keys } }),
    };
  };
  switch (action) {
    case "ListTables":
      return [{ action: "dynamodb:ListTables", resource: "*" }];
    case "TagResource":
    case "UntagResource":
    case "ListTagsOfResource":
      return [{ action: `dynamodb:${action}`, resource: text(input, "ResourceArn") }];
    case "RestoreTableToPointInTime":
      // DynamoDB writes the items with the caller's rights.
      return [on(action, input["SourceTableName"]), ...RESTORES.map((verb) => on(verb, input["TargetTableName"]))];
    case "TransactWriteItems":
      return transactOperations(input).map(({ kind, input: one }) => on(KINDS[kind], one["TableName"], [one["Item"] ?? one["Key"]]));
    case "TransactGetItems":
      return rows(input, "TransactItems").map((one) => on("GetItem", record(one, "Get")["TableName"], [record(one, "Get")["Key"]]));
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.entries(record(input, "RequestItems")).map(([name, asked]) => on(action, name, batchItems(asked)));
    default:
      return [on(action, input["TableName"], [input["Item"] ?? input["Key"]], optionalText(input, "IndexName"))];
  }
}

function batchItems(asked: unknown): readonly unknown[] {
  if (isMembers(asked)) return rows(asked, "Keys");
  const requests: readonly unknown[] = Array.isArray(asked) ? asked : [];
  return requests.filter(isMembers).map((request) => record(request, "PutRequest")["Item"] ?? record(request, "DeleteRequest")["Key"]);
}

/** The partition keys, which a policy can hold a role to. */
function leadingKeys(facts: TableFacts | undefined, items: readonly unknown[]): string[] {
  if (facts === undefined) return [];
  const values = items.filter(isMembers).flatMap((item: Members) => Object.values(record(item, facts.hashKey)));
  return [...new Set(values.filter((value) => typeof value === "string"))];
}
