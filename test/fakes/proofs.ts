// Claims in memory, each until its time has passed.

import { milliseconds } from "../../lib/ids.ts";
import type { Clock, Proofs } from "../../lib/ports.ts";

export interface FakeProofs {
  /** The port as one process sees it: it gives back only what it holds. */
  readonly of: (holder: string) => Proofs;
  readonly held: ReadonlyMap<string, { readonly holder: string; readonly until: number }>;
}

export function fakeProofs(clock: Clock): FakeProofs {
  const held = new Map<string, { readonly holder: string; readonly until: number }>();
  return {
    held,
    of: (holder) => {
      const mine = new Map<string, object>();
      return {
        claim: async (kind, id, seconds) => {
          const key = `${kind}#${id}`;
          const now = milliseconds(clock()) / 1000;
          const other = held.get(key);
          if (other !== undefined && other.until > Math.floor(now)) return false;
          const claim = { holder, until: Math.ceil(now) + seconds };
          held.set(key, claim);
          mine.set(key, claim);
          return true;
        },
        extend: async (kind, id, seconds) => {
          const key = `${kind}#${id}`;
          const own = mine.get(key);
          if (own === undefined || held.get(key) !== own) return false;
          const claim = { holder, until: Math.ceil(milliseconds(clock()) / 1000) + seconds };
          held.set(key, claim);
          mine.set(key, claim);
          return true;
        },
        release: async (kind, id) => {
          const key = `${kind}#${id}`;
          if (held.get(key) === mine.get(key)) held.delete(key);
          mine.delete(key);
        },
      };
    },
  };
}
