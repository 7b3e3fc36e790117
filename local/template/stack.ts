// Bringing a template up: every wanted resource in its order, then the outputs.
import { optionalText, record, texts, type Members } from "../members.ts";
import { DYNAMODB } from "./dynamodb.ts";
import { EVENT_SOURCE_MAPPINGS } from "./event-source-mapping.ts";
import { EVENTS } from "./events.ts";
import { HELD } from "./held.ts";
import { HTTP_API } from "./http-api.ts";
import { IAM } from "./iam.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import { LAMBDA } from "./lambda.ts";
import { creationOrder } from "./order.ts";
import { SCHEDULER } from "./scheduler.ts";
import { SECRETS } from "./secrets.ts";
import { SNS } from "./sns.ts";
import { SQS } from "./sqs.ts";
import { isWanted, parameterValues, type ParameterValue, type Template } from "./template.ts";
import type { Declared, Made, Makers, Workshop } from "./workshop.ts";

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly attributes: Members;
}

export interface Stack {
  readonly name: string;
  readonly id: string;
  readonly account: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly outputs: readonly { readonly key: string; readonly value: string; readonly description?: string }[];
  readonly resources: readonly StackResource[];
  readonly createdAt: number;
}

const MAKERS: Makers = {
  ...DYNAMODB,
  ...SQS,
  ...SNS,
  ...EVENTS,
  ...LAMBDA,
  ...EVENT_SOURCE_MAPPINGS,
  ...IAM,
  ...HTTP_API,
  ...SECRETS,
  ...SCHEDULER,
  ...HELD,
};

export async function createStack(template: Template, given: Readonly<Record<string, string>>, workshop: Workshop): Promise<Stack> {
  const parameters = parameterValues(template, given);
  const made = new Map<string, StackResource>();
  const scope = scopeOf(template, parameters, workshop, made);
  const wanted = Object.fromEntries(Object.entries(template.resources).filter(([, resource]) => isWanted(resource, scope)));
  refuseUnknown(wanted);
  for (const logicalId of creationOrder(wanted)) {
    made.set(logicalId, await create(logicalId, wanted[logicalId] ?? {}, scope, workshop));
  }
  return {
    name: workshop.stack.name,
    id: workshop.stack.id,
    account: workshop.stack.account,
    parameters,
    outputs: outputsOf(template, scope),
    resources: [...made.values()],
    createdAt: workshop.clock.now(),
  };
}

async function create(logicalId: string, resource: Members, scope: Scope, workshop: Workshop): Promise<StackResource> {
  const type = optionalText(resource, "Type") ?? "";
  try {
    const declared: Declared = {
      logicalId,
      type,
      properties: record({ properties: resolve(resource["Properties"] ?? {}, scope) }, "properties"),
    };
    const result: Made | undefined = await MAKERS[type]?.(declared, workshop);
    return { logicalId, type, physicalId: result?.ref ?? logicalId, attributes: result?.attributes ?? {} };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(why.startsWith(logicalId) ? why : `${logicalId} (${type}): ${why}`, { cause: error });
  }
}

/** Before anything is made: an unknown type must not be passed over in silence. */
function refuseUnknown(resources: Readonly<Record<string, Members>>): void {
  const unknown = Object.entries(resources).filter(([, resource]) => MAKERS[optionalText(resource, "Type") ?? ""] === undefined);
  if (unknown.length === 0) return;
  const names = unknown.map(([logicalId, resource]) => `${logicalId} (${optionalText(resource, "Type") ?? "no type"})`);
  throw new Error(`Local AWS cannot make: ${names.join(", ")}. Add its type in local/template/.`);
}

function scopeOf(
  template: Template,
  parameters: Readonly<Record<string, ParameterValue>>,
  workshop: Workshop,
  made: ReadonlyMap<string, StackResource>,
): Scope {
  const { stack } = workshop;
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

function outputsOf(template: Template, scope: Scope): Stack["outputs"] {
  const wanted = Object.keys(template.outputs).filter((key) => isWanted(record(template.outputs, key), scope));
  return wanted.map((key) => {
    const declared = record(template.outputs, key);
    const value = resolve(declared["Value"], scope);
    const description = optionalText(declared, "Description");
    const text = Array.isArray(value) ? texts({ value }, "value").join(",") : String(value);
    return { key, value: text, ...(description === undefined ? {} : { description }) };
  });
}
