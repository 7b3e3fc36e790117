// What one decision reads, with ten entries on the allow-list and with a hundred thousand: on DynamoDB over the wire, by the real adapters.

import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { allowListTable } from "../../lib/aws/allow-list-table.ts";
import { connectionsTable } from "../../lib/aws/connections-table.ts";
import { entryRow } from "../../lib/aws/entry-row.ts";
import { writeItem } from "../../lib/aws/item.ts";
import { searchableLedger } from "../../lib/aws/searchable-ledger.ts";
import { servicesTable } from "../../lib/aws/services-table.ts";
import type { Entry } from "../../lib/allow-list.ts";
import type { AccountId, EndpointId } from "../../lib/ids.ts";
import { noHead } from "../../lib/ledger.ts";
import { admit, type AdmitPorts } from "../../lib/loop/admit.ts";
import { concurrently, pieces } from "../../lib/loop/concurrently.ts";
import { organizationsUnknown } from "../../lib/loop/verdicts.ts";
import { readMessage } from "../../lib/messages.ts";
import { acme, entry, noon, payments, service, serviceEvent } from "../../test/contracts/samples.ts";
import { dynamoDbOnTheWire, type DynamoDb } from "../../test/contracts/tables.fixture.ts";
import { countingIds } from "../../test/fakes/clock.ts";
import { endpointOf, fakeEndpointServices } from "../../test/fakes/endpoint-services.ts";
import type { Section } from "./figures.ts";

const sizes = [10, 1000, 100_000] as const;

/** One request as it went out, and what DynamoDB says it would bill for reading. */
interface Request {
  readonly action: string;
  /** The table and how many keys of it, or what else was asked of it. */
  readonly shape: string;
  readonly items: number;
  readonly readUnits: number;
}

interface Measured {
  readonly entries: number;
  readonly requests: readonly Request[];
}

export async function policySection(): Promise<Section> {
  const dynamoDb = await dynamoDbOnTheWire();
  try {
    const measured: Measured[] = [];
    for (const entries of sizes) measured.push(await measure(dynamoDb, entries));
    const [first] = measured;
    if (first === undefined) throw new Error("nothing was measured");
    const total = ({ requests }: Measured, what: "items" | "readUnits"): number => requests.reduce((sum, one) => sum + one[what], 0);
    const shapes = (one: Measured): string => one.requests.map(({ action, shape }) => `${action} ${shape}`).join("; ");
    const same = measured.every((one) => shapes(one) === shapes(first) && total(one, "readUnits") === total(first, "readUnits"));
    const exact = measured.every(({ requests }) => requests.every(({ action, shape }) => action !== "Scan" && !shape.includes("filter")));
    return {
      name: "policy",
      title: "A decision, by the length of the allow-list",
      tables: [
        {
          head: ["entries on the list", "calls of DynamoDB", "keys and rows asked for", "read units"],
          rows: measured.map((one) => [one.entries, one.requests.length, total(one, "items"), total(one, "readUnits")]),
        },
        {
          head: ["call", "asks for", "items", "read units"],
          rows: first.requests.map(({ action, shape, items, readUnits }) => [action, shape, items, readUnits]),
        },
      ],
      notes: [
        "One connection through admit, with an entry for its account among the others: calls in the order in which they are made, the same for every length.",
        "The six keys of the allow-list are the endpoint, the account and anyone, at the service and at every service; each unit above the account and its organization would be two more, where entries speak of them. The four of Settings are the freezes and the marks of such entries.",
        "A limit adds one key, its counter, and one write to the transaction. EC2 is called as often as the section on calls says.",
      ],
      targets: [
        {
          what: "calls, items and read units of one decision",
          wanted: `the same with ${sizes.map((size) => size.toLocaleString("en-US")).join(", ")} entries`,
          got: same ? "the same" : measured.map((one) => String(total(one, "readUnits"))).join(", "),
          reached: same,
        },
        { what: "scans and filters on the deciding path", wanted: "none", got: exact ? "none" : "some", reached: exact },
      ],
    };
  } finally {
    await dynamoDb.close();
  }
}

