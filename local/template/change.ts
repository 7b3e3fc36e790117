// What differs between a stack and a template, before anything is done: a change set's rows.
import { isDeepStrictEqual } from "node:util";

import { optionalText, record, type Members } from "../members.ts";
import { resolve, type Scope } from "./intrinsics.ts";
import { creationOrder } from "./order.ts";
import { changedProperties, replacement, type Replacement } from "./replacement.ts";
import { outputsOf, scopeOf } from "./scope.ts";
import type { Wanted } from "./stack.ts";
import type { Stack, StackResource } from "./standing.ts";
import { isWanted, parameterValues, type Template } from "./template.ts";
import type { Drift, StackPlace } from "./workshop.ts";

export interface Change {
  readonly action: "Add" | "Modify" | "Remove" | "Import";
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId?: string;
  readonly replacement?: Replacement;
  /** The names of the properties that differ. */
  readonly properties?: readonly string[];
  /** Kept although the stack no longer has it. */
  readonly kept?: boolean;
  /** What somebody did to it past CloudFormation; only where that is to be put right. */
  readonly drift?: Drift;
}

export interface Changes {
  readonly rows: readonly Change[];
  readonly outputsDiffer: boolean;
}

export async function changesBetween(
  before: Stack | undefined,
  template: Template,
  given: Readonly<Record<string, string>>,
  place: StackPlace,
  { imports = {}, revertsDrift = false }: Pick<Wanted, "imports" | "revertsDrift"> = {},
): Promise<Changes> {
  const there = new Map((before?.resources ?? []).map((resource) => [resource.logicalId, resource]));
  const parameters = parameterValues(template, given);
  const foreseen = new Map<string, Pick<StackResource, "physicalId" | "attributes">>(there);
  const scope = foreseeing(scopeOf(template, parameters, place, foreseen), foreseen);
  const wanted = Object.fromEntries(Object.entries(template.resources).filter(([, resource]) => isWanted(resource, scope)));
  const rows: Change[] = [];
  for (const logicalId of creationOrder(wanted)) {
    const before = there.get(logicalId);
    const drift = revertsDrift ? ((await before?.made.drift?.()) ?? []) : [];
    // Whoever refers to it sees another one.
    if (drift === "gone") foreseen.delete(logicalId);
    const row = await changeOf(logicalId, wanted[logicalId] ?? {}, before, scope, { isImported: logicalId in imports, drift });
    if (row === undefined) continue;
    rows.push(row);
    if (row.replacement === "True") foreseen.delete(logicalId);
  }
  const removed = [...there.values()].filter(({ logicalId }) => !(logicalId in wanted));
  rows.push(...removed.map((one): Change => ({ action: "Remove", ...one, kept: one.kept.onRemoval })));
  return { rows, outputsDiffer: !isDeepStrictEqual(before?.outputs, outputsOf(template, scope)) };
}

async function changeOf(
  logicalId: string,
  resource: Members,
  there: StackResource | undefined,
  scope: Scope,
  { isImported, drift }: { readonly isImported: boolean; readonly drift: Drift },
): Promise<Change | undefined> {
  const type = optionalText(resource, "Type") ?? "";
  if (there === undefined) return { action: isImported ? "Import" : "Add", logicalId, type };
  if (drift === "gone") return { action: "Add", logicalId, type, drift };
  const after = record({ properties: resolve(resource["Properties"] ?? {}, scope) }, "properties");
  const properties = [...new Set([...changedProperties(there.declared.properties, after), ...drift])];
  if (properties.length === 0) return undefined;
  const anew = await replacement(type, properties);
  const drifted = drift.length === 0 ? {} : { drift };
  return { action: "Modify", logicalId, type, physicalId: there.physicalId, replacement: anew, properties, ...drifted };
}

/** What is not there yet is known by its logical id only. */
function foreseeing(scope: Scope, there: ReadonlyMap<string, unknown>): Scope {
  return {
    ...scope,
    isForeseen: true,
    resource: (logicalId) =>
      there.has(logicalId)
        ? scope.resource(logicalId)
        : { ref: `new ${logicalId}`, attributes: new Proxy({}, { get: (_target, name) => `new ${logicalId}.${String(name)}` }) },
  };
}
