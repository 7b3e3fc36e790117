// Faults planted in the proof of the log: checkpoints, what they vouch for, and verification.

import { one, type Mutant } from "./mutant.ts";

export const mutantsOfTheProof: readonly Mutant[] = [
  // keeping checkpoints
  one(
    "loop/checkpoint.ts",
    "a run that came second does not look again",
    "      delete memory.recent;\n      continue;",
    "      continue;",
  ),
  one("loop/checkpoint.ts", "what is sealed is sealed again", "else if (!known.has(row.hash)) events.push(row);", "else events.push(row);"),
  one("loop/checkpoint.ts", "a slow clock turns time back", "last !== undefined && last.until > now ? last.until : now;", "now;"),
  one(
    "loop/checkpoint.ts",
    "an instance remembers its last checkpoint only",
    "memory.recent = [...recent, next].filter(",
    "memory.recent = [next].filter(",
  ),
  one(
    "loop/checkpoint.ts",
    "a new instance reads the last checkpoint only",
    "while (number > 1) {",
    "while (number > 1 && last === undefined) {",
  ),
  one(
    "loop/checkpoint.ts",
    "only the first page of news is read",
    "} while (cursor !== undefined && events.length < eventsMax);",
    '} while (cursor === "next" && events.length < eventsMax);',
  ),
  one(
    "loop/checkpoint.ts",
    "the end of the last page is cut off",
    "for (const row of page.items) {",
    "for (const row of page.items.slice(0, -1)) {",
  ),
  one(
    "loop/checkpoint.ts",
    "a checkpoint signs the one before",
    "await key.sign(signedText(statement))",
    "await key.sign(signedText(last?.statement ?? statement))",
  ),
  one(
    "audit/checkpoint.ts",
    "it looks on from where the last one ended",
    "milliseconds(before.until) - lateSeconds * 1000",
    "milliseconds(before.until)",
  ),
  one(
    "audit/checkpoint.ts",
    "no event is more than five minutes late",
    "export const lateSeconds = 2400;",
    "export const lateSeconds = 300;",
  ),
  one("audit/checkpoint.ts", "no checkpoint names the one before", 'previous: before?.hash ?? "",', 'previous: "",'),
  one(
    "audit/checkpoint.ts",
    "a leaf begins at its own first event",
    "after: { seq: seq - 1, hash: previous }",
    "after: { seq, hash: previous }",
  ),
  one(
    "audit/checkpoint.ts",
    "a gap in a chain is passed over",
    "if (last !== undefined && seq === last.after.seq + last.hashes.length + 1 && previous === last.hashes.at(-1))",
    "if (last !== undefined)",
  ),
  one(
    "audit/merkle.ts",
    "the tree forgets who has no neighbour",
    "next.push(right === undefined ? left :",
    'next.push(right === undefined ? "" :',
  ),
  // verifying
  one(
    "audit/sealed.ts",
    "a checkpoint's list is taken on trust",
    "return rootOf(leaves, hash) === statement.root ? undefined :",
    "return statement.root !== undefined ? undefined :",
  ),
  one("audit/sealed.ts", "a checkpoint's signature is taken on trust", "if (!signed) return", "if (signed === undefined) return"),
  one("audit/verification.ts", "the hash that an event carries is not looked at", "const isGood = own === row.hash && ", "const isGood = "),
  one(
    "audit/verification.ts",
    "an event's own hash is believed",
    "sealed.chains.get(subject)?.hashes[seq - 1] === own;",
    "sealed.chains.get(subject)?.hashes[seq - 1] !== undefined;",
  ),
  one(
    "audit/verification.ts",
    "what is missing is not missed",
    "chain.hashes[place] !== undefined && good[place] !== true &&",
    "chain.hashes[place] === undefined && good[place] !== true &&",
  ),
  one(
    "audit/verification.ts",
    "whatever continues a chain fits",
    "if (chain.hashes[seq - 1] === undefined && one.own === hash",
    "if (one.own === hash",
  ),
  one("audit/alignment.ts", "the end of a chain is told as deleted", 'cut.has(seq) ? "truncated" : "deleted"', '"deleted"'),
  one(
    "audit/alignment.ts",
    "an edited event is told as inserted",
    "foreign.filter(({ stored }) => lost.has(stored.seq))",
    "foreign.filter(({ stored }) => !lost.has(stored.seq))",
  ),
  one("audit/alignment.ts", "what has moved is not looked for", "for (const seq of free) {", "for (const seq of [one.stored.seq]) {"),
];
