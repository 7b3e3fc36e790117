// What DynamoDB keeps about a table beyond dynalite: its stream, encryption, time to live, backups and protection.

import { flag, numberOr, optionalText, record, text } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock } from "../service.ts";
import type { DynaliteStore } from "./dynalite-store.ts";
import type { Change, Stream, ViewType } from "./dynamodb-feed.ts";
import { backupsSince, itemsAt, momentOf, remember, restoredAs, type Backups } from "./dynamodb-recovery.ts";

export interface TableFacts {
  readonly arn: string;
  readonly hashKey: string;
  stream: Stream | undefined;
  streamLabel: string | undefined;
  isEncrypted: boolean;
  isProtected: boolean;
  timeToLive: string | undefined;
  backups: Backups | undefined;
}

export interface Tables {
  /** By table name; nothing for a table that is not there. */
  facts(name: string): TableFacts | undefined;
  /** What was written, for going back to a moment before it. */
  note(change: Change): void;
  handle(call: Call, input: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export const TABLE_ACTIONS: ReadonlySet<string> = new Set([
  "CreateTable",
  "DescribeTable",
  "UpdateTable",
  "DeleteTable",
  "ListTables",
  "TagResource",
  "UntagResource",
  "ListTagsOfResource",
  "UpdateTimeToLive",
  "DescribeTimeToLive",
  "UpdateContinuousBackups",
  "DescribeContinuousBackups",
  "RestoreTableToPointInTime",
]);

const READY_TRIES_MAX = 1000;

export function createTables(store: DynaliteStore, clock: Clock): Tables {
  const known = new Map<string, TableFacts>();
  const factsOf = (name: string): TableFacts => {
    const facts = known.get(name);
    if (facts === undefined) throw new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
    return facts;
  };

  const create = async (input: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const result = record(await store.run("CreateTable", input), "TableDescription");
    const name = text(input, "TableName");
    const facts = newFacts(text(result, "TableArn"), (await store.table(name, "any")).KeySchema[0]?.AttributeName ?? "");
    apply(facts, input, clock);
    known.set(name, facts);
    const created = structuredClone(result);
    for (let tries = 0; tries < READY_TRIES_MAX && (await store.table(name, "any")).TableStatus !== "ACTIVE"; tries += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (Array.isArray(input["Tags"]) && input["Tags"].length > 0)
      await store.run("TagResource", { ResourceArn: facts.arn, Tags: input["Tags"] });
    return { TableDescription: { ...created, ...shown(facts) } };
  };

  const remove = async (input: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const name = text(input, "TableName");
    if (known.get(name)?.isProtected === true) {
      throw new AwsError(
        "ValidationException",
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
      );
    }
    const result = await store.run("DeleteTable", input);
    known.delete(name);
    return result;
  };

  const restore = async (input: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const source = text(input, "SourceTableName");
    const { backups } = factsOf(source);
    if (backups === undefined)
      throw new AwsError("PointInTimeRecoveryUnavailableException", `Point in time recovery is not enabled for table ${source}`);
    const TableName = text(input, "TargetTableName");
    if (known.has(TableName)) throw new AwsError("TableAlreadyExistsException", `Table already exists: ${TableName}`);
    const moment = momentOf(input, backups, clock);
    const items = await itemsAt(store, await store.table(source), backups, moment);
    const described = record(await store.run("DescribeTable", { TableName: source }), "Table");
    const made = await create(restoredAs({ ...described, ...shown(factsOf(source)) }, TableName));
    for (const Item of items) await store.run("PutItem", { TableName, Item });
    return made;
  };

  return {
    facts: (name) => known.get(name),
    note(change) {
      const { backups } = known.get(change.table.TableName) ?? {};
      if (backups !== undefined) remember(backups, change, clock);
    },
    async handle({ action }, input) {
      switch (action) {
        case "RestoreTableToPointInTime":
          return await restore(input);
        case "CreateTable":
          return await create(input);
        case "DeleteTable":
          return await remove(input);
        case "DescribeTable": {
          const described = await store.run(action, input);
          return { Table: { ...record(described, "Table"), ...shown(factsOf(text(input, "TableName"))) } };
        }
        case "UpdateTable": {
          const facts = factsOf(text(input, "TableName"));
          const { StreamSpecification, SSESpecification, DeletionProtectionEnabled, ...rest } = input;
          const isOurs = StreamSpecification !== undefined || SSESpecification !== undefined || DeletionProtectionEnabled !== undefined;
          const changesMore = Object.keys(rest).some((member) => member !== "TableName");
          const described =
            isOurs && !changesMore
              ? record(await store.run("DescribeTable", { TableName: input["TableName"] }), "Table")
              : record(await store.run(action, rest), "TableDescription");
          apply(facts, input, clock);
          return { TableDescription: { ...described, ...shown(facts) } };
        }
        case "UpdateTimeToLive":
        case "DescribeTimeToLive":
        case "UpdateContinuousBackups":
        case "DescribeContinuousBackups":
          return settings(action, input, factsOf(text(input, "TableName")), clock);
        default:
          return await store.run(action, input);
      }
    },
  };
}

function newFacts(arn: string, hashKey: string): TableFacts {
  return {
    arn,
    hashKey,
    stream: undefined,
    streamLabel: undefined,
    isEncrypted: false,
    isProtected: false,
    timeToLive: undefined,
    backups: undefined,
  };
}

function apply(facts: TableFacts, input: Readonly<Record<string, unknown>>, clock: Clock): void {
  const stream = record(input, "StreamSpecification");
  if (stream["StreamEnabled"] !== undefined || stream["StreamViewType"] !== undefined) {
    const isOn = flag(stream, "StreamEnabled");
    facts.streamLabel = isOn ? new Date(clock.now()).toISOString().slice(0, -1) : facts.streamLabel;
    facts.stream = isOn
      ? { arn: `${facts.arn}/stream/${facts.streamLabel ?? ""}`, view: viewType(text(stream, "StreamViewType")) }
      : undefined;
  }
  if (input["SSESpecification"] !== undefined) facts.isEncrypted = flag(record(input, "SSESpecification"), "Enabled");
  if (input["DeletionProtectionEnabled"] !== undefined) facts.isProtected = flag(input, "DeletionProtectionEnabled");
}

function viewType(given: string): ViewType {
  switch (given) {
    case "KEYS_ONLY":
    case "NEW_IMAGE":
    case "OLD_IMAGE":
    case "NEW_AND_OLD_IMAGES":
      return given;
    default:
      throw new AwsError(
        "ValidationException",
        `Value '${given}' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member must satisfy enum value set: [NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]`,
      );
  }
}

function shown(facts: TableFacts): Record<string, unknown> {
  const { stream } = facts;
  return {
    DeletionProtectionEnabled: facts.isProtected,
    ...(stream === undefined
      ? {}
      : {
          StreamSpecification: { StreamEnabled: true, StreamViewType: stream.view },
          LatestStreamArn: stream.arn,
          LatestStreamLabel: facts.streamLabel,
        }),
    ...(facts.isEncrypted ? { SSEDescription: { Status: "ENABLED", SSEType: "KMS" } } : {}),
  };
}

/** Items are kept past their time: DynamoDB too may take days, so nobody may rely on it. */
function settings(action: string, input: Readonly<Record<string, unknown>>, facts: TableFacts, clock: Clock): unknown {
  switch (action) {
    case "UpdateTimeToLive": {
      const wanted = record(input, "TimeToLiveSpecification");
      const isOn = flag(wanted, "Enabled");
      if (isOn === (facts.timeToLive !== undefined)) {
        throw new AwsError("ValidationException", `TimeToLive is already ${isOn ? "enabled" : "disabled"}`);
      }
      facts.timeToLive = isOn ? text(wanted, "AttributeName") : undefined;
      return { TimeToLiveSpecification: { AttributeName: text(wanted, "AttributeName"), Enabled: isOn } };
    }
    case "DescribeTimeToLive":
      return {
        TimeToLiveDescription:
          facts.timeToLive === undefined
            ? { TimeToLiveStatus: "DISABLED" }
            : { TimeToLiveStatus: "ENABLED", AttributeName: facts.timeToLive },
      };
    case "UpdateContinuousBackups": {
      const wanted = record(input, "PointInTimeRecoverySpecification");
      facts.backups = flag(wanted, "PointInTimeRecoveryEnabled")
        ? (facts.backups ?? backupsSince(clock.now(), numberOr(wanted, "RecoveryPeriodInDays", 35)))
        : undefined;
      return backups(facts, clock);
    }
    default:
      return backups(facts, clock);
  }
}

function backups(facts: TableFacts, clock: Clock): unknown {
  const now = clock.now();
  const on = {
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: facts.backups?.recoveryDays,
    EarliestRestorableDateTime: new Date(facts.backups?.since ?? now),
    LatestRestorableDateTime: new Date(now),
  };
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: facts.backups === undefined ? { PointInTimeRecoveryStatus: "DISABLED" } : on,
    },
  };
}

/** The bare name: AWS takes a table's ARN wherever it takes its name. */
export function tableName(given: unknown): string {
  const name = optionalText({ given }, "given") ?? "";
  return name.startsWith("arn:") ? (name.split("/")[1] ?? name) : name;
}
