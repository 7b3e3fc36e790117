// Route 53 in memory: zones with their record sets, and changes that are done whole or not at all.

import { plainName } from "../../lib/aws/record-set.ts";
import { Refused, type Fault } from "../../lib/faults.ts";
import type { ZoneId } from "../../lib/ids.ts";
import type { StandingSet } from "../../lib/names.ts";
import type { Zones } from "../../lib/ports.ts";

export interface FakeZones {
  readonly port: Zones;
  /** How many changes each zone has had. */
  readonly changes: ReadonlyMap<ZoneId, number>;
  /** `<zone> <Region>/<VPC>` of those that may be associated. */
  readonly authorized: ReadonlySet<string>;
  /** `ours` says whether the zone is one of this deployment's. */
  addZone(zone: ZoneId, name: string, ours?: boolean, isPrivate?: boolean): void;
  /** Somebody else writes a record set. */
  put(zone: ZoneId, set: StandingSet): void;
  sets(zone: ZoneId): readonly StandingSet[];
  failNext(fault: Fault): void;
}

export function fakeZones(): FakeZones {
  const zones = new Map<
    ZoneId,
    { readonly name: string; readonly ours: boolean; readonly isPrivate: boolean; readonly sets: Map<string, StandingSet> }
  >();
  const changes = new Map<ZoneId, number>();
  const authorized = new Set<string>();
  const faults: Fault[] = [];
  const our = (id: ZoneId): Map<string, StandingSet> => {
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    const zone = zones.get(id);
    if (zone?.ours !== true)
      throw new Refused("ZoneNotAllowed", `The hosted zone ${id} is not one of this deployment's`, "add it to the stack's parameter");
    return zone.sets;
  };
  const proveWith = (sets: Map<string, StandingSet>, name: string, change: (values: readonly string[]) => readonly string[]): void => {
    const key = `${plainName(name)} TXT`;
    const there = sets.get(key);
    const values = change(there?.type === "TXT" ? there.text.split(" & ") : []);
    if (values.length === 0) sets.delete(key);
    else sets.set(key, { name, type: "TXT", text: values.join(" & ") });
  };
  const port: Zones = {
    change: async (zone, remove, create) => {
      if (remove.length + create.length === 0) return "done";
      const sets = new Map(our(zone));
      for (const set of remove) {
        const there = sets.get(keyOf(set));
        if (there === undefined)
          return { refused: `Tried to delete resource record set [name='${set.name}.', type='${set.type}'] but it was not found` };
        if (textOf(there) !== textOf(set))
          return {
            refused: `Tried to delete resource record set [name='${set.name}.', type='${set.type}'] but the values provided do not match the current values`,
          };
        sets.delete(keyOf(set));
      }
      for (const set of create) {
        if (sets.has(keyOf(set)))
          return { refused: `Tried to create resource record set [name='${set.name}.', type='${set.type}'] but it already exists` };
        sets.set(keyOf(set), structuredClone(set));
      }
      const kept = our(zone);
      kept.clear();
      for (const [key, set] of sets) kept.set(key, set);
      changes.set(zone, (changes.get(zone) ?? 0) + 1);
      return "done";
    },
    at: async (zone, name) => structuredClone([...our(zone).values()].filter((set) => plainName(set.name) === plainName(name)).map(plain)),
    all: async (zone) => structuredClone([...our(zone).values()].map(plain)),
    name: async (zone) => {
      const there = zones.get(zone);
      return there?.ours === true ? there.name : undefined;
    },
    list: async () => [...zones].flatMap(([id, { name, ours, isPrivate }]) => (ours ? [{ id, name, isPrivate }] : [])),
    authorize: async (zone, { id, region }) => {
      our(zone);
      authorized.add(`${zone} ${region}/${id}`);
    },
    withdraw: async (zone, { id, region }) => {
      our(zone);
      authorized.delete(`${zone} ${region}/${id}`);
    },
    authorized: async (zone) => {
      our(zone);
      return [...authorized].flatMap((one) => {
        const [at, region = "", id = ""] = one.split(/[ /]/);
        return at === zone ? [{ id, region }] : [];
      });
    },
    prove: async (zone, name, value) => proveWith(our(zone), name, (values) => [...values.filter((one) => one !== value), value]),
    disprove: async (zone, name, value) => proveWith(our(zone), name, (values) => values.filter((one) => one !== value)),
  };
  return {
    port,
    changes,
    authorized,
    addZone: (zone, name, ours = true, isPrivate = false) => zones.set(zone, { name, ours, isPrivate, sets: new Map() }),
    put: (zone, set) => zones.get(zone)?.sets.set(keyOf(set), structuredClone(set)),
    sets: (zone) => structuredClone([...(zones.get(zone)?.sets.values() ?? [])]),
    failNext: (fault) => faults.push(fault),
  };
}

const keyOf = ({ name, type }: StandingSet): string => `${plainName(name)} ${type}`;
const plain = (set: StandingSet): StandingSet =>
  "target" in set
    ? { ...set, name: plainName(set.name), target: { ...set.target, name: plainName(set.target.name) } }
    : { ...set, name: plainName(set.name) };
const textOf = (set: StandingSet): string =>
  "target" in set ? `${plainName(set.target.name)} ${set.target.zone}` : set.type === "TXT" ? set.text : set.shown;
