// How much of a list goes into one request: so many items, and so many bytes.

export interface Weighed<T> {
  readonly item: T;
  readonly items: number;
  readonly bytes: number;
}

/** As JSON, with the comma after it. */
export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** What it stands for, weighed by all that goes with it. */
export const weighed = <T>(item: T, its: readonly unknown[]): Weighed<T> => ({
  item,
  items: its.length,
  bytes: its.reduce((sum: number, one) => sum + bytesOf(one), 0),
});

/** In their order, as many into each part as it takes; what is too much by itself has a part of its own. */
export function packed<T>(all: readonly Weighed<T>[], room: { readonly items: number; readonly bytes: number }): T[][] {
  const parts: T[][] = [];
  let left = { items: 0, bytes: 0 };
  for (const { item, items, bytes } of all) {
    const part = parts.at(-1);
    if (part === undefined || items > left.items || bytes > left.bytes) {
      parts.push([item]);
      left = { items: room.items - items, bytes: room.bytes - bytes };
    } else {
      part.push(item);
      left = { items: left.items - items, bytes: left.bytes - bytes };
    }
  }
  return parts;
}
