// The largest of many numbers, however many: Math.max takes each as an argument, and dies of too many.

/** Zero where there are none, or none above it. */
export function largest(numbers: Iterable<number>): number {
  let found = 0;
  for (const one of numbers) if (one > found) found = one;
  return found;
}
