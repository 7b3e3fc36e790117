// Making a change set: the template, its parameters and capabilities checked, and what would change.
import { randomUUID } from "node:crypto";

import { flag, optionalText, record, rows, text, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import { changesBetween } from "../template/change.ts";
import type { Wanted } from "../template/stack.ts";
import { asTemplate, parameterValues, type Template } from "../template/template.ts";
import { templateFrom } from "../template/template-text.ts";
import type { ChangeSet, Held } from "./cloudformation-stacks.ts";
import type { Buckets } from "./s3-buckets.ts";

const TEMPLATE_BODY_BYTES_MAX = 51_200;
const TEMPLATE_BYTES_MAX = 1_000_000;

interface Options {
  readonly buckets: Pick<Buckets, "find">;
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
  const template = flag(input, "UsePreviousTemplate") ? there?.stack?.template : templateOf(input, options);
  if (template === undefined) throw new AwsError("ValidationError", "Either Template URL or Template Body must be specified.");
  needCapabilities(template, texts(input, "Capabilities"));
  const parameters = givenParameters(input, template, there?.given ?? {});
  const held = there ?? begin(stackName, caller.account);
  const imports = Object.fromEntries(
    rows(input, "ResourcesToImport").map((row) => [text(row, "LogicalResourceId"), stringsOf(record(row, "ResourceIdentifier"))]),
  );
  const wanted: Wanted = { template, parameters, ...(kind === "IMPORT" ? { imports } : {}) };
  const { rows: changes, outputsDiffer } = await foresee(held, wanted, new Set(Object.keys(imports)));
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

async function foresee(held: Held, wanted: Wanted, imports: ReadonlySet<string>): Promise<Awaited<ReturnType<typeof changesBetween>>> {
  try {
    return await changesBetween(held.stack, wanted.template, wanted.parameters, held.place, imports);
  } catch (error) {
    throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
  }
}

const stringsOf = (members: Members): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));

function templateOf(input: Members, { buckets }: Options): Template | undefined {
  const url = optionalText(input, "TemplateURL");
  const body = url === undefined ? optionalText(input, "TemplateBody") : stored(url, buckets);
  if (body === undefined) return undefined;
  const most = url === undefined ? TEMPLATE_BODY_BYTES_MAX : TEMPLATE_BYTES_MAX;
  if (Buffer.byteLength(body) > most)
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${String(most)}`,
    );
  try {
    return asTemplate(templateFrom(body));
  } catch (error) {
    throw new AwsError("ValidationError", error instanceof Error ? error.message : String(error));
  }
}

/** `https://bucket.s3.region.amazonaws.com/key` */
function stored(url: string, buckets: Pick<Buckets, "find">): string {
  const { hostname, pathname } = new URL(url);
  const bucket = /^(.+)\.s3[.-]/.exec(hostname)?.[1] ?? "";
  const object = buckets.find(bucket)?.objects.get(decodeURIComponent(pathname.slice(1)));
  if (object === undefined) throw new AwsError("ValidationError", `S3 error: The specified key does not exist: ${url}`);
  return object.body.toString("utf8");
}

function needCapabilities(template: Template, given: readonly string[]): void {
  const roles = Object.values(template.resources).filter(({ Type }) => String(Type).startsWith("AWS::IAM::"));
  if (roles.length === 0 || given.some((one) => one === "CAPABILITY_IAM" || one === "CAPABILITY_NAMED_IAM")) return;
  throw new AwsError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]");
}

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
