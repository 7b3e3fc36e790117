// At most: the entry holds fewer connections than that, or this one among them.

import type { Condition } from "../conditions.ts";

export const atMost: Condition = ({ atMost: most }, _consumer, _now, { count, own }) => {
  if (most === undefined) return undefined;
  const limit = `at most ${String(most)}`;
  if (count === undefined) return { condition: "at most", result: "unknown", saw: `how many it holds is not known, ${limit}` };
  const saw = own ? `this is one of the ${String(count)} it holds, ${limit}` : `it holds ${String(count)}, ${limit}`;
  return { condition: "at most", result: own || count < most ? "holds" : "fails", saw };
};
