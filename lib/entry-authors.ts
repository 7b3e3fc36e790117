// Who wrote an entry: every operator who wrote a version of it since it last was removed. An answer, an operator's own too, decides about
// the account and asks nothing for it, so whoever gave it wrote nothing that somebody else would have to look at. Pure.

import type { Entry } from "./allow-list.ts";
import { mayBeSame } from "./approver.ts";
import type { DrawbridgeEvent } from "./events.ts";

/** Once this operator has written it, too. Who assumes one role again and again is named once. */
export const authorsAfter = (before: Pick<Entry, "authors"> | undefined, arn: string): readonly string[] =>
  withOne(before?.authors ?? [], arn);

const withOne = (authors: readonly string[], arn: string): readonly string[] =>
  authors.some((one) => mayBeSame(one, arn)) ? authors : [...authors, arn];

/** The same as its events tell it, oldest first. */
export const authorsIn = (history: readonly DrawbridgeEvent[]): readonly string[] =>
  history.reduce<readonly string[]>((authors, { type, by, because }) => {
    if (type === "EntryRemoved") return [];
    const wrote = by.kind === "operator" && because.rule !== "approvers" && (type === "EntryAdded" || type === "EntryChanged");
    return wrote ? withOne(authors, by.arn) : authors;
  }, []);
