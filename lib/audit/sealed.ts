// What a log's checkpoints vouch for: the hash of every event, by chain and place; and what is wrong with the checkpoints themselves.

import { milliseconds, type Instant } from "../ids.ts";
import type { Hash, Subject } from "../ledger.ts";
import { optional } from "../optional.ts";
import {
  endBefore,
  gapSeconds,
  rootOf,
  signedText,
  sinceOf,
  statementHash,
  type Checkpoint,
  type Leaf,
  type Statement,
} from "./checkpoint.ts";
import { beside, type Finding } from "./finding.ts";

/** One chain as the checkpoints saw it. */
export interface SealedChain {
  /** By sequence less one; a place that no checkpoint lists is held by the hashes after it. */
  readonly hashes: (string | undefined)[];
  /** By sequence, where it is not the hash before: a leaf begins there. */
  readonly grewFrom: Map<number, string>;
  /** By sequence less one: the number of the checkpoint that vouches. */
  readonly by: number[];
}

export interface Sealed {
  readonly chains: ReadonlyMap<Subject, SealedChain>;
  readonly statements: readonly Statement[];
  /** Whatever is older must be under a checkpoint. */
  readonly whole?: Instant;
  /** The checkpoints are only those of a period: what is not newer than this is under one before them. */
  readonly begins?: Instant;
  readonly findings: readonly Finding[];
}

export interface Trust {
  readonly hash: Hash;
  /** Whether the key of this ARN signed the text; `unknown key` when there is none of that name. */
  readonly isSigned: (text: string, signature: string, key: string) => boolean | "unknown key";
}

/** Reads checkpoints in their order. With `part`, they need not begin at the first. */
export function sealedBy(checkpoints: readonly Checkpoint[], trust: Trust, part = false): Sealed {
  const findings: Finding[] = [];
  const chains = new Map<Subject, SealedChain>();
  const statements: Statement[] = [];
  for (const checkpoint of checkpoints) {
    const { statement, leaves } = checkpoint;
    const forged = faultOf(checkpoint, trust);
    const before = statements.at(-1);
    const fault = forged ?? breakBetween(before, statement, trust.hash, part);
    if (fault !== undefined)
      findings.push({ kind: "checkpoint", checkpoint: statement.number, text: `checkpoint ${String(statement.number)}: ${fault}` });
    if (forged === undefined && before !== undefined) findings.push(...gapBetween(before.at, statement.at));
    // One that nobody signed vouches for nothing.
    if (forged !== undefined) continue;
    statements.push(statement);
    for (const leaf of leaves) for (const one of take(chains, leaf, statement.number)) findings.push(one);
  }
  const [first, last] = [statements[0], statements.at(-1)];
  return {
    chains,
    statements,
    findings,
    ...optional("whole", last && sinceOf(last)),
    ...optional("begins", first && (first.number > 1 ? endBefore(first) : undefined)),
  };
}

function faultOf({ statement, signature, leaves }: Checkpoint, { hash, isSigned }: Trust): string | undefined {
  const signed = isSigned(signedText(statement), signature, statement.key);
  if (signed === "unknown key") return `it is signed with ${statement.key}, which is not among the public keys given`;
  if (!signed) return "its signature is not that of its key: it was altered or forged";
  return rootOf(leaves, hash) === statement.root ? undefined : "its list of events is not the one that was signed";
}

function breakBetween(before: Statement | undefined, statement: Statement, hash: Hash, part: boolean): string | undefined {
  if (before === undefined)
    return part || (statement.number === 1 && statement.previous === "") ? undefined : "those before it are missing";
  if (statement.log !== before.log) return `it is of another log, ${statement.log}`;
  if (statement.number !== before.number + 1)
    return statement.number <= before.number
      ? "it is there twice"
      : `those from ${String(before.number + 1)} to ${String(statement.number - 1)} are missing`;
  if (statement.previous !== statementHash(before, hash)) return `it does not continue checkpoint ${String(before.number)}`;
  return statement.since <= before.until ? undefined : `it leaves out the time from ${before.until} to ${statement.since}`;
}

/** Silence longer than there ever is by itself: what was written then could be altered until the next checkpoint. */
export const gapBetween = (before: Instant, after: Instant): Finding[] =>
  milliseconds(after) - milliseconds(before) <= gapSeconds * 1000
    ? []
    : [beside("gap", `from ${before} to ${after} no checkpoint was made: what was written in that time was sealed only after it`)];

/** What an earlier checkpoint said stays said. */
function take(chains: Map<Subject, SealedChain>, { subject, after, hashes }: Leaf, number: number): Finding[] {
  const chain = chains.get(subject) ?? { hashes: [], grewFrom: new Map(), by: [] };
  chains.set(subject, chain);
  const known = after.seq === 0 ? "" : chain.hashes[after.seq - 1];
  const forked = known !== undefined && known !== after.hash;
  if (known !== after.hash) chain.grewFrom.set(after.seq + 1, after.hash);
  const told = hashes.flatMap((hash, index) => {
    const place = after.seq + index;
    const earlier = chain.hashes[place];
    if (earlier === undefined) {
      chain.hashes[place] = hash;
      chain.by[place] = number;
    }
    return earlier === undefined || earlier === hash ? [] : [place + 1];
  });
  if (!forked && told.length === 0) return [];
  const seq = forked ? after.seq : (told[0] ?? 0);
  const text = `checkpoint ${String(number)} saw another event ${String(seq)} of ${subject} than the checkpoint before it: the log was altered in between`;
  return [{ kind: "checkpoint", checkpoint: number, subject, seq, text }];
}

/** The hash that the event at this place was chained to. */
export const previousAt = ({ hashes, grewFrom }: SealedChain, seq: number): string | undefined =>
  grewFrom.get(seq) ?? (seq === 1 ? "" : hashes[seq - 2]);
