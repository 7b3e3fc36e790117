// Lives in which a service does not stay as it was taken into care: its zone changes, and it is released and taken up again.

import type { PolicyEvent } from "../../lib/events.ts";
import type { ServiceId } from "../../lib/ids.ts";
import { serviceSubject } from "../../lib/ledger.ts";
import type { Service } from "../../lib/service.ts";
import { operatorArn, otherZone, start, zone } from "./given.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

type Told = Pick<PolicyEvent, "by" | "because">;
const told: Told = { by: { kind: "operator", arn: operatorArn }, because: { rule: "operator", detail: "an operator's change" } };

export class OwnCare {
  readonly #world: World;
  readonly #random: Random;
  /** How each service was when it was released. */
  readonly #released = new Map<ServiceId, Service>();
  /** Since when, and until when, each was in nobody's care. */
  readonly #absences = new Map<ServiceId, { readonly from: number; until: number }[]>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  // What operators do

  /** Names are to be in another zone, or nowhere. */
  moveNames(): void {
    const id = this.#random.pick(this.#world.people.serviceIds);
    const wanted = this.#random.pick([zone, otherZone, otherZone, undefined]);
    this.#world.tell("operator", () => `gives ${id} ${wanted === undefined ? "no zone" : `the zone ${wanted.name}`}`);
    this.#world.functions.api(serviceSubject(id), (expected, at) => {
      const from = this.#world.store.services.get(id);
      if (from === undefined || from.zone?.id === wanted?.id) return undefined;
      const { zone: _, ...rest } = from;
      const after: Service = { ...rest, ...(wanted === undefined ? {} : { zone: wanted }), version: expected.seq + 1 };
      return { of: "service", key: id, after, expected, events: [{ ...told, at, type: "ServiceChanged", service: id, from, to: after }] };
    });
  }

  /** For a while, or until the life ends; then somebody takes it up again. */
  release(): void {
    const random = this.#random;
    const id = random.pick(this.#world.people.serviceIds);
    this.#world.tell("operator", () => `releases ${id}`);
    this.#world.functions.api(serviceSubject(id), (expected, at) => {
      const from = this.#world.store.services.get(id);
      return from && { of: "service", key: id, expected, events: [{ ...told, at, type: "ServiceRemoved", service: id, from }] };
    });
    const again = random.between(1000, 300_000);
    if (random.chance(0.8)) this.#world.schedule.after(again, () => this.#takeUp(id));
  }

  #takeUp(id: ServiceId): void {
    const from = this.#released.get(id);
    if (from === undefined || this.#world.store.services.has(id)) return;
    this.#world.tell("operator", () => `takes ${id} up again`);
    this.#world.functions.takeUp(id, (expected, at) => {
      if (this.#world.store.services.has(id)) return undefined;
      const { service, mode, outsideAccept, zone } = from;
      const said = { service, mode, outsideAccept, ...(zone === undefined ? {} : { zone }) };
      const after: Service = { ...said, addedAt: at, addedBy: operatorArn, version: expected.seq + 1 };
      return { of: "service", key: id, after, expected, events: [{ ...told, at, type: "ServiceAdded", service: id, to: after }] };
    });
  }

  /** Nothing is left without care. */
  end(): void {
    for (const id of this.#released.keys()) this.#takeUp(id);
  }

  // What is known of it

  /** A service's row has changed; nothing when it is gone. */
  written(id: ServiceId, before: Service | undefined, after: Service | undefined): void {
    const absences = this.#absences.get(id) ?? [];
    const { now } = this.#world.schedule;
    if (after === undefined && before !== undefined) {
      this.#released.set(id, before);
      absences.push({ from: now, until: Infinity });
    }
    const last = absences.at(-1);
    if (after !== undefined && last?.until === Infinity) last.until = now;
    this.#absences.set(id, absences);
  }

  /** Whether a service was in nobody's care at some time since then. */
  wasReleased(id: ServiceId, since = -Infinity): boolean {
    return (this.#absences.get(id) ?? []).some(({ until }) => until >= since);
  }

  /** The latest moment at which Drawbridge may have begun to care for it: what was there before may be adopted. */
  begun(id: ServiceId): number {
    return Math.max(start, ...(this.#absences.get(id) ?? []).map(({ until }) => (until === Infinity ? start : until)));
  }
}
