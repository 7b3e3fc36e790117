// The editors' schema says no more and no less than what a policy file may hold.
import { expect, test } from "vitest";
import { approverFields, entryFields, filedService } from "../../lib/operator/inputs.ts";
import { approverProperties, entryProperties, serviceProperties } from "../../scripts/policy-schema.ts";

/** The fields of an object in valibot's schema, through what is wrapped around it; nothing for what is no object. */
function fieldsIn(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const { entries, wrapped, pipe } = schema as { entries?: Record<string, unknown>; wrapped?: unknown; pipe?: readonly unknown[] };
  if (entries !== undefined) return entries;
  if (wrapped !== undefined) return fieldsIn(wrapped);
  return pipe?.[0] === undefined || pipe[0] === schema ? undefined : fieldsIn(pipe[0]);
}

type Tree = { readonly [field: string]: Tree | "a value" };

const read = (fields: Readonly<Record<string, unknown>>): Tree =>
  Object.fromEntries(
    Object.entries(fields).map(([field, its]) => {
      const inner = fieldsIn(its);
      return [field, inner === undefined ? "a value" : read(inner)];
    }),
  );
const told = (properties: Readonly<Record<string, unknown>>): Tree =>
  Object.fromEntries(
    Object.entries(properties).map(([field, its]) => {
      const inner = (its as { properties?: Readonly<Record<string, unknown>> }).properties;
      return [field, inner === undefined ? "a value" : told(inner)];
    }),
  );

test.each([
  ["entries", entryFields, entryProperties],
  ["services", filedService, serviceProperties],
  ["approvers", approverFields, approverProperties],
])("%s have the same fields in both", (_, schema, shown) => {
  expect(told(shown)).toEqual(read(schema));
});
