// Everybody around Drawbridge: consumers, operators, approvers, forgers, somebody in the console, another owner of DNS.

import type { Entry, Principal } from "../../lib/allow-list.ts";
import type { Signal } from "../../lib/decide.ts";
import type { Choice, PolicyEvent } from "../../lib/events.ts";
import { accountId, endpointId, instant, serviceId, zoneId, type EndpointId, type Instant, type ServiceId } from "../../lib/ids.ts";
import { entrySubject, serviceSubject, type Change, type Head, type StoredEvent } from "../../lib/ledger.ts";
import type { Service } from "../../lib/service.ts";
import { stateOf, type Row } from "./ec2.ts";
import { ownRoles, start } from "./given.ts";
import { Random } from "./random.ts";
import { ownerText } from "./route53.ts";
import { entryId } from "./store.ts";
import type { ActorKind, World } from "./world.ts";

const accounts = ["222222222222", "333333333333", "444444444444"].map((id) => accountId(id));
const labels = ["acme", "globex", "acme"];
const zone = { id: zoneId("Z0123456789ABCDEFGHIJ"), name: "privatelink.example.com" };
const operatorArn = "arn:aws:iam::111111111111:user/olga";
const minute = 60_000;

export class People {
  /** Answers and commands that were really given by somebody who may: what a decision of people must rest on. */
  readonly given = new Set<string>();
  /** Which connection each question that people were told of is about. */
  readonly questionsTold = new Map<string, EndpointId>();
  readonly serviceIds: ServiceId[] = [];
  readonly enforcedSince = new Map<ServiceId, number>();
  readonly changedAt = new Map<ServiceId, number>();
  readonly #world: World;
  readonly #random: Random;
  #endpoints = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.setup.seed, 5);
  }

  /** Approvers answer at once, and approve. */
  wellMannered = false;
  silent = false;

  /** Draws what everybody will do, and when. */
  begin(): void {
    const { setup } = this.#world;
    if (setup.scenario !== undefined) return setup.scenario(this.#world);
    for (let index = 0; index < setup.services; index += 1)
      this.#takeIntoCare(serviceId(`vpce-svc-${String(index + 1).padStart(17, "0")}`));
    const entries = this.#random.between(0, 4);
    for (let index = 0; index < entries; index += 1) this.#edit();
    this.#plan(
      "old-connections",
      this.#random.chance(0.4) ? this.#random.between(1, 2) : 0,
      () => undefined,
      () => this.#old(),
    );
    this.#plan(
      undefined,
      setup.consumers,
      () => this.#moment(0.6),
      () => this.#connect(),
    );
    const rush = (setup.crowd ?? 0) === 0 ? 0 : this.#moment(0.6);
    this.#plan(
      undefined,
      setup.crowd ?? 0,
      () => rush + this.#random.between(0, 5000),
      () => this.#connect(),
    );
    this.#plan(
      "operators",
      this.#random.between(0, 4),
      () => this.#moment(),
      () => this.#edit(),
    );
    this.#plan(
      "operators",
      this.#random.chance(0.4) ? this.#random.between(1, 3) : 0,
      () => this.#moment(),
      () => this.#command(),
    );
    this.#plan(
      "operators",
      this.#random.chance(0.3) ? 1 : 0,
      () => this.#moment(),
      () => this.#change(),
    );
    this.#plan(
      "console",
      this.#random.chance(0.35) ? this.#random.between(1, 3) : 0,
      () => this.#moment(),
      () => this.#click(),
    );
    this.#plan(
      "foreign-dns",
      this.#random.chance(0.2) ? this.#random.between(1, 2) : 0,
      () => this.#moment(),
      () => this.#foreignName(),
    );
    this.#plan(
      "forgers",
      this.#random.chance(0.3) ? this.#random.between(1, 4) : 0,
      () => this.#moment(),
      () => this.#forge(),
    );
    this.#plan(
      "modifications",
      this.#random.chance(0.3) ? this.#random.between(1, 3) : 0,
      () => this.#moment(),
      () => this.#anyRow((row) => this.#world.ec2.modify(row)),
    );
    this.#plan(
      "deletions",
      this.#random.chance(0.6) ? this.#random.between(1, 3) : 0,
      () => this.#moment(),
      () => this.#anyRow((row) => this.#world.ec2.delete(row)),
    );
    this.#plan(
      "modifications",
      this.#random.chance(0.15) ? 1 : 0,
      () => this.#moment(),
      () => this.#anyRow((row) => this.#world.ec2.puzzle(row)),
    );
    this.#plan(
      "deletions",
      this.#random.chance(0.1) ? 1 : 0,
      () => this.#moment(),
      () => this.#anyRow((row) => this.#world.ec2.expire(row)),
    );
    const { faults } = this.#world;
    this.#plan(
      undefined,
      faults.rates.poison === undefined ? 0 : this.#random.between(1, 3),
      () => this.#moment(),
      () => {
        if (!faults.happens("poison")) return;
        this.#world.poison.push(this.#world.delivery.poison());
        this.#say("fault", () => `poison: ${JSON.stringify(this.#world.poison.at(-1))}`);
      },
    );
    this.#plan(
      undefined,
      faults.rates.redrive === undefined ? 0 : 1,
      () => this.#moment(),
      () => {
        if (!faults.happens("redrive")) return;
        this.#say("fault", () => "redrive: every message that was ever sent comes back");
        for (const queue of [this.#world.delivery.observe, this.#world.delivery.admit, this.#world.delivery.dns]) queue.again();
      },
    );
  }

  #plan(kind: ActorKind | undefined, times: number, when: () => number | undefined, act: () => void): void {
    const { setup, schedule } = this.#world;
    for (let time = 0; time < times; time += 1) {
      const at = when();
      if (kind !== undefined && setup.without.includes(kind)) continue;
      if (at === undefined) act();
      else schedule.after(at, act);
    }
  }

  #moment(share = 1): number {
    return Math.floor(this.#random.next() * share * this.#world.setup.minutes * minute);
  }

  #say(who: string, what: () => string): void {
    this.#world.tell(who, what);
  }

  // Services and entries

  #takeIntoCare(service: ServiceId): void {
    this.serviceIds.push(service);
    const mode = this.#random.chance(0.85) ? "enforce" : "observe";
    const after: Service = {
      service,
      mode,
      outsideAccept: this.#random.chance(0.7) ? "keep" : "enforce",
      addedAt: instant(start),
      addedBy: operatorArn,
      version: 1,
      ...(this.#random.chance(0.85) ? { zone } : {}),
    };
    if (mode === "enforce") this.enforcedSince.set(service, 0);
    this.#world.store.services.set(service, after);
    this.#world.ec2.acceptanceRequired.set(service, true);
    this.#say("operator", () => `takes ${service} into care: ${mode}, outside accepts: ${after.outsideAccept}`);
  }

  #edit(): void {
    const random = this.#random;
    const { store, functions, schedule, ec2 } = this.#world;
    const rows = [...ec2.rows.values()];
    const index = random.between(0, accounts.length - 1);
    const principal: Principal = random.chance(0.7)
      ? `account#${accounts[index] ?? ""}`
      : random.chance(0.6) || rows.length === 0
        ? "any"
        : `endpoint#${random.pick(rows).endpoint}`;
    const service = random.chance(0.8) ? random.pick(this.serviceIds) : ("*" as const);
    const key = { service, principal };
    const verdict = random.pick(["accept", "accept", "accept", "ask", "reject"] as const);
    const remove = random.chance(0.2);
    const conditions = this.#conditions();
    const label = random.chance(0.7) ? labels[index] : undefined;
    const change = (expected: Head, at: Instant): Change | undefined => {
      const from = store.entries.get(entryId(key));
      const entry = { ...key, version: expected.seq + 1 };
      const common = {
        at,
        by: { kind: "operator", arn: operatorArn },
        because: { rule: "operator", detail: "an operator's change" },
      } as const;
      if (remove) {
        if (from === undefined) return undefined;
        return { of: "entry", key, expected, events: [{ ...common, type: "EntryRemoved", entry, from }] };
      }
      const after: Entry = {
        ...key,
        verdict,
        conditions,
        version: expected.seq + 1,
        author: operatorArn,
        at,
        ...(label === undefined ? {} : { label }),
      };
      const event: PolicyEvent =
        from === undefined
          ? { ...common, type: "EntryAdded", entry, to: after }
          : { ...common, type: "EntryChanged", entry, from, to: after };
      return { of: "entry", key, after, expected, events: [event] };
    };
    this.#say("operator", () => `${remove ? "removes" : `sets ${verdict} ${JSON.stringify(conditions)} for`} ${principal} at ${service}`);
    if (schedule.now === start) {
      const wanted = change(store.head(entrySubject(service, principal)), instant(start));
      if (wanted !== undefined) this.#world.commitAtStart(wanted);
    } else functions.api(entrySubject(service, principal), change);
  }

  #conditions(): Entry["conditions"] {
    const random = this.#random;
    const soon = (): Instant => instant(start + this.#moment());
    return {
      ...(random.chance(0.1) ? { regions: ["eu-west-1"] } : {}),
      ...(random.chance(0.08) ? { ipAddressTypes: ["ipv4" as const] } : {}),
      ...(random.chance(0.08) ? { notBefore: soon() } : {}),
      ...(random.chance(0.1) ? { expires: soon() } : {}),
    };
  }

  /** An operator enforces, or changes what an accept outside means. */
  #change(): void {
    const id = this.#random.pick(this.serviceIds);
    const enforce = this.#random.chance(0.6);
    const { functions, store, schedule } = this.#world;
    this.#say("operator", () => `${enforce ? "enforces" : "changes"} ${id}`);
    functions.api(serviceSubject(id), (expected, at) => {
      const from = store.services.get(id);
      if (from === undefined) return undefined;
      this.changedAt.set(id, Infinity);
      const common = {
        at,
        by: { kind: "operator", arn: operatorArn },
        because: { rule: "operator", detail: "an operator's change" },
      } as const;
      const after: Service = {
        ...from,
        version: expected.seq + 1,
        ...(enforce
          ? { mode: "enforce" as const }
          : { outsideAccept: from.outsideAccept === "keep" ? ("enforce" as const) : ("keep" as const) }),
      };
      if (enforce && !this.enforcedSince.has(id)) this.enforcedSince.set(id, schedule.now);
      return {
        of: "service",
        key: id,
        after,
        expected,
        events: [
          enforce
            ? { ...common, type: "ServiceEnforced", service: id }
            : { ...common, type: "ServiceChanged", service: id, from, to: after },
        ],
      };
    });
  }

  // Consumers

  #connect(): void {
    const row = this.#newRow(this.#world.schedule.now);
    this.#say("consumer", () => `${row.account} creates ${row.endpoint} at ${row.service}`);
    this.#world.ec2.create(row);
  }

  /** One that was there before Drawbridge. */
  #old(): void {
    const state = this.#random.pick(["available", "available", "pendingAcceptance", "rejected"] as const);
    const row = this.#world.ec2.create(this.#newRow(start - this.#random.between(3_600_000, 86_400_000)), state);
    this.#say("consumer", () => `${row.account} has had ${row.endpoint} at ${row.service} since before: ${state}`);
  }

  /** Some have no sooner come than they go, while their name is being made. */
  reached(row: Row): void {
    const { setup, schedule, ec2, faults } = this.#world;
    if (setup.scenario !== undefined || setup.without.includes("deletions") || !faults.on || !this.#random.chance(0.08)) return;
    schedule.after(this.#random.between(0, 20_000), () => ec2.delete(row));
  }

  #newRow(createdAt: number): Pick<Row, "endpoint" | "service" | "account" | "createdAt" | "region" | "ipAddressType"> {
    this.#endpoints += 1;
    const random = this.#random;
    return {
      endpoint: endpointId(`vpce-${String(this.#endpoints).padStart(17, "0")}`),
      service: random.pick(this.serviceIds),
      account: random.pick(accounts),
      createdAt,
      region: random.pick(["eu-west-1", "eu-west-1", "us-east-1"]),
      ipAddressType: random.pick(["ipv4", "ipv4", "dualstack", "ipv6"] as const),
    };
  }

  #anyRow(act: (row: Row) => void): void {
    const rows = [...this.#world.ec2.rows.values()];
    if (rows.length === 0) return;
    const row = this.#random.pick(rows);
    this.#say("consumer", () => `changes or deletes ${row.endpoint}`);
    act(row);
  }

  // Approvers

  /** Everybody who may answer has been told of the question. */
  told(stored: StoredEvent): void {
    const { event, subject, service } = stored;
    if (event.type !== "ApprovalRequested" || service === undefined || service === "*") return;
    const { question } = event;
    const first = !this.questionsTold.has(question);
    const endpoint = endpointId(subject.slice("connection#".length));
    this.questionsTold.set(question, endpoint);
    if (!first || this.silent || this.#world.setup.without.includes("approvers")) return;
    if (this.wellMannered) return this.#answer(20_000, { service, endpoint, question, name: "ann", choice: "approve" });
    const random = this.#random;
    const style = random.pick(["well", "well", "well", "never", "late", "twice", "both", "both at once"] as const);
    const choice: Choice = random.chance(0.6) ? "approve" : "reject";
    const other: Choice = choice === "approve" ? "reject" : "approve";
    const soon = random.between(1000, 10 * minute);
    const say = (after: number, name: string, what: Choice): void =>
      this.#answer(after, { service, endpoint, question, name, choice: what });
    if (style === "never") return;
    say(style === "late" ? random.between(30 * minute, 600 * minute) : soon, "ann", choice);
    if (style === "twice") say(soon + random.between(0, 5 * minute), "ann", choice);
    if (style === "both") say(soon + random.between(0, 5 * minute), "bob", other);
    if (style === "both at once") say(soon, "bob", other);
  }

  #answer(after: number, answer: { service: ServiceId; endpoint: EndpointId; question: string; name: string; choice: Choice }): void {
    const { service, endpoint, question, name, choice } = answer;
    this.#world.schedule.after(after, () => {
      this.given.add(`${question} ${choice} ${name}`);
      this.#say("approver", () => `${name} answers ${choice} for ${endpoint}`);
      this.#send(service, endpoint, { kind: "answered", question, choice, by: { kind: "approver", name, channel: "link" } });
    });
  }

  /** A person whose click fails clicks again. */
  #send(service: ServiceId, endpoint: EndpointId, signal: Extract<Signal, { kind: "answered" }>, tries = 1): void {
    const carries = `${signal.choice} ${endpoint}`;
    this.#world.functions.answer(service, endpoint, signal, carries, (ok) => {
      if (!ok && tries < 3) this.#world.schedule.after(5000, () => this.#send(service, endpoint, signal, tries + 1));
    });
  }

  /** An operator's approve or reject, with no question. */
  #command(): void {
    const row = this.#some();
    if (row === undefined) return;
    const choice: Choice = this.#random.chance(0.5) ? "approve" : "reject";
    this.given.add(`${row.endpoint} ${choice} ${operatorArn}`);
    this.#say("operator", () => `${choice}s ${row.endpoint}`);
    this.#send(row.service, row.endpoint, { kind: "answered", choice, by: { kind: "operator", arn: operatorArn } });
  }

  /** Answers by people who were never asked, to questions that are another's or nobody's, and messages about nothing. */
  #forge(): void {
    const row = this.#some();
    if (row === undefined) return;
    const random = this.#random;
    const choice: Choice = random.pick(["approve", "reject"]);
    const others = [...this.questionsTold].flatMap(([question, endpoint]) => (endpoint === row.endpoint ? [] : [question]));
    const question = random.pick([random.hex(32), others.length > 0 ? random.pick(others) : random.hex(32), undefined]);
    const { delivery } = this.#world;
    if (random.chance(0.3))
      delivery.observe.send(
        JSON.stringify({
          Type: "Notification",
          Message: random.pick([
            `Connect ${row.service} vpce-0123456789abcdef0`,
            `Delete ${random.pick(this.serviceIds)} ${row.endpoint}`,
            `Accept ${row.endpoint} vpce-svc-0123456789abcdef0`,
            "accept everybody",
          ]),
        }),
      );
    const service = random.chance(0.8) ? row.service : random.pick(this.serviceIds);
    this.#say("forger", () => `answers ${choice} for ${row.endpoint} at ${service} with question ${question ?? "none"}`);
    this.#send(service, row.endpoint, {
      kind: "answered",
      choice,
      by: { kind: "approver", name: "mallory", channel: "link" },
      ...(question === undefined ? {} : { question }),
    });
  }

  // Past Drawbridge

  #click(): void {
    const random = this.#random;
    const { ec2 } = this.#world;
    if (random.chance(0.2)) {
      const service = random.pick(this.serviceIds);
      const required = random.chance(0.5);
      this.#say("console", () => `switches acceptance of ${service} ${required ? "on" : "off"}`);
      ec2.acceptanceRequired.set(service, required);
      return;
    }
    const row = this.#some();
    if (row === undefined) return;
    this.#clickOn(row, random.pick(["accept", "accept", "reject"] as const));
  }

  #clickOn(row: Row, action: "accept" | "reject"): void {
    const random = this.#random;
    const { ec2, delivery, schedule } = this.#world;
    const before = stateOf(row);
    this.#say("console", () => `${action}s ${row.endpoint}, which is ${before}`);
    const [outcome] = ec2[action](row.service, [row.endpoint], "console");
    const arn = random.chance(0.9)
      ? "arn:aws:iam::111111111111:user/carl"
      : `${ownRoles[1]?.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") ?? ""}/session`;
    const event = delivery.trail(row, action, arn, outcome?.failure !== undefined);
    if (random.chance(0.2)) schedule.after(random.between(500, 5000), () => this.#clickOn(row, action === "accept" ? "reject" : "accept"));
    if (outcome?.failure === undefined) row.outside.push({ at: schedule.now, action, event, arn });
  }

  #foreignName(): void {
    const row = this.#some();
    const name =
      row !== undefined && this.#random.chance(0.3)
        ? `${this.#random.pick(["acme", row.account])}-${row.endpoint.slice(5)}`
        : this.#random.pick(["acme", "globex", ...accounts]);
    const text = this.#random.chance(0.3);
    const fqdn = `${name}.${zone.name}`;
    const owner = row !== undefined && this.#random.chance(0.3) ? `someone-else-${ownerText(row.endpoint)}` : "someone-else";
    const set = text
      ? ({ name: `_drawbridge.${fqdn}`, type: "TXT", text: owner } as const)
      : ({ name: fqdn, type: "A", target: { name: "other.example.net", zone: "Z38GZ743OKFT7T" } } as const);
    if (this.#world.route53.foreign(zone.id, set)) this.#say("foreign", () => `makes ${set.type} ${set.name}`);
  }

  #some(): Row | undefined {
    const rows = [...this.#world.ec2.rows.values()];
    return rows.length === 0 ? undefined : this.#random.pick(rows);
  }
}
