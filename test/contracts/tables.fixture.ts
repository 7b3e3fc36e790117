// The tables that the contracts run on: in memory, and DynamoDB over the wire with the template's own definitions.

import { readFile } from "node:fs/promises";
import { CreateTableCommand, DynamoDBClient, PutItemCommand, type CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { parse } from "yaml";
import { allowListTable } from "../../lib/aws/allow-list-table.ts";
import { connectionsTable } from "../../lib/aws/connections-table.ts";
import { approversTable } from "../../lib/aws/approvers-table.ts";
import { asStored, writeItem, type Item } from "../../lib/aws/item.ts";
import { searchableLedger } from "../../lib/aws/searchable-ledger.ts";
import { permitsTable } from "../../lib/aws/permits-table.ts";
import { servicesTable } from "../../lib/aws/services-table.ts";
import type { AllowList, Approvers, Connections, Ledger, Permits, Services } from "../../lib/ports.ts";
import { createDynamoDb } from "../../local/services/dynamodb.ts";
import { fakePermits } from "../fakes/permits.ts";
import { fakeTables } from "../fakes/tables.ts";
import { noon } from "./samples.ts";
import { startWire, type Wire } from "./wire.fixture.ts";

export interface TablesUnderTest {
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly allowList: AllowList;
  readonly services: Services;
  readonly approvers: Approvers;
  readonly permits: Permits;
  /** Puts a row past the adapters. */
  readonly spoil: (table: "connections" | "entries" | "services", row: Item) => Promise<void>;
}

export async function tablesInMemory(): Promise<TablesUnderTest> {
  const { rows, ...tables } = fakeTables();
  return {
    ...tables,
    permits: fakePermits(),
    spoil: async (table, row) => {
      const key =
        table === "connections"
          ? row["endpoint"]
          : table === "services"
            ? row["id"]
            : `${String(row["service"])} ${String(row["principal"])}`;
      rows[table].set(String(key), asStored(row));
    },
  };
}

export interface DynamoDb extends Wire {
  readonly client: DynamoDBClient;
  /** Makes a table of the template under a new name. */
  table(resource: TableName): Promise<string>;
  /** Makes the four tables that commits write to. */
  tables(): Promise<TablesUnderTest>;
}
type TableName = "AllowListTable" | "ConnectionsTable" | "AuditLogTable" | "SettingsTable" | "ProofsTable";

export async function dynamoDbOnTheWire(): Promise<DynamoDb> {
  const wire = await startWire(async ({ region, clock }) => [await createDynamoDb({ region, clock })]);
  const client = new DynamoDBClient(wire.config());
  const definitions = await tableDefinitions();
  let made = 0;
  const table = async (resource: TableName): Promise<string> => {
    const TableName = `${resource}-${String((made += 1))}`;
    await client.send(new CreateTableCommand({ ...definitions[resource], TableName }));
    return TableName;
  };
  return {
    ...wire,
    client,
    table,
    tables: async () => {
      const [auditLog, connections, settings, allowList] = [
        await table("AuditLogTable"),
        await table("ConnectionsTable"),
        await table("SettingsTable"),
        await table("AllowListTable"),
      ];
      const names = { connections, entries: allowList, services: settings };
      return {
        ledger: searchableLedger(client, { auditLog, connections, settings, allowList }, () => noon),
        connections: connectionsTable(client, connections),
        allowList: allowListTable(client, allowList, settings),
        services: servicesTable(client, settings),
        approvers: approversTable(client, settings),
        permits: permitsTable(client, settings),
        spoil: async (name, row) => {
          await client.send(new PutItemCommand({ TableName: names[name], Item: writeItem(row) }));
        },
      };
    },
  };
}

/** Keys and indexes as infra/tables.yml declares them: an adapter that asks for another index fails here. */
async function tableDefinitions(): Promise<Record<TableName, Omit<CreateTableCommandInput, "TableName">>> {
  const text = await readFile(new URL("../../infra/tables.yml", import.meta.url), "utf8");
  const { Resources } = parse(text, { logLevel: "silent" }) as { Resources: Record<string, { Properties: CreateTableCommandInput }> };
  const shapes = Object.entries(Resources).map(([name, { Properties }]) => {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = Properties;
    return [
      name,
      {
        KeySchema,
        AttributeDefinitions,
        BillingMode: "PAY_PER_REQUEST",
        ...(GlobalSecondaryIndexes === undefined ? {} : { GlobalSecondaryIndexes }),
      },
    ];
  });
  return Object.fromEntries(shapes) as Record<TableName, Omit<CreateTableCommandInput, "TableName">>;
}
