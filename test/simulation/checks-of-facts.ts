// What must hold of each event that tells of AWS: that it was so, whose doing it was, and how often it was refused.

import type { Connection } from "../../lib/connection.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import { lastFailure } from "./checks-before-effects.ts";
import type { Row } from "./ec2.ts";
import { ownRoles } from "./given.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { World } from "./world.ts";

/** A service that is taken up again has its clock's word for when. */
const skewMs = 900_000;

export class ChecksOfFacts {
  readonly #attributed = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  counts(event: Extract<ConnectionEvent, { type: "EffectFailed" }>, before: Connection | undefined, row: Row): void {
    const last = lastFailure(this.#world, row.endpoint, event.effect, before?.seq ?? 0);
    if (event.count !== (last?.count ?? 0) + 1)
      this.#fail("every refusal of AWS is told", `${row.endpoint}: the count is ${String(event.count)} after ${String(last?.count ?? 0)}`);
  }

  means(event: Extract<ConnectionEvent, { type: "AcceptedOutside" }>, row: Row): void {
    const { store, people } = this.#world;
    const service = store.services.get(row.service);
    // Released while the run was on its way.
    if (service === undefined) return;
    const keeps = service.outsideAccept === "keep";
    if (event.kept !== keeps && !people.changedAt.has(row.service))
      this.#fail("an accept outside means what its service says", `${row.endpoint}: kept is ${String(event.kept)}`);
  }

  attributes(event: Extract<ConnectionEvent, { type: "Attributed" }>, row: Row): void {
    const wasSo = row.outside.some(({ action, arn, event: id }) => action === event.action && arn === event.arn && id === event.event);
    const key = `${row.endpoint} ${event.event}`;
    if (!wasSo || this.#attributed.has(key) || ownRoles.some((role) => event.arn.includes(role.slice(role.lastIndexOf("/") + 1))))
      this.#fail("who did it is told truly", `${key} by ${event.arn}`);
    this.#attributed.add(key);
  }

  wasSo(event: ConnectionEvent, before: Connection | undefined, row: Row): void {
    const had = (...states: readonly string[]): boolean => row.states.some(({ state }) => states.includes(state));
    const fail = (): void =>
      this.#fail(
        "what the log says of AWS was so",
        `${event.type}${event.type === "ConnectionClosed" ? ` ${event.reason}` : ""}: ${row.endpoint} has been ${row.states.map(({ state }) => state).join(", ")}`,
      );
    const { rates } = this.#world.faults;
    switch (event.type) {
      case "ConnectionAvailable":
        return had("available") ? undefined : fail();
      case "ConnectionRejected":
        return had("rejected") ? undefined : fail();
      case "EffectRecovered":
        if (event.effect === "accept") return had("pending", "available", "partial") ? undefined : fail();
        return event.effect !== "reject" || had("rejected") ? undefined : fail();
      case "ConnectionMissing":
        return row.hiddenUntil > 0 || rates.hidden !== undefined || rates.stale !== undefined || row.removedAt <= this.#world.schedule.now
          ? undefined
          : fail();
      case "RejectedOutside":
        return row.rejectedLate ||
          row.outside.some(({ action }) => action === "reject") ||
          row.states[0]?.state === "rejected" ||
          this.#oldNews(row)
          ? undefined
          : fail();
      case "AcceptedOutside":
        return this.#acceptedOutside(before, row) ? undefined : fail();
      case "ConnectionAdopted":
        return row.createdAt < this.#world.besides.care.begun(row.service) + (rates.skew === undefined ? 0 : skewMs) ? undefined : fail();
      case "ConnectionClosed":
        if (event.reason === "vanished")
          return row.hiddenUntil > 0 || rates.hidden !== undefined || rates.skew !== undefined || row.removedAt <= this.#world.schedule.now
            ? undefined
            : fail();
        return (event.reason === "deleted" ? had("deleting", "deleted") : had(event.reason)) ? undefined : fail();
      default:
        return undefined;
    }
  }

  /**
   * An answer of AWS from before a reject, or from before an accept that undid one, may be taken for news when
   * clocks are minutes apart or when AWS lets a rejected endpoint be accepted. It grants nothing and heals at the next look.
   */
  #oldNews(row: Row): boolean {
    const { rates } = this.#world.faults;
    return (
      rates.stale !== undefined &&
      row.states.some(({ state }) => state === "rejected") &&
      (rates.skew !== undefined || this.#world.setup.habits.acceptsRejected)
    );
  }

  #acceptedOutside(before: Connection | undefined, row: Row): boolean {
    const oldNews = before?.status === "rejected" && this.#oldNews(row);
    // AWS offers no way to call an Accept back that is on its way; where it lets a rejected endpoint be accepted, that one lets it in.
    return (
      oldNews ||
      row.acceptedLate ||
      row.outside.some(({ action }) => action === "accept") ||
      ["pending", "available"].includes(row.states[0]?.state ?? "")
    );
  }
}
