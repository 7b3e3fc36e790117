// Lives whose log is altered afterwards, in every way, event by event.

import { harms } from "../audit/tampering.ts";
import { draw, live } from "./life.ts";
import { altered, verifier, type Log, type Verifier } from "./proven.ts";
import type { System, Violation, World } from "./world.ts";

export interface Tampered {
  readonly events: number;
  readonly connections: number;
  readonly tried: number;
  /** Connections whose history does not begin with their first event, or whose record is not at its end. */
  readonly incomplete: readonly string[];
  readonly missed: readonly string[];
  readonly violation?: Violation;
}

export async function tamperWith(seed: number, system: System): Promise<Tampered> {
  const worlds: World[] = [];
  const { violation } = await live(draw(seed, { sealed: true }), system, false, undefined, (world) => void worlds.push(world));
  const [world] = worlds;
  if (world === undefined) throw new Error("a life ends once");
  const { log } = world.store;
  const { tried, missed } = everyHarm(verifier(world), log);
  return {
    events: [...log.values()].reduce((sum, its) => sum + its.length, 0),
    connections: world.store.records.size,
    tried,
    incomplete: [...world.store.records].flatMap(([endpoint, { kept }]) => {
      const its = log.get(`connection#${endpoint}`) ?? [];
      return its.every(({ seq }, index) => seq === index + 1) && its.length === kept.connection.seq ? [] : [endpoint];
    }),
    missed,
    ...(violation === undefined ? {} : { violation }),
  };
}

function everyHarm(verify: Verifier, log: Log): { tried: number; missed: string[] } {
  const missed: string[] = [];
  let tried = 0;
  for (const [subject, its] of log)
    for (let place = 0; place < its.length; place += 1)
      for (const harm of harms) {
        tried += 1;
        const wrong = altered(verify, log, subject, harm, place);
        if (wrong !== undefined) missed.push(wrong);
      }
  return { tried, missed };
}
