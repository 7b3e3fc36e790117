// All tables as they were at one moment, as new tables beside the old ones, with the settings that DynamoDB does not restore.
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ResourceNotFoundException,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  type StreamViewType,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";

import { stackName } from "./config.ts";
import { installed, type Deployment } from "./deployment.ts";
import { keptOf, type Kept } from "./kept.ts";
import { messageOf } from "./prerequisites.ts";
import { waits } from "./stack-events.ts";
import { resourcesOf } from "./stack.ts";
import { Stop } from "./stop.ts";

interface Table {
  readonly logicalId: string;
  readonly source: string;
  readonly target: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Gives what the next stack is to be made around. Repeated with the same moment, it goes on where it ended. */
export async function restore(deployment: Deployment, to: string): Promise<Kept> {
  const { tell } = deployment;
  const moment = momentOf(to);
  const tables = await tablesOf(deployment, moment);
  await Promise.all(tables.map((table) => checkReach(deployment, table, moment)));
  tell(
    `All ${String(tables.length)} tables as they were at ${moment.toISOString()}, beside those that are in use; it takes AWS 20 minutes and more.`,
  );
  await Promise.all(tables.map((table) => begin(deployment, table, moment)));
  await Promise.all(tables.map((table) => finish(deployment, table)));
  const archive = (await resourcesOf(deployment.clients.cloudFormation, stackName(deployment.stage))).get("ArchiveBucket")?.id;
  return {
    ...Object.fromEntries(tables.map(({ logicalId, target }) => [logicalId, target])),
    ...(archive === undefined ? {} : { ArchiveBucket: archive }),
  };
}

/** DynamoDB goes by whole seconds. */
function momentOf(to: string): Date {
  const moment = new Date(Math.floor(Date.parse(to) / 1000) * 1000);
  if (!/^\d{4}-\d\d-\d\dT/.test(to) || Number.isNaN(moment.getTime()))
    throw new Stop(`--to ${to} is no time`, "give one such as 2026-11-23T09:00:00Z");
  return moment;
}

/** The names begin with the stack's, as the deployer's rights do, and tell what they are. */
async function tablesOf(deployment: Deployment, moment: Date): Promise<readonly Table[]> {
  const { clients, stage } = deployment;
  await installed(deployment);
  const name = stackName(stage);
  const [resources, { template }] = await Promise.all([resourcesOf(clients.cloudFormation, name), deployment.packaged()]);
  const stamp = moment.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return Object.entries(keptOf(template).Resources)
    .filter(([, { Type }]) => Type === "AWS::DynamoDB::Table")
    .map(([logicalId, { Properties = {} }]) => {
      const source = resources.get(logicalId)?.id;
      if (source === undefined) throw new Stop(`${name} has no ${logicalId}`, "npm run deploy");
      return { logicalId, source, target: `${name}-restored-${logicalId}-${stamp}`, properties: Properties };
    });
}

/** Before anything is made: a moment that one of the tables cannot go back to is no moment for any. */
async function checkReach({ clients }: Deployment, { logicalId, source }: Table, moment: Date): Promise<void> {
  const { ContinuousBackupsDescription } = await clients.dynamoDb.send(new DescribeContinuousBackupsCommand({ TableName: source }));
  const { PointInTimeRecoveryStatus, EarliestRestorableDateTime, LatestRestorableDateTime } =
    ContinuousBackupsDescription?.PointInTimeRecoveryDescription ?? {};
  if (PointInTimeRecoveryStatus !== "ENABLED" || EarliestRestorableDateTime === undefined || LatestRestorableDateTime === undefined)
    throw new Stop(
      `${logicalId}: point-in-time recovery of ${source} is off`,
      "nothing can be restored from it; npm run deploy -- repair turns it on",
    );
  const second = 1000;
  if (moment.getTime() + second > EarliestRestorableDateTime.getTime() && moment <= LatestRestorableDateTime) return;
  throw new Stop(
    `${logicalId} can be restored to a time from ${EarliestRestorableDateTime.toISOString()} to ${LatestRestorableDateTime.toISOString()}, not to ${moment.toISOString()}`,
    "give one in between; DynamoDB is some five minutes behind",
  );
}

async function begin(deployment: Deployment, { source, target }: Table, RestoreDateTime: Date): Promise<void> {
  if ((await described(deployment, target)) !== undefined) return;
  try {
    await deployment.clients.dynamoDb.send(
      new RestoreTableToPointInTimeCommand({ SourceTableName: source, TargetTableName: target, RestoreDateTime }),
    );
  } catch (error) {
    throw new Stop(
      `${source} cannot be restored: ${messageOf(error)}`,
      "if a right is missing: npm run --silent deploy -- policy restore prints what it takes besides the deployer's policy",
    );
  }
}

/** What DynamoDB leaves out: the recovery of the new table itself, its stream, its time to live. */
async function finish(deployment: Deployment, { logicalId, target, properties }: Table): Promise<void> {
  const { dynamoDb } = deployment.clients;
  const table = await until(async () => {
    const now = await described(deployment, target);
    return now?.TableStatus === "ACTIVE" ? now : undefined;
  });
  await until(async () => {
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    const isOn = await dynamoDb.send(new UpdateContinuousBackupsCommand({ TableName: target, PointInTimeRecoverySpecification })).then(
      () => true,
      (error: unknown) => {
        // A new table's backups take a moment to be set up.
        if (error instanceof Error && error.name === "ContinuousBackupsUnavailableException") return undefined;
        throw error;
      },
    );
    return isOn;
  });
  const { StreamViewType } = (properties["StreamSpecification"] ?? {}) as { StreamViewType?: StreamViewType };
  if (StreamViewType !== undefined && table.StreamSpecification === undefined)
    await dynamoDb.send(new UpdateTableCommand({ TableName: target, StreamSpecification: { StreamEnabled: true, StreamViewType } }));
  const { AttributeName } = (properties["TimeToLiveSpecification"] ?? {}) as { AttributeName?: string };
  if (AttributeName !== undefined) await expire(deployment, target, AttributeName);
  deployment.tell(`  restored  ${logicalId.padEnd(18)} ${target}`);
}

async function expire({ clients: { dynamoDb } }: Deployment, TableName: string, AttributeName: string): Promise<void> {
  const { TimeToLiveDescription } = await dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith("ENABL") === true) return;
  await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName } }));
}

async function described({ clients }: Deployment, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await clients.dynamoDb.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const wait = waits(); ; await wait()) {
    const found = await look();
    if (found !== undefined) return found;
  }
}
