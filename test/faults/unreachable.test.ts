// What Drawbridge leans on does not answer: a sample; unreachable.long.ts has all of it.

import { unreachable } from "./unreachable.ts";

unreachable(false);
