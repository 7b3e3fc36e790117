// What Drawbridge let ask at which service, in memory.

import type { AccountId, ServiceId } from "../../lib/ids.ts";
import type { Permits } from "../../lib/ports.ts";

export function fakePermits(): Permits {
  const kept = new Map<ServiceId, Set<AccountId>>();
  const at = (service: ServiceId): Set<AccountId> => {
    const its = kept.get(service) ?? new Set();
    kept.set(service, its);
    return its;
  };
  return {
    of: async (service) => [...at(service)].sort(),
    keep: async (service, account) => void at(service).add(account),
    forget: async (service, account) => void at(service).delete(account),
  };
}
