// Slips in memory, each until its time has passed.

import { milliseconds } from "../../lib/ids.ts";
import type { Clock, Slip, Slips } from "../../lib/ports.ts";

export interface FakeSlips {
  readonly port: Slips;
  readonly all: ReadonlyMap<string, Slip>;
}

export function fakeSlips(clock: Clock): FakeSlips {
  const all = new Map<string, Slip>();
  const at = (kind: string, id: string): Slip | undefined => {
    const slip = all.get(`${kind}#${id}`);
    return slip !== undefined && milliseconds(slip.until) > milliseconds(clock()) ? structuredClone(slip) : undefined;
  };
  return {
    all,
    port: {
      get: async (kind, id) => at(kind, id),
      put: async (slip) => {
        all.set(`${slip.kind}#${slip.id}`, structuredClone(slip));
      },
      remove: async (kind, ids) => {
        for (const id of ids) all.delete(`${kind}#${id}`);
      },
      ofKind: async (kind) =>
        [...all.values()]
          .filter((slip) => slip.kind === kind)
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .flatMap(({ id }) => at(kind, id) ?? []),
      count: async (kind, id, most) => {
        const slip = at(kind, id);
        const count = (slip?.count ?? 0) + 1;
        if (slip === undefined || count > most) return undefined;
        all.set(`${kind}#${id}`, { ...slip, count });
        return count;
      },
    },
  };
}
