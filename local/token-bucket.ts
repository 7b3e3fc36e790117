// AWS's throttle: a bucket that holds so many calls and refills so many a second.

import type { Clock } from "./service.ts";

export interface BucketSize {
  readonly holds: number;
  readonly refillsPerSecond: number;
}

export interface TokenBuckets {
  /** Takes one token out of the bucket of that name; false when it is empty. */
  take(name: string, size: BucketSize): boolean;
}

export function createTokenBuckets(clock: Clock): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(name, size) {
      const now = clock.now();
      const bucket = buckets.get(name) ?? { tokens: size.holds, at: now };
      bucket.tokens = Math.min(size.holds, bucket.tokens + ((now - bucket.at) / 1000) * size.refillsPerSecond);
      bucket.at = now;
      buckets.set(name, bucket);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
