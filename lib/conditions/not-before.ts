// Not before: the entry speaks from that instant on.

import type { Condition } from "../conditions.ts";

export const notBefore: Condition = ({ notBefore: from }, _consumer, now) =>
  from === undefined
    ? undefined
    : {
        condition: "not before",
        result: now >= from ? "holds" : "fails",
        saw: `${from}, it is ${now}`,
      };
