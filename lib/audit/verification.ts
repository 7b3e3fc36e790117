// Verifying a log: every event against what the checkpoints vouch for, and what came after them against its own chain.

import type { Instant } from "../ids.ts";
import { bodyHash, isEvent, type Hash, type LogRow, type StoredEvent, type Subject } from "../ledger.ts";
import { optional } from "../optional.ts";
import { alignment, type Odd } from "./alignment.ts";
import type { Period } from "./coverage.ts";
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
  /** So many events the checkpoints hold. */
  readonly held: number;
  /** So many of the events are of the time before or after the period. */
  readonly outside: number;
  readonly chains: number;
  readonly checkpoints: number;
  /** Up to here nothing can be missing. */
  readonly until?: Instant;
}

export interface Verification {
  /** In any order. */
  add(row: LogRow): void;
  /** Chains that seem to lack something, or that something does not fit. */
  doubtful(): Subject[];
  /** A doubtful chain as it is read by its key: what the list by time did not give is added. */
  found(rows: readonly LogRow[], before: Instant): void;
  finish(): Verified;
}

export interface Verifying {
  readonly sealed: Sealed;
  readonly hash: Hash;
  /** What is asked about: the rest is counted apart. */
  readonly period?: Period;
  /** An event's true hash, where it is known already. */
  readonly digest?: (stored: StoredEvent) => string;
}

interface Seen {
  /** By sequence less one: it is as it was sealed. */
  readonly good: boolean[];
  readonly odd: Odd[];
  /** By sequence: rows that are no events any more. */
  readonly unreadable: Map<number, string>;
}
const nothingSeen = (): Seen => ({ good: [], odd: [], unreadable: new Map() });
const noChain: SealedChain = { hashes: [], grewFrom: new Map(), by: [] };

/** Keeps a bit for each event that is as it was sealed, and the whole of the others. */
export function verification({ sealed, hash, period, digest = (stored) => bodyHash(stored, hash) }: Verifying): Verification {
  const seen = new Map<Subject, Seen>();
  const findings: Finding[] = [...sealed.findings];
  const keys = filing();
  const against: Against = { sealed, hash };
  let [events, good, outside] = [0, 0, 0];
  const seenOf = (subject: Subject): Seen => {
    const its = seen.get(subject) ?? nothingSeen();
    seen.set(subject, its);
    return its;
  };
  const add = (row: LogRow): void => {
    events += 1;
    const { subject, seq } = row;
    const its = seenOf(subject);
    if (!isEvent(row)) {
      const stray = finding("inserted", subject, seq, { why: row.unreadable });
      if (seq === 0) findings.push(...(findings.some(({ text }) => text === stray.text) ? [] : [stray]));
      else its.unreadable.set(seq, row.unreadable);
      return;
    }
    const { at } = row.event;
    if (period !== undefined && (at >= period.to || (period.from !== undefined && at < period.from))) outside += 1;
    findings.push(...keys.add(row));
    const own = digest(row);
    const isGood = own === row.hash && sealed.chains.get(subject)?.hashes[seq - 1] === own;
    if (!isGood) its.odd.push({ stored: row, own });
    else if (its.good[seq - 1] === true) findings.push(finding("repeated", subject, seq));
    else {
      its.good[seq - 1] = true;
      good += 1;
    }
  };
  return {
    add,
    doubtful: () =>
      [...new Set([...sealed.chains.keys(), ...seen.keys()])].filter(
        (subject) => verifyChain(subject, seen.get(subject) ?? nothingSeen(), against).findings.length > 0,
      ),
    found(rows, before) {
      for (const row of rows) {
        const its = seenOf(row.subject);
        const isNew =
          its.good[row.seq - 1] !== true && !its.unreadable.has(row.seq) && !its.odd.some(({ stored }) => stored.seq === row.seq);
        const isWanted =
          sealed.chains.get(row.subject)?.hashes[row.seq - 1] !== undefined || (sealed.begins === undefined && atOf(row) < before);
        if (isNew && isWanted) add(row);
      }
    },
    finish() {
      let unsealed = 0;
      // Of a part of the log, the first second may be there in part.
      if (sealed.begins === undefined) for (const one of keys.finish()) findings.push(one);
      for (const subject of new Set([...sealed.chains.keys(), ...seen.keys()])) {
        const result = verifyChain(subject, seen.get(subject) ?? nothingSeen(), against);
        for (const one of result.findings) findings.push(one);
        unsealed += result.unsealed;
      }
      return {
        intact: findings.length === 0,
        findings,
        events,
        sealed: good,
        unsealed,
        held: heldBy(sealed),
        outside,
        chains: seen.size,
        checkpoints: sealed.statements.length,
        ...optional("until", sealed.statements.at(-1)?.until),
      };
    },
  };
}

