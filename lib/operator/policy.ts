// A policy as a whole: what a file says it shall be, what it is, and what has to be done from one to the other. Pure.

import { entryId, type Entry, type Principal } from "../allow-list.ts";
import type { Approver } from "../approver.ts";
import type { ServiceId } from "../ids.ts";
import { canonical } from "../canonical.ts";
import { optional } from "../optional.ts";
import { saysTheSame, type SaidEntry } from "../said-entry.ts";
import type { Service } from "../service.ts";

export type SaidApprover = Pick<Approver, "name" | "email" | "slack" | "arn">;
/** The settings that a file rules: what it leaves out is as usual. */
export type SaidService = Pick<Service, "service"> & SaidCare & { readonly [Key in (typeof ruled)[number]]?: Service[Key] };
const ruled = ["outsideAccept", "onRemoval", "onReject", "onExpiry", "expiryNoticeHours", "permissions", "asking"] as const;

/** Where the file leaves these out they stay as they are: nobody's names go, and nothing is enforced, by an omission. */
export interface SaidCare {
  readonly mode?: Service["mode"];
  /** By id or name; `none` for no names. */
  readonly zone?: string;
  /** `none` takes it away. */
  readonly privateDnsName?: string;
}
/** What takes a zone or a private DNS name away in the file. */
export const none = "none";

/** A part that is absent is not ruled by the file. A service that it does not name stays in care: only `released` lets one go. */
export interface Policy {
  readonly services?: readonly SaidService[];
  readonly released?: readonly ServiceId[];
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
  /** Not in care yet. */
  readonly take: readonly SaidService[];
  readonly release: readonly Service[];
  readonly services: readonly { readonly before: Service; readonly set: Settings }[];
  /** Only observed until now. */
  readonly enforce: readonly Service[];
  readonly add: readonly SaidEntry[];
  readonly change: readonly { readonly before: Entry; readonly said: SaidEntry }[];
  readonly remove: readonly Entry[];
}

/** What is to be set, as the API takes it: `null` takes a setting back to the usual. */
export type Settings = Readonly<Record<string, unknown>>;

/** `removing` says whether what the file does not name is to go. */
export function planPolicy(wanted: Policy, present: Present, removing: boolean): PolicyPlan {
  const there = new Map(present.entries.map((entry) => [entryId(entry), entry]));
  const named = new Set((wanted.entries ?? []).map(entryId));
  const released = new Set(wanted.released ?? []);
  const stays = new Set<ServiceId | "*">(["*", ...present.services.flatMap(({ service }) => (released.has(service) ? [] : [service]))]);
  const add: SaidEntry[] = [];
  const change: { before: Entry; said: SaidEntry }[] = [];
  for (const said of wanted.entries ?? []) {
    const before = there.get(entryId(said));
    if (before === undefined) add.push(said);
    else if (!saysTheSame(before, said)) change.push({ before, said });
  }
  const gone =
    wanted.entries === undefined || !removing
      ? []
      : present.entries.filter((entry) => stays.has(entry.service) && !named.has(entryId(entry)));
  return {
    add: add.toSorted(byCare),
    change: change.toSorted((a, b) => byCare(a.said, b.said)),
    remove: gone,
    ...planServices(wanted, present.services),
    approvers: approversToPut(wanted.approvers, present.approvers, removing),
  };
}

/** How many changes it holds. */
export const sizeOf = ({ approvers, take, release, services, enforce, add, change, remove }: PolicyPlan): number =>
  [approvers.put, approvers.remove, take, release, services, enforce, add, change, remove].reduce((sum, part) => sum + part.length, 0);

/** Who is kept out comes before who is let in, so that an apply which stops half-way has let nobody in too early. */
const byCare = (a: SaidEntry, b: SaidEntry): number => rank[a.verdict] - rank[b.verdict];
const rank = { reject: 0, ask: 1, accept: 2 } as const;

/** All that a file may say of it. `zone` is what the file calls the service's zone. */
export function settingsOf(service: Service, zone: string = service.zone?.name ?? none): SaidService {
  const { mode, privateDnsName } = service;
  const settings = ruled.flatMap((field) => (service[field] === undefined ? [] : [[field, service[field]]]));
  return { service: service.service, mode, zone, ...optional("privateDnsName", privateDnsName), ...Object.fromEntries(settings) };
}

const usual = { outsideAccept: "keep", permissions: "off" } as const;

function planServices(
  { services = [], released = [] }: Policy,
  present: readonly Service[],
): Pick<PolicyPlan, "take" | "release" | "services" | "enforce"> {
  const there = new Map(present.map((service) => [service.service, service]));
  const kept = services.flatMap((said) => {
    const before = there.get(said.service);
    return before === undefined ? [] : [{ said, before }];
  });
  return {
    take: services.filter(({ service }) => !there.has(service)),
    release: released.flatMap((service) => there.get(service) ?? []),
    services: kept.flatMap(({ said, before }) => {
      const set = settingsToSet(said, before);
      return Object.keys(set).length === 0 ? [] : [{ before, set }];
    }),
    enforce: kept.flatMap(({ said, before }) => (before.mode === "observe" && said.mode === "enforce" ? [before] : [])),
  };
}

/** What a service lacks to be as the file says; its mode is not set but enforced. */
export function settingsToSet(said: SaidService, before: Service): Settings {
  const set = ruled.flatMap((field): [string, unknown][] => {
    const fallback = field === "outsideAccept" || field === "permissions" ? usual[field] : undefined;
    const [is, shall] = [before[field] ?? fallback, said[field] ?? fallback];
    return same(is, shall) ? [] : [[field, shall ?? null]];
  });
  return {
    ...(said.zone === undefined || isZone(before.zone, said.zone) ? {} : { zone: said.zone === none ? null : said.zone }),
    ...(said.privateDnsName === undefined || said.privateDnsName === (before.privateDnsName ?? none)
      ? {}
      : { privateDnsName: said.privateDnsName === none ? null : said.privateDnsName }),
    ...Object.fromEntries(set),
  };
}

/** Whether the file's word means this zone. */
export function isZone(zone: Service["zone"], word: string): boolean {
  if (zone === undefined) return word === none;
  return word.replace(/^\/hostedzone\//, "") === zone.id || word.toLowerCase().replace(/\.$/, "") === zone.name.toLowerCase();
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
