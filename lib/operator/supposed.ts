// Changes of the policy as if they were written, and the allow-list as it would be then.

import { entryId, type Entry, type Removed } from "../allow-list.ts";
import type { Freeze } from "../freeze.ts";
import type { ServiceId } from "../ids.ts";
import type { EntryKey } from "../ledger.ts";
import type { AllowList } from "../ports.ts";
import type { Service } from "../service.ts";

/** Changes as if they were written. */
export interface Supposed {
  readonly entries?: readonly Entry[];
  readonly removed?: readonly Removed[];
  /** Changed, or taken into care. */
  readonly services?: readonly Service[];
  readonly released?: readonly ServiceId[];
  readonly freezes?: readonly Freeze[];
  readonly unfrozen?: readonly (ServiceId | "*")[];
}

/** The allow-list as it would be. */
export function supposing(real: AllowList, supposed: Supposed, counts: Map<string, number>): AllowList {
  const written = new Map((supposed.entries ?? []).map((entry) => [entryId(entry), entry]));
  const removed = new Map((supposed.removed ?? []).map((tombstone) => [entryId(tombstone), tombstone]));
  const others = (keys: readonly EntryKey[]): EntryKey[] => keys.filter((key) => !written.has(entryId(key)) && !removed.has(entryId(key)));
  const own = <T>(keys: readonly EntryKey[], map: ReadonlyMap<string, T>): T[] =>
    [...new Set(keys.map(entryId))].flatMap((id) => {
      const found = map.get(id);
      return found === undefined ? [] : [found];
    });
  return {
    ...real,
    read: async (keys) => [...own(keys, written), ...(await real.read(others(keys)))],
    standing: async (keys) => {
      const there = await real.standing(others(keys));
      return { entries: [...own(keys, written), ...there.entries], removed: [...own(keys, removed), ...there.removed] };
    },
    bearing: async (service) => {
      const bearing = await real.bearing(service);
      const lifted = new Set<string>(supposed.unfrozen ?? []);
      const frozen = (supposed.freezes ?? []).filter(({ id }) => id === "*" || id === service);
      const kept = bearing.freezes.filter(({ id }) => !lifted.has(id) && !frozen.some((freeze) => freeze.id === id));
      const units = marked(supposed, bearing.units);
      return { freezes: [...frozen, ...kept].sort((a) => (a.id === "*" ? 1 : -1)), units };
    },
    counts: async (ids) => {
      const unread = ids.filter((id) => !counts.has(id));
      if (unread.length > 0) for (const [id, count] of await real.counts(unread)) if (!counts.has(id)) counts.set(id, count);
      return new Map(ids.map((id) => [id, counts.get(id) ?? 0]));
    },
  };
}

/** Entries for units and organizations that would come make them worth asking about; those that would go do no harm here. */
function marked(supposed: Supposed, units: Awaited<ReturnType<AllowList["bearing"]>>["units"]): typeof units {
  const come = (supposed.entries ?? []).filter(({ principal }) => /^(ou|org)#/.test(principal));
  const more = (marks: (typeof units)["here"], here: boolean): (typeof units)["here"] => {
    const its = come.filter(({ service }) => (service === "*") !== here);
    return { entries: marks.entries + its.length, rejects: marks.rejects + its.filter(({ verdict }) => verdict === "reject").length };
  };
  return { here: more(units.here, true), everywhere: more(units.everywhere, false) };
}
