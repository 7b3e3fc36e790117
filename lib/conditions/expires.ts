// Expires: the entry speaks until that instant, which itself is too late.

import type { Condition } from "../conditions.ts";
import { exactly } from "../when.ts";

export const expires: Condition = ({ expires: until }, _consumer, now) =>
  until === undefined
    ? undefined
    : {
        condition: "expires",
        result: now < until ? "holds" : "fails",
        saw: `${exactly(until)}, it is ${exactly(now)}`,
      };
