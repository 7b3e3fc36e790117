// The editors' schema says no more and no less than what a policy file may hold: files with one thing changed are held against both.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { approverFields, entryFields, filedService } from "../../lib/operator/inputs.ts";
import { approverProperties, entryProperties, serviceProperties } from "../../scripts/policy-schema.ts";
import { changed, containers, fits, full, isRead, isTold, names, places, values, written } from "./policy-documents.ts";
import { volume } from "../volume.ts";

/** In one word what each says, so that a difference shows the file. */
function expectAgreement(text: string): void {
  expect(`${fits(text) ? "fits" : "is refused"}:\n${text}`).toBe(`${isRead(text) ? "fits" : "is refused"}:\n${text}`);
}

describe("the schema and the parser agree", () => {
  test("about every field in its right form", () => {
    expect(fits(written(full))).toBe(true);
    expect(isRead(written(full))).toBe(true);
  });

  test("where any one value is another", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...values), (place, to) => {
        fc.pre(isTold(place, to));
        expectAgreement(written(changed(place.path, { to })));
      }),
      { numRuns: volume(200, 500) },
    );
  });

  test("where anything is left out", () => {
    for (const { path } of places) expectAgreement(written(changed(path, { gone: true })));
  });

  test("where a name is added", () => {
    fc.assert(
      fc.property(fc.constantFrom(...containers), fc.constantFrom(...names), fc.constantFrom(...values), ({ path }, add, as) =>
        expectAgreement(written(changed(path, { add, as }))),
      ),
      { numRuns: volume(120, 300) },
    );
  });
});

/** The fields of an object in valibot's schema, through what is wrapped around it; nothing for what is no object. */
function fieldsIn(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const { entries, wrapped, pipe } = schema as { entries?: Record<string, unknown>; wrapped?: unknown; pipe?: readonly unknown[] };
  if (entries !== undefined) return entries;
  if (wrapped !== undefined) return fieldsIn(wrapped);
  return (pipe ?? [])
    .filter((part) => part !== schema)
    .reduce<ReturnType<typeof fieldsIn>>((found, part) => found ?? fieldsIn(part), undefined);
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
])("%s have the same fields in both, so that a new one is not forgotten", (_, schema, shown) => {
  expect(told(shown)).toEqual(read(schema));
});
