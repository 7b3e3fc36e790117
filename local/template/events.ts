// AWS::Events::EventBus, AWS::Events::EventBusPolicy and AWS::Events::Rule.
import { optionalText, record, text, type Members } from "../members.ts";
import { refuse, type Makers } from "./workshop.ts";

export const EVENTS: Makers = {
  async "AWS::Events::EventBus"(declared, workshop) {
    const Name = text(declared.properties, "Name");
    const { EventBusArn } = await workshop.call("events", "CreateEventBus", { Name });
    if (declared.properties["Policy"] !== undefined) {
      await workshop.call("events", "PutPermission", { EventBusName: Name, Policy: JSON.stringify(declared.properties["Policy"]) });
    }
    return { ref: Name, attributes: { Arn: EventBusArn, Name } };
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
  async "AWS::Events::Rule"(declared, workshop) {
    const { properties } = declared;
    const Name = optionalText(properties, "Name") ?? workshop.physicalName(declared.logicalId, 64);
    const bus: Members = properties["EventBusName"] === undefined ? {} : { EventBusName: properties["EventBusName"] };
    const pattern: Members = properties["EventPattern"] === undefined ? {} : { EventPattern: JSON.stringify(properties["EventPattern"]) };
    const { Targets, EventBusName: _, EventPattern: __, ...rest } = properties;
    const { RuleArn } = await workshop.call("events", "PutRule", { ...rest, ...bus, ...pattern, Name });
    if (Targets !== undefined) {
      const answer = await workshop.call("events", "PutTargets", { Rule: Name, ...bus, Targets });
      if (answer["FailedEntryCount"] !== 0) refuse(declared, `targets refused: ${JSON.stringify(answer["FailedEntries"])}`);
    }
    return { ref: Name, attributes: { Arn: RuleArn } };
  },
};
