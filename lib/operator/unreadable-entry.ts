// A row of the allow-list that cannot be read, in words: whose it is, what is wrong with it, and how it goes.

import { Refused, UnreadableRow } from "../faults.ts";
import type { EntryKey } from "../ledger.ts";
import type { UnreadableEntry } from "../ports.ts";
import { keyWords, principalWords } from "./principals.ts";

export const isUnreadable = (found: object | undefined): found is UnreadableEntry => found !== undefined && "unreadable" in found;

/** What a list or a look shows of it. */
export interface UnreadableShown extends EntryKey {
  readonly unreadable: string;
}
export const shownUnreadable = ({ service, principal, unreadable }: UnreadableEntry): UnreadableShown => ({
  service,
  principal,
  unreadable,
});

export const unreadableWords = (found: UnreadableShown): string => `The entry for ${keyWords(found)} cannot be read: ${found.unreadable}`;

/** Until it goes, nobody whom it may speak of is decided. */
export const unreadableMend = ({ service, principal }: EntryKey): string =>
  `remove it with: drawbridge remove ${principalWords(principal)} --service '${service}', and write it anew`;

export const unreadableProblem = (found: UnreadableShown): { message: string; remedy: string } => ({
  message: unreadableWords(found),
  remedy: unreadableMend(found),
});

export const refusedUnreadable = (found: UnreadableShown): Refused =>
  new Refused("UnreadableEntry", unreadableWords(found), unreadableMend(found));

/** Whatever came upon such a row says which it is. */
export function tellingUnreadable(error: unknown): unknown {
  if (!(error instanceof UnreadableRow)) return error;
  const { service, principal } = error.row as Partial<EntryKey>;
  return service === undefined || principal === undefined ? error : refusedUnreadable({ service, principal, unreadable: error.why });
}
