// Spreading the log's indexes: a value that many events share in one second is filed under further keys, so that none gets hot.

import { filed, type StoredEvent } from "../ledger.ts";

/**
 * A DynamoDB partition takes 1,000 write units a second, an event of up to 2 KB takes two in each index, and up to ten
 * instances write at once: 25 each take half of that.
 */
export const eventsPerShard = 25;
/** Beyond it the shards are taken again from the first: room for 1,600 events a second from each instance. */
export const shardsMax = 64;

/** The attributes that the indexes of the log hash by. An account's is never shared: AWS lets one make few endpoints a second. */
const spreadAttributes = ["service", "actor", "type", "decision", "bucket"] as const;
type Attribute = (typeof spreadAttributes)[number];
export type Keys = { readonly [A in Attribute]?: string };

export interface Spread {
  /** What to file the event under. */
  readonly keysOf: (stored: StoredEvent) => Keys;
  /** Tells that it was written. Counting only what is written, shard n has events of a second only if n - 1 is full of it. */
  readonly written: (stored: StoredEvent) => void;
}

/** The key of a value's shard; the first is the value itself. */
export const shardKey = (value: string, shard: number): string => (shard === 0 ? value : `${value}#${String(shard)}`);
/** A service as it was before it was spread. */
export const unspread = (key: string): string => key.replace(/#\d+$/, "");

/** How many seconds' counts are kept: an instance writes events of the last few only. */
const secondsMax = 16;

/** What one instance of a function has written lately. */
export function spreading(): Spread {
  const seconds = new Map<string, Map<string, number>>();
  const countsOf = (stored: StoredEvent): Map<string, number> => {
    const second = stored.event.at.slice(0, 19);
    const known = seconds.get(second);
    if (known !== undefined) return known;
    const made = new Map<string, number>();
    seconds.set(second, made);
    if (seconds.size > secondsMax) for (const oldest of [...seconds.keys()].slice(0, 1)) seconds.delete(oldest);
    return made;
  };
  return {
    keysOf(stored) {
      const counts = countsOf(stored);
      const pairs = values(stored).map(([attribute, value]) => {
        const before = counts.get(`${attribute} ${value}`) ?? 0;
        return [attribute, shardKey(value, Math.floor(before / eventsPerShard) % shardsMax)] as const;
      });
      return Object.fromEntries(pairs);
    },
    written(stored) {
      const counts = countsOf(stored);
      for (const [attribute, value] of values(stored)) {
        const key = `${attribute} ${value}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    },
  };
}

function values(stored: StoredEvent): (readonly [Attribute, string])[] {
  const all = { ...filed(stored), service: stored.service };
  return spreadAttributes.flatMap((attribute) => (all[attribute] === undefined ? [] : [[attribute, all[attribute]] as const]));
}
