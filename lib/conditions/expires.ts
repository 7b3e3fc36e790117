// Expires: the entry speaks until that instant, which itself is too late.

import type { Condition } from "../conditions.ts";

export const expires: Condition = ({ expires: until }, _consumer, now) =>
  until === undefined
    ? undefined
    : {
        condition: "expires",
        result: now < until ? "holds" : "fails",
        saw: `${until}, it is ${now}`,
      };
