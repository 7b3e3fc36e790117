// An account's other connections, as they stand now: what was decided of each, by whom, and what was there before.

import type { Connection } from "../connection.ts";
import { UnreadableRow } from "../faults.ts";
import type { Instant } from "../ids.ts";
import { optional } from "../optional.ts";
import type { Connections } from "../ports.ts";

export interface Earlier {
  /** Newest first, as many as are shown. */
  readonly items: readonly Connection[];
  /** How many there are besides. */
  readonly more: number;
  /** Whether all of them were looked at. */
  readonly complete: boolean;
}

const shownMax = 6;
const readMax = 1000;

export async function earlierOf(
  { connections }: { readonly connections: Pick<Connections, "ofAccount"> },
  about: Connection,
): Promise<Earlier> {
  const found: Connection[] = [];
  let cursor: string | undefined;
  let readable = true;
  try {
    do {
      const page = await connections.ofAccount(about.account, { limit: 250, ...optional("cursor", cursor) });
      found.push(...page.items.filter(({ endpoint }) => endpoint !== about.endpoint));
      cursor = page.cursor;
    } while (cursor !== undefined && found.length < readMax);
  } catch (error) {
    // One row that nobody can read keeps nobody from deciding about another.
    if (!(error instanceof UnreadableRow)) throw error;
    readable = false;
  }
  const items = found.toSorted((a, b) => (since(a) > since(b) ? -1 : 1));
  return { items: items.slice(0, shownMax), more: Math.max(0, items.length - shownMax), complete: readable && cursor === undefined };
}

/** When it was decided, or first seen. */
export const since = (connection: Connection): Instant => decisionIn(connection)?.at ?? connection.seenAt;

export const decisionIn = (connection: Connection): Extract<Connection, { status: "closed" }>["decision"] =>
  "decision" in connection ? connection.decision : undefined;
