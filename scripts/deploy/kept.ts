// A new stack around what is there: kept by an uninstall, or restored to a point in time.
import { ChangeSetNotFoundException, DescribeChangeSetCommand, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { HeadBucketCommand } from "@aws-sdk/client-s3";

import type { Resource, Template } from "../template.ts";
import { parametersFor, stackName } from "./config.ts";
import type { Deployment, DeployOptions } from "./deployment.ts";
import { messageOf } from "./prerequisites.ts";
import { deleteStack } from "./stack-end.ts";
import { changeSet, execute, resourcesOf, stackNow, type StackNow } from "./stack.ts";
import { Stop } from "./stop.ts";
import { refuseUnready } from "./unready.ts";

/** Physical ids by the names of the template. */
export type Kept = Readonly<Record<string, string>>;

/** What the template says to keep, by what AWS identifies it by when a stack takes it in. */
const identifiers: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::Table": "TableName",
  "AWS::S3::Bucket": "BucketName",
  "AWS::KMS::Key": "KeyId",
};

export const keptText = (kept: Kept): string =>
  Object.entries(kept)
    .map(([logicalId, id]) => `${logicalId}=${id}`)
    .join(",");

/** `AllowListTable=name,…`; what is no pair, or is given twice, is refused. */
export function keptIn(given: string, option: string): Kept {
  const pairs = given.split(",").map((pair) => pair.split("=").map((part) => part.trim()));
  const wrong = pairs.find(([name = "", id = ""]) => name === "" || id === "");
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) !== index);
  if (wrong !== undefined || twice !== undefined)
    throw new Stop(
      wrong === undefined ? `${option} names ${twice?.[0] ?? ""} twice` : `${option}: "${wrong.join("=")}" is no Name=id`,
      "give what uninstall or restore printed",
    );
  return Object.fromEntries(pairs.map(([name = "", id = ""]) => [name, id]));
}

/** A name of its own tells a deployment without `--kept` that one with it was begun. */
const importName = "drawbridge-kept";

/**
 * Each table must be named; the bucket and the key of the checkpoints and the archive's bucket are made anew where they are not. Says whether
 * the stack is there now.
 */
export async function takeIn(deployment: Deployment, given: string, { dryRun }: Pick<DeployOptions, "dryRun">): Promise<boolean> {
  const { clients, stage, tell } = deployment;
  const name = stackName(stage);
  const there = await stackNow(clients.cloudFormation, name);
  refuseUnready(there);
  if (there !== undefined && there.status !== "REVIEW_IN_PROGRESS") {
    if (await holds(clients.cloudFormation, there, keptIn(given, "--kept"))) return true;
    throw new Stop(
      `The stack ${name} is there already`,
      "only a new stack takes in what is there: npm run deploy -- uninstall keeps the old one's",
    );
  }
  const packaged = (await deployment.packaged()).template;
  const template = keptOf(packaged);
  const kept = keptIn(given, "--kept");
  refuseOthers(kept, template);
  const wanted: Template = { ...template, Resources: Object.fromEntries(Object.entries(template.Resources).filter(([id]) => id in kept)) };
  await Promise.all(Object.entries(wanted.Resources).map(([id, resource]) => check(deployment, id, kept[id] ?? "", resource)));
  if (dryRun) {
    tell(`${name} would be made around ${Object.keys(wanted.Resources).join(", ")}. Nothing was changed: this was a dry run.`);
    return false;
  }
  // Left by a run that was broken off, or that CloudFormation refused: there is nothing in it.
  if (there !== undefined) await deleteStack(clients.cloudFormation, there, tell, () => Promise.resolve());
  const set = await changeSet(clients.cloudFormation, name, {
    name: importName,
    ChangeSetType: "IMPORT",
    TemplateBody: JSON.stringify(wanted),
    ResourcesToImport: Object.entries(wanted.Resources).map(([LogicalResourceId, { Type }]) => ({
      ResourceType: Type,
      LogicalResourceId,
      ResourceIdentifier: { [identifiers[Type] ?? ""]: kept[LogicalResourceId] ?? "" },
    })),
    parameters: parametersFor(stage, wanted),
  });
  await execute(clients.cloudFormation, set, tell);
  return true;
}

