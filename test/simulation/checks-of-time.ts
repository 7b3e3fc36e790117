// What must hold of what time alone brings about: reminders, escalation, what is foretold, and what is counted.

import type { Connection } from "../../lib/connection.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import type { Row } from "./ec2.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import { momentsOf } from "./moments.ts";
import { reminders, rulesOf } from "./oracle-asking.ts";
import { cutAt } from "./oracle-holding.ts";
import { belongingOf } from "./oracle-units.ts";
import { entryId } from "./store.ts";
import type { World } from "./world.ts";

type Event<T extends ConnectionEvent["type"]> = Extract<ConnectionEvent, { type: T }>;

export class ChecksOfTime {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  /** Clocks differ by up to half an hour, and a chain's events follow each other all the same. */
  runsOn(added: readonly StoredEvent[]): void {
    for (const { subject, seq, event } of added) {
      const before = this.#world.store.log.get(subject)?.[seq - 2]?.event;
      if (before !== undefined && event.at < before.at)
        this.#fail(
          "within a chain time does not run back",
          `${subject} ${String(seq)} says ${event.at}, and the event before it ${before.at}`,
        );
    }
  }

  reminds(event: Event<"ApprovalReminded" | "ApprovalEscalated">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("people are reminded in time, and not without end", `${by.name}, ${row.endpoint}: ${why}`);
    const service = by.reads.services.get(row.service);
    const list = by.reads.lastList.get(row.endpoint);
    if (before?.status !== "asking" || before.question.id !== event.question || service === undefined || list === undefined)
      return fail("no such question is open");
    const { question } = before;
    const { log } = this.#world.store;
    // Which entry decides may change while the run is at it, where an answer runs out.
    const rules = momentsOf(list, by, event.at).map((clock) =>
      rulesOf(service, { ...list, clock, log }, row, question, belongingOf(list, row)),
    );
    const passed = Date.parse(event.at) - Date.parse(question.at);
    if (event.type === "ApprovalEscalated") {
      const due = rules.some(({ escalateMs, escalateTo }) => passed >= escalateMs && escalateTo.join() === event.to.join());
      if (question.escalatedAt !== undefined || !due) fail(`it is escalated to ${event.to.join(", ")} after ${String(passed)} ms`);
      return;
    }
    if (!rules.some((one) => event.reminder === reminders(one, passed)) || event.reminder <= (question.reminded ?? 0))
      fail(`reminder ${String(event.reminder)} comes after ${String(question.reminded ?? 0)}, ${String(passed)} ms into it`);
  }

  foretells(event: Event<"RevocationAnnounced" | "RevocationWithdrawn">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("what will be cut is foretold", `${by.name}, ${row.endpoint}: ${event.type}, and ${why}`);
    const service = by.reads.services.get(row.service) ?? this.#world.store.services.get(row.service);
    const list = by.reads.lastList.get(row.endpoint);
    if (before === undefined || service === undefined || list === undefined) return fail("nothing is known of it");
    const due = momentsOf(list, by, event.at).map((clock) => cutAt(list, before, row, service, this.#world.setup.habits, clock));
    const wanted = event.type === "RevocationAnnounced" ? Date.parse(event.due) : Infinity;
    if (!due.includes(wanted)) fail(`its end is ${String(due)}, not ${String(wanted)}`);
    if (event.type === "RevocationWithdrawn" && before.revocation === undefined) fail("nothing was announced");
  }

  expires(event: Event<"ExpiryAnnounced">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("what will be cut is foretold", `${by.name}, ${row.endpoint}: ${event.type}, and ${why}`);
    const entry = by.reads.lastList.get(row.endpoint)?.table.get(entryId(event.entry));
    const holds = before !== undefined && "decision" in before ? before.decision?.by : undefined;
    if (entry?.version !== event.entry.version || entry.conditions.expires !== event.expires) fail("the entry does not expire then");
    if (holds?.kind !== "entry" || entryId(holds.entry) !== entryId(event.entry)) fail("another entry holds it");
    if (entry?.afterwards !== undefined) fail("an answer that lasts a while holds nobody");
    if (before?.expiryTold === event.expires) fail("it was told before");
  }

  /** Each place that a counter says is taken is one connection's, and the other way round. */
  counts(events: readonly ConnectionEvent[], before: Connection | undefined): void {
    const { counters, records } = this.#world.store;
    const touched = new Set([before?.counter, ...events.map((event) => ("counter" in event ? event.counter : undefined))]);
    for (const counter of touched) {
      if (counter === undefined) continue;
      let held = 0;
      for (const { kept } of records.values()) if (kept.connection.counter === counter) held += 1;
      const counted = counters.get(counter) ?? 0;
      if (counted !== held)
        this.#fail("a limit is never exceeded", `${counter} counts ${String(counted)}, and ${String(held)} connections hold its places`);
    }
  }
}
