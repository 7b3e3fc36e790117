// Every kind of harm at every event of a log: each is found, and named exactly.

import { sha256 } from "../../lib/aws/sha256.ts";
import { sealedBy, type Sealed } from "../../lib/audit/sealed.ts";
import { verification, type Verified } from "../../lib/audit/verification.ts";
import { bodyHash, type LogRow, type StoredEvent } from "../../lib/ledger.ts";
import { sealedLog, trust } from "./sealed-log.ts";
import type { Found, Harm } from "./tampering.ts";

export interface Played {
  readonly tried: number;
  readonly missed: readonly string[];
}

/** With `wholeEvery`, only so many logs are verified whole, and of the others the harmed chain and two beside it: chains are verified apart. */
export function everyPlace(size: { count: number; chains: number; every: number }, harm: Harm, wholeEvery = 1): Played {
  const { events, checkpoints } = sealedLog(size);
  const all = sealedBy(checkpoints, trust);
  const digest = remembered();
  const verify = (log: Iterable<LogRow>, sealed: Sealed): Verified => {
    const verifying = verification({ sealed, hash: sha256, digest });
    for (const stored of log) verifying.add(stored);
    return verifying.finish();
  };
  const chains = Map.groupBy(events, ({ subject }) => subject);
  const missed: string[] = [];
  const subjects = [...chains.keys()];
  const place = new Map(subjects.map((subject, index) => [subject, index]));
  let tried = 0;
  for (const { subject, seq } of events) {
    const done = harm.does(chains.get(subject) ?? [], seq - 1);
    if (done === undefined) continue;
    tried += 1;
    const near = subjects.slice(Math.max(0, (place.get(subject) ?? 0) - 1), (place.get(subject) ?? 0) + 2);
    const around = tried % wholeEvery === 0 ? chains : only(chains, near);
    const sealed = around === chains ? all : { ...all, chains: only(all.chains, near) };
    const { intact, findings } = verify(logWith(around, subject, done.after), sealed);
    if (intact || !isAlone(findings, subject, done.found))
      missed.push(`${subject} ${String(seq)}: ${findings.map(({ text }) => text).join("; ") || "nothing found"}`);
  }
  return { tried, missed };
}

const only = <T>(from: ReadonlyMap<string, T>, names: readonly string[]): ReadonlyMap<string, T> =>
  new Map(
    names.flatMap((name) => {
      const found = from.get(name);
      return found === undefined ? [] : [[name, found] as const];
    }),
  );

function* logWith(chains: ReadonlyMap<string, readonly StoredEvent[]>, subject: string, instead: readonly LogRow[]): Generator<LogRow> {
  for (const [name, its] of chains) yield* name === subject ? instead : its;
}

/** What cuts a chain short takes several events at once; anything else is named, and no other event is accused. */
export function isAlone(findings: Verified["findings"], subject: string, found: Found): boolean {
  const [first, second] = findings;
  const wanted = found.and === undefined ? 1 : 2;
  const isAll = findings.length === wanted || found.kind === "truncated";
  return isAll && isIt(first, subject, found) && (found.and === undefined || isIt(second, subject, found.and));
}

const isIt = (finding: Verified["findings"][number] | undefined, subject: string, { kind, seq, other }: Found): boolean =>
  finding?.subject === subject && finding.kind === kind && finding.seq === seq && finding.other === other;

/** Each event is hashed once, however many logs it is part of: what was tampered with is another object, and hashed anew. */
function remembered(): (stored: StoredEvent) => string {
  const known = new WeakMap<StoredEvent, string>();
  return (stored) => {
    const own = known.get(stored) ?? bodyHash(stored, sha256);
    known.set(stored, own);
    return own;
  };
}
