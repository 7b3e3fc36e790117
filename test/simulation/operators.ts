// What operators do: take services into care, change entries, freeze, enforce, and decide themselves.

import { refer, type Entry, type Principal, type Removed } from "../../lib/allow-list.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import type { Choice, PolicyEvent } from "../../lib/events.ts";
import { instant, type Instant, type ServiceId } from "../../lib/ids.ts";
import { entrySubject, freezeSubject, serviceSubject, type Change, type Head } from "../../lib/ledger.ts";
import { saidOf } from "../../lib/said-entry.ts";
import type { Service } from "../../lib/service.ts";
import { accounts, arnOf, operatorArn, start, zone } from "./given.ts";
import type { People } from "./people.ts";
import type { Random } from "./random.ts";
import { entryId } from "./store.ts";
import type { World } from "./world.ts";

const labels = ["acme", "globex", "acme"];
const minute = 60_000;
const hour = 60 * minute;
const changed = (at: Instant, arn = operatorArn): Pick<PolicyEvent, "at" | "by" | "because"> => ({
  at,
  by: { kind: "operator", arn },
  because: { rule: "operator", detail: "an operator's change" },
});

export class Operators {
  readonly #world: World;
  readonly #random: Random;
  readonly #people: People;

  constructor(world: World, random: Random, people: People) {
    this.#world = world;
    this.#random = random;
    this.#people = people;
  }

