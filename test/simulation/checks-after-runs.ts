// What must hold when a run has ended: nothing swallowed, nothing left undecided, and no more pages than needed.

import type { GivenAnswer, Taken } from "../../lib/asking/take-answer.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Signal } from "../../lib/decide.ts";
import { actorKey } from "../../lib/events.ts";
import type { EndpointId, ServiceId } from "../../lib/ids.ts";
import type { Swept } from "../../lib/loop/sweep.ts";
import type { Service } from "../../lib/service.ts";
import { stateOf, type Row } from "./ec2.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation, ListRead } from "./lambda.ts";
import { matching, verdictOf } from "./oracle.ts";
import { cutAt } from "./oracle-holding.ts";
import { belongingOf } from "./oracle-units.ts";
import type { World } from "./world.ts";

const day = 24 * 3_600_000;
const liveStates: ReadonlySet<Connection["status"]> = new Set(["approved", "connected", "adopted"]);

export class ChecksAfterRuns {
  readonly pagesOfSweeps: number[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  failed(by: Invocation, error: unknown): void {
    if (error instanceof Error && error.name === "Fault" && (error as { retryable?: boolean }).retryable === true) return;
    this.#fail("no run fails by a fault of its own", `${by.name}: ${String(error)}`);
  }

  answer(by: Invocation, service: ServiceId, endpoint: EndpointId, { by: who, choice }: Extract<Signal, { kind: "answered" }>): void {
    const { records, services } = this.#world.store;
    const there = records.get(endpoint);
    if (this.#world.besides.care.wasReleased(service, by.startedAt)) return;
    if (there?.kept.connection.service !== service || services.get(service) === undefined || (there.versions[0]?.at ?? 0) >= by.startedAt)
      return;
    if (!by.commits.has(endpoint))
      this.#fail("no answer is swallowed", `${actorKey(who)} answered ${choice} for ${endpoint}, and the log does not say so`);
  }

  /** An approver is told what became of the answer, and what was taken in is in the log. */
  reply(by: Invocation, service: ServiceId, answer: GivenAnswer, { kind }: Taken): void {
    if (kind === "busy") return;
    if (this.#world.besides.care.wasReleased(service, by.startedAt)) return;
    const { endpoint, approver, choice } = answer;
    if (kind === "late") return this.#cameTooLate(by, answer);
    const known = this.#world.store.records.get(endpoint)?.kept.connection.service === service;
    // An answer that an operator's entry stands in the way of is refused before it comes to the log.
    if (kind === "gone" ? known : kind !== "refused" && !by.commits.has(endpoint))
      this.#fail(
        "no answer is swallowed",
        `${approver.name} answered ${choice} for ${endpoint}, was told ${kind}, and the log does not say so`,
      );
  }

  /** Of each approver who comes too late the log tells once, unless the decision was theirs, or another run is at it or has just died. */
  #cameTooLate(by: Invocation, { endpoint, question, approver: { name }, choice }: GivenAnswer): void {
    const { store, schedule } = this.#world;
    const claim = store.proofs.get(`late-answer ${question}#${name}`);
    const isLease = claim !== undefined && claim.until * 1000 - schedule.now < day;
    const told = store.log.get(`connection#${endpoint}`) ?? [];
    const isTold = told.some(({ event }) => event.by.kind === "approver" && event.by.name === name);
    if (isLease || by.commits.has(endpoint) || isTold || !store.records.has(endpoint)) return;
    this.#fail("no answer is swallowed", `${name} answered ${choice} for ${endpoint} too late, and the log does not say so`);
  }

  admit(by: Invocation): void {
    for (const [endpoint, effect] of by.reads.refused) {
      const row = this.#world.ec2.rows.get(endpoint);
      if (row === undefined || row.removedAt !== Infinity || row.states.some(({ at }) => at >= by.startedAt)) continue;
      if (this.#world.besides.care.wasReleased(row.service, by.startedAt)) continue;
      const reached = effect === "accept" ? ["pending", "available", "partial"] : ["rejected"];
      // An old answer of AWS may have shown it so once more.
      const oldNews = this.#world.faults.rates.stale !== undefined && row.states.some(({ state }) => reached.includes(state));
      if (reached.includes(stateOf(row)) || oldNews || by.failed.has(endpoint)) continue;
      this.#fail("every refusal of AWS is told", `AWS refused to ${effect} ${endpoint} for ${by.name}, and the log does not say so`);
    }
  }

  sweep(by: Invocation, swept: readonly Swept[]): void {
    const { store, ec2, faults } = this.#world;
    const { serviceIds } = this.#world.people;
    if (by.conflicts === 0) this.pagesOfSweeps.push(by.reads.pages);
    const whole = swept.every(({ error }) => error === undefined);
    if (by.conflicts === 0 && whole) {
      // What was hidden, or shown as it was, is looked at once more when its record is another than the index said.
      const mayDiffer =
        [faults.rates.lag, faults.rates.hidden, faults.rates.stale].some((rate) => rate !== undefined) ||
        [...ec2.rows.values()].some(({ hiddenUntil }) => hiddenUntil > 0);
      const listingsMax = serviceIds.length * (mayDiffer ? 2 : 1) + this.#lateRecords(by);
      if (by.reads.listings > listingsMax || by.reads.pages > listingsMax * Math.ceil(Math.max(1, ec2.rows.size) / 1000))
        this.#fail(
          "a sweep lists each service once",
          `${by.name}: ${String(by.reads.listings)} listings, ${String(by.reads.pages)} pages for ${String(serviceIds.length)} services`,
        );
    }
    for (const endpoint of by.reads.shown) {
      const row = ec2.rows.get(endpoint);
      const its = swept.find(({ service }) => service === row?.service);
      if (row === undefined || its === undefined || its.error !== undefined || its.left === true) continue;
      const stored = store.records.get(endpoint);
      if (stored === undefined) return this.#fail("every connection is in the log", `${by.name} saw ${endpoint} and left no record`);
      const { connection } = stored.kept;
      const service = store.services.get(row.service);
      const untouched = Date.parse(connection.changedAt) >= 0 && (stored.versions.at(-1)?.at ?? Infinity) < by.startedAt;
      if (!untouched || service?.mode !== "enforce" || (this.#world.people.enforcedSince.get(row.service) ?? Infinity) >= by.startedAt)
        continue;
      // A commit that met another writer was judged again, by the list as it was then.
      const lists = [by.reads.firstList.get(endpoint), by.reads.lastList.get(endpoint)].flatMap((list) => list ?? []);
      const [why, ...more] = lists.map((list) => this.#undecided(list, connection, row, service));
      if (why !== undefined && !more.includes(undefined))
        this.#fail("a sweep leaves nothing undecided", `${endpoint} is ${connection.status} after ${by.name}, ${why}`);
    }
  }

  /** What this list would have had the sweep do, if anything. */
  #undecided(list: ListRead, connection: Connection, row: Row, service: Service): string | undefined {
    const { habits } = this.#world.setup;
    if (liveStates.has(connection.status) && cutAt(list, connection, row, service, habits, list.clock) <= Date.parse(list.clock))
      return "though nothing holds it";
    if (row.states.some(({ state }) => state !== "pendingAcceptance")) return undefined;
    const bearing = { frozen: list.frozen.has(row.service), counts: list.counts, own: connection.counter, in: belongingOf(list, row) };
    const verdict = verdictOf(list.table, row, habits, list.clock, bearing);
    // Places under a limit are given one after the other: who finds none left is judged again, and asked about.
    const isOpen =
      connection.status === "requested" || (connection.status === "asking" && verdict !== "ask" && !this.#isLimited(list, row));
    return isOpen ? `and the list says ${verdict}` : undefined;
  }

  #isLimited(list: ListRead, row: Row): boolean {
    return matching(list.table, row, list.clock, belongingOf(list, row))[0]?.conditions.atMost !== undefined;
  }

  /** Records that came into being while the sweep was on its way make it list once more. */
  #lateRecords(by: Invocation): number {
    const { store, people } = this.#world;
    const { records } = store;
    const late = [...records.values()].some(({ versions }) => (versions[0]?.at ?? 0) >= by.startedAt - 1);
    return late ? people.serviceIds.length : 0;
  }
}
