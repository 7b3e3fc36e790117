// Lists page by page: one page with a word on how to go on, or every page with the count so far.

import type { Call } from "./command.ts";
import { painted } from "./render.ts";

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
  readonly unreadable?: readonly unknown[];
}

/** One page, or all with --all. What a page holds besides its items is that of the last one, but rows that cannot be read are gathered. */
export async function paged<T, P extends Page<T> = Page<T>>(
  { given, api, terminal }: Pick<Call, "given" | "api" | "terminal">,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<P> {
  const limit = given.text("limit") ?? (given.flag("all") ? "1000" : undefined);
  let page = await api.get<P>(path, { ...query, limit, cursor: given.text("cursor") });
  if (!given.flag("all")) return page;
  const items = [...page.items];
  const unreadable = [...(page.unreadable ?? [])];
  while (page.cursor !== undefined) {
    if (terminal.interactive) terminal.err(painted(`${String(items.length)} so far …`, "dim", terminal.aside));
    page = await api.get<P>(path, { ...query, limit, cursor: page.cursor });
    items.push(...page.items);
    unreadable.push(...(page.unreadable ?? []));
  }
  return { ...page, items, ...(unreadable.length === 0 ? {} : { unreadable }) };
}

/** Tells on stderr that there is more. */
export function tellMore({ terminal }: Pick<Call, "terminal">, { cursor }: Page<unknown>): void {
  if (cursor !== undefined) terminal.err(`There is more: --all, or --cursor ${cursor}`);
}
