// The endpoint service's own permissions, where they follow the allow-list: whom to let ask, and whom no longer. Pure.

import { standingAt, type Entry } from "./allow-list.ts";
import { milliseconds, type AccountId, type Instant } from "./ids.ts";

/** Who may ask to connect at AWS: whole accounts, and whatever else somebody put there. */
export interface Allowed {
  readonly accounts: readonly AccountId[];
  /** Roles, users, and `*` for everybody. */
  readonly others: readonly string[];
}

/** The accounts that may ask, or why the list cannot say it. */
export type Wanted = { readonly accounts: readonly AccountId[] } | { readonly cannot: string };

/** More than that would take more calls a minute than it is worth. */
export const accountsMax = 2000;

/**
 * The accounts that the list accepts or asks about now, from anywhere. An entry for a unit, an organization or anyone speaks of
 * accounts that nobody can name, so the permissions cannot follow. One for an endpoint that exists needs none: who has it has
 * asked. A reject of some Regions or address types leaves the others, which only an endpoint that is there can tell apart.
 */
export function wantedAccounts(entries: readonly Entry[], now: Instant): Wanted {
  const speaking = entries.flatMap((entry) => standingAt(entry, now) ?? []).filter(({ conditions }) => isOn(conditions, now));
  const many = speaking.find(({ verdict, principal }) => verdict !== "reject" && !/^(endpoint|account)#/.test(principal));
  if (many !== undefined)
    return {
      cannot: `the ${many.verdict} entry for ${many.principal.replace("#", " ")} at ${many.service === "*" ? "every service" : many.service} names no accounts`,
    };
  const named = (which: (entry: Entry) => boolean): Set<AccountId> =>
    new Set(
      speaking.flatMap((entry) =>
        entry.principal.startsWith("account#") && which(entry) ? [entry.principal.slice("account#".length) as AccountId] : [],
      ),
    );
  const rejected = named(({ verdict, conditions }) => verdict === "reject" && !isOfSome(conditions));
  const accounts = [...named(({ verdict }) => verdict !== "reject")].filter((account) => !rejected.has(account)).sort();
  if (accounts.length > accountsMax)
    return { cannot: `the list has ${String(accounts.length)} accounts, and at most ${String(accountsMax)} are followed` };
  return { accounts };
}

const isOfSome = ({ regions, ipAddressTypes }: Entry["conditions"]): boolean => regions !== undefined || ipAddressTypes !== undefined;

const isOn = ({ notBefore, expires }: Entry["conditions"], now: Instant): boolean =>
  (notBefore === undefined || now >= notBefore) && (expires === undefined || now < expires);

/** That Drawbridge itself let an account ask, and when it wrote that down; nothing is said of when in rows from before. */
export interface Permit {
  readonly account: AccountId;
  readonly at?: Instant;
}

/** What AWS still lacks, and what to take back. Only what Drawbridge added itself is taken back. */
export interface PermissionChanges {
  readonly add: readonly AccountId[];
  readonly remove: readonly AccountId[];
  /** Added by us once, wanted no more, and no longer ours when it is gone. */
  readonly forget: readonly Permit[];
}

/** A call may arrive minutes after the function that sent it, AWS shows what was a while ago, and clocks differ. */
const restsMs = 3_600_000;

export function permissionChanges(
  wanted: readonly AccountId[],
  allowed: Allowed,
  ours: readonly Permit[],
  now: Instant,
): PermissionChanges {
  const [want, there] = [new Set(wanted), new Set(allowed.accounts)];
  const stale = ours.filter(({ account }) => !want.has(account));
  return {
    add: wanted.filter((account) => !there.has(account)),
    remove: stale.filter(({ account }) => there.has(account)).map(({ account }) => account),
    forget: stale.filter(({ at }) => at === undefined || milliseconds(now) - milliseconds(at) > restsMs),
  };
}
