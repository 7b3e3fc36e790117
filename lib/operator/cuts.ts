// Nobody cuts connections by accident: a change that does is told first, and refused until so many cuts are confirmed.

import { Refused } from "../faults.ts";
import { utc } from "../when.ts";
import type { Fate, Outlook } from "./fates.ts";
import { outlook } from "./outlook.ts";
import type { OperatorPorts } from "./operator.ts";
import type { Supposed } from "./supposed.ts";

const namedMax = 5;

/** What follows from the change. More cuts than confirmed refuse it; where any number is, nobody looks, and nothing is given. */
export async function foreseen(ports: OperatorPorts, supposed: Supposed, confirmed: boolean | number): Promise<Outlook | undefined> {
  if (confirmed === true) return undefined;
  const found = await outlook(ports, supposed);
  if (found.cut.length > (confirmed === false ? 0 : confirmed)) throw unconfirmed(found.cut);
  return found;
}

function unconfirmed(cut: readonly Fate[]): Refused {
  const named = cut
    .slice(0, namedMax)
    .map(({ endpoint, account, due }) => `${endpoint} of ${account}${due === undefined ? "" : ` at ${utc(due)}`}`);
  const count = `${String(cut.length)} ${cut.length === 1 ? "connection" : "connections"}`;
  return new Refused(
    "ConfirmationNeeded",
    `This cuts ${count}${cut.every(({ due }) => due === undefined) ? " at once" : ""}: ${named.join(", ")}${cut.length > namedMax ? " and more" : ""}`,
    'confirm it to go on: --yes on the command line, "confirm": true or their number in the API',
  );
}
