// Reading rows back: each is checked against its shape, and one that does not fit is a fault that names table and key.

import * as v from "valibot";
import { UnreadableRow } from "../faults.ts";
import { foreignIn, type Item } from "./item.ts";

/** Written into every row, so that a later Drawbridge knows what it reads. */
export const rowVersion = 1;

export interface RowShape<T> {
  /** What a row of this table is, for people: `a connection`. */
  readonly what: string;
  readonly key: readonly string[];
  readonly schema: v.GenericSchema;
  /** Leaves out what the table needs and the value does not have. */
  readonly value: (item: Item) => T;
}

export function readRow<T>(table: string, shape: RowShape<T>, item: Item): T {
  const why = whyUnreadable(shape, item);
  if (why === undefined) return shape.value(membersOf(item));
  const at = shape.key.map((name) => `${name} ${JSON.stringify(item[name])}`).join(", ");
  throw new UnreadableRow(table, `the row with ${at} is not ${shape.what}`, membersOf(item), why);
}

/** What a row has against its shape; nothing when it fits. */
export function whyUnreadable<T>({ schema }: RowShape<T>, item: Item): string | undefined {
  const { v: version = 1 } = item;
  if (version !== rowVersion)
    return `its version is ${JSON.stringify(version)}, and this Drawbridge reads ${String(rowVersion)}: a later one wrote it`;
  const foreign = foreignIn(item);
  if (foreign !== undefined) return foreign;
  const result = v.safeParse(schema, membersOf(item));
  if (result.success) return undefined;
  return result.issues.map(({ message, path }) => `${path?.map((part) => String(part.key)).join(".") ?? "row"}: ${message}`).join("; ");
}

const membersOf = ({ v: _version, ...members }: Item): Item => members;

// What several shapes share

export const text = v.pipe(v.string(), v.nonEmpty());
export const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
export const serviceIdText = v.pipe(v.string(), v.regex(/^vpce-svc-[0-9a-f]{8,17}$/, "not an endpoint service's id"));
export const endpointIdText = v.pipe(v.string(), v.regex(/^vpce-[0-9a-f]{8,17}$/, "not an endpoint's id"));
export const accountIdText = v.pipe(v.string(), v.regex(/^\d{12}$/, "not an account's id"));
export const instantText = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "not an instant"),
  v.check((given) => !Number.isNaN(Date.parse(given)), "not an instant"),
);
export const serviceOrAny = v.union([v.literal("*"), serviceIdText]);
export const verdictText = v.picklist(["accept", "ask", "reject"]);
export const ipAddressTypeText = v.picklist(["ipv4", "dualstack", "ipv6"]);
export const disconnect = v.union([v.picklist(["keep", "now"]), v.object({ afterHours: v.pipe(v.number(), v.minValue(0)) })]);
/** How people are asked: of a service, or of an entry. */
export const asking = v.looseObject({
  approvers: v.optional(v.array(text)),
  quorum: v.optional(whole),
  openDays: v.optional(v.number()),
  remindHours: v.optional(v.array(v.number())),
  escalateTo: v.optional(v.array(text)),
  escalateAfterHours: v.optional(v.number()),
  silence: v.optional(v.picklist(["keep", "reject"])),
  emailProof: v.optional(v.picklist(["code", "link"])),
  accountAnswers: v.optional(v.boolean()),
});
export const entryRef = v.object({ service: serviceOrAny, principal: text, version: whole });
export const because = v.object({ rule: text, detail: v.string() });
export const actor = v.variant("kind", [
  v.object({ kind: v.literal("entry"), entry: entryRef }),
  v.object({
    kind: v.literal("approver"),
    name: v.string(),
    channel: v.picklist(["link", "slack"]),
  }),
  v.object({ kind: v.literal("operator"), arn: v.string() }),
  v.object({ kind: v.literal("outside"), arn: v.optional(v.string()) }),
  v.object({ kind: v.picklist(["aws", "drawbridge"]) }),
]);