/** An earlier run took them in, and did not come further. */
async function holds(client: CloudFormationClient, { id }: StackNow, kept: Kept): Promise<boolean> {
  const resources = await resourcesOf(client, id);
  return Object.entries(kept).every(([logicalId, physicalId]) => resources.get(logicalId)?.id === physicalId);
}

/** Without `--kept`, a deployment would make empty tables where somebody began one around what is kept. */
export async function refuseBegunImport(client: CloudFormationClient, stack: StackNow | undefined): Promise<void> {
  if (stack?.status !== "REVIEW_IN_PROGRESS") return;
  const begun = await client
    .send(new DescribeChangeSetCommand({ StackName: stack.name, ChangeSetName: importName }))
    .catch((error: unknown) => {
      if (error instanceof ChangeSetNotFoundException) return undefined;
      throw error;
    });
  if (begun === undefined) return;
  throw new Stop(
    `A deployment of ${stack.name} with --kept was begun and not ended; this one would make new, empty tables`,
    "repeat it with --kept; or, if new ones are meant, npm run deploy -- uninstall --yes comes first",
  );
}

/** Only what is kept, and what it refers to: an import may make nothing else. Whatever becomes of it, it stays. */
export function keptOf({ Resources, Parameters = {} }: Template): Template {
  const kept = Object.entries(Resources).filter(([, one]) => one.DeletionPolicy?.startsWith("Retain") === true && one.Type in identifiers);
  const text = JSON.stringify(kept);
  return {
    Parameters: Object.fromEntries(Object.entries(Parameters).filter(([name]) => text.includes(`{"Ref":"${name}"}`))),
    Resources: Object.fromEntries(kept.map(([id, one]) => [id, { ...one, DeletionPolicy: "Retain" }])),
  };
}

function refuseOthers(kept: Kept, { Resources }: Template): void {
  const tables = Object.entries(Resources).flatMap(([id, { Type }]) => (Type === "AWS::DynamoDB::Table" ? [id] : []));
  const missing = tables.filter((id) => !(id in kept));
  const unknown = Object.keys(kept).filter((id) => !Object.hasOwn(Resources, id));
  if (missing.length + unknown.length === 0) return;
  const others = Object.keys(Resources).filter((id) => !tables.includes(id));
  throw new Stop(
    `--kept must name each table; ${[...missing.map((id) => `${id} is missing`), ...unknown.map((id) => `there is no ${id}`)].join(", ")}`,
    `give --kept ${tables.map((id) => `${id}=…`).join(",")}, and if they are there ${others.join(", ")}`,
  );
}

async function check(deployment: Deployment, logicalId: string, id: string, resource: Resource): Promise<void> {
  if (resource.Type === "AWS::DynamoDB::Table") return checkTable(deployment, logicalId, id, resource);
  const { s3, kms } = deployment.clients;
  const read = (work: Promise<unknown>, what: string): Promise<unknown> =>
    work.catch((error: unknown) => {
      throw new Stop(`${logicalId}: the ${what} ${id} cannot be read: ${messageOf(error)}`, `give the id of a ${what} that is there`);
    });
  if (resource.Type === "AWS::S3::Bucket") return void (await read(s3.send(new HeadBucketCommand({ Bucket: id })), "bucket"));
  const { KeyMetadata } = (await read(kms("DescribeKey", { KeyId: id }), "key")) as { KeyMetadata?: { KeyState?: string } };
  const state = KeyMetadata?.KeyState;
  if (state === "Enabled") return;
  throw new Stop(
    `${logicalId}: the key ${id} is ${state ?? "in no state"}, and signs nothing`,
    `${state === "PendingDeletion" ? `aws kms cancel-key-deletion --key-id ${id}; ` : ""}aws kms enable-key --key-id ${id}`,
  );
}

/** What a restored table lacks, since DynamoDB does not restore settings. */
async function checkTable({ clients }: Deployment, logicalId: string, TableName: string, resource: Resource): Promise<void> {
  const found = await clients.dynamoDb.send(new DescribeTableCommand({ TableName })).catch((error: unknown) => {
    throw new Stop(`${logicalId}: the table ${TableName} cannot be read: ${messageOf(error)}`, "give the name of a table that is there");
  });
  const properties = resource.Properties ?? {};
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
