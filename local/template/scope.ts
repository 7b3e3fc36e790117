// What a template's values refer to in one stack, and what its outputs come to.
import { optionalText, record, texts } from "../members.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import type { Stack, StackResource } from "./standing.ts";
import { isWanted, type ParameterValue, type Template } from "./template.ts";
import type { StackPlace } from "./workshop.ts";

/** What the template's values refer to, among the resources that are there. */
export function scopeOf(
  template: Template,
  parameters: Readonly<Record<string, ParameterValue>>,
  stack: StackPlace,
  made: ReadonlyMap<string, Pick<StackResource, "physicalId" | "attributes">>,
): Scope {
  return {
    parameters,
    mappings: template.mappings,
    conditions: template.conditions,
    pseudo: {
      "AWS::AccountId": stack.account,
      "AWS::Partition": "aws",
      "AWS::Region": stack.region,
      "AWS::StackId": stack.id,
      "AWS::StackName": stack.name,
      "AWS::URLSuffix": "amazonaws.com",
    },
    resource(logicalId) {
      const found = made.get(logicalId);
      if (found === undefined) throw new Error(`Template error: unresolved resource dependencies [${logicalId}]`);
      return { ref: found.physicalId, attributes: found.attributes };
    },
  };
}

export function outputsOf(template: Template, scope: Scope): Stack["outputs"] {
  const wanted = Object.keys(template.outputs).filter((key) => isWanted(record(template.outputs, key), scope));
  return wanted.map((key) => {
    const declared = record(template.outputs, key);
    const value = resolve(declared["Value"], scope);
    const description = optionalText(declared, "Description");
    const text = Array.isArray(value) ? texts({ value }, "value").join(",") : String(value);
    return { key, value: text, ...(description === undefined ? {} : { description }) };
  });
}
