// The editors' schema says no more and no less than what a policy file may hold.
import { expect, test } from "vitest";
import { approverFields, entryFields, serviceFields } from "../../lib/operator/inputs.ts";
import { approverProperties, entryProperties, serviceProperties } from "../../scripts/policy-schema.ts";

/** The fields of an object in valibot's schema, through what is wrapped around it; nothing for what is no object. */
function fieldsIn(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const { entries, wrapped, pipe } = schema as { entries?: Record<string, unknown>; wrapped?: unknown; pipe?: readonly unknown[] };
  if (entries !== undefined) return entries;
  if (wrapped !== undefined) return fieldsIn(wrapped);
  return pipe?.[0] === undefined || pipe[0] === schema ? undefined : fieldsIn(pipe[0]);
}

function sameFields(schema: Readonly<Record<string, unknown>>, shown: Readonly<Record<string, unknown>>): void {
  expect(Object.keys(shown).toSorted()).toEqual(Object.keys(schema).toSorted());
  for (const [field, its] of Object.entries(schema)) {
    const inner = fieldsIn(its);
    const { properties } = shown[field] as { properties?: Record<string, unknown> };
    if (inner === undefined) expect(properties, field).toBeUndefined();
    else sameFields(inner, properties ?? {});
  }
}

test.each([
  ["entries", entryFields, entryProperties],
  ["services", serviceFields, serviceProperties],
  ["approvers", approverFields, approverProperties],
])("%s have the same fields in both", (_, schema, shown) => sameFields(schema, shown));
