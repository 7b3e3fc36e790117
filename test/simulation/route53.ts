// Route 53 as a zone's owner sees it: changes all or nothing, exact deletes, and records that are other people's.

import type { EndpointId, ZoneId } from "../../lib/ids.ts";
import type { RecordSet } from "../../lib/names.ts";
import type { World } from "./world.ts";

export const ownerText = (endpoint: EndpointId): string => `drawbridge-owner-${endpoint}`;

const keyOf = (zone: ZoneId, set: RecordSet): string => `${zone} ${set.name.toLowerCase().replace(/\.$/, "")} ${set.type}`;
const valueOf = (set: RecordSet): string => (set.type === "TXT" ? set.text : `${set.target.name} ${set.target.zone}`);

export class Route53 {
  /** By zone, name and type; `foreign` belongs to somebody else. */
  readonly records = new Map<string, { readonly zone: ZoneId; readonly set: RecordSet; readonly foreign: boolean }>();
  readonly #world: World;
  #busyUntil = 0;
  /** Until when the zones hold as many records as they may, and what AWS says then: its words are not documented. */
  #full = { until: 0, words: "" };

  constructor(world: World) {
    this.#world = world;
  }

  change(zone: ZoneId, remove: readonly RecordSet[], create: readonly RecordSet[]): "done" | { readonly refused: string } {
    const { schedule, faults, random } = this.#world;
    if (remove.length + create.length === 0)
      throw new this.#world.system.Fault("InvalidInput", "route53:ChangeResourceRecordSets", "the change is empty", false);
    if (this.#busyUntil > schedule.now || faults.happens("zone-busy"))
      throw new this.#world.system.Fault(
        "PriorRequestNotComplete",
        "route53:ChangeResourceRecordSets",
        "The request was rejected because Route 53 was still processing a prior request.",
        true,
      );
    if (faults.on && this.#full.until > schedule.now && create.length > remove.length) return { refused: this.#full.words };
    const gone = new Set<string>();
    for (const set of remove) {
      const key = keyOf(zone, set);
      const there = this.records.get(key);
      if (there === undefined || gone.has(key)) return { refused: `Tried to delete resource record set ${key} but it was not found` };
      if (valueOf(there.set) !== valueOf(set))
        return { refused: `Tried to delete resource record set ${key} but the values provided do not match the current values` };
      if (there.foreign) this.#world.violated("no foreign record is touched", `${key} was deleted`);
      gone.add(key);
    }
    const come = new Set<string>();
    for (const set of create) {
      const key = keyOf(zone, set);
      if ((this.records.has(key) && !gone.has(key)) || come.has(key))
        return { refused: `Tried to create resource record set ${key} but it already exists` };
      come.add(key);
    }
    for (const key of gone) this.records.delete(key);
    for (const set of create) this.records.set(keyOf(zone, set), { zone, set, foreign: false });
    this.#world.tell("route53", () =>
      [...remove.map((set) => `- ${set.type} ${set.name}`), ...create.map((set) => `+ ${set.type} ${set.name}`)].join(", "),
    );
    if (faults.on) this.#busyUntil = schedule.now + random.between(0, 300);
    return "done";
  }

  /** Others fill the zones, and make room again. */
  fill(milliseconds: number, words: string): void {
    this.#full = { until: this.#world.schedule.now + milliseconds, words };
    this.#world.tell("route53", () => `the zones are full: ${words}`);
  }

  /** As the API shows them: with a final dot. */
  at(zone: ZoneId, name: string): RecordSet[] {
    const wanted = name.toLowerCase().replace(/\.$/, "");
    const found: RecordSet[] = [];
    for (const record of this.records.values())
      if (record.zone === zone && record.set.name.toLowerCase().replace(/\.$/, "") === wanted)
        found.push({ ...record.set, name: `${wanted}.` });
    return found;
  }

  all(zone: ZoneId): RecordSet[] {
    return [...this.records.values()].flatMap((record) => (record.zone === zone ? [{ ...record.set, name: `${record.set.name}.` }] : []));
  }

  /** Somebody else's record, where nothing is yet. */
  foreign(zone: ZoneId, set: RecordSet): boolean {
    const key = keyOf(zone, set);
    if (this.records.has(key)) return false;
    this.records.set(key, { zone, set, foreign: true });
    return true;
  }
}