  takeIntoCare(service: ServiceId): void {
    const random = this.#random;
    const people = this.#people;
    people.serviceIds.push(service);
    const mode = random.chance(0.85) ? "enforce" : "observe";
    const after: Service = {
      service,
      mode,
      outsideAccept: random.chance(0.7) ? "keep" : "enforce",
      addedAt: instant(start),
      addedBy: operatorArn,
      version: 1,
      ...(random.chance(0.85) ? { zone: { ...zone, ...this.#world.besides.privateZones.setting() } } : {}),
      ...(random.chance(0.3) ? { onRemoval: this.#disconnect() } : {}),
      ...(random.chance(0.2) ? { onReject: this.#disconnect() } : {}),
      ...(random.chance(0.3) ? { onExpiry: this.#disconnect() } : {}),
      ...(random.chance(0.4) ? { asking: this.#asking() } : {}),
      ...this.#world.besides.permissions.setting(service),
      ...this.#world.besides.asking.setting(),
    };
    if (mode === "enforce") people.enforcedSince.set(service, 0);
    this.#world.store.services.set(service, after);
    this.#world.ec2.acceptanceRequired.set(service, true);
    const { asking } = after;
    this.#world.tell(
      "operator",
      () =>
        `takes ${service} into care: ${mode}, outside accepts: ${after.outsideAccept}${asking === undefined ? "" : `, asks ${JSON.stringify(asking)}`}`,
    );
  }

  #disconnect(): Disconnect {
    return this.#random.pick(["keep", "now", { afterHours: 0.05 }, { afterHours: 0.25 }, { afterHours: 240 }] as const);
  }

  /** Hours and days are short here, so that a life of minutes sees them pass; some services keep the usual ones. */
  #asking(): NonNullable<Service["asking"]> {
    const random = this.#random;
    const short = random.chance(0.6);
    return {
      approvers: random.pick([["ann", "bob", "cleo"], ["ann", "bob"], ["bob"]]),
      quorum: random.pick([1, 2, 2]),
      ...(short ? { openDays: random.pick([0.004, 0.02]), remindHours: random.pick([[0.03, 0.1, 0.3], [0.05]]) } : {}),
      ...(random.chance(0.4) ? { escalateTo: ["dora"], escalateAfterHours: short ? 0.08 : 24 } : {}),
      silence: random.pick(["keep", "reject"] as const),
      accountAnswers: random.chance(0.5),
    };
  }

  // Entries

  edit(): void {
    const random = this.#random;
    const { store, functions, schedule, ec2 } = this.#world;
    const rows = [...ec2.rows.values()];
    const index = random.between(0, accounts.length - 1);
    const other = this.#world.besides.principal();
    const principal: Principal =
      other !== undefined
        ? other
        : random.chance(0.7)
          ? `account#${accounts[index] ?? ""}`
          : random.chance(0.6) || rows.length === 0
            ? "any"
            : `endpoint#${random.pick(rows).endpoint}`;
    const service = random.chance(0.8) ? random.pick(this.#people.serviceIds) : ("*" as const);
    const key = { service, principal };
    const remove = random.chance(0.2);
    const said = { ...this.#entry(index), ...this.#world.besides.said(principal) };
    const disconnect = random.chance(0.6) ? this.#disconnect() : undefined;
    const change = (expected: Head, at: Instant): Change | undefined => {
      const from = store.entries.get(entryId(key));
      const version = expected.seq + 1;
      if (remove) {
        if (from === undefined) return undefined;
        const { reason } = said;
        const removed = {
          at,
          by: operatorArn,
          ...(disconnect === undefined ? {} : { disconnect }),
          ...(reason === undefined ? {} : { reason }),
        };
        const tombstone: Removed = { ...key, version, removed };
        return { of: "entry", key, expected, tombstone, events: [{ ...changed(at), type: "EntryRemoved", entry: refer(from), from }] };
      }
      const { author, ...what } = said;
      const { authorsAfter, standingAt, written } = this.#world.system;
      const stands = from && standingAt(from, at);
      const after: Entry = { ...written({ ...key, ...what }, stands, { version, author, at }), authors: authorsAfter(from, author) };
      const told = changed(at, author);
      const event: PolicyEvent =
        from === undefined
          ? { ...told, type: "EntryAdded", entry: refer(after), to: after }
          : { ...told, type: "EntryChanged", entry: refer(after), from, to: after };
      return { of: "entry", key, after, expected, events: [event] };
    };
    this.#world.tell("operator", () =>
      remove
        ? `removes ${principal} at ${service}, its connections: ${JSON.stringify(disconnect ?? "as usual")}`
        : `sets ${said.verdict} ${JSON.stringify(said)} for ${principal} at ${service}`,
    );
    if (schedule.now === start) {
      const wanted = change(store.head(entrySubject(service, principal)), instant(start));
      if (wanted !== undefined) this.#world.commitAtStart(wanted);
    } else functions.api(entrySubject(service, principal), change);
  }

  /** Notes something in an entry, mostly of those that keep out: what it means goes on as it was, unless its grace is changed too. */
  rename(random: Random): void {
    const { store, functions } = this.#world;
    const all = [...store.entries.values()];
    const keeping = all.filter(({ verdict }) => verdict !== "accept");
    const entries = keeping.length > 0 && random.chance(0.8) ? keeping : all;
    if (entries.length === 0) return;
    const { service, principal } = random.pick(entries);
    const ticket = `NET-${String(random.between(1, 99))}`;
    const grace = random.chance(0.4) ? { afterHours: random.pick([0.05, 0.1, 0.25] as const) } : undefined;
    this.#world.tell(
      "operator",
      () => `writes ${ticket} into the entry for ${principal} at ${service}, ${JSON.stringify(grace ?? "no more")}`,
    );
    functions.api(entrySubject(service, principal), (expected, at) => {
      const from = store.entries.get(entryId({ service, principal }));
      const { authorsAfter, standingAt, written } = this.#world.system;
      const stands = from && standingAt(from, at);
      if (from === undefined || stands === undefined) return undefined;
      const by = { version: expected.seq + 1, author: operatorArn, at, reason: `told at ${at}` };
      const disconnect = grace === undefined || stands.verdict === "accept" ? {} : { disconnect: grace };
      const after: Entry = {
        ...written({ ...saidOf(stands), ticket, ...disconnect }, stands, by),
        authors: authorsAfter(from, operatorArn),
      };
      return {
        of: "entry",
        key: { service, principal },
        after,
        expected,
        events: [{ ...changed(at), type: "EntryChanged", entry: refer(after), from, to: after }],
      };
    });
  }

  #entry(index: number): Omit<Entry, "service" | "principal" | "version" | "at"> {
    const random = this.#random;
    const verdict = random.pick(["accept", "accept", "accept", "ask", "reject"] as const);
    const conditions = this.#conditions(verdict);
    const label = random.chance(0.7) ? labels[index] : undefined;
    const author = random.pick([operatorArn, operatorArn, arnOf("ann"), arnOf("bob")]) ?? operatorArn;
    return {
      verdict,
      conditions,
      author,
      // No number is drawn for it, so that lives stay as they were.
      ...(index % 2 === 0 ? { reason: `incident ${String(index)}` } : {}),
      ...(label === undefined ? {} : { label }),
      ...(conditions.expires !== undefined && random.chance(0.5) ? { onExpiry: this.#disconnect() } : {}),
      ...(verdict !== "accept" && random.chance(0.4) ? { disconnect: this.#disconnect() } : {}),
      ...(random.chance(0.1)
        ? { asking: random.pick([{ quorum: 2 }, { approvers: ["ann", "dora"], quorum: 1 }, { approvers: ["bob", "ann"] }]) }
        : {}),
    };
  }

  #conditions(verdict: Entry["verdict"]): Entry["conditions"] {
    const random = this.#random;
    const soon = (): Instant => instant(start + this.#people.moment());
    const far = (): Instant => instant(start + random.between(130, 220) * hour);
    return {
      ...(random.chance(0.1) ? { regions: ["eu-west-1"] } : {}),
      ...(random.chance(0.08) ? { ipAddressTypes: ["ipv4" as const] } : {}),
      ...(random.chance(0.08) ? { notBefore: soon() } : {}),
      ...(random.chance(0.2) ? { expires: random.chance(0.6) ? soon() : far() } : {}),
      ...(verdict === "accept" && random.chance(0.2) ? { atMost: random.between(1, 2) } : {}),
    };
  }

  // Services

  /** An operator enforces, or changes what an accept outside means. */
  change(): void {
    const id = this.#random.pick(this.#people.serviceIds);
    const enforce = this.#random.chance(0.6);
    const { functions, store } = this.#world;
    this.#world.tell("operator", () => `${enforce ? "enforces" : "changes"} ${id}`);
    functions.api(serviceSubject(id), (expected, at) => {
      const from = store.services.get(id);
      if (from === undefined) return undefined;
      this.#people.changedAt.set(id, Infinity);
      const after: Service = {
        ...from,
        version: expected.seq + 1,
        ...(enforce
          ? { mode: "enforce" as const }
          : { outsideAccept: from.outsideAccept === "keep" ? ("enforce" as const) : ("keep" as const) }),
      };
      return {
        of: "service",
        key: id,
        after,
        expected,
        events: [
          enforce
            ? { ...changed(at), type: "ServiceEnforced", service: id }
            : { ...changed(at), type: "ServiceChanged", service: id, from, to: after },
        ],
      };
    });
  }

  /** Nothing is accepted automatically until it is lifted, if it is. */
  freeze(): void {
    const random = this.#random;
    const { functions, store, schedule } = this.#world;
    const id = random.chance(0.7) ? random.pick(this.#people.serviceIds) : ("*" as const);
    const about = id === "*" ? {} : { service: id };
    const lifted = random.chance(0.8) ? random.between(10_000, 6 * minute) : undefined;
    this.#world.tell("operator", () => `freezes ${id}`);
    functions.api(freezeSubject(id), (expected, at) => {
      if (store.freezes.has(id)) return undefined;
      const after = { id, at, by: operatorArn, reason: "an incident", version: expected.seq + 1 };
      return { of: "freeze", key: id, after, expected, events: [{ ...changed(at), type: "Frozen", ...about, reason: "an incident" }] };
    });
    if (lifted === undefined) return;
    schedule.after(lifted, () => {
      this.#world.tell("operator", () => `lifts the freeze of ${id}`);
      functions.api(
        freezeSubject(id),
        (expected, at) =>
          store.freezes.has(id) ? { of: "freeze", key: id, expected, events: [{ ...changed(at), type: "Unfrozen", ...about }] } : undefined,
        id === "*" ? this.#people.serviceIds : [id],
      );
    });
  }

  /** An operator's approve or reject, with no question; some are approvers too, some break the glass. */
  command(): void {
    const random = this.#random;
    const row = this.#people.some();
    if (row === undefined) return;
    const choice: Choice = random.chance(0.5) ? "approve" : "reject";
    const as = random.chance(0.3) ? random.pick(["ann", "bob"] as const) : undefined;
    const breakGlass = choice === "approve" && random.chance(0.2);
    const arn = (as === undefined ? undefined : arnOf(as)) ?? operatorArn;
    this.#people.given.add(`${row.endpoint} ${breakGlass ? "break-glass" : choice} ${arn}`);
    this.#world.tell("operator", () => `${arn} ${choice}s ${row.endpoint}${breakGlass ? ", breaking the glass" : ""}`);
    this.#people.approvers.send(row.service, row.endpoint, {
      kind: "answered",
      choice,
      by: { kind: "operator", arn },
      ...(as === undefined ? {} : { as }),
      ...(breakGlass ? { breakGlass } : {}),
    });
  }
}
