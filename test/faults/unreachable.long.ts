// What Drawbridge leans on does not answer: every dependency of every function.

import { unreachable } from "./unreachable.ts";

unreachable(true);
