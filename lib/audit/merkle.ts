// A Merkle tree over texts: one hash that stands for all of them, and proofs that a text is among them.

import type { Hash } from "../ledger.ts";

// Leaves and nodes are hashed apart, so that no leaf can pass for a node. The tree has the shape of RFC 6962.
export const leafHash = (text: string, hash: Hash): string => hash(`leaf:${text}`);
const nodeHash = (left: string, right: string, hash: Hash): string => hash(`node:${left}:${right}`);

/** The root over the leaves' hashes in their order; of nothing it is the hash of the empty text. */
export function merkleRoot(leaves: readonly string[], hash: Hash): string {
  let level = leaves;
  while (level.length > 1) level = above(level, hash);
  return level[0] ?? hash("");
}

/** What a proof needs beside the leaf itself: from bottom to top the neighbour on each level that has one. */
export interface Step {
  readonly side: "left" | "right";
  readonly hash: string;
}

/** At most one step for each doubling of the leaves: 20 for a million. */
export function inclusionProof(leaves: readonly string[], index: number, hash: Hash): Step[] {
  const steps: Step[] = [];
  let [level, at] = [leaves, index];
  while (level.length > 1) {
    const neighbour = level[at % 2 === 0 ? at + 1 : at - 1];
    if (neighbour !== undefined) steps.push({ side: at % 2 === 0 ? "right" : "left", hash: neighbour });
    level = above(level, hash);
    at = Math.floor(at / 2);
  }
  return steps;
}

/** The root that a leaf and its proof lead to. */
export const provenRoot = (leaf: string, steps: readonly Step[], hash: Hash): string =>
  steps.reduce((at, step) => (step.side === "left" ? nodeHash(step.hash, at, hash) : nodeHash(at, step.hash, hash)), leaf);

/** A last one without a neighbour goes up as it is. */
function above(level: readonly string[], hash: Hash): string[] {
  const next: string[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const [left = "", right] = [level[index], level[index + 1]];
    next.push(right === undefined ? left : nodeHash(left, right, hash));
  }
  return next;
}
