// A key that signs and a bucket that keeps, in memory.

import { createSign, generateKeyPairSync } from "node:crypto";
import type { Checkpoint } from "../../lib/audit/checkpoint.ts";
import { checkpointKey } from "../../lib/audit/checkpoint.ts";
import type { Checkpoints, KeptCheckpoints, SigningKey } from "../../lib/ports.ts";

export function fakeSigningKey(arn = "arn:aws:kms:eu-west-1:111111111111:key/fake"): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    arn,
    sign: async (text) => createSign("sha256").update(text).sign(privateKey, "base64"),
    publicKey: async () => publicKey.export({ type: "spki", format: "pem" }) as string,
  };
}

export interface FakeCheckpoints extends Checkpoints {
  readonly all: readonly Checkpoint[];
  readonly kept: KeptCheckpoints;
  /** How often it was read or listed. */
  readonly reads: () => number;
}

export function fakeCheckpoints(): FakeCheckpoints {
  const all: Checkpoint[] = [];
  const keys = new Map<string, string>();
  let reads = 0;
  const read = async (number: number): Promise<Checkpoint> => {
    reads += 1;
    const found = all[number - 1];
    if (found === undefined) throw new Error(`there is no checkpoint ${String(number)}`);
    return structuredClone(found);
  };
  return {
    all,
    reads: () => reads,
    read,
    last: async () => (all.length === 0 ? undefined : read(all.length)),
    put: async (checkpoint) => {
      const { number } = checkpoint.statement;
      if (number <= all.length) return "taken";
      all.push(structuredClone(checkpoint));
      return "done";
    },
    putKey: async (arn, pem) => {
      if (keys.has(arn)) return "taken";
      keys.set(arn, pem);
      return "done";
    },
    kept: {
      last: async () => all.length,
      list: async (from = 1, to = all.length) =>
        all
          .slice(from - 1, to)
          .map(({ statement: { number } }) => ({ key: checkpointKey(number), writtenOver: false, read: () => read(number) })),
      keys: async () => new Map(keys),
    },
  };
}
