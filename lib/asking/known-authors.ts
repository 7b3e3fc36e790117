// Who wrote the entries whose rows do not say so yet, since they are from before it was kept: read from the log, where answers are judged.

import type { Entry } from "../allow-list.ts";
import { authorsIn } from "../entry-authors.ts";
import { UnreadableRow } from "../faults.ts";
import { entrySubject, isEvent, type LogRow, type StoredEvent } from "../ledger.ts";
import { concurrently } from "../loop/concurrently.ts";
import { optional } from "../optional.ts";
import type { AllowList, Ledger } from "../ports.ts";

const readsAtOnce = 16;

type Log = Pick<Ledger, "history">;
type Part = Partial<Pick<AllowList, "read" | "inspect" | "standing">>;

/** The same list, with the authors of all that it reads by key. */
export function withAuthors<T extends Part>(allowList: T, log: Log): T {
  const { read, inspect, standing } = allowList;
  return {
    ...allowList,
    ...(read === undefined ? {} : { read: async (keys: Parameters<AllowList["read"]>[0]) => known(await read(keys), log) }),
    ...(inspect === undefined
      ? {}
      : {
          inspect: async (keys: Parameters<AllowList["inspect"]>[0]) =>
            concurrently(await inspect(keys), readsAtOnce, async (found) => ("unreadable" in found ? found : authored(found, log))),
        }),
    ...(standing === undefined
      ? {}
      : {
          standing: async (keys: Parameters<AllowList["standing"]>[0]) => {
            const { entries, removed } = await standing(keys);
            return { entries: await known(entries, log), removed };
          },
        }),
  };
}

const known = (entries: readonly Entry[], log: Log): Promise<Entry[]> =>
  concurrently(entries, readsAtOnce, (entry) => authored(entry, log));

const authored = async (entry: Entry, log: Log): Promise<Entry> =>
  entry.authors === undefined ? { ...entry, authors: await authorsOf(entry, log) } : entry;

async function authorsOf({ service, principal, version }: Entry, log: Log): Promise<readonly string[]> {
  const events = [];
  let cursor: string | undefined;
  do {
    const page = await log.history(entrySubject(service, principal), optional("cursor", cursor));
    events.push(...page.items.filter(({ seq }) => seq <= version).map(eventIn));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return authorsIn(events);
}

/** Whose answer counts rests on it: where it cannot be read, nobody's does. */
function eventIn(row: LogRow): StoredEvent["event"] {
  if (isEvent(row)) return row.event;
  const { subject, seq, unreadable } = row;
  throw new UnreadableRow("AuditLog", `event ${String(seq)} of ${subject} is no event any more`, { subject, seq }, unreadable);
}
