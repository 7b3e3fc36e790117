// Whether checkpoints cover the time that is asked about: which of them it takes, and whether those are there.

import type { Instant } from "../ids.ts";
import { endBefore, type Statement } from "./checkpoint.ts";
import { beside, type Finding } from "./finding.ts";
import { gapBetween } from "./sealed.ts";

/** What is verified: from `from` on, or from the log's beginning, and before `to`. */
export interface Period {
  readonly from?: Instant;
  readonly to: Instant;
}

/**
 * A checkpoint may hold an event of the period: it ends in it or after it, and looks back to before its end.
 * All that these hold, whenever it happened, is needed to verify them.
 */
export const mayHold = (statement: Pick<Statement, "since" | "until">, { from, to }: Period): boolean =>
  isFrom(statement, from) && isBefore(statement, to);
/** The ends of checkpoints rise with their numbers, so that both borders can be found by halving. */
export const isFrom = ({ until }: Pick<Statement, "until">, from: Instant | undefined): boolean => from === undefined || until >= from;
export const isBefore = ({ since }: Pick<Statement, "since">, to: Instant): boolean => since < to;

/** Only what is signed speaks here: a period is covered by these statements, or it is not. */
export function coverage(statements: readonly Statement[], { from, to }: Period): Finding[] {
  const [first, second] = statements;
  const last = statements.at(-1);
  if (first === undefined || last === undefined) return [beside("gap", "there is no checkpoint: nothing vouches for any event")];
  const missing = from !== undefined && first.number > 1 && endBefore(first) >= from;
  const foreign = statements.filter((one) => one !== first && !isBefore(one, to));
  const early = from !== undefined && second !== undefined && endBefore(second) < from;
  return [
    ...(missing
      ? [
          beside(
            "checkpoint",
            `checkpoint ${String(first.number)} is the first, and those before it that hold events from ${from} on are missing`,
          ),
        ]
      : []),
    ...(early
      ? [
          beside(
            "checkpoint",
            `checkpoint ${String(first.number)} is of the time before ${from}: the period is not that of these checkpoints`,
          ),
        ]
      : []),
    ...foreign.map(({ number }) =>
      beside("checkpoint", `checkpoint ${String(number)} is of the time after ${to}: the period is not that of these checkpoints`),
    ),
    ...gapBetween(last.at, to),
  ];
}
