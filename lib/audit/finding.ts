// What a verification can find wrong, and how it is said.

import type { Subject } from "../ledger.ts";

export type Tampering =
  | "edited" // another content at this place
  | "deleted" // nothing at this place, or what followed has moved up
  | "truncated" // the end of the chain is gone
  | "inserted" // something that was not there
  | "moved" // the right content at another place
  | "swapped" // two contents in each other's place
  | "repeated" // the same place twice
  | "misfiled" // as it was, but where questions do not find it
  | "broken" // it does not fit the event before it, and no checkpoint says which is right
  | "checkpoint" // the checkpoints themselves
  | "gap" // a time in which nothing was sealed
  | "key" // the keys that sign
  | "bundle"; // the files of an export

export interface Finding {
  readonly kind: Tampering;
  readonly subject?: Subject;
  readonly seq?: number;
  /** Where it belongs, or the other of two that were swapped. */
  readonly other?: number;
  readonly checkpoint?: number;
  readonly text: string;
}

/** What is wrong with something else than an event. */
type Beside = "checkpoint" | "gap" | "key" | "bundle";
export const beside = (kind: Beside, text: string): Finding => ({ kind, text });

type Placed = Exclude<Tampering, Beside>;

const words: Readonly<Record<Placed, (seq: string, other: string) => string>> = {
  edited: (seq) => `event ${seq} was edited`,
  deleted: (seq) => `event ${seq} was deleted`,
  truncated: (seq) => `event ${seq} was cut off the end`,
  inserted: (seq) => (seq === "0" ? "a row that is no event was inserted" : `event ${seq} was inserted`),
  moved: (seq, other) => `event ${seq} is what was event ${other}`,
  swapped: (seq, other) => `events ${seq} and ${other} were swapped`,
  misfiled: (seq) => `event ${seq} is filed where questions do not find it`,
  repeated: (seq) => `event ${seq} is there more than once`,
  broken: (seq) => `event ${seq} does not fit what is before it`,
};

export function finding(kind: Placed, subject: Subject, seq: number, more: { other?: number; why?: string } = {}): Finding {
  const { other, why } = more;
  const text = `${subject}: ${words[kind](String(seq), String(other ?? ""))}${why === undefined ? "" : `; ${why}`}`;
  return { kind, subject, seq, ...(other === undefined ? {} : { other }), text };
}