async function measure(dynamoDb: DynamoDb, entries: number): Promise<Measured> {
  const { client } = dynamoDb;
  const [auditLog, connections, settings, allowList] = [
    await dynamoDb.table("AuditLogTable"),
    await dynamoDb.table("ConnectionsTable"),
    await dynamoDb.table("SettingsTable"),
    await dynamoDb.table("AllowListTable"),
  ];
  await fill(client, allowList, entries);
  const ec2 = fakeEndpointServices(() => noon);
  ec2.addService(payments);
  const ledger = searchableLedger(client, { auditLog, connections, settings, allowList }, () => noon);
  const ports: AdmitPorts = {
    clock: () => noon,
    newId: countingIds(),
    services: servicesTable(client, settings),
    connections: connectionsTable(client, connections),
    ledger,
    allowList: allowListTable(client, allowList, settings),
    organizations: organizationsUnknown,
    endpointServices: ec2.port,
    wake: { observe: () => Promise.resolve() },
  };
  await ledger.commit({ of: "service", key: payments, after: service(payments), events: [serviceEvent(payments)], expected: noHead });
  const named = new Map([
    [allowList, "AllowList"],
    [settings, "Settings"],
    [connections, "Connections"],
    [auditLog, "AuditLog"],
  ]);
  const endpoint = endpointOf(1);
  ec2.connect({ endpoint, service: payments, account: acme });
  return { entries, requests: await watched(client, named, () => decide(ports, endpoint)) };
}

async function decide(ports: AdmitPorts, endpoint: EndpointId): Promise<void> {
  const look = { service: payments, endpoints: [endpoint], why: "requested" };
  const failures = await admit(ports, [{ id: "m", wanted: readMessage(JSON.stringify({ look })) }]);
  if (failures.length > 0) throw failures[0]?.error;
}

/** Entries for other accounts, and one for acme's. */
async function fill(client: DynamoDBClient, table: string, count: number): Promise<void> {
  const other = (index: number): Entry => entry(String(300_000_000_000 + index) as AccountId, 1);
  const rows = [entry(acme, 1), ...Array.from({ length: count - 1 }, (_, index) => other(index))].map((one) => writeItem(entryRow(one)));
  await concurrently(pieces(rows, 25), 4, async (part) => {
    const puts = part.map((Item) => ({ PutRequest: { Item } }));
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
    if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new Error("local DynamoDB left entries unwritten");
  });
}

/** Sees each request as it goes out, and has DynamoDB tell what it bills. */
async function watched(client: DynamoDBClient, named: ReadonlyMap<string, string>, work: () => Promise<void>): Promise<Request[]> {
  const requests: Request[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const action = (context.commandName ?? "").replace(/Command$/, "");
      const input = args.input as Input;
      const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } });
      const { shape, items } = shapeOf(input, named);
      requests.push({ action, shape, items, readUnits: action === "TransactWriteItems" ? 0 : unitsOf(result.output) });
      return result;
    },
    { step: "initialize", name: "watched", override: true },
  );
  try {
    await work();
  } finally {
    client.middlewareStack.remove("watched");
  }
  return requests;
}

interface Input {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly FilterExpression?: string;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys?: readonly unknown[] }>>;
  readonly TransactItems?: readonly unknown[];
}

function shapeOf(input: Input, named: ReadonlyMap<string, string>): { shape: string; items: number } {
  const name = (table: string): string => named.get(table) ?? table;
  if (input.TransactItems !== undefined)
    return { shape: `${String(input.TransactItems.length)} writes`, items: input.TransactItems.length };
  const asked = Object.entries(input.RequestItems ?? {});
  if (asked.length > 0) {
    const items = asked.reduce((sum, [, { Keys = [] }]) => sum + Keys.length, 0);
    return { shape: asked.map(([table, { Keys = [] }]) => `${String(Keys.length)} keys of ${name(table)}`).join(", "), items };
  }
  const index = input.IndexName === undefined ? "" : ` by ${input.IndexName}`;
  return { shape: `${name(input.TableName ?? "")}${index}${input.FilterExpression === undefined ? "" : ", with a filter"}`, items: 1 };
}

function unitsOf(output: unknown): number {
  const { ConsumedCapacity: told } = output as { ConsumedCapacity?: Capacity | readonly Capacity[] };
  const all: readonly Capacity[] = told === undefined ? [] : Array.isArray(told) ? (told as readonly Capacity[]) : [told as Capacity];
  return all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
interface Capacity {
  readonly CapacityUnits?: number;
}
