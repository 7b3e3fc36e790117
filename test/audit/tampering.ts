// What somebody with every right on the table could do to one event, and to all hashes after it.

import { eventRow, readLogRow } from "../../lib/aws/event-row.ts";
import { writeItem, type Row } from "../../lib/aws/item.ts";
import { sha256 } from "../../lib/aws/sha256.ts";
import { optional } from "../../lib/optional.ts";
import { bodyHash, chain, noHead, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import type { Tampering } from "../../lib/audit/finding.ts";

/** Does its harm to the event at `place` of one chain; gives the chain as it is then, and what must be found. */
export interface Harm {
  readonly name: string;
  readonly does: (its: readonly StoredEvent[], place: number) => { readonly after: readonly LogRow[]; readonly found: Found } | undefined;
  /** What it does to the row itself, where that is no event afterwards. */
  readonly spoils?: (row: Row) => Row;
}
export interface Found {
  readonly kind: Tampering;
  readonly seq: number;
  readonly other?: number;
  /** What is found besides. */
  readonly and?: Found;
}
/** One that leaves events, right or wrong. */
export interface Rewriting extends Harm {
  readonly does: (
    its: readonly StoredEvent[],
    place: number,
  ) => { readonly after: readonly StoredEvent[]; readonly found: Found } | undefined;
}

const forged = (stored: StoredEvent): StoredEvent => ({
  ...stored,
  event: { ...stored.event, because: { rule: "operator", detail: "nothing happened" } },
});
/** A chain anew from contents, as the product itself would write it. */
const rehashed = (its: readonly StoredEvent[]): StoredEvent[] => {
  const [first] = its;
  const { service, account } = first ?? {};
  return first === undefined
    ? []
    : chain(
        first.subject,
        noHead,
        its.map(({ event }) => event),
        { ...optional("service", service), ...optional("account", account) },
        sha256,
      );
};
/** Keeps what is before the place: those objects are as they were. */
const rehashedFrom = (its: readonly StoredEvent[], place: number): StoredEvent[] => [...its.slice(0, place), ...rehashed(its).slice(place)];
const put = (its: readonly StoredEvent[], place: number, stored: StoredEvent): StoredEvent[] =>
  its.map((one, index) => (index === place ? stored : one));
const without = (its: readonly StoredEvent[], place: number): StoredEvent[] => its.filter((_, index) => index !== place);
const swapped = (its: readonly StoredEvent[], a: number, b: number): StoredEvent[] =>
  its.map((one, index) =>
    index === a ? { ...one, event: (its[b] ?? one).event } : index === b ? { ...one, event: (its[a] ?? one).event } : one,
  );

const seqOf = (place: number): number => place + 1;
const at = (its: readonly StoredEvent[], place: number): StoredEvent => {
  const one = its[place];
  if (one === undefined) throw new Error(`nothing at ${String(place)}`);
  return one;
};
const lost = (its: readonly StoredEvent[], place: number): Tampering => (place === its.length - 1 ? "truncated" : "deleted");

export const rewritings: readonly Rewriting[] = [
  {
    name: "edits it",
    does: (its, place) => ({ after: put(its, place, forged(at(its, place))), found: { kind: "edited", seq: seqOf(place) } }),
  },
  {
    name: "edits it and its hash",
    does: (its, place) => {
      const other = forged(at(its, place));
      return { after: put(its, place, { ...other, hash: bodyHash(other, sha256) }), found: { kind: "edited", seq: seqOf(place) } };
    },
  },
  {
    name: "edits its hash",
    does: (its, place) => ({
      after: put(its, place, { ...at(its, place), hash: "0".repeat(64) }),
      found: { kind: "edited", seq: seqOf(place) },
    }),
  },
  {
    name: "edits it and recomputes every hash",
    does: (its, place) => ({
      after: rehashedFrom(put(its, place, forged(at(its, place))), place),
      found: { kind: "edited", seq: seqOf(place) },
    }),
  },
  {
    name: "deletes it",
    does: (its, place) => ({ after: without(its, place), found: { kind: lost(its, place), seq: seqOf(place) } }),
  },
  {
    name: "deletes it and recomputes every place and hash",
    does: (its, place) => ({ after: rehashedFrom(without(its, place), place), found: { kind: lost(its, place), seq: seqOf(place) } }),
  },
  {
    name: "inserts another before it and recomputes every place and hash",
    does: (its, place) => ({
      after: rehashedFrom([...its.slice(0, place), forged(at(its, place)), ...its.slice(place)], place),
      found: { kind: "inserted", seq: seqOf(place) },
    }),
  },
  {
    name: "swaps it with the next",
    does: (its, place) =>
      place + 1 < its.length
        ? { after: swapped(its, place, place + 1), found: { kind: "swapped", seq: seqOf(place), other: seqOf(place + 1) } }
        : undefined,
  },
  {
    name: "swaps it with the last and recomputes every hash",
    does: (its, place) =>
      place + 1 < its.length
        ? {
            after: rehashedFrom(swapped(its, place, its.length - 1), place),
            found: { kind: "swapped", seq: seqOf(place), other: its.length },
          }
        : undefined,
  },
  {
    name: "cuts it and all after it",
    does: (its, place) => ({ after: its.slice(0, place), found: { kind: "truncated", seq: seqOf(place) } }),
  },
];

/** What one command of somebody with rights on the table makes of a row, so that it is no event any more. */
const spoils: readonly { readonly name: string; readonly spoils: (row: Row) => Row }[] = [
  { name: "takes its hash away", spoils: ({ hash: _hash, ...row }) => row },
  { name: "writes a hash that is none", spoils: (row) => ({ ...row, hash: { S: "x" } }) },
  { name: "takes the event itself away", spoils: ({ event: _event, ...row }) => row },
  { name: "names somebody of no known kind", spoils: inEvent((event) => ({ ...event, by: { M: { kind: { S: "martian" } } } })) },
  { name: "writes a time that is none", spoils: inEvent((event) => ({ ...event, at: { S: "2026-99-99T99:99:99.999Z" } })) },
  { name: "writes a service that is none", spoils: (row) => ({ ...row, service: { S: "payments" } }) },
  { name: "writes another version", spoils: (row) => ({ ...row, v: { N: "2" } }) },
  { name: "puts bytes beside it", spoils: (row) => ({ ...row, note: { B: new Uint8Array([1, 2, 3]) } }) },
  { name: "writes a number for its type", spoils: inEvent((event) => ({ ...event, type: { N: "5" } })) },
];

function inEvent(change: (event: Row) => Row): (row: Row) => Row {
  return (row) => ({ ...row, event: { M: change(row["event"]?.M ?? {}) } });
}

const spoilt = (its: readonly StoredEvent[], place: number, how: (row: Row) => Row): LogRow[] =>
  its.map((one, index) => (index === place ? readLogRow(how(writeItem(eventRow(one)))) : one));

export const harms: readonly Harm[] = [
  ...rewritings,
  ...spoils.map(({ name, spoils: how }): Harm => ({
    name,
    spoils: how,
    does: (its, place) => ({ after: spoilt(its, place, how), found: { kind: "edited", seq: seqOf(place) } }),
  })),
  {
    name: "writes a place that is no number",
    spoils: (row) => ({ ...row, seq: { S: "second" } }),
    does: (its, place) => ({
      after: spoilt(its, place, (row) => ({ ...row, seq: { S: "second" } })),
      found: { kind: "inserted", seq: 0, and: { kind: lost(its, place), seq: seqOf(place) } },
    }),
  },
];
