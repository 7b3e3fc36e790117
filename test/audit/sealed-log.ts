// A log with its checkpoints, as a deployment would have them: many chains that grow in turn, signed by a key made for the test.

import { createSign, generateKeyPairSync } from "node:crypto";
import { sha256 } from "../../lib/aws/sha256.ts";
import { publicKeys } from "../../lib/aws/public-keys.ts";
import { leavesOf, nextStatement, signedText, statementHash, type Before, type Checkpoint } from "../../lib/audit/checkpoint.ts";
import type { DrawbridgeEvent } from "../../lib/events.ts";
import { instant } from "../../lib/ids.ts";
import { chain, noHead, type Head, type StoredEvent } from "../../lib/ledger.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const keyArn = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555";
export const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
export const trust = { hash: sha256, ...publicKeys(new Map([[keyArn, pem]])) };
export const start = Date.parse("2026-11-23T00:00:00.000Z");

export const sign = (text: string): string => createSign("sha256").update(text).sign(privateKey, "base64");

export interface SealedLog {
  readonly events: readonly StoredEvent[];
  readonly checkpoints: readonly Checkpoint[];
}

const eventAt = (index: number, chainNumber: number, step: number): DrawbridgeEvent => ({
  type: "AnswerRefused",
  choice: index % 2 === 0 ? "approve" : "reject",
  why: `it is the answer ${String(index)} of ${String(chainNumber)}`,
  at: instant(start + index * step),
  by: { kind: "approver", name: "Ann", channel: "link" },
  because: { rule: "approvers", detail: "somebody answered" },
});

/** One event in each step, a second unless told, in turn to each chain; a checkpoint after every `every` events. */
export function sealedLog({
  count,
  chains,
  every,
  step = 1000,
}: {
  count: number;
  chains: number;
  every: number;
  step?: number;
}): SealedLog {
  const heads = new Map<string, Head>();
  const events: StoredEvent[] = [];
  const checkpoints: Checkpoint[] = [];
  let pending: StoredEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    const number = index % chains;
    const subject = `connection#vpce-${number.toString(16).padStart(17, "0")}`;
    const [stored] = chain(subject, heads.get(subject) ?? noHead, [eventAt(index, number, step)], {}, sha256);
    if (stored === undefined) throw new Error("one event makes one");
    heads.set(subject, stored);
    events.push(stored);
    pending.push(stored);
    if (pending.length < every && index < count - 1) continue;
    checkpoints.push(checkpoint(checkpoints.at(-1), pending, start + index * step + 500));
    pending = [];
  }
  return { events, checkpoints };
}

export function checkpoint(before: Checkpoint | undefined, events: readonly StoredEvent[], until: number): Checkpoint {
  const leaves = leavesOf(events);
  const about = { log: "111111111111/eu-west-1/drawbridge-test", key: keyArn, at: instant(until), until: instant(until) };
  const statement = nextStatement(about, before && beforeOf(before), leaves, sha256);
  return { statement, signature: sign(signedText(statement)), leaves };
}

const beforeOf = ({ statement }: Checkpoint): Before => ({
  number: statement.number,
  until: statement.until,
  hash: statementHash(statement, sha256),
});
