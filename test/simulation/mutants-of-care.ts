// Faults planted in what becomes of a service that does not stay as it was: its zone changes, it is released, and taken up again.

import { one, type Mutant } from "./mutant.ts";

const mutants: readonly Mutant[] = [
  one(
    "loop/names.ts",
    "a service that is released is taken for a name that is another's",
    "if (result === undefined || result.service.zone?.id !== ran.service.zone?.id) break;\n    const done = result.standings",
    "if (result !== undefined && result.service.zone?.id !== ran.service.zone?.id) break;\n    const done = (result?.standings ?? [])",
  ),
  one(
    "loop/names.ts",
    "a zone that is gone is taken for a name that is another's",
    " || result.service.zone?.id !== ran.service.zone?.id",
    "",
  ),
  one(
    "names.ts",
    "a name in the zone from before will do",
    "zone === service.zone?.id && fits.includes(fqdn)",
    "zone !== undefined && fits.length > 0",
  ),
  one(
    "plan.ts",
    "a name stays when its service has no zone any more",
    "if (service.zone !== undefined && name === undefined) return assign;",
    "if (name === undefined) return assign;",
  ),
];

export const mutantsOfCare: readonly Mutant[] = mutants.map((mutant) => ({ ...mutant, lives: { besides: { care: true } } }));
