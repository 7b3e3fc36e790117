// Whom the list lets ask at a service, a second time, written without lib/.

import type { Entry } from "../../lib/allow-list.ts";
import type { AccountId } from "../../lib/ids.ts";
import { standing } from "./oracle-since.ts";

const isOn = ({ conditions: { notBefore, expires } }: Entry, clock: string): boolean =>
  (notBefore === undefined || Date.parse(clock) >= Date.parse(notBefore)) &&
  (expires === undefined || Date.parse(clock) < Date.parse(expires));

/** The entry that lets in, or has asked about, accounts that nobody can name. */
export const cannotFollow = (entries: readonly Entry[], clock: string): Entry | undefined =>
  entries.find(
    (entry) =>
      isOn(entry, clock) &&
      entry.verdict !== "reject" &&
      (entry.principal === "any" || entry.principal.startsWith("ou#") || entry.principal.startsWith("org#")),
  );

/** Whether some entry for the account accepts it or has it asked about, and none rejects it wherever it comes from. */
export function mayAsk(entries: readonly Entry[], account: AccountId, clock: string): boolean {
  const its = entries
    .flatMap((entry) => standing(entry, clock))
    .filter((entry) => entry.principal === `account#${account}` && isOn(entry, clock));
  const everywhere = ({ conditions: { regions, ipAddressTypes } }: Entry): boolean => regions === undefined && ipAddressTypes === undefined;
  return its.some(({ verdict }) => verdict !== "reject") && !its.some((entry) => entry.verdict === "reject" && everywhere(entry));
}
