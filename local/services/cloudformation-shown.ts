// Stacks, resources and events as CloudFormation shows them.
import { optionalText, type Members } from "../members.ts";
import type { StackPlace } from "../template/workshop.ts";
import type { ChangeSet, Event, Held } from "./cloudformation-stacks.ts";

export function describeStack({
  place,
  status,
  reason,
  stack,
  given,
  createdAt,
  changedAt,
  deletedAt,
  isProtected = false,
}: Held): Members {
  const parameters: Readonly<Record<string, unknown>> = stack?.parameters ?? given;
  return {
    StackId: place.id,
    StackName: place.name,
    StackStatus: status,
    StackStatusReason: reason,
    CreationTime: new Date(createdAt),
    LastUpdatedTime: changedAt === undefined ? undefined : new Date(changedAt),
    DeletionTime: deletedAt === undefined ? undefined : new Date(deletedAt),
    EnableTerminationProtection: isProtected,
    Parameters: Object.entries(parameters).map(([ParameterKey, value]) => ({
      ParameterKey,
      ParameterValue: Array.isArray(value) ? value.join(",") : String(value),
    })),
    Outputs: (stack?.outputs ?? []).map(({ key, value, description }) => ({
      OutputKey: key,
      OutputValue: value,
      ...(description === undefined ? {} : { Description: description }),
    })),
  };
}

export const listedStack = ({ place, status, reason, template, createdAt, changedAt, deletedAt }: Held): Members => ({
  StackId: place.id,
  StackName: place.name,
  TemplateDescription: template === undefined ? undefined : optionalText(template.source, "Description"),
  CreationTime: new Date(createdAt),
  LastUpdatedTime: changedAt === undefined ? undefined : new Date(changedAt),
  DeletionTime: deletedAt === undefined ? undefined : new Date(deletedAt),
  StackStatus: status,
  StackStatusReason: reason,
});

export function resourceRows({ place, stack, createdAt }: Held) {
  return (stack?.resources ?? []).map((resource) => ({
    StackId: place.id,
    StackName: place.name,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ResourceStatus: "CREATE_COMPLETE",
    Timestamp: new Date(createdAt),
  }));
}

/** What the stack kept, once it is gone. */
const keptRows = ({ place, events }: Held) =>
  events
    .filter(({ status }) => status === "DELETE_SKIPPED")
    .map(({ logicalId, physicalId, type, at }) => ({
      StackId: place.id,
      StackName: place.name,
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
      ResourceStatus: "DELETE_SKIPPED",
      Timestamp: new Date(at),
    }));

/** All rows of the stack that has a resource: the one that stands before one that kept it. */
export function rowsAround(physicalId: string, stacks: readonly Held[]) {
  const has = (rows: ReturnType<typeof keptRows>): boolean => rows.some((row) => row.PhysicalResourceId === physicalId);
  return stacks.map(resourceRows).find(has) ?? stacks.map(keptRows).find(has);
}

export function summaryRows(held: Held): readonly Members[] {
  return resourceRows(held).map(({ LogicalResourceId, PhysicalResourceId, ResourceType, ResourceStatus, Timestamp }) => ({
    LogicalResourceId,
    PhysicalResourceId,
    ResourceType,
    ResourceStatus,
    LastUpdatedTimestamp: Timestamp,
  }));
}

export function eventRow({ id, name }: StackPlace, event: Event): Members {
  return {
    StackId: id,
    StackName: name,
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: new Date(event.at),
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
  };
}

export function describeChangeSet(held: Held, set: ChangeSet): Members {
  const { place } = held;
  return {
    ChangeSetName: set.name,
    ChangeSetId: set.id,
    StackId: place.id,
    StackName: place.name,
    Status: set.status,
    ExecutionStatus: set.executed,
    StatusReason: set.reason,
    Changes: set.rows.map((row) => ({
      Type: "Resource",
      ResourceChange: {
        Action: row.action,
        LogicalResourceId: row.logicalId,
        ResourceType: row.type,
        PhysicalResourceId: row.physicalId,
        Replacement: row.replacement,
        PolicyAction: row.action === "Remove" ? (row.kept === true ? "Retain" : "Delete") : undefined,
        ResourceDriftStatus: row.drift === undefined ? undefined : row.drift === "gone" ? "DELETED" : "MODIFIED",
        Details: row.properties?.map((Name) => ({
          Target: {
            Attribute: "Properties",
            Name,
          },
          Evaluation: "Static",
        })),
      },
    })),
  };
}
