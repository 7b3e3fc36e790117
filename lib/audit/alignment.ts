// Which events of an altered chain are which: each content is looked for at every place that the checkpoints vouch for.

import { largest } from "../largest.ts";
import { bodyHash, type Hash, type StoredEvent, type Subject } from "../ledger.ts";
import { finding, type Finding } from "./finding.ts";
import { previousAt, type SealedChain } from "./sealed.ts";

/** An event that is not simply as a checkpoint saw it. */
export interface Odd {
  readonly stored: StoredEvent;
  readonly own: string;
}

export interface Altered {
  /** Events that are not as they were at their place, in order. */
  readonly suspects: readonly Odd[];
  /** Places where nothing is as it was. */
  readonly missing: readonly number[];
  /** Every place where there is anything. */
  readonly present: ReadonlySet<number>;
}

/** So far around its expected place each content is looked for first; an insertion or deletion shifts all that follows. */
const near = 3;
/** Hashes that the search for the rest may take: beyond it, what was moved shows as deleted and inserted. */
const searchMax = 500_000;

/**
 * An event's hash covers its content, its place and the hash before it. Whoever recomputed all hashes has kept the
 * contents, so each is hashed again as it would have been at a sealed place: where that gives the sealed hash, it is found.
 */
export function alignment(subject: Subject, chain: SealedChain, altered: Altered, hash: Hash): Finding[] {
  const { suspects, missing, present } = altered;
  const places = placesOf(chain, altered, hash);
  const taken = new Set(places.values());
  const foreign = suspects.filter((one) => !places.has(one));
  const lost = new Set(missing.filter((seq) => !taken.has(seq)));
  const edited = new Set(foreign.filter(({ stored }) => lost.has(stored.seq)));
  const changed = new Set([...edited].map(({ stored }) => stored.seq));
  const gone = [...lost].filter((seq) => !changed.has(seq));
  const end = largest(present);
  const cut = new Set(gone.filter((seq) => seq > end && gone.length >= chain.hashes.length - seq + 1));
  const others = [
    ...[...edited].map(({ stored }) => finding("edited", subject, stored.seq)),
    ...gone.map((seq) => finding(cut.has(seq) ? "truncated" : "deleted", subject, seq)),
    ...foreign.filter((one) => !edited.has(one)).flatMap((one) => added(subject, chain, one, suspects)),
    ...disordered(subject, places),
  ];
  return foreign.length + gone.length === 0 && others.length === 0 ? rechained(subject, places) : others;
}

/** Where each suspect's content belongs, as far as it belongs anywhere. */
function placesOf(chain: SealedChain, { suspects, missing }: Altered, hash: Hash): Map<Odd, number> {
  const places = new Map<Odd, number>();
  const free = new Set(missing);
  const fits = ({ stored }: Odd, seq: number): boolean => {
    const previous = previousAt(chain, seq);
    return previous !== undefined && free.has(seq) && bodyHash({ ...stored, seq, previous }, hash) === chain.hashes[seq - 1];
  };
  const put = (one: Odd, seq: number): void => {
    places.set(one, seq);
    free.delete(seq);
  };
  let shift = 0;
  for (const one of suspects) {
    const expected = one.stored.seq + shift;
    const offsets = [0, ...Array.from({ length: near }, (_, index) => [index + 1, -index - 1]).flat()];
    const seq = [one.stored.seq, ...offsets.map((offset) => expected + offset)].find((place) => fits(one, place));
    if (seq === undefined) continue;
    put(one, seq);
    shift = seq - one.stored.seq;
  }
  let tries = 0;
  for (const one of suspects) {
    if (places.has(one)) continue;
    for (const seq of free) {
      tries += 1;
      if (tries > searchMax) return places;
      if (!fits(one, seq)) continue;
      put(one, seq);
      break;
    }
  }
  return places;
}

/** Something that was never sealed: put in among what was, or after it without fitting. What only follows an altered event is nobody's doing. */
function added(subject: Subject, chain: SealedChain, { stored, own }: Odd, suspects: readonly Odd[]): Finding[] {
  if (stored.seq <= chain.hashes.length) return [finding("inserted", subject, stored.seq)];
  if (own !== stored.hash) return [finding("edited", subject, stored.seq, { why: "it is newer than the last checkpoint" })];
  const follows = suspects.some((one) => one.stored.seq === stored.seq - 1 && one.stored.hash === stored.previous);
  return follows ? [] : [finding("broken", subject, stored.seq, { why: "it is newer than the last checkpoint" })];
}

/** Contents in another order than they were. What only moved up or down, since something before it is gone or new, is in order. */
function disordered(subject: Subject, places: ReadonlyMap<Odd, number>): Finding[] {
  const byPlace = new Map([...places].map(([{ stored }, seq]) => [stored.seq, seq]));
  const swaps = [...byPlace].filter(([at, seq]) => at < seq && byPlace.get(seq) === at);
  const swapped = new Set(swaps.flat());
  const rest = [...byPlace].filter(([at]) => !swapped.has(at)).sort(([a], [b]) => a - b);
  const inOrder = longestRising(rest.map(([, seq]) => seq));
  return [
    ...swaps.map(([at, seq]) => finding("swapped", subject, at, { other: seq })),
    ...rest.filter(([, seq]) => !inOrder.has(seq)).map(([at, seq]) => finding("moved", subject, at, { other: seq })),
  ];
}

/** Every content is there, in order, and yet not as it was: by its hash where the first of them stands at its place, else by its number. */
function rechained(subject: Subject, places: ReadonlyMap<Odd, number>): Finding[] {
  const [first] = [...places].sort(([a], [b]) => a.stored.seq - b.stored.seq);
  if (first === undefined) return [];
  const [{ stored }, seq] = first;
  if (stored.seq !== seq) return [finding("moved", subject, stored.seq, { other: seq })];
  return [finding("edited", subject, seq, { why: "its content is as it was, its hashes are not" })];
}

/** The longest part of a sequence that rises. */
function longestRising(sequence: readonly number[]): ReadonlySet<number> {
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, value] of sequence.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sequence[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  }
  const rising = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = before[at]) rising.add(sequence[at] ?? 0);
  return rising;
}
