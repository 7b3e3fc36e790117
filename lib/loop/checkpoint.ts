// Each minute: what the log has gained since the last checkpoint, signed and kept where nobody can change it.

import {
  leavesOf,
  nextStatement,
  quietSeconds,
  signedText,
  sinceOf,
  statementHash,
  type Checkpoint,
  type Before,
} from "../audit/checkpoint.ts";
import { optional } from "../optional.ts";
import { instant, milliseconds, type Instant } from "../ids.ts";
import { bodyHash, isEvent, type Hash, type LogRow, type StoredEvent, type Subject, type UnreadableRow } from "../ledger.ts";
import type { Checkpoints, Clock, Ledger, SigningKey } from "../ports.ts";

export interface CheckpointPorts {
  readonly clock: Clock;
  readonly hash: Hash;
  readonly ledger: Pick<Ledger, "search">;
  readonly checkpoints: Checkpoints;
  readonly key: SigningKey;
  /** Which log it is: account, Region and stack. */
  readonly log: string;
}

/** What one run made, and what it saw that should not be. */
export interface Kept {
  readonly made: readonly Checkpoint[];
  /** Events whose own hash is wrong as they come in, and rows that are no events: those are in no checkpoint. */
  readonly broken: readonly Broken[];
}
interface Broken {
  readonly subject: Subject;
  readonly seq: number;
  readonly why: string;
}

/** One checkpoint holds so many; the next goes on. */
const eventsMax = 20_000;
const roundsMax = 20;

/** What an instance remembers of its last runs, to read less. */
export interface Memory {
  recent?: readonly Checkpoint[];
}

export async function keepCheckpoints(ports: CheckpointPorts, memory: Memory): Promise<Kept> {
  const made: Checkpoint[] = [];
  const broken = new Map<string, Broken>();
  const note = ({ subject, seq }: LogRow, why: string): void => void broken.set(`${subject} ${String(seq)}`, { subject, seq, why });
  for (let round = 0; round < roundsMax; round += 1) {
    const recent = await recentOf(ports, memory);
    const last = recent.at(-1);
    const { events, unreadable, until, complete } = await gained(ports, recent);
    for (const stored of events) if (bodyHash(stored, ports.hash) !== stored.hash) note(stored, "its hash is not its own");
    for (const row of unreadable) note(row, row.unreadable);
    const quiet = last !== undefined && milliseconds(until) - milliseconds(last.statement.at) < quietSeconds * 1000;
    if (events.length === 0 && quiet) break;
    const next = await sealed(ports, last, events, until);
    if ((await ports.checkpoints.put(next)) === "taken") {
      // Another run was first: this one looks again from there.
      delete memory.recent;
      continue;
    }
    made.push(next);
    memory.recent = [...recent, next].filter(({ statement }) => statement.until >= sinceOf(next.statement));
    if (complete) break;
  }
  return { made, broken: [...broken.values()] };
}

/** The checkpoints that may hold events which the next look finds again: those of the last minutes. */
async function recentOf({ checkpoints }: CheckpointPorts, memory: Memory): Promise<readonly Checkpoint[]> {
  if (memory.recent !== undefined) return memory.recent;
  const last = await checkpoints.last();
  const recent: Checkpoint[] = last === undefined ? [] : [last];
  let number = last?.statement.number ?? 0;
  while (number > 1) {
    number -= 1;
    const before = await checkpoints.read(number);
    if (last === undefined || before.statement.until < sinceOf(last.statement)) break;
    recent.unshift(before);
  }
  memory.recent = recent;
  return recent;
}

/** What is in the log and in no checkpoint. Found by index, which may lag: what is late is found by a later look. */
async function gained(
  { ledger, clock }: CheckpointPorts,
  recent: readonly Checkpoint[],
): Promise<{ events: StoredEvent[]; unreadable: UnreadableRow[]; until: Instant; complete: boolean }> {
  const known = new Set(recent.flatMap(({ leaves }) => leaves.flatMap(({ hashes }) => hashes)));
  const now = clock();
  const last = recent.at(-1)?.statement;
  // Clocks differ: never back.
  const until = last !== undefined && last.until > now ? last.until : now;
  const from = sinceOf(last);
  const events: StoredEvent[] = [];
  const unreadable: UnreadableRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.search(
      { by: "time", oldestFirst: true, from, to: instant(milliseconds(until) + 1) },
      { limit: 1000, ...optional("cursor", cursor) },
    );
    for (const row of page.items) {
      if (!isEvent(row)) unreadable.push(row);
      else if (!known.has(row.hash)) events.push(row);
    }
    cursor = page.cursor;
  } while (cursor !== undefined && events.length < eventsMax);
  const end = events.at(-1)?.event.at;
  return cursor === undefined || end === undefined
    ? { events, unreadable, until, complete: true }
    : { events, unreadable, until: end, complete: false };
}

async function sealed(
  { clock, key, log, hash, checkpoints }: CheckpointPorts,
  last: Checkpoint | undefined,
  events: readonly StoredEvent[],
  until: Instant,
): Promise<Checkpoint> {
  if (last?.statement.key !== key.arn) await checkpoints.putKey(key.arn, await key.publicKey());
  const leaves = leavesOf(events);
  const before: Before | undefined = last && {
    number: last.statement.number,
    until: last.statement.until,
    hash: statementHash(last.statement, hash),
  };
  const statement = nextStatement({ log, key: key.arn, at: clock(), until }, before, leaves, hash);
  return { statement, signature: await key.sign(signedText(statement)), leaves };
}
