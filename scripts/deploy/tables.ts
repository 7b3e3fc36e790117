// A new stack around tables that are there: kept by an uninstall, or restored to a point in time.
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";

import type { Template } from "../template.ts";
import { stackName } from "./config.ts";
import type { Deployment } from "./deploy.ts";
import { changeSet, execute, stackNow } from "./stack.ts";
import { messageOf } from "./prerequisites.ts";
import { Stop } from "./stop.ts";

/** `AllowListTable=name,…` for every table of the template. */
export async function takeIn(deployment: Deployment, given: string): Promise<void> {
  const { clients, stage, tell } = deployment;
  const name = stackName(stage);
  if ((await stackNow(clients.cloudFormation, name)) !== undefined)
    throw new Stop(
      `The stack ${name} is there already`,
      "tables are taken in by a new stack only: npm run deploy -- uninstall keeps the old one's",
    );
  const template = tablesOf((await deployment.packaged()).template);
  const tables = namesOf(given, Object.keys(template.Resources));
  await Promise.all(Object.entries(tables).map(([logicalId, table]) => checkTable(deployment, logicalId, table, template)));
  const set = await changeSet(clients.cloudFormation, name, {
    ChangeSetType: "IMPORT",
    TemplateBody: JSON.stringify(template),
    ResourcesToImport: Object.entries(tables).map(([LogicalResourceId, TableName]) => ({
      ResourceType: "AWS::DynamoDB::Table",
      LogicalResourceId,
      ResourceIdentifier: { TableName },
    })),
    parameters: {},
  });
  await execute(clients.cloudFormation, set, tell);
}

/** Only the tables: an import may make nothing else. Whatever becomes of it, they stay. */
function tablesOf({ Resources }: Template): Template {
  const tables = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::DynamoDB::Table");
  return { Resources: Object.fromEntries(tables.map(([id, table]) => [id, { ...table, DeletionPolicy: "Retain" }])) };
}

function namesOf(given: string, wanted: readonly string[]): Readonly<Record<string, string>> {
  const pairs = Object.fromEntries(given.split(",").map((pair) => pair.split("=").map((part) => part.trim()) as [string, string]));
  const missing = wanted.filter((id) => (pairs[id] ?? "") === "");
  const unknown = Object.keys(pairs).filter((id) => !wanted.includes(id));
  if (missing.length + unknown.length > 0)
    throw new Stop(
      `--tables must name each table once; ${[...missing.map((id) => `${id} is missing`), ...unknown.map((id) => `there is no ${id}`)].join(", ")}`,
      `give --tables ${wanted.map((id) => `${id}=…`).join(",")}`,
    );
  return pairs;
}

/** What a restored table lacks, since DynamoDB does not restore settings. */
async function checkTable({ clients }: Deployment, logicalId: string, TableName: string, template: Template): Promise<void> {
  const found = await clients.dynamoDb.send(new DescribeTableCommand({ TableName })).catch((error: unknown) => {
    throw new Stop(`${logicalId}: the table ${TableName} cannot be read: ${messageOf(error)}`, "give the name of a table that is there");
  });
  const properties = template.Resources[logicalId]?.Properties ?? {};
  const keys = (schema: unknown): string =>
    JSON.stringify(
      (schema as { AttributeName?: string; KeyType?: string }[] | undefined)?.map(({ AttributeName, KeyType }) => [KeyType, AttributeName]),
    );
  if (keys(found.Table?.KeySchema) !== keys(properties["KeySchema"]))
    throw new Stop(`${logicalId}: the table ${TableName} has another key`, "give the table that was kept or restored for it");
  const { StreamViewType: wanted } = (properties["StreamSpecification"] ?? {}) as { StreamViewType?: string };
  if (wanted !== undefined && found.Table?.StreamSpecification?.StreamViewType !== wanted)
    throw new Stop(
      `${logicalId}: the table ${TableName} has no stream`,
      `aws dynamodb update-table --table-name ${TableName} --stream-specification StreamEnabled=true,StreamViewType=${wanted}`,
    );
}
