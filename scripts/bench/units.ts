// What DynamoDB bills for a row: its size, the indexes it stands in, and twice for a transaction.

import { isObject, type Template } from "../template.ts";

export interface TableShape {
  /** Key attributes of each index: a row stands in an index when it has them all. */
  readonly indexes: readonly (readonly string[])[];
}

/** The tables of the template by their logical ids. */
export function tableShapes(template: Template): Readonly<Record<string, TableShape>> {
  const tables = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::DynamoDB::Table");
  return Object.fromEntries(
    tables.map(([id, { Properties = {} }]) => {
      const indexes = Array.isArray(Properties["GlobalSecondaryIndexes"]) ? (Properties["GlobalSecondaryIndexes"] as unknown[]) : [];
      return [id, { indexes: indexes.map((index) => keysOf(isObject(index) ? index["KeySchema"] : [])) }];
    }),
  );
}

const keysOf = (schema: unknown): string[] =>
  (Array.isArray(schema) ? schema : []).map((part) => String((part as { AttributeName?: unknown }).AttributeName));

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function rowBytes(row: Readonly<Record<string, unknown>>): number {
  return Object.entries(row).reduce((bytes, [name, value]) => bytes + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  // About half a byte for each digit, and one more.
  if (typeof value === "number") return Math.ceil(String(value).replace(/[-.]/g, "").length / 2) + 1;
  if (value === null || typeof value === "boolean") return 1;
  if (Array.isArray(value)) return 3 + value.reduce<number>((bytes, one) => bytes + 1 + valueBytes(one), 0);
  return 3 + Object.entries(value).reduce((bytes, [name, one]) => bytes + 1 + Buffer.byteLength(name) + valueBytes(one), 0);
}

const writeUnit = 1024;
const readUnit = 4096;

/** Write units of putting the row: the table's, doubled in a transaction, and one more for each index it stands in. */
export function writeUnits(row: Readonly<Record<string, unknown>>, { indexes }: TableShape, inTransaction: boolean): number {
  const units = Math.ceil(rowBytes(row) / writeUnit);
  const standsIn = indexes.filter((keys) => keys.every((key) => row[key] !== undefined)).length;
  return units * (inTransaction ? 2 : 1) + units * standsIn;
}

/** Read units of rows that are each read by their key; half when the read may be stale. A key without a row costs as much as a small one. */
export function readUnits(rows: readonly (Readonly<Record<string, unknown>> | undefined)[], consistent = true): number {
  const units = rows.reduce((total, row) => total + Math.max(1, Math.ceil((row === undefined ? 0 : rowBytes(row)) / readUnit)), 0);
  return consistent ? units : units / 2;
}
