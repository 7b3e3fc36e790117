// A deployer who lacks one right: a sample; `taken-away.long.ts` has more, and `walk.long.ts` asks about every right there is.
import { takenAway } from "./taken-away.ts";

takenAway([["deploy", "iam:PassRole"]]);
