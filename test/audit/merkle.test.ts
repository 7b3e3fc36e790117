// One hash for many texts, and proofs that a text is among them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../lib/aws/sha256.ts";
import { inclusionProof, leafHash, merkleRoot, provenRoot } from "../../lib/audit/merkle.ts";

const leavesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => leafHash(String(index), sha256));

test("each leaf is proved by what is beside its way up, and by nothing else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (count, pick) => {
      const leaves = leavesOf(count);
      const index = pick % count;
      const root = merkleRoot(leaves, sha256);
      const proof = inclusionProof(leaves, index, sha256);
      expect(provenRoot(leaves[index] ?? "", proof, sha256)).toBe(root);
      expect(provenRoot(leafHash("another", sha256), proof, sha256)).not.toBe(root);
    }),
  );
});

test("the proof among a million takes 20 hashes", () => {
  const leaves = Array.from({ length: 1 << 20 }, (_, index) => String(index));
  const cheap = (text: string): string => String(text.length);
  expect(inclusionProof(leaves, 123_456, cheap)).toHaveLength(20);
});

test("another order, one less or one more gives another root", () => {
  const leaves = leavesOf(9);
  const root = merkleRoot(leaves, sha256);
  for (const others of [leaves.toReversed(), leaves.slice(1), leaves.slice(0, -1), [...leaves, leaves[8] ?? ""]])
    expect(merkleRoot(others, sha256)).not.toBe(root);
});

test("two leaves cannot pass for the node above them", () => {
  const [left = "", right = ""] = leavesOf(2);
  expect(leafHash(`${left}:${right}`, sha256)).not.toBe(merkleRoot([left, right], sha256));
});
