// An approver as their row in the Settings table.

import * as v from "valibot";
import type { Approver } from "../approver.ts";
import type { Item } from "./item.ts";
import { instantText, readRow, rowVersion, text, whole, type RowShape } from "./rows.ts";

export const approverKind = "approver";

export const approverRow = (approver: Approver): Item => ({ ...approver, kind: approverKind, id: approver.name, v: rowVersion });

export const readApprover = (table: string, item: Item): Approver => readRow(table, shape, item);

const words = v.optional(text);

const shape: RowShape<Approver> = {
  what: "an approver",
  key: ["kind", "id"],
  schema: v.looseObject({
    name: text,
    email: words,
    slack: words,
    arn: words,
    subscription: words,
    reachableSince: v.optional(instantText),
    addedAt: instantText,
    version: whole,
  }),
  value: (item) =>
    Object.fromEntries(Object.entries(item).filter(([member]) => member !== "kind" && member !== "id")) as unknown as Approver,
};
