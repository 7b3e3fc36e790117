// AWS::Events::EventBus, AWS::Events::EventBusPolicy and AWS::Events::Rule.
import { optionalText, record, rows, text, type Members } from "../members.ts";
import { ruleDrift } from "./drift.ts";
import { refuse, type Declared, type Made, type Makers, type Workshop } from "./workshop.ts";

export const EVENTS: Makers = {
  async "AWS::Events::EventBus"(declared, workshop) {
    const Name = text(declared.properties, "Name");
    const { EventBusArn } = await workshop.call("events", "CreateEventBus", { Name });
    if (declared.properties["Policy"] !== undefined) {
      await workshop.call("events", "PutPermission", { EventBusName: Name, Policy: JSON.stringify(declared.properties["Policy"]) });
    }
    const made: Made = {
      ref: Name,
      attributes: { Arn: EventBusArn, Name },
      async change(next) {
        if (next.properties["Policy"] !== undefined)
          await workshop.call("events", "PutPermission", { EventBusName: Name, Policy: JSON.stringify(next.properties["Policy"]) });
        return made;
      },
      remove: () => workshop.call("events", "DeleteEventBus", { Name }),
    };
    return made;
  },
  async "AWS::Events::EventBusPolicy"(declared, workshop) {
    const { properties } = declared;
    const EventBusName = optionalText(properties, "EventBusName") ?? "default";
    const statement = properties["Statement"];
    if (statement === undefined) await workshop.call("events", "PutPermission", { ...properties, EventBusName });
    else {
      const bus = await workshop.call("events", "DescribeEventBus", { Name: EventBusName });
      const old = record({ policy: JSON.parse(optionalText(bus, "Policy") ?? "{}") as unknown }, "policy");
      const kept = Array.isArray(old["Statement"]) ? (old["Statement"] as readonly unknown[]) : [];
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [...kept, statement] });
      await workshop.call("events", "PutPermission", { EventBusName, Policy });
    }
    return { ref: `${EventBusName}|${text(properties, "StatementId")}` };
  },
  "AWS::Events::Rule": (declared, workshop) =>
    putRule(declared, workshop, optionalText(declared.properties, "Name") ?? workshop.physicalName(declared.logicalId, 64)),
};

async function putRule(declared: Declared, workshop: Workshop, Name: string): Promise<Made> {
  const { properties } = declared;
  const bus: Members = properties["EventBusName"] === undefined ? {} : { EventBusName: properties["EventBusName"] };
  const pattern: Members = properties["EventPattern"] === undefined ? {} : { EventPattern: JSON.stringify(properties["EventPattern"]) };
  const { Targets, EventBusName: _, EventPattern: __, ...rest } = properties;
  const { RuleArn } = await workshop.call("events", "PutRule", { ...rest, ...bus, ...pattern, Name });
  if (Targets !== undefined) {
    const answer = await workshop.call("events", "PutTargets", { Rule: Name, ...bus, Targets });
    if (answer["FailedEntryCount"] !== 0) refuse(declared, `targets refused: ${JSON.stringify(answer["FailedEntries"])}`);
  }
  const ids = rows(properties, "Targets").map((target) => text(target, "Id"));
  const without = async (gone: readonly string[]): Promise<void> => {
    if (gone.length > 0) await workshop.call("events", "RemoveTargets", { Rule: Name, ...bus, Ids: gone });
  };
  return {
    ref: Name,
    attributes: { Arn: RuleArn },
    async change(next) {
      const changed = await putRule(next, workshop, Name);
      const staying = new Set(rows(next.properties, "Targets").map((target) => text(target, "Id")));
      await without(ids.filter((id) => !staying.has(id)));
      return changed;
    },
    async remove() {
      await without(ids);
      await workshop.call("events", "DeleteRule", { Name, ...bus });
    },
    drift: () => ruleDrift(workshop, Name, bus, properties),
  };
}
