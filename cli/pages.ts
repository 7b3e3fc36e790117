// Lists page by page: one page with a word on how to go on, or every page with the count so far.

import type { Call } from "./command.ts";
import { painted } from "./render.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

/** One page, or all with --all. */
export async function paged<T>(
  { given, api, terminal }: Pick<Call, "given" | "api" | "terminal">,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<Page<T>> {
  const limit = given.text("limit") ?? (given.flag("all") ? "1000" : undefined);
  let page = await api.get<Page<T>>(path, { ...query, limit, cursor: given.text("cursor") });
  if (!given.flag("all")) return page;
  const items = [...page.items];
  while (page.cursor !== undefined) {
    if (terminal.interactive) terminal.err(painted(`${String(items.length)} so far …`, "dim", terminal.aside));
    page = await api.get<Page<T>>(path, { ...query, limit, cursor: page.cursor });
    items.push(...page.items);
  }
  return { items };
}

/** Tells on stderr that there is more. */
export function tellMore({ terminal }: Pick<Call, "terminal">, { cursor }: Page<unknown>): void {
  if (cursor !== undefined) terminal.err(`There is more: --all, or --cursor ${cursor}`);
}
