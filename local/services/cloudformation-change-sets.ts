// Making a change set: the template, its parameters and capabilities checked, and what would change.
import { randomUUID } from "node:crypto";

import { flag, optionalText, record, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { changesBetween } from "../template/change.ts";
import type { Wanted } from "../template/stack.ts";
import { parameterValues, type Template } from "../template/template.ts";
import type { ChangeSet, Held } from "./cloudformation-stacks.ts";
import { capabilityOf, templateOf, type TemplateSources } from "./cloudformation-templates.ts";

interface Options extends TemplateSources {
  readonly region: string;
}

export async function createChangeSet(
  call: Call,
  options: Options,
  find: (call: Call, wanted: string) => Held | undefined,
  begin: (name: string, account: string) => Held,
): Promise<unknown> {
  const { input, caller } = call;
  const stackName = text(input, "StackName");
  const name = text(input, "ChangeSetName");
  const kind = (optionalText(input, "ChangeSetType") ?? "UPDATE") as ChangeSet["kind"];
  const there = find(call, stackName);
  const isNew = kind === "CREATE" || (kind === "IMPORT" && there?.stack === undefined);
  if (there === undefined && !isNew) throw new AwsError("ValidationError", `Stack [${stackName}] does not exist`);
  if (there?.stack !== undefined && kind === "CREATE")
    throw new AwsError("ValidationError", `Stack [${stackName}] already exists and cannot be created again with the changeSet [${name}].`);
  if (there !== undefined && !/(_COMPLETE|REVIEW_IN_PROGRESS)$/.test(there.status))
    throw new AwsError("ValidationError", `Stack:${there.place.id} is in ${there.status} state and can not be updated.`);
  if (there?.status === "ROLLBACK_COMPLETE")
    throw new AwsError("ValidationError", `Stack:${there.place.id} is in ROLLBACK_COMPLETE state and can not be updated.`);
  const template = flag(input, "UsePreviousTemplate") ? there?.template : templateOf(input, options);
  if (template === undefined) throw new AwsError("ValidationError", "Either Template URL or Template Body must be specified.");
  needCapabilities(template, texts(input, "Capabilities"));
  const parameters = givenParameters(input, template, there?.given ?? {});
  const held = there ?? begin(stackName, caller.account);
  const imports = Object.fromEntries(
    rows(input, "ResourcesToImport").map((row) => [text(row, "LogicalResourceId"), stringsOf(record(row, "ResourceIdentifier"))]),
  );
  const revertsDrift = optionalText(input, "DeploymentMode") === "REVERT_DRIFT";
  if (revertsDrift && kind !== "UPDATE")
    throw new AwsError("ValidationError", "DeploymentMode REVERT_DRIFT is for a stack that is there already.");
  const wanted: Wanted = { template, parameters, revertsDrift, ...(kind === "IMPORT" ? { imports } : {}) };
  const { rows: changes, outputsDiffer } = await foresee(held, wanted);
  const nothing = changes.length === 0 && !outputsDiffer;
  const id = `arn:aws:cloudformation:${options.region}:${caller.account}:changeSet/${name}/${randomUUID()}`;
  held.changeSets.set(name, {
    id,
    name,
    kind,
    wanted,
    rows: changes,
    caller,
    status: nothing ? "FAILED" : "CREATE_COMPLETE",
    executed: nothing ? "UNAVAILABLE" : "AVAILABLE",
    ...(nothing
      ? { reason: "The submitted information didn't contain changes. Submit different information to create a change set." }
      : {}),
  });
  return { Id: id, StackId: held.place.id };
}

async function foresee(held: Held, wanted: Wanted): Promise<Awaited<ReturnType<typeof changesBetween>>> {
  try {
    return await changesBetween(held.stack, wanted.template, wanted.parameters, held.place, wanted);
  } catch (error) {
    throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
  }
}

function needCapabilities(template: Template, given: readonly string[]): void {
  const needed = capabilityOf(template);
  if (needed === undefined || given.includes(needed) || given.includes("CAPABILITY_NAMED_IAM")) return;
  throw new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed}]`);
}

const stringsOf = (members: Members): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));

function givenParameters(input: Members, template: Template, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const given = rows(input, "Parameters").flatMap((row): [string, string][] => {
    const name = text(row, "ParameterKey");
    const value = flag(row, "UsePreviousValue") ? before[name] : (optionalText(row, "ParameterValue") ?? "");
    return value === undefined ? [] : [[name, value]];
  });
  try {
    parameterValues(template, Object.fromEntries(given));
  } catch (error) {
    throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
  }
  return Object.fromEntries(given);
}

export function changeSetOf(call: Call, stacks: readonly Held[]): [Held, ChangeSet] {
  const wanted = text(call.input, "ChangeSetName");
  const stack = optionalText(call.input, "StackName");
  for (const held of stacks) {
    if (held.place.account !== call.caller.account) continue;
    if (stack !== undefined && held.place.name !== stack && held.place.id !== stack) continue;
    for (const set of held.changeSets.values()) if (set.id === wanted || set.name === wanted) return [held, set];
  }
  throw new AwsError("ChangeSetNotFound", `ChangeSet [${wanted}] does not exist`, 404);
}
