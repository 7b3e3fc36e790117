// checkpoint in the simulated world: woken each minute, on an index that lags, with a bucket that keeps what came first.

import { rootOf, statementHash, type Checkpoint } from "../../lib/audit/checkpoint.ts";
import { filed, type Page, type PageRequest, type StoredEvent } from "../../lib/ledger.ts";
import type { CheckpointPorts, Memory } from "../../lib/loop/checkpoint.ts";
import type { AuditQuery } from "../../lib/ports.ts";
import { Faults } from "./faults.ts";
import type { Chances, Invocation } from "./lambda.ts";
import { Random } from "./random.ts";
import { sha256 } from "./store.ts";
import type { World } from "./world.ts";

const keyArn = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555";
/** Whoever does not have the key cannot know this; nobody in the world does. */
const signatureOf = (text: string): string => sha256(`signed with the key: ${text}`);

/** Verifies what KMS signed here. */
export const trust = { hash: sha256, isSigned: (text: string, signature: string): boolean => signatureOf(text) === signature };

interface Written {
  readonly stored: StoredEvent;
  readonly atKey: string;
  /** From when on the index shows it: one event may come long after those that were written after it. */
  readonly shows: number;
}

export class Sealing {
  /** The bucket: what is there stays, and each number is there once. */
  readonly kept: Checkpoint[] = [];
  /** Of its own, so that a life with checkpoints is otherwise the life that it was without. */
  readonly chances: Chances;
  readonly #world: World;
  readonly #pageSize: number;
  readonly #log: Written[] = [];
  #inOrder = true;
  /** What each instance remembers; one that dies forgets. */
  readonly #memories = new Map<string, Memory>();
  /** By hash, the checkpoint that lists the event. */
  readonly #listed = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    const { seed, rates, faultsMax } = world.setup;
    this.chances = { faults: new Faults(seed + 0x5ea1, rates, faultsMax), random: new Random(seed, 21) };
    this.#pageSize = this.chances.random.pick([7, 50, 1000]);
  }

  committed(added: readonly StoredEvent[]): void {
    if (this.#world.setup.sealed !== true) return;
    const { faults, random } = this.chances;
    faults.on = this.#world.faults.on;
    for (const stored of added) {
      const lag = faults.happens("lag") ? random.between(1, 120_000) : 0;
      this.#log.push({ stored, atKey: filed(stored).atKey, shows: this.#world.schedule.now + lag });
    }
    this.#inOrder = false;
  }

  /** functions/checkpoint.ts, as its schedule wakes it. */
  wake(): void {
    const { faults } = this.chances;
    faults.on = this.#world.faults.on;
    if (faults.happens("lost-sweep")) return;
    const { lambda, system } = this.#world;
    const body = (by: Invocation): Promise<unknown> => {
      const memory = this.#memories.get(by.instance) ?? {};
      this.#memories.set(by.instance, memory);
      return system.keepCheckpoints(this.#ports(by), memory);
    };
    lambda.invoke(
      "checkpoint",
      body,
      (result, by) => void (result === "crashed" && this.#memories.delete(by.instance)),
      undefined,
      this.chances,
    );
  }

  #ports(by: Invocation): CheckpointPorts {
    const { lambda } = this.#world;
    const call = <T>(about: string, apply: () => T): Promise<T> => lambda.call(by, about, apply);
    return {
      clock: () => lambda.clock(by),
      hash: sha256,
      log: "111111111111/eu-west-1/drawbridge-simulated",
      ledger: { search: (query, page) => call("ledger.search", () => this.#search(query, page)) },
      checkpoints: {
        last: () => call("checkpoints.last", () => this.kept.at(-1)),
        read: (number) => call("checkpoints.read", () => this.#read(number)),
        put: (checkpoint) => call(`checkpoints.put ${String(checkpoint.statement.number)}`, () => this.#put(checkpoint)),
        putKey: () => call("checkpoints.putKey", () => "done" as const),
      },
      key: {
        arn: keyArn,
        sign: (text) => call("kms.sign", () => signatureOf(text)),
        publicKey: () => call("kms.publicKey", () => "PEM"),
      },
    };
  }

  /** The index of all of time: each page shows the log as it was a little while ago. */
  #search({ from, to }: AuditQuery, { cursor }: PageRequest = {}): Page<StoredEvent> {
    const { faults, random } = this.chances;
    if (!this.#inOrder) this.#log.sort((a, b) => (a.atKey < b.atKey ? -1 : 1));
    this.#inOrder = true;
    const at = this.#world.schedule.now - (faults.happens("lag") ? random.between(1, 120_000) : 0);
    const items: Written[] = [];
    for (const one of this.#log) {
      const when = one.stored.event.at;
      if (one.shows > at || (from !== undefined && when < from) || (to !== undefined && when >= to)) continue;
      if (cursor !== undefined && one.atKey <= cursor) continue;
      items.push(one);
      if (items.length === this.#pageSize) break;
    }
    const last = items.at(-1);
    return {
      items: items.map(({ stored }) => stored),
      ...(last === undefined || items.length < this.#pageSize ? {} : { cursor: last.atKey }),
    };
  }

  #read(number: number): Checkpoint {
    const found = this.kept[number - 1];
    if (found === undefined) throw new this.#world.system.Fault("NoSuchKey", `checkpoint ${String(number)}`, "it is not there", false);
    return found;
  }

  #put(checkpoint: Checkpoint): "done" | "taken" {
    const { statement } = checkpoint;
    if (statement.number <= this.kept.length) return "taken";
    this.#isTrue(checkpoint, this.kept.at(-1));
    this.kept.push(checkpoint);
    this.#world.tell("bucket", () => `checkpoint ${String(statement.number)}: ${String(statement.events)} events up to ${statement.until}`);
    return "done";
  }

  /** Each checkpoint as it is kept, against the log itself and the checkpoint before. */
  #isTrue({ statement, leaves, signature }: Checkpoint, before: Checkpoint | undefined): void {
    const fail = (why: string): void =>
      this.#world.violated("no checkpoint contradicts another, or the log", `checkpoint ${String(statement.number)}: ${why}`);
    if (statement.number !== this.kept.length + 1) fail("those before it are missing");
    if (statement.previous !== (before === undefined ? "" : statementHash(before.statement, sha256)))
      fail("it does not continue the one before");
    if (before !== undefined && statement.until < before.statement.until) fail("it ends before the one before");
    if (statement.root !== rootOf(leaves, sha256)) fail("its root is not that of its leaves");
    if (!trust.isSigned(JSON.stringify(sorted(statement)), signature)) fail("its signature is not of its text");
    for (const { subject, after, hashes } of leaves) {
      const its = this.#world.store.log.get(subject) ?? [];
      if (after.seq > 0 && its[after.seq - 1]?.hash !== after.hash) fail(`${subject} did not grow from ${String(after.seq)}`);
      for (const [index, hash] of hashes.entries()) {
        if (its[after.seq + index]?.hash !== hash) fail(`event ${String(after.seq + index + 1)} of ${subject} is another`);
        const earlier = this.#listed.get(hash);
        if (earlier !== undefined) fail(`event ${String(after.seq + index + 1)} of ${subject} is in checkpoint ${String(earlier)} already`);
        this.#listed.set(hash, statement.number);
      }
    }
  }

  isListed(hash: string): boolean {
    return this.#listed.has(hash);
  }
}

const sorted = (value: object): object => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
