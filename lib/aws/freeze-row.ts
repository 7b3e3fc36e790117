// A freeze as its row in the Settings table, and the rows beside it that bear on verdicts: marks and counters.

import * as v from "valibot";
import type { UnitMarks } from "../allow-list.ts";
import type { Freeze } from "../freeze.ts";
import type { Item } from "./item.ts";
import { instantText, readRow, rowVersion, serviceOrAny, text, whole, type RowShape } from "./rows.ts";

export const freezeKind = "freeze";
/** How many entries for units and organizations there are at a service; changed in the entry's own transaction. */
export const unitsKind = "units";
/** How many connections a limited entry holds; changed in the connection's own transaction. */
export const counterKind = "counter";

export const freezeRow = (freeze: Freeze): Item => ({ ...freeze, kind: freezeKind, v: rowVersion });
export const readFreeze = (table: string, item: Item): Freeze => readRow(table, freezeShape, item);
export const readUnits = (table: string, item: Item): UnitMarks => readRow(table, unitsShape, item);
export const readCount = (table: string, item: Item): readonly [counter: string, count: number] => readRow(table, counterShape, item);

const freezeShape: RowShape<Freeze> = {
  what: "a freeze",
  key: ["kind", "id"],
  schema: v.looseObject({ id: serviceOrAny, at: instantText, by: v.string(), reason: v.string(), version: whole }),
  value: (item) => {
    const { kind: _, ...freeze } = item;
    return freeze as unknown as Freeze;
  },
};

const unitsShape: RowShape<UnitMarks> = {
  what: "the marks of entries for units",
  key: ["kind", "id"],
  schema: v.looseObject({ entries: v.number(), rejects: v.number() }),
  value: ({ entries, rejects }) => ({ entries: Number(entries), rejects: Number(rejects) }),
};

const counterShape: RowShape<readonly [string, number]> = {
  what: "a counter",
  key: ["kind", "id"],
  schema: v.looseObject({ id: text, count: v.number() }),
  value: ({ id, count }) => [String(id), Number(count)],
};
