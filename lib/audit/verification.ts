// Verifying a log: every event against what the checkpoints vouch for, and what came after them against its own chain.

import type { Instant } from "../ids.ts";
import { bodyHash, type Hash, type StoredEvent, type Subject } from "../ledger.ts";
import { alignment, type Odd } from "./alignment.ts";
import { filing } from "./filing.ts";
import { finding, type Finding } from "./finding.ts";
import { previousAt, type Sealed, type SealedChain } from "./sealed.ts";

export interface Verified {
  /** Nothing was found. */
  readonly intact: boolean;
  readonly findings: readonly Finding[];
  readonly events: number;
  /** Of these, so many are as a checkpoint saw them. */
  readonly sealed: number;
  /** And so many are newer than the last checkpoint: only their own chain speaks for them. */
  readonly unsealed: number;
  readonly chains: number;
  readonly checkpoints: number;
  /** Up to here nothing can be missing. */
  readonly until?: Instant;
}

export interface Verification {
  /** In any order. */
  add(stored: StoredEvent): void;
  finish(): Verified;
}

export interface Verifying {
  readonly sealed: Sealed;
  readonly hash: Hash;
  /** The log is only that of a period: what is older or newer is not missed. */
  readonly period?: { readonly from: Instant; readonly to: Instant };
  /** An event's true hash, where it is known already. */
  readonly digest?: (stored: StoredEvent) => string;
}

interface Seen {
  /** By sequence less one: it is as it was sealed. */
  readonly good: boolean[];
  readonly odd: Odd[];
}

/** Keeps a bit for each event that is as it was sealed, and the whole of the others. */
export function verification({ sealed, hash, period, digest = (stored) => bodyHash(stored, hash) }: Verifying): Verification {
  const seen = new Map<Subject, Seen>();
  const findings: Finding[] = [...sealed.findings];
  const keys = filing();
  let [events, good] = [0, 0];
  return {
    add(stored) {
      events += 1;
      const { subject, seq } = stored;
      const its = seen.get(subject) ?? { good: [], odd: [] };
      seen.set(subject, its);
      findings.push(...keys.add(stored));
      const own = digest(stored);
      const isGood = own === stored.hash && sealed.chains.get(subject)?.hashes[seq - 1] === own;
      if (!isGood) its.odd.push({ stored, own });
      else if (its.good[seq - 1] === true) findings.push(finding("repeated", subject, seq));
      else {
        its.good[seq - 1] = true;
        good += 1;
      }
    },
    finish() {
      let unsealed = 0;
      // Of a period, the first second may be there in part.
      if (period === undefined) findings.push(...keys.finish());
      for (const subject of new Set([...sealed.chains.keys(), ...seen.keys()])) {
        const result = verifyChain(subject, seen.get(subject) ?? { good: [], odd: [] }, {
          sealed,
          hash,
          ...(period === undefined ? {} : { period }),
        });
        findings.push(...result.findings);
        unsealed += result.unsealed;
      }
      const until = sealed.statements.at(-1)?.until;
      return {
        intact: findings.length === 0,
        findings,
        events,
        sealed: good,
        unsealed,
        chains: seen.size,
        checkpoints: sealed.statements.length,
        ...(until === undefined ? {} : { until }),
      };
    },
  };
}

type Against = Pick<Verifying, "sealed" | "hash" | "period">;

function verifyChain(subject: Subject, seen: Seen, against: Against): { findings: Finding[]; unsealed: number } {
  const chain = against.sealed.chains.get(subject) ?? { hashes: [], grewFrom: new Map(), by: [] };
  const missing = missingOf(chain, seen, against);
  if (seen.odd.length === 0 && missing.length === 0) return { findings: [], unsealed: 0 };
  const { suspects, fitting, repeated } = sorted(chain, seen, against);
  const backdated = fitting.filter(
    ({ stored }) => against.sealed.whole !== undefined && stored.event.at < against.sealed.whole && chain.hashes.length < stored.seq,
  );
  const why = `it says ${backdated[0]?.stored.event.at ?? ""}, and no checkpoint up to ${against.sealed.whole ?? ""} holds it`;
  return {
    findings: [
      ...repeated.map((seq) => finding("repeated", subject, seq)),
      ...alignment(subject, chain, { suspects, missing, present: presentOf(seen) }, against.hash),
      ...backdated.map(({ stored }) => finding("inserted", subject, stored.seq, { why })),
    ],
    unsealed: fitting.length - backdated.length,
  };
}

/** The places that a checkpoint vouches for and where nothing is as it was. Of a period, only what must lie within it. */
function missingOf(chain: SealedChain, { good }: Seen, { sealed, period }: Against): number[] {
  const first = good.findIndex(Boolean);
  const missing: number[] = [];
  for (let place = 0; place < chain.hashes.length; place += 1)
    if (chain.hashes[place] !== undefined && good[place] !== true && (period === undefined || within(place))) missing.push(place + 1);
  return missing;

  function within(place: number): boolean {
    if (first !== -1 && place > first && place < good.length) return true;
    const [lowest] = sealed.statements;
    const statement = sealed.statements[(chain.by[place] ?? 0) - (lowest?.number ?? 0)];
    return statement !== undefined && period !== undefined && statement.since >= period.from && statement.until <= period.to;
  }
}

const presentOf = ({ good, odd }: Seen): ReadonlySet<number> =>
  new Set([...good.flatMap((is, place) => (is ? [place + 1] : [])), ...odd.map(({ stored }) => stored.seq)]);

/** Newer events that continue the chain fit; where a checkpoint knows better, and where nothing fits, they are suspects. */
function sorted(chain: SealedChain, { good, odd }: Seen, { period }: Against): { suspects: Odd[]; fitting: Odd[]; repeated: number[] } {
  const suspects: Odd[] = [];
  const fitting: Odd[] = [];
  const repeated: number[] = [];
  const hashAt = new Map<number, string>();
  let last: number | undefined;
  for (const one of odd.toSorted((a, b) => a.stored.seq - b.stored.seq)) {
    const { seq, previous, hash } = one.stored;
    const before = seq === 1 ? "" : (hashAt.get(seq - 1) ?? (good[seq - 2] === true ? chain.hashes[seq - 2] : undefined));
    const begins = before === undefined && period !== undefined && last === undefined && good.length === 0;
    const continues = previous === before || begins;
    // A place that the checkpoint does not list is held by the one after it.
    const held =
      chain.hashes[seq] !== undefined && previousAt(chain, seq + 1) !== undefined ? previousAt(chain, seq + 1) === one.own : true;
    if (seq === last) repeated.push(seq);
    else if (chain.hashes[seq - 1] === undefined && one.own === hash && continues && held) {
      fitting.push(one);
      hashAt.set(seq, hash);
    } else suspects.push(one);
    last = seq;
  }
  return { suspects, fitting, repeated };
}
