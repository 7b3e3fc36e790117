// AWS Organizations in memory: who belongs where, how often it was asked, and that it may not answer.

import type { Membership } from "../../lib/allow-list.ts";
import type { AccountId } from "../../lib/ids.ts";
import type { Organizations } from "../../lib/ports.ts";

export interface FakeOrganizations {
  readonly port: Organizations;
  readonly asked: readonly AccountId[];
  /** Units nearest first. */
  place(account: AccountId, organization: string, ...units: readonly string[]): void;
  /** From now on nothing is known of anybody. */
  goDown(): void;
}

export function fakeOrganizations(): FakeOrganizations {
  const members = new Map<AccountId, Membership>();
  const asked: AccountId[] = [];
  let down = false;
  return {
    asked,
    place: (account, id, ...units) => void members.set(account, { id, units }),
    goDown: () => {
      down = true;
    },
    port: {
      of: async (account) => {
        asked.push(account);
        return down ? "unknown" : (members.get(account) ?? "none");
      },
    },
  };
}
