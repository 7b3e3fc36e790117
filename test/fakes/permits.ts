// What Drawbridge let ask at which service, in memory.

import type { AccountId, ServiceId } from "../../lib/ids.ts";
import type { Permit } from "../../lib/permissions.ts";
import type { Permits } from "../../lib/ports.ts";

export function fakePermits(): Permits {
  const kept = new Map<ServiceId, Map<AccountId, Permit>>();
  const at = (service: ServiceId): Map<AccountId, Permit> => {
    const its = kept.get(service) ?? new Map<AccountId, Permit>();
    kept.set(service, its);
    return its;
  };
  return {
    of: async (service) => [...at(service).values()].sort((a, b) => (a.account < b.account ? -1 : 1)),
    keep: async (service, permit) => void at(service).set(permit.account, permit),
    forget: async (service, permit) => {
      if (at(service).get(permit.account)?.at === permit.at) at(service).delete(permit.account);
    },
  };
}
