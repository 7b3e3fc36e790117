// What a stack tells, kept for a test; and the context that Lambda would hand it.

import type { Context } from "aws-lambda";
import type { Telling } from "../../lib/lambda/invocation.ts";

export interface Kept extends Telling {
  readonly lines: { readonly level: string; readonly message: string; readonly error?: unknown; readonly keys?: unknown }[];
  readonly counted: Map<string, number>;
  written: number;
}

export function keepTelling(): Kept {
  const lines: Kept["lines"] = [];
  const counted = new Map<string, number>();
  const kept: Kept = {
    lines,
    counted,
    written: 0,
    log: {
      info: (message, keys) => lines.push({ level: "info", message, keys }),
      warn: (message, keys) => lines.push({ level: "warn", message, keys }),
      error: (message, error, keys) => lines.push({ level: "error", message, error, keys }),
    },
    counts: {
      add: (count, value = 1) => counted.set(count, (counted.get(count) ?? 0) + value),
      write: () => {
        kept.written += 1;
      },
    },
  };
  return kept;
}

export const context = { awsRequestId: "request-1", functionName: "test", getRemainingTimeInMillis: () => 60_000 } as unknown as Context;
