// A policy as a whole: what a file says it shall be, what it is, and what has to be done from one to the other. Pure.

import { entryId, type Entry, type Principal } from "../allow-list.ts";
import type { Approver } from "../approver.ts";
import type { ServiceId } from "../ids.ts";
import { canonical } from "../ledger.ts";
import type { Service } from "../service.ts";

/** What an operator may say of an entry; who wrote it, when, and its version come with the writing. */
export type SaidEntry = Omit<Entry, "version" | "author" | "at">;
export type SaidApprover = Pick<Approver, "name" | "email" | "slack" | "arn">;
/** The settings that a file rules: what it leaves out is as usual. */
export type SaidService = Pick<Service, "service"> & { readonly [Key in (typeof ruled)[number]]?: Service[Key] };
export const ruled = ["outsideAccept", "onRemoval", "onReject", "onExpiry", "expiryNoticeHours", "permissions", "asking"] as const;

/** A part that is absent is not ruled by the file. */
export interface Policy {
  readonly services?: readonly SaidService[];
  readonly approvers?: readonly SaidApprover[];
  readonly entries?: readonly SaidEntry[];
}

export interface Present {
  readonly services: readonly Service[];
  readonly approvers: readonly Approver[];
  readonly entries: readonly Entry[];
}

export interface PolicyPlan {
  readonly approvers: {
    readonly put: readonly { readonly said: SaidApprover; readonly before?: Approver }[];
    readonly remove: readonly Approver[];
  };
  readonly services: readonly { readonly before: Service; readonly set: Readonly<Record<string, unknown>> }[];
  readonly add: readonly SaidEntry[];
  readonly change: readonly { readonly before: Entry; readonly said: SaidEntry }[];
  readonly remove: readonly Entry[];
}

/** `removing` says whether what the file does not name is to go. */
export function planPolicy(wanted: Policy, present: Present, removing: boolean): PolicyPlan {
  const there = new Map(present.entries.map((entry) => [entryId(entry), entry]));
  const named = new Set((wanted.entries ?? []).map(entryId));
  const inCare = new Set<ServiceId | "*">(["*", ...present.services.map(({ service }) => service)]);
  const add: SaidEntry[] = [];
  const change: { before: Entry; said: SaidEntry }[] = [];
  for (const said of wanted.entries ?? []) {
    const before = there.get(entryId(said));
    if (before === undefined) add.push(said);
    else if (!same(saidOf(before), said)) change.push({ before, said });
  }
  const gone =
    wanted.entries === undefined || !removing
      ? []
      : present.entries.filter((entry) => inCare.has(entry.service) && !named.has(entryId(entry)));
  return {
    add: add.toSorted(byCare),
    change: change.toSorted((a, b) => byCare(a.said, b.said)),
    remove: gone,
    services: (wanted.services ?? []).flatMap((said) => settingsToSet(said, present.services)),
    approvers: approversToPut(wanted.approvers, present.approvers, removing),
  };
}

export const isNothing = ({ approvers, services, add, change, remove }: PolicyPlan): boolean =>
  approvers.put.length + approvers.remove.length + services.length + add.length + change.length + remove.length === 0;

/** Who is kept out comes before who is let in, so that an apply which stops half-way has let nobody in too early. */
const byCare = (a: SaidEntry, b: SaidEntry): number => rank[a.verdict] - rank[b.verdict];
const rank = { reject: 0, ask: 1, accept: 2 } as const;

export function saidOf(entry: Entry): SaidEntry {
  const { version: _version, author: _author, at: _at, ...said } = entry;
  return said;
}

export const settingsOf = (service: Service): SaidService =>
  Object.fromEntries(
    ["service" as const, ...ruled].flatMap((field) => (service[field] === undefined ? [] : [[field, service[field]]])),
  ) as unknown as SaidService;

const usual = { outsideAccept: "keep", permissions: "off" } as const;

function settingsToSet(said: SaidService, services: readonly Service[]): PolicyPlan["services"] {
  const before = services.find(({ service }) => service === said.service);
  if (before === undefined) return [];
  const set = ruled.flatMap((field): [string, unknown][] => {
    const fallback = field === "outsideAccept" || field === "permissions" ? usual[field] : undefined;
    const [is, shall] = [before[field] ?? fallback, said[field] ?? fallback];
    return same(is, shall) ? [] : [[field, shall ?? null]];
  });
  return set.length === 0 ? [] : [{ before, set: Object.fromEntries(set) }];
}

function approversToPut(wanted: Policy["approvers"], present: readonly Approver[], removing: boolean): PolicyPlan["approvers"] {
  if (wanted === undefined) return { put: [], remove: [] };
  const there = new Map(present.map((approver) => [approver.name, approver]));
  return {
    put: wanted.flatMap((said) => {
      const before = there.get(said.name);
      if (before === undefined) return [{ said }];
      return same(approverSaid(before), said) ? [] : [{ said, before }];
    }),
    remove: removing ? present.filter(({ name }) => !wanted.some((said) => said.name === name)) : [],
  };
}

export const approverSaid = ({ name, email, slack, arn }: Approver): SaidApprover => ({
  name,
  ...(email === undefined ? {} : { email }),
  ...(slack === undefined ? {} : { slack }),
  ...(arn === undefined ? {} : { arn }),
});

const same = (a: unknown, b: unknown): boolean => canonical({ value: a }) === canonical({ value: b });

export const byPlace = (a: { readonly service: string; readonly principal: Principal }, b: typeof a): number =>
  a.service === b.service ? (a.principal < b.principal ? -1 : 1) : a.service < b.service ? -1 : 1;
