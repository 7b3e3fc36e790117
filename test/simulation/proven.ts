// What must hold of the proof in the end: every event is sealed, the log verifies, and whoever alters it is found.

import type { Checkpoint } from "../../lib/audit/checkpoint.ts";
import { rootOf } from "../../lib/audit/checkpoint.ts";
import type { Verified } from "../../lib/audit/verification.ts";
import { canonical } from "../../lib/canonical.ts";
import { bodyHash, type LogRow, type StoredEvent, type Subject } from "../../lib/ledger.ts";
import { isAlone } from "../audit/every-place.ts";
import { harms, type Harm } from "../audit/tampering.ts";
import { trust } from "./sealing.ts";
import { sha256 } from "./store.ts";
import type { World } from "./world.ts";

/** After the last checkpoint, when nobody writes any more. */
export function checkProof(world: World): void {
  if (world.store.log.size === 0) return;
  for (const [subject, events] of world.store.log)
    for (const { seq, hash } of events)
      if (!world.sealing.isListed(hash))
        return world.violated("everything is sealed", `event ${String(seq)} of ${subject} is in no checkpoint`);
  const verify = verifier(world);
  const { intact, findings, unsealed } = verify(world.store.log);
  if (!intact || unsealed > 0)
    return world.violated(
      "everything is sealed",
      findings[0]?.text ?? `${String(unsealed)} events are thought newer than the last checkpoint`,
    );
  const { random } = world.sealing.chances;
  const [subject, its] = random.pick([...world.store.log]);
  const missed = altered(verify, world.store.log, subject, random.pick(harms), random.between(0, its.length - 1));
  if (missed !== undefined) world.violated("whoever alters the log is found", missed);
  const unnoticed = forged(
    world,
    verify,
    random.pick(["gone", "relisted", "resigned"] as const),
    random.between(0, world.sealing.kept.length - 1),
  );
  if (unnoticed !== undefined) world.violated("whoever alters the log is found", unnoticed);
}

export type Log = ReadonlyMap<Subject, readonly StoredEvent[]>;
export type Verifier = (log: ReadonlyMap<Subject, readonly LogRow[]>, checkpoints?: readonly Checkpoint[]) => Verified;

/** Each event is hashed once, however often it is verified: what was altered is another object. */
export function verifier({ sealing, system }: World): Verifier {
  const known = new WeakMap<StoredEvent, string>();
  const digest = (stored: StoredEvent): string => {
    const own = known.get(stored) ?? bodyHash(stored, sha256);
    known.set(stored, own);
    return own;
  };
  const whole = system.sealedBy(sealing.kept, trust);
  return (log, checkpoints) => {
    const sealed = checkpoints === undefined ? whole : system.sealedBy(checkpoints, trust);
    const verifying = system.verification({ sealed, hash: sha256, digest });
    for (const its of log.values()) for (const stored of its) verifying.add(stored);
    const verified = verifying.finish();
    // While a life heals, the clock passes hours in which nobody wakes checkpoint: that silence is told, and is the life's own.
    const findings = verified.findings.filter(({ kind }) => kind !== "gap");
    return { ...verified, findings, intact: findings.length === 0 };
  };
}

/** Does the harm; gives what was wrong with what was found, if anything was. */
export function altered(verify: Verifier, log: Log, subject: Subject, harm: Harm, place: number): string | undefined {
  const its = log.get(subject) ?? [];
  // Between two events of the same content nobody can tell which is gone, and to swap them is nothing.
  if (new Set(its.map(({ event }) => canonical(event))).size < its.length) return undefined;
  const done = harm.does(its, place);
  if (done === undefined) return undefined;
  const { intact, findings } = verify(new Map<Subject, readonly LogRow[]>([...log, [subject, done.after]]));
  if (!intact && isAlone(findings, subject, done.found)) return undefined;
  return `somebody ${harm.name}, event ${String(place + 1)} of ${subject}: ${findings.map(({ text }) => text).join("; ") || "nothing is found"}`;
}

/** Somebody alters a checkpoint to fit an altered event; only the key's owner could sign it. The last of all may be gone unnoticed for a minute. */
function forged(world: World, verify: Verifier, how: "gone" | "relisted" | "resigned", index: number): string | undefined {
  const { kept } = world.sealing;
  const one = kept[index];
  const leaf = one?.leaves[0];
  const its = leaf === undefined ? undefined : world.store.log.get(leaf.subject);
  const victim = leaf === undefined ? undefined : its?.[leaf.after.seq];
  if (one === undefined || leaf === undefined || its === undefined || victim === undefined || (how === "gone" && index === kept.length - 1))
    return undefined;
  const other: StoredEvent = { ...victim, event: { ...victim.event, because: { rule: "operator", detail: "nothing happened" } } };
  const instead: StoredEvent = { ...other, hash: bodyHash(other, sha256) };
  const leaves = [{ ...leaf, hashes: leaf.hashes.map((hash, at) => (at === 0 ? instead.hash : hash)) }, ...one.leaves.slice(1)];
  const statement = how === "resigned" ? { ...one.statement, root: rootOf(leaves, sha256) } : one.statement;
  const checkpoints = kept.flatMap((checkpoint) =>
    checkpoint !== one ? [checkpoint] : how === "gone" ? [] : [{ ...one, statement, leaves }],
  );
  const log = new Map([...world.store.log, [leaf.subject, its.map((stored) => (stored === victim ? instead : stored))]]);
  const { findings } = verify(log, checkpoints);
  return findings.some(({ kind }) => kind === "checkpoint")
    ? undefined
    : `checkpoint ${String(one.statement.number)} is ${how}, and ${findings[0]?.text ?? "nothing is found"}`;
}
