// Several lists read as one, page by page, with one cursor that a client hands back unchanged.

import { optional } from "../optional.ts";
import { BadInput } from "../faults.ts";
import type { Page, PageRequest } from "../ledger.ts";

export interface Source<T> {
  /** Tells the source apart from the others; part of the cursor. */
  readonly key: string;
  readonly page: (request: PageRequest) => Promise<Page<T>>;
}

const limitUsual = 100;
/** A page ends when it holds this much as JSON, though there may be more: what a function may answer is 6 MB. */
export const pageBytesMax = 1_000_000;
/** Reads for one answer; with a narrow filter it may hold fewer items than asked, and a cursor to go on. */
const readsMax = 20;

/** One page over all sources in their order. What `keep` leaves out does not count. It may hold fewer than asked for. */
export async function walk<T>(
  sources: readonly Source<T>[],
  request: PageRequest,
  keep: (item: T) => boolean = () => true,
): Promise<Page<T>> {
  const limit = request.limit ?? limitUsual;
  const items: T[] = [];
  let { index, cursor } = startAt(sources, request.cursor);
  let bytes = 0;
  for (let reads = 0; reads < readsMax && items.length < limit && bytes < pageBytesMax; reads += 1) {
    const source = sources[index];
    if (source === undefined) break;
    const page = await source.page({ limit: limit - items.length, ...optional("cursor", cursor) });
    const kept = page.items.filter(keep);
    items.push(...kept);
    bytes += bytesOf(kept);
    cursor = page.cursor;
    if (cursor === undefined) index += 1;
  }
  const next = sources[index];
  return {
    items,
    ...optional("cursor", next === undefined ? undefined : written(next.key, cursor)),
  };
}

/** Everything of a list, up to `most`, and to so many bytes where it is part of an answer; `complete` says whether that was all. */
export async function all<T>(
  page: (request: PageRequest) => Promise<Page<T>>,
  most: number,
  bytesMax = Infinity,
): Promise<{ items: T[]; complete: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  let bytes = 0;
  do {
    const next = await page({ limit: Math.min(most, 1000), ...optional("cursor", cursor) });
    items.push(...next.items);
    if (bytesMax < Infinity) bytes += bytesOf(next.items);
    cursor = next.cursor;
  } while (cursor !== undefined && items.length < most && bytes < bytesMax);
  return { items: items.slice(0, most), complete: cursor === undefined && items.length <= most };
}

const bytesOf = (items: readonly unknown[]): number => Buffer.byteLength(JSON.stringify(items));

function startAt(sources: readonly Source<unknown>[], given: string | undefined): { index: number; cursor: string | undefined } {
  if (given === undefined) return { index: 0, cursor: undefined };
  const [key, cursor] = readCursor(given);
  const index = sources.findIndex((source) => source.key === key);
  if (index === -1)
    throw new BadInput("cursor", given, "give the cursor of the page before with the same filters, or begin again without one");
  return { index, cursor };
}

/** The source's key, made fit for a shell and a URL, a point, and the source's own cursor. */
const written = (key: string, cursor = ""): string => `${encoded(key)}.${cursor}`;
const encoded = (key: string): string => encodeURIComponent(key).replaceAll(/[.!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);

function readCursor(given: string): [string, string | undefined] {
  const point = given.indexOf(".");
  try {
    const cursor = given.slice(point + 1);
    if (point > 0) return [decodeURIComponent(given.slice(0, point)), cursor === "" ? undefined : cursor];
  } catch {
    // Not ours: told below.
  }
  throw new BadInput("cursor", given, "give the cursor of the page before, unchanged");
}
