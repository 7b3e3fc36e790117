// Not before: the entry speaks from that instant on.

import type { Condition } from "../conditions.ts";
import { exactly } from "../when.ts";

export const notBefore: Condition = ({ notBefore: from }, _consumer, now) =>
  from === undefined
    ? undefined
    : {
        condition: "not before",
        result: now >= from ? "holds" : "fails",
        saw: `${exactly(from)}, it is ${exactly(now)}`,
      };
