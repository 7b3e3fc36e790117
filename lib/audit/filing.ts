// Whether each event is filed where questions look for it: the index keys beside an event are in no hash, so they are held against the event itself.

import { filed, type StoredEvent } from "../ledger.ts";
import { finding, type Finding } from "./finding.ts";

/** The attributes of a row that its event determines, and that an index or a reader of one goes by. */
export const filedBy = ["service", "actor", "type", "decision", "atKey", "bucket", "at"] as const;
type Key = (typeof filedBy)[number];

/** Whatever else a row has: the event itself, and the row's version. */
const ownMembers = ["subject", "seq", "event", "account", "previous", "hash", "v"] as const;
const members: ReadonlySet<string> = new Set([...filedBy, ...ownMembers]);

/** What a row is filed under, where that is not simply what its event says, and what no row has; nothing for nearly all. */
export function filedOtherwise(row: Readonly<Record<string, unknown>>, stored: StoredEvent): { filedUnder?: Record<string, string> } {
  const says = keysOf(stored);
  const others = [...filedBy.filter((key) => row[key] !== says[key]), ...Object.keys(row).filter((name) => !members.has(name))].map(
    (key) => {
      const is = row[key];
      return [key, is === undefined ? "" : typeof is === "string" ? is : JSON.stringify(is)] as const;
    },
  );
  return others.length === 0 ? {} : { filedUnder: Object.fromEntries(others) };
}

const keysOf = (stored: StoredEvent): Readonly<Partial<Record<Key, string>>> => ({
  ...filed(stored),
  ...(stored.service === undefined ? {} : { service: stored.service }),
  at: stored.event.at,
});

/** Beside its plain value, a busy second's events are under `<value>#1`, `<value>#2` …: a reader looks for one more than there is. */
const spreads: ReadonlySet<Key> = new Set(["service", "actor", "type", "decision", "bucket"]);

export interface Filing {
  add(stored: StoredEvent): Finding[];
  /** Events under a key that no reader comes to, since the one before it is empty in that second. */
  finish(): Finding[];
}

export function filing(): Filing {
  const shards = new Map<string, StoredEvent[]>();
  const placeOf = (key: string, value: string, shard: number, stored: StoredEvent): string =>
    `${key} ${value} ${stored.event.at.slice(0, 19)} ${String(shard)}`;
  const further: { key: string; value: string; shard: number; stored: StoredEvent }[] = [];
  return {
    add(stored) {
      if (stored.filedUnder === undefined) return [];
      const says = keysOf(stored);
      const besides = Object.keys(stored.filedUnder).filter((name) => !members.has(name));
      const foreign = besides.map((name) =>
        finding("edited", stored.subject, stored.seq, { why: `beside it stands ${JSON.stringify(name)}, which no event has` }),
      );
      const misplaced = filedBy.flatMap((key) => {
        const is = stored.filedUnder?.[key];
        const value = says[key];
        if (is === undefined) return [];
        // A log from before all of time was one key.
        if (key === "bucket" && is === stored.event.at.slice(0, 10)) return [];
        const shard = value !== undefined && spreads.has(key) ? shardOf(is, value) : undefined;
        if (shard === undefined || value === undefined) return [misfiled(stored, key, is, value)];
        const place = placeOf(key, value, shard, stored);
        shards.set(place, [...(shards.get(place) ?? []), stored]);
        further.push({ key, value, shard, stored });
        return [];
      });
      return [...misplaced, ...foreign];
    },
    finish: () =>
      further
        .filter(({ key, value, shard, stored }) => shard > 1 && !shards.has(placeOf(key, value, shard - 1, stored)))
        .map(({ key, value, shard, stored }) => misfiled(stored, key as Key, `${value}#${String(shard)}`, value)),
  };
}

function shardOf(is: string, value: string): number | undefined {
  const [, digits] = is.startsWith(`${value}#`) ? (/^#([1-9]\d?)$/.exec(is.slice(value.length)) ?? []) : [];
  return digits === undefined ? undefined : Number(digits);
}

const misfiled = ({ subject, seq }: StoredEvent, key: Key, is: string, value: string | undefined): Finding =>
  finding("misfiled", subject, seq, {
    why: `its ${key} is ${is === "" ? "missing" : JSON.stringify(is)}, and its event says ${value === undefined ? "that it has none" : JSON.stringify(value)}`,
  });
