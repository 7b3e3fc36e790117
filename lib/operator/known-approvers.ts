// Whoever is named as an approver must be one: a question to nobody would never be answered.

import { BadInput } from "../faults.ts";
import type { OperatorPorts } from "./operator.ts";

export async function checkApprovers(
  ports: Pick<OperatorPorts, "approvers">,
  named: Readonly<Record<string, readonly string[] | undefined>>,
): Promise<void> {
  if (Object.values(named).every((names) => names === undefined || names.length === 0)) return;
  const known = new Set((await ports.approvers.all()).map(({ name }) => name));
  for (const [field, names = []] of Object.entries(named)) {
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined)
      throw new BadInput(
        field,
        unknown,
        `add them first with: drawbridge approvers add ${unknown}; ${known.size === 0 ? "there are none yet" : `there are ${[...known].join(", ")}`}`,
      );
  }
}
