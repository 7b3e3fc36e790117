// The catalogue of events says what really leaves on the bus.

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { detailOf } from "../../lib/aws/bus-event.ts";
import { moves } from "../../lib/connection-states.ts";
import { catalogue, exampleOf, schemaPage, type Schema } from "../../scripts/event-schemas.ts";
import { acme, endpoint, inCare, service } from "../operator/desk.ts";

const all = await catalogue();
const schemaOf = (type: unknown): Schema => all.events.find((one) => one.type === type)?.schema ?? { const: "no such event" };

/** What the value has against the schema; with `closed`, members that the schema does not name too. */
function faults(value: unknown, schema: Schema, closed: boolean, path = ""): string[] {
  if (schema.$ref !== undefined)
    return faults(value, all.shared[schema.$ref.split("/").at(-1) ?? ""] ?? { const: "no such shape" }, closed, path);
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => faults(value, one, closed).length === 0) ? [] : [`${path} fits none`];
  if (schema.const !== undefined) return value === schema.const ? [] : [`${path} is not ${JSON.stringify(schema.const)}`];
  if (schema.enum !== undefined) return schema.enum.includes(value) ? [] : [`${path} is none of ${schema.enum.join()}`];
  switch (schema.type) {
    case undefined:
      return [];
    case "array":
      return Array.isArray(value)
        ? value.flatMap((one, index) => faults(one, schema.items ?? {}, closed, `${path}[${String(index)}]`))
        : [`${path} is no list`];
    case "object": {
      if (typeof value !== "object" || value === null) return [`${path} is no object`];
      const members = Object.entries(value);
      return [
        ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`),
        ...members.flatMap(([name, member]) => {
          const known = schema.properties?.[name];
          return known === undefined
            ? closed
              ? [`${path}.${name} is not in the catalogue`]
              : []
            : faults(member, known, closed, `${path}.${name}`);
        }),
      ];
    }
    case "integer":
      return Number.isInteger(value) ? [] : [`${path} is no whole number`];
    default:
      if (typeof value !== schema.type) return [`${path} is no ${schema.type}`];
      return schema.pattern === undefined || new RegExp(schema.pattern).test(String(value)) ? [] : [`${path} has another form`];
  }
}

test("it holds every event that a connection can have, each once", () => {
  const types = all.events.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(types).toEqual(expect.arrayContaining(Object.values(moves).flatMap((row) => Object.keys(row))));
  expect(types.every((type) => /^[A-Z][A-Za-z]+$/.test(type))).toBe(true);
});

test.each(all.events)("the example of $type is allowed by its schema", (one) => {
  expect(faults(exampleOf(one, all), one.schema, true)).toEqual([]);
});

test("what a life of connections, entries and services puts on the bus is as the catalogue says, and nothing more", async () => {
  const at = await inCare();
  await at.ask("PUT /entries", {
    service,
    principal: acme,
    verdict: "accept",
    conditions: { regions: ["eu-west-1"] },
    name: "acme",
    purpose: "a trial",
  });
  for (const [number, account] of [
    [1, 2],
    [2, 3],
    [3, 4],
  ] as const)
    at.connect(number, account);
  await at.admit();
  at.world.ec2.move(endpoint, "available");
  await at.admit();
  await at.ask("DELETE /entries/{service}/{principal}", { service, principal: acme });
  at.world.ec2.move(endpoint, "deleted");
  await at.admit();
  const told = at.world.tables.committed.map(detailOf);
  expect(new Set(told.map(({ type }) => type)).size).toBeGreaterThanOrEqual(7);
  for (const detail of told) expect(faults(detail, schemaOf(detail.type), true, detail.type), detail.type).toEqual([]);
});

test("the printed schema is JSON Schema whose references lead somewhere", async () => {
  const { $defs } = JSON.parse(schemaPage(all)) as { $defs: Record<string, unknown> };
  const text = await readFile(new URL("../../docs/events.schema.json", import.meta.url), "utf8");
  for (const [, name = ""] of text.matchAll(/"\$ref": "#\/\$defs\/(\w+)"/g)) expect($defs).toHaveProperty(name);
});
