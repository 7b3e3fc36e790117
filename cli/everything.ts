// Every item of a list of the API, where a command needs the whole: a row that cannot be read ends it.

import { unreadableMend, unreadableWords, type UnreadableShown } from "../lib/operator/unreadable-entry.ts";
import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";

export async function everything<T>({ api }: Pick<Call, "api">, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<{ items: T[]; cursor?: string; unreadable?: UnreadableShown[] }>(path, { limit: "1000", cursor });
    const [spoilt] = page.unreadable ?? [];
    if (spoilt !== undefined) throw new Failure(1, "UnreadableEntry", unreadableWords(spoilt), unreadableMend(spoilt));
    items.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return items;
}
