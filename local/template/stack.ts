// Bringing a template up, changing it in place and taking it down: every resource in its order, then the outputs.
import { optionalText, record, type Members } from "../members.ts";
import { existingTable } from "./dynamodb.ts";
import { existingKey } from "./kms.ts";
import { existingBucket } from "./s3.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import { MAKERS, refuseUnknown } from "./makers.ts";
import { creationOrder } from "./order.ts";
import { changedProperties, replacement } from "./replacement.ts";
import { rightsFor } from "./rights.ts";
import { outputsOf, scopeOf } from "./scope.ts";
import type { Stack, StackResource, Tell } from "./standing.ts";
import { isWanted, parameterValues, type Template } from "./template.ts";
import type { Declared, Made, Workshop } from "./workshop.ts";

/** Something could not be made or changed; `undo` brings back what was there before. */
export class StackFailure extends Error {
  readonly undo: () => Promise<void>;
  constructor(error: unknown, undo: () => Promise<void>) {
    super(error instanceof Error ? error.message : String(error), { cause: error });
    this.undo = undo;
  }
}

export interface Wanted {
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  /** Resources that are there already, by logical id: taken in instead of made. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What somebody did past CloudFormation is put right too. */
  readonly revertsDrift?: boolean;
}

const silent: Tell = () => undefined;

export async function createStack(template: Template, given: Readonly<Record<string, string>>, workshop: Workshop): Promise<Stack> {
  return (await bringUp(undefined, { template, parameters: given }, workshop, silent)).stack;
}

export interface Raised {
  readonly stack: Stack;
  /** What the stack no longer has, in the order in which it is taken away now that nothing brings it back. */
  readonly left: readonly { readonly resource: StackResource; readonly stays: boolean }[];
}

/** Makes and changes until the stack is as wanted. Throws a StackFailure. */
export async function bringUp(before: Stack | undefined, wanted: Wanted, workshop: Workshop, tell: Tell): Promise<Raised> {
  const { template } = wanted;
  const parameters = parameterValues(template, wanted.parameters);
  const made = new Map<string, StackResource>();
  const scope = scopeOf(template, parameters, workshop.stack, made);
  const resources = Object.fromEntries(Object.entries(template.resources).filter(([, resource]) => isWanted(resource, scope)));
  refuseUnknown(resources);
  const old = new Map((before?.resources ?? []).map((resource) => [resource.logicalId, resource]));
  const steps: (() => Promise<unknown>)[] = [];
  const replaced: StackResource[] = [];
  try {
    for (const logicalId of creationOrder(resources)) {
      const resource = resources[logicalId] ?? {};
      const before = old.get(logicalId);
      const drift = wanted.revertsDrift === true ? ((await before?.made.drift?.()) ?? []) : [];
      const there = drift === "gone" ? undefined : before;
      const imported = wanted.imports?.[logicalId];
      const declared = declare(logicalId, resource, scope);
      const next =
        there === undefined || there.type !== declared.type
          ? await make(declared, resource, workshop, tell, steps, imported)
          : await adapt(there, declared, resource, workshop, { tell, steps, drift: drift === "gone" ? [] : drift });
      made.set(logicalId, next);
      if (there !== undefined && there.physicalId !== next.physicalId) replaced.push(there);
    }
    const outputs = outputsOf(template, scope);
    const { name, id, account } = workshop.stack;
    const createdAt = before?.createdAt ?? workshop.clock.now();
    const gone = [...old.values()].filter(({ logicalId }) => !made.has(logicalId));
    const left = [
      ...gone.toReversed().map((resource) => ({ resource, stays: resource.kept.onRemoval })),
      ...replaced.toReversed().map((resource) => ({ resource, stays: resource.kept.onReplacement })),
    ];
    return { stack: { name, id, account, template, parameters, outputs, resources: [...made.values()], createdAt }, left };
  } catch (error) {
    throw new StackFailure(error, async () => {
      for (const step of steps.toReversed()) await step();
    });
  }
}

/** Removes one resource, or leaves it where it is kept. */
export async function takeAway(resource: StackResource, stays: boolean, tell: Tell): Promise<void> {
  const told = (status: string, reason?: string): void => tell({ ...resource, status, ...(reason === undefined ? {} : { reason }) });
  if (stays) return told("DELETE_SKIPPED");
  told("DELETE_IN_PROGRESS");
  try {
    await resource.made.remove?.();
  } catch (error) {
    told("DELETE_FAILED", why(error));
    throw new Error(`${resource.logicalId} (${resource.type}): ${why(error)}`, { cause: error });
  }
  told("DELETE_COMPLETE");
}

function declare(logicalId: string, resource: Members, scope: Scope): Declared {
  const properties = record({ properties: resolve(resource["Properties"] ?? {}, scope) }, "properties");
  return { logicalId, type: optionalText(resource, "Type") ?? "", properties };
}

