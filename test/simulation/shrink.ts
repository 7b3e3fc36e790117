// The shortest life found that still breaks the same invariant, and the command that lives it again.

import { allFaultKinds, type FaultKind } from "./faults.ts";
import { draw, live, type Lived } from "./life.ts";
import type { ActorKind, Setup, System } from "./world.ts";

const actorKinds: readonly ActorKind[] = [
  "operators",
  "approvers",
  "forgers",
  "console",
  "foreign-dns",
  "modifications",
  "deletions",
  "old-connections",
];

export interface Shrunk {
  readonly lived: Lived;
  readonly tried: number;
  readonly command: string;
}

export async function shrink(setup: Setup, system: System, triesMax = 300): Promise<Shrunk> {
  let best = await live(setup, system, true);
  let tried = 1;
  const wanted = best.violation?.invariant;
  const attempt = async (changes: Partial<Setup>): Promise<boolean> => {
    if (wanted === undefined || tried >= triesMax) return false;
    tried += 1;
    const lived = await live({ ...best.setup, ...changes }, system, true);
    if (lived.violation?.invariant !== wanted) return false;
    best = lived;
    return true;
  };
  for (const kind of allFaultKinds) if (best.setup.rates[kind] !== undefined) await attempt({ rates: without(best.setup.rates, kind) });
  for (const kind of actorKinds) await attempt({ without: [...best.setup.without, kind] });
  for (let consumers = best.setup.consumers - 1; consumers >= 1; consumers -= 1) await attempt({ consumers });
  await attempt({ services: 1 });
  for (let minutes = Math.ceil(best.setup.minutes / 2); minutes >= 1; minutes = minutes === 1 ? 0 : Math.ceil(minutes / 2))
    if (!(await attempt({ minutes }))) break;
  await fewestFaults(() => best, attempt);
  return { lived: best, tried, command: commandOf(best.setup) };
}

/** The first n faults that suffice, by halving. */
async function fewestFaults(best: () => Lived, attempt: (changes: Partial<Setup>) => Promise<boolean>): Promise<void> {
  let low = 0;
  let high = best().injected;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await attempt({ faultsMax: middle })) high = middle;
    else low = middle + 1;
  }
}

const without = (rates: Setup["rates"], kind: FaultKind): Setup["rates"] =>
  Object.fromEntries(Object.entries(rates).filter(([key]) => key !== kind));

/** What was left out of the seed's own life, as options. */
export function commandOf(setup: Setup): string {
  const own = draw(setup.seed);
  const dropped = allFaultKinds.filter((kind) => own.rates[kind] !== undefined && setup.rates[kind] === undefined);
  return [
    `npm run simulate -- --seed ${String(setup.seed)} --trace`,
    ...(dropped.length > 0 ? [`--without-faults ${dropped.join(",")}`] : []),
    ...(setup.without.length > 0 ? [`--without ${setup.without.join(",")}`] : []),
    ...(setup.consumers === own.consumers ? [] : [`--consumers ${String(setup.consumers)}`]),
    ...(setup.services === own.services ? [] : [`--services ${String(setup.services)}`]),
    ...(setup.minutes === own.minutes ? [] : [`--life ${String(setup.minutes)}`]),
    ...(setup.faultsMax === own.faultsMax ? [] : [`--faults-max ${String(setup.faultsMax)}`]),
  ].join(" ");
}