const atOf = (row: LogRow): string => (isEvent(row) ? row.event.at : (row.at ?? ""));

function heldBy({ chains }: Sealed): number {
  let held = 0;
  for (const { hashes } of chains.values()) for (const one of hashes) if (one !== undefined) held += 1;
  return held;
}

type Against = Pick<Verifying, "sealed" | "hash">;

function verifyChain(subject: Subject, seen: Seen, { sealed, hash }: Against): { findings: Finding[]; unsealed: number } {
  const chain = sealed.chains.get(subject) ?? noChain;
  const missing = missingOf(chain, seen);
  if (seen.odd.length === 0 && missing.length === 0 && seen.unreadable.size === 0) return { findings: [], unsealed: 0 };
  const [earlier, judged] = partition(seen.odd, ({ stored }) => isEarlier(stored, chain, sealed.begins));
  const { suspects, fitting, repeated } = sorted(chain, { ...seen, odd: judged }, earlier, sealed.begins !== undefined);
  const backdated = fitting.filter(
    ({ stored }) => sealed.whole !== undefined && stored.event.at < sealed.whole && chain.hashes.length < stored.seq,
  );
  const why = `it says ${backdated[0]?.stored.event.at ?? ""}, and no checkpoint up to ${sealed.whole ?? ""} holds it`;
  return {
    findings: [
      ...[...seen.unreadable].map(([seq, fault]) => finding("edited", subject, seq, { why: `it is no event any more: ${fault}` })),
      ...repeated.map((seq) => finding("repeated", subject, seq)),
      ...alignment(subject, chain, { suspects, missing, present: presentOf(seen) }, hash),
      ...backdated.map(({ stored }) => finding("inserted", subject, stored.seq, { why })),
    ],
    unsealed: fitting.length - backdated.length,
  };
}

/** Of the time that a checkpoint before those that are here holds. */
const isEarlier = ({ seq, event }: StoredEvent, { hashes }: SealedChain, begins: Instant | undefined): boolean =>
  begins !== undefined && event.at <= begins && !hashes.slice(0, seq).some((hash) => hash !== undefined);

/** The places that a checkpoint vouches for and where nothing is as it was. Where something stands that cannot be read, that is said by itself. */
function missingOf(chain: SealedChain, { good, unreadable }: Seen): number[] {
  const missing: number[] = [];
  for (let place = 0; place < chain.hashes.length; place += 1)
    if (chain.hashes[place] !== undefined && good[place] !== true && !unreadable.has(place + 1)) missing.push(place + 1);
  return missing;
}

const presentOf = ({ good, odd, unreadable }: Seen): ReadonlySet<number> =>
  new Set([...good.flatMap((is, place) => (is ? [place + 1] : [])), ...odd.map(({ stored }) => stored.seq), ...unreadable.keys()]);

function partition<T>(all: readonly T[], isSo: (one: T) => boolean): [T[], T[]] {
  const { yes = [], no = [] } = Object.groupBy(all, (one) => (isSo(one) ? "yes" : "no"));
  return [yes, no];
}

/** Newer events that continue the chain fit; where a checkpoint knows better, and where nothing fits, they are suspects. */
function sorted(
  chain: SealedChain,
  { good, odd, unreadable }: Seen,
  earlier: readonly Odd[],
  isPart: boolean,
): { suspects: Odd[]; fitting: Odd[]; repeated: number[] } {
  const suspects: Odd[] = [];
  const fitting: Odd[] = [];
  const repeated: number[] = [];
  const hashAt = new Map(earlier.map(({ stored }) => [stored.seq, stored.hash]));
  let last: number | undefined;
  for (const one of odd.toSorted((a, b) => a.stored.seq - b.stored.seq)) {
    const { seq, previous, hash } = one.stored;
    const before = seq === 1 ? "" : (hashAt.get(seq - 1) ?? (good[seq - 2] === true ? chain.hashes[seq - 2] : undefined));
    // What it follows cannot be read, or is of the time before.
    const begins = before === undefined && (unreadable.has(seq - 1) || (isPart && last === undefined && chain.hashes.length === 0));
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