function standing(declared: Declared, resource: Members, made: Made | undefined): StackResource {
  const { logicalId, type } = declared;
  const kept = {
    onRemoval: /^Retain(ExceptOnCreate)?$/.test(optionalText(resource, "DeletionPolicy") ?? ""),
    onReplacement: optionalText(resource, "UpdateReplacePolicy") === "Retain",
  };
  const ref = made?.ref ?? logicalId;
  return { logicalId, type, physicalId: ref, attributes: made?.attributes ?? {}, declared, made: made ?? { ref }, kept };
}

type Steps = (() => Promise<unknown>)[];

async function make(
  declared: Declared,
  resource: Members,
  workshop: Workshop,
  tell: Tell,
  steps: Steps,
  imported?: Readonly<Record<string, string>>,
): Promise<StackResource> {
  const verb = imported === undefined ? "CREATE" : "IMPORT";
  tell({ ...declared, physicalId: "", status: `${verb}_IN_PROGRESS` });
  return worked(declared, tell, verb, async () => {
    const made = await (imported === undefined ? MAKERS[declared.type]?.(declared, workshop) : take(declared, workshop, imported));
    if (imported === undefined) await allowed(declared, made, workshop);
    const next = standing(declared, resource, guarded(declared, made, workshop));
    if (imported === undefined) steps.push(() => takeAway(next, false, tell));
    return next;
  });
}

/** What it is called is known when it is made: whoever may not have it made has it no longer. */
async function allowed(declared: Declared, made: Made | undefined, workshop: Workshop): Promise<void> {
  try {
    await workshop.ask(rightsFor("make", declared, made ?? { ref: declared.logicalId }, workshop.stack));
  } catch (error) {
    await made?.remove?.();
    throw error;
  }
}

/** Whoever takes it away has to be allowed to. */
function guarded(declared: Declared, made: Made | undefined, workshop: Workshop): Made | undefined {
  if (made?.remove === undefined) return made;
  const { remove } = made;
  return {
    ...made,
    async remove() {
      await workshop.ask(rightsFor("remove", declared, made, workshop.stack));
      await remove();
    },
  };
}

type Existing = (declared: Declared, workshop: Workshop, id: string) => Made | Promise<Made>;

/** By the name that AWS identifies each by. */
const IMPORTED: Readonly<Record<string, readonly [identifier: string, existing: Existing]>> = {
  "AWS::DynamoDB::Table": ["TableName", existingTable],
  "AWS::S3::Bucket": ["BucketName", existingBucket],
  "AWS::KMS::Key": ["KeyId", existingKey],
};

function take(declared: Declared, workshop: Workshop, identifier: Readonly<Record<string, string>>): Made | Promise<Made> {
  const [name, existing] = IMPORTED[declared.type] ?? [];
  if (name === undefined || existing === undefined)
    throw new Error(`local AWS imports ${Object.keys(IMPORTED).join(", ")} only, not ${declared.type}.`);
  return existing(declared, workshop, identifier[name] ?? "");
}

/** A resource that the stack has: left alone, changed where it is, or made anew. */
async function adapt(
  there: StackResource,
  declared: Declared,
  resource: Members,
  workshop: Workshop,
  { tell, steps, drift }: { readonly tell: Tell; readonly steps: Steps; readonly drift: readonly string[] },
): Promise<StackResource> {
  const changed = [...changedProperties(there.declared.properties, declared.properties), ...drift];
  if (changed.length === 0) return { ...standing(declared, resource, there.made), attributes: there.attributes };
  const { change } = there.made;
  const anew = await replacement(declared.type, changed);
  if (anew === "True" || (anew === "Conditional" && change === undefined)) return make(declared, resource, workshop, tell, steps);
  tell({ ...there, status: "UPDATE_IN_PROGRESS" });
  return worked(declared, tell, "UPDATE", async () => {
    // A new one in its place would be another thing than AWS does, and would take with it whatever stands in it.
    if (change === undefined) throw new Error(`local AWS cannot change ${changed.join(", ")} where it is; AWS can.`);
    await workshop.ask(rightsFor("change", declared, there.made, workshop.stack));
    const next = standing(declared, resource, guarded(declared, await change(declared), workshop));
    steps.push(async () => next.made.change?.(there.declared));
    return next;
  });
}

async function worked(declared: Declared, tell: Tell, verb: string, work: () => Promise<StackResource>): Promise<StackResource> {
  const { logicalId, type } = declared;
  try {
    const next = await work();
    tell({ ...next, status: `${verb}_COMPLETE` });
    return next;
  } catch (error) {
    tell({ logicalId, type, physicalId: "", status: `${verb}_FAILED`, reason: why(error) });
    throw new Error(why(error).startsWith(logicalId) ? why(error) : `${logicalId} (${type}): ${why(error)}`, { cause: error });
  }
}

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));
