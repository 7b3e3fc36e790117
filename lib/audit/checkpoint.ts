// A checkpoint: one signed statement about everything that the log has gained since the one before.

import type { Instant } from "../ids.ts";
import { milliseconds, instant } from "../ids.ts";
import { canonical } from "../canonical.ts";
import type { Hash, Head, StoredEvent, Subject } from "../ledger.ts";
import { leafHash, merkleRoot } from "./merkle.ts";

/**
 * How old an event may look when it first shows in the index: clocks that differ by up to a quarter of an hour either way,
 * a writer that takes its time from its clock to its commit, and the index. What is older, and in no checkpoint, was never written by us.
 */
export const lateSeconds = 2400;

/** Without news there is a checkpoint in this time all the same, so that silence shows. */
export const quietSeconds = 3600;
/** For so long there is none only if somebody stopped it, or something is broken: the clocks of two that follow each other may differ. */
export const gapSeconds = quietSeconds + lateSeconds;

/** A chain's growth: the head it grew from, and the hash of each event since, in order. The last is the new head. */
export interface Leaf {
  readonly subject: Subject;
  readonly after: Omit<Head, "at">;
  readonly hashes: readonly string[];
}

/** What is signed. Its root stands for the leaves, its `previous` for every checkpoint before it. */
export interface Statement {
  readonly format: 1;
  /** Which log it speaks of: account, Region and stack. */
  readonly log: string;
  /** 1, 2, 3 … without a gap. */
  readonly number: number;
  readonly at: Instant;
  /** It holds every event from `since` on and before `until` that no checkpoint held before. */
  readonly since: Instant;
  readonly until: Instant;
  /** The hash of the statement before; the empty text for the first. */
  readonly previous: string;
  readonly chains: number;
  readonly events: number;
  readonly root: string;
  /** The ARN of the KMS key that signs. */
  readonly key: string;
}

export interface Checkpoint {
  readonly statement: Statement;
  /** ECDSA on P-256 with SHA-256 over the statement's canonical text: DER, base64. */
  readonly signature: string;
  readonly leaves: readonly Leaf[];
}

export const signedText = (statement: Statement): string => canonical(statement);
export const statementHash = (statement: Statement, hash: Hash): string => hash(signedText(statement));
export const rootOf = (leaves: readonly Leaf[], hash: Hash): string =>
  merkleRoot(
    leaves.map((leaf) => leafHash(canonical(leaf), hash)),
    hash,
  );

/** The objects of a log's checkpoints sort by their number. */
export const checkpointPrefix = "checkpoints/";
export const checkpointKey = (number: number): string => `${checkpointPrefix}${String(number).padStart(12, "0")}.json`;
export const keyPrefix = "keys/";

/** What the log has gained, chain by chain. Events that do not follow each other make leaves of their own. */
export function leavesOf(events: readonly StoredEvent[]): Leaf[] {
  const chains = Map.groupBy(events, ({ subject }) => subject);
  return [...chains]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([subject, its]) => {
      const leaves: { subject: Subject; after: Leaf["after"]; hashes: string[] }[] = [];
      for (const { seq, previous, hash } of its.toSorted((a, b) => a.seq - b.seq)) {
        const last = leaves.at(-1);
        if (last !== undefined && seq === last.after.seq + last.hashes.length + 1 && previous === last.hashes.at(-1))
          last.hashes.push(hash);
        else leaves.push({ subject, after: { seq: seq - 1, hash: previous }, hashes: [hash] });
      }
      return leaves;
    });
}

export interface Before {
  readonly number: number;
  readonly until: Instant;
  readonly hash: string;
}

/** The next statement over the leaves. */
export function nextStatement(
  about: { readonly log: string; readonly key: string; readonly at: Instant; readonly until: Instant },
  before: Before | undefined,
  leaves: readonly Leaf[],
  hash: Hash,
): Statement {
  return {
    format: 1,
    log: about.log,
    number: (before?.number ?? 0) + 1,
    at: about.at,
    since: sinceOf(before),
    until: about.until,
    previous: before?.hash ?? "",
    chains: new Set(leaves.map(({ subject }) => subject)).size,
    events: leaves.reduce((sum, { hashes }) => sum + hashes.length, 0),
    root: rootOf(leaves, hash),
    key: about.key,
  };
}

/** Where the next checkpoint begins to look: a little before the end of the last, for events that were late. */
export const sinceOf = (before: Pick<Before, "until"> | undefined): Instant =>
  before === undefined ? instant(0) : instant(milliseconds(before.until) - lateSeconds * 1000);

/** The end of the checkpoint before, of which a statement says where it looked from. */
export const endBefore = ({ since }: Statement): Instant => instant(milliseconds(since) + lateSeconds * 1000);
