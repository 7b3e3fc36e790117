// A connection as its row in the Connections table: the record, the head of its chain, and what the indexes need.

import * as v from "valibot";
import { states, type Status } from "../connection-states.ts";
import type { Connection } from "../connection.ts";
import type { Kept } from "../ledger.ts";
import type { Item } from "./item.ts";
import {
  accountIdText,
  actor,
  because,
  endpointIdText,
  entryRef,
  instantText,
  ipAddressTypeText,
  readRow,
  rowVersion,
  serviceIdText,
  text,
  verdictText,
  whole,
  type RowShape,
} from "./rows.ts";

/** `openAt` and `openSince` are there while a question is open, so that the index byOpen holds those alone. */
export function connectionRow({ connection, head }: Kept): Item {
  const open = connection.status === "asking" ? { openAt: connection.service, openSince: connection.question.at } : {};
  return { ...connection, ...open, headHash: head.hash, v: rowVersion };
}

export const readConnection = (table: string, item: Item): Kept => readRow(table, shape, item);

const vpc = v.object({ id: text, region: text });
const decision = v.object({
  verdict: v.picklist(["accept", "reject"]),
  by: actor,
  because,
  at: instantText,
  entry: v.optional(entryRef),
  label: v.optional(v.string()),
  vpc: v.optional(vpc),
  reason: v.optional(v.string()),
});

const content = { target: v.object({ name: text, zone: v.string() }), types: v.array(v.picklist(["A", "AAAA"])) };
const name = v.object({ fqdn: text, zone: text, ...content, made: v.boolean(), was: v.optional(v.array(v.object(content))) });

const known = {
  endpoint: endpointIdText,
  service: serviceIdText,
  account: accountIdText,
  region: v.optional(text),
  ipAddressType: v.optional(ipAddressTypeText),
  createdAt: v.optional(instantText),
  seenAt: instantText,
  changedAt: instantText,
  seq: v.pipe(whole, v.minValue(1)),
  headHash: text,
  names: v.array(name),
  grants: v.optional(v.array(v.object({ zone: text, vpc, made: v.boolean() }))),
  trouble: v.optional(
    v.object({
      effect: text,
      name: v.optional(text),
      code: v.string(),
      message: v.string(),
      first: instantText,
      last: instantText,
      count: whole,
    }),
  ),
  missingSince: v.optional(instantText),
  counter: v.optional(text),
  revocation: v.optional(v.object({ due: instantText, entry: entryRef })),
  expiryTold: v.optional(instantText),
  attributed: v.array(v.string()),
};

const noted = v.optional(verdictText);
const ofStatus = {
  requested: { noted, acceptedOutside: v.optional(v.boolean()) },
  asking: {
    question: v.object({
      id: text,
      at: instantText,
      because,
      entry: v.optional(entryRef),
      votes: v.optional(v.array(v.object({ name: text, at: instantText, arn: v.optional(text) }))),
      reminded: v.optional(whole),
      remindedAt: v.optional(instantText),
      escalatedAt: v.optional(instantText),
    }),
  },
  approved: { decision, noted },
  connected: { decision, noted },
  denied: { decision },
  rejected: { decision },
  adopted: { noted },
  closed: {
    reason: v.picklist(["deleted", "failed", "expired", "vanished"]),
    decision: v.optional(decision),
  },
} satisfies Record<Status, v.ObjectEntries>;

const schemas = Object.fromEntries(
  (Object.keys(states) as Status[]).map((status) => [status, v.looseObject({ ...known, ...ofStatus[status] })]),
);
const statusAlone = v.looseObject({ status: v.picklist(Object.keys(states)) });

/** What the table holds beside the record. */
const ofTheTable = new Set(["headHash", "openAt", "openSince", "dueIn", "dueAt"]);

const shape: RowShape<Kept> = {
  what: "a connection",
  key: ["endpoint"],
  schema: v.lazy((row) => schemas[String((row as Item)["status"])] ?? statusAlone),
  value: (item) => {
    const members = Object.entries(item).filter(([member]) => !ofTheTable.has(member));
    const connection = Object.fromEntries(members) as unknown as Connection;
    return { connection, head: { seq: connection.seq, hash: String(item["headHash"]), at: connection.changedAt } };
  },
};
