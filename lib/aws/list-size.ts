// How many ids a call takes when AWS does not say: tried, halved where it is too many, and approached from below. Pure.

export interface ListSize {
  /** The size to begin with. */
  readonly first: number;
  /** The size to ask with next. */
  readonly next: number;
  /** The most that went through; 0 before any did. */
  readonly most: number;
  /** The least that was too many. */
  readonly limit?: number;
}

export const listSize = (first: number): ListSize => ({ first, next: first, most: 0 });

export function fits(size: ListSize, count: number): ListSize {
  const most = Math.max(size.most, count);
  return size.limit === undefined || count < size.next ? { ...size, most } : between(size.first, most, size.limit);
}

export function tooMany(size: ListSize, count: number): ListSize {
  // One id that is too many says that the refusal was never about the size.
  if (count <= 1) return listSize(size.first);
  const limit = Math.min(size.limit ?? count, count);
  return between(size.first, Math.min(size.most, limit - 1), limit);
}

/** Each try that is too many costs a call, so it ends when the rest to gain is small. */
function between(first: number, most: number, limit: number): ListSize {
  const isClose = most > 0 && limit - most <= Math.max(1, most / 10);
  return { first, next: isClose ? most : Math.max(1, Math.floor((most + limit) / 2)), most, limit };
}
