// What a policy's plan would come to for the connections there are: asked in requests that the API takes, of each entry only what bears on it.

import type { Connection } from "../lib/connection.ts";
import { outlookOf, type Outlook } from "../lib/operator/fates.ts";
import type { PolicyPlan } from "../lib/operator/policy.ts";
import { bodyBytesMax, foreseenMax } from "../lib/operator/request-limits.ts";
import type { SaidEntry } from "../lib/said-entry.ts";
import type { Call } from "./command.ts";
import { everything } from "./everything.ts";
import { painted } from "./render.ts";
import { bytesOf, packed, weighed, type Weighed } from "./weights.ts";

type Remove = Pick<SaidEntry, "service" | "principal"> & { readonly disconnect: string | undefined };
type Item = { readonly put: Put } | { readonly remove: Remove };

export interface Room {
  /** So many are asked about in one go; of a longer plan, only those that can concern a connection. */
  readonly unsorted: number;
  readonly items: number;
  readonly bytes: number;
}
const usual: Room = { unsorted: 2000, items: foreseenMax, bytes: bodyBytesMax };

export async function foresee(
  call: Pick<Call, "api" | "terminal">,
  plan: PolicyPlan,
  disconnect: string | undefined,
  room = usual,
): Promise<Outlook> {
  const items: Item[] = [
    ...[...plan.add, ...plan.change.map(({ said }) => said)].map((said) => ({ put: bearing(said) })),
    ...plan.remove.map(({ service, principal }) => ({ remove: { service, principal, disconnect } })),
  ];
  const besides = { services: servicesOf(plan), released: plan.release.map(({ service }) => service) };
  const ask = (some: readonly Item[]): Promise<Outlook> =>
    call.api.post<Outlook>("/entries/preview", {
      put: some.flatMap((item) => ("put" in item ? [item.put] : [])),
      remove: some.flatMap((item) => ("remove" in item ? [item.remove] : [])),
      ...besides,
    });
  const bytes = room.bytes - bytesOf(besides) - bytesOf({ put: [], remove: [] });
  if (items.length <= room.unsorted && items.reduce((sum, item) => sum + bytesOf(item), 0) <= bytes) return ask(items);
  const { many, parts, partOf } = await inParts(call, plan, items, { ...room, bytes });
  const looks: Outlook[] = [];
  for (const part of parts) {
    looks.push(await ask([...many, ...part]));
    if (call.terminal.interactive && parts.length > 1)
      call.terminal.err(painted(`${String(looks.length)} of ${String(parts.length)} parts looked at …`, "dim", call.terminal.aside));
  }
  return outlookOf((kind) =>
    looks
      .flatMap((look, index) => look[kind].filter(({ account }) => partOf(account) === index))
      .toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1)),
  );
}

/** Who they are and whom to ask about them changes nothing for a connection, and may be long; the name stands in the reasons. */
const bears = ["service", "principal", "verdict", "conditions", "name", "label", "onExpiry", "disconnect"] as const;
type Put = Pick<SaidEntry, (typeof bears)[number]>;
const bearing = (said: SaidEntry): Put =>
  Object.fromEntries(bears.flatMap((field) => (said[field] === undefined ? [] : [[field, said[field]]]))) as unknown as Put;

/** Each service that changes, as it will be in the end. */
function servicesOf({ take, services, enforce }: PolicyPlan): object[] {
  const set = new Map(services.map((one) => [one.before.service, one.set]));
  const kept = [...new Set([...set.keys(), ...enforce.map(({ service }) => service)])];
  return [
    ...take.map(({ zone: _zone, privateDnsName: _name, ...said }) => said),
    ...kept.map((service) => ({
      service,
      ...set.get(service),
      ...(enforce.some((its) => its.service === service) ? { mode: "enforce" } : {}),
    })),
  ];
}

interface Parts {
  /** Entries that speak of many stand in every part. */
  readonly many: readonly Item[];
  readonly parts: readonly (readonly Item[])[];
  /** Whose connections are told by which part: all that speaks of an account is in one. */
  readonly partOf: (account: string) => number;
}

async function inParts(call: Pick<Call, "api">, plan: PolicyPlan, items: readonly Item[], room: Room): Promise<Parts> {
  const connections = await everything<Connection>(call, "/connections");
  const accountAt = new Map<string, string>(connections.map(({ endpoint, account }) => [`endpoint#${endpoint}`, account]));
  const connected = new Set(connections.map(({ account }) => account as string));
  // Who is connected at a service that comes is not on record yet.
  const come = new Set<string>(plan.take.length === 0 ? [] : ["*", ...plan.take.map(({ service }) => service)]);
  const many: Item[] = [];
  const ofAccount = new Map<string, Item[]>();
  for (const item of items) {
    const { service, principal } = "put" in item ? item.put : item.remove;
    const account = principal.startsWith("account#") ? principal.slice("account#".length) : accountAt.get(principal);
    if (account === undefined) {
      if (!principal.startsWith("endpoint#") || come.has(service)) many.push(item);
    } else if (connected.has(account) || come.has(service)) {
      const its = ofAccount.get(account) ?? [];
      its.push(item);
      ofAccount.set(account, its);
    }
  }
  const accounts = [...ofAccount].map(([account, its]): Weighed<string> => weighed(account, its));
  const left = { items: room.items - many.length, bytes: room.bytes - weighed("", many).bytes };
  const parts = packed(accounts, left);
  const places = new Map(parts.flatMap((part, index) => part.map((account) => [account, index] as const)));
  return {
    many,
    parts: parts.length === 0 ? [[]] : parts.map((part) => part.flatMap((account) => ofAccount.get(account) ?? [])),
    partOf: (account) => places.get(account) ?? 0,
  };
}
