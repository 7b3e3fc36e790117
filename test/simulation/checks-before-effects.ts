// What must hold before an effect: nobody acts on less than it says, or too soon again.

import type { Connection } from "../../lib/connection.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import type { EndpointId, ServiceId } from "../../lib/ids.ts";
import type { Look } from "../../lib/ports.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import { verdictOf } from "./oracle.ts";
import { belongingOf } from "./oracle-units.ts";
import type { World } from "./world.ts";

const acceptsPerHourMax = 30;

export class ChecksBeforeEffects {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  /** The record as this run last read or wrote it. */
  #known(by: Invocation, endpoint: EndpointId): Connection | undefined {
    const seq = by.reads.heads.get(endpoint)?.seq;
    return this.#world.store.records.get(endpoint)?.versions.findLast(({ connection }) => connection.seq === seq)?.connection;
  }

  accept(by: Invocation, service: ServiceId, endpoints: readonly EndpointId[]): void {
    this.#mayAct(by, service, "Accept");
    for (const endpoint of endpoints) {
      const list = by.reads.lastList.get(endpoint);
      const known = this.#known(by, endpoint);
      if (known?.status !== "approved" || known.decision.verdict !== "accept" || known.decision.by.kind === "outside")
        this.#fail("nobody is accepted without a grant", `${by.name} accepts ${endpoint}, which it knows as ${known?.status ?? "unknown"}`);
      const row = this.#world.ec2.rows.get(endpoint);
      if (row === undefined) continue;
      // Judged at some moment between: a reject entry may have ended since it was read.
      const moments = list === undefined ? [] : [list.clock, this.#world.lambda.clock(by)];
      const rejects = moments.every(
        (clock) =>
          list !== undefined && verdictOf(list.table, row, this.#world.setup.habits, clock, { in: belongingOf(list, row) }) === "reject",
      );
      if (rejects)
        this.#fail(
          "an approval is judged again before the accept",
          `${by.name} accepts ${endpoint} ${list === undefined ? "without having read the list" : "though the list says reject"}`,
        );
      const trouble = lastFailure(this.#world, endpoint, "accept", known?.seq ?? 0);
      const rests = trouble === undefined ? 0 : Math.min(2 ** (trouble.count - 1), 60) * 60_000;
      if (trouble !== undefined && Date.parse(this.#world.lambda.clock(by)) - Date.parse(trouble.at) < rests)
        this.#fail("every refusal of AWS is told", `${by.name} tries ${endpoint} again too soon`);
      const lately = row.accepts.filter((at) => at > this.#world.schedule.now - 3_600_000).length;
      if (lately > acceptsPerHourMax)
        this.#fail("nothing is retried without bound", `${endpoint} has had ${String(lately)} tries within an hour`);
    }
  }

  reject(by: Invocation, service: ServiceId, endpoints: readonly EndpointId[]): void {
    this.#mayAct(by, service, "Reject");
    for (const endpoint of endpoints) {
      const known = this.#known(by, endpoint);
      if (known?.status !== "denied")
        this.#fail(
          "nobody is rejected without a denial",
          `${by.name} rejects ${endpoint}, which it knows as ${known?.status ?? "unknown"}`,
        );
    }
  }

  names(by: Invocation): void {
    if (this.#world.people.enforcedSince.size === 0) this.#fail("an observed service is only watched", `${by.name} changes Route 53`);
  }

  #mayAct(by: Invocation, service: ServiceId, what: string): void {
    if (!this.#world.people.enforcedSince.has(service))
      this.#fail("an observed service is only watched", `${by.name} calls ${what} for ${service}`);
  }

  /** A delayed look counts its attempts, so that looking ends. */
  woken<T>(send: () => T, { attempt = 0, endpoints = [] }: Look): T {
    if (attempt < 1 || attempt > 4 || endpoints.length === 0)
      this.#fail("nothing is retried without bound", `a look again with attempt ${String(attempt)}`);
    return send();
  }
}

/** From the log alone: the last refusal of this effect up to this event, unless it has recovered, or another name is to be made. */
export function lastFailure(
  world: World,
  endpoint: EndpointId,
  effect: string,
  seq: number,
): Extract<ConnectionEvent, { type: "EffectFailed" | "NameClashed" }> | undefined {
  const last = world.store.log
    .get(`connection#${endpoint}`)
    ?.findLast(
      ({ seq: at, event: { type } }) =>
        at <= seq && (type.startsWith("Effect") || (effect === "make-name" && (type === "NameAssigned" || type === "NameClashed"))),
    )?.event;
  // A clash is counted with the refusals of the same name.
  return (last?.type === "EffectFailed" && last.effect === effect) || last?.type === "NameClashed" ? last : undefined;
}
