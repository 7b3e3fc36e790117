// Everybody around Drawbridge, and when each does what; consumers live here, the others in files of their own.

import { endpointId, serviceId, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import { Approvers } from "./approvers.ts";
import type { Row } from "./ec2.ts";
import { accounts, start } from "./given.ts";
import { Operators } from "./operators.ts";
import { Outsiders } from "./outsiders.ts";
import { Random } from "./random.ts";
import type { ActorKind, World } from "./world.ts";

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
  /** Whether any message can have reached an approver. */
  readonly reachable: boolean;
  readonly approvers: Approvers;
  readonly #operators: Operators;
  readonly #outsiders: Outsiders;
  #endpoints = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.setup.seed, 5);
    this.reachable = this.#random.chance(0.8);
    this.approvers = new Approvers(world, this.#random, this);
    this.#operators = new Operators(world, this.#random, this);
    this.#outsiders = new Outsiders(world, this.#random, this);
  }

  /** Approvers answer at once, and approve. */
  wellMannered = false;
  silent = false;
  /** Whether somebody has deleted a record of ours. */
  hasDrifted = false;

  /** Draws what everybody will do, and when. */
  begin(): void {
    const { setup } = this.#world;
    if (setup.scenario !== undefined) return setup.scenario(this.#world);
    for (let index = 0; index < setup.services; index += 1)
      this.#operators.takeIntoCare(serviceId(`vpce-svc-${String(index + 1).padStart(17, "0")}`));
    const entries = this.#random.between(0, 4);
    for (let index = 0; index < entries; index += 1) this.#operators.edit();
    this.#plan(
      "old-connections",
      this.#random.chance(0.4) ? this.#random.between(1, 2) : 0,
      () => undefined,
      () => this.#old(),
    );
    this.#plan(
      undefined,
      setup.consumers,
      () => this.moment(0.6),
      () => this.#connect(),
    );
    const rush = (setup.crowd ?? 0) === 0 ? 0 : this.moment(0.6);
    this.#plan(
      undefined,
      setup.crowd ?? 0,
      () => rush + this.#random.between(0, 5000),
      () => this.#connect(),
    );
    this.#plan(
      "operators",
      this.#random.between(0, 4),
      () => this.moment(),
      () => this.#operators.edit(),
    );
    this.#plan(
      "operators",
      this.#random.chance(0.4) ? this.#random.between(1, 3) : 0,
      () => this.moment(),
      () => this.#operators.command(),
    );
    this.#plan(
      "operators",
      this.#random.chance(0.3) ? 1 : 0,
      () => this.moment(),
      () => this.#operators.change(),
    );
    this.#plan(
      "operators",
      this.#random.chance(0.25) ? 1 : 0,
      () => this.moment(),
      () => this.#operators.freeze(),
    );
    this.#plan(
      "console",
      this.#random.chance(0.35) ? this.#random.between(1, 3) : 0,
      () => this.moment(),
      () => this.#outsiders.click(),
    );
    this.#plan(
      "foreign-dns",
      this.#random.chance(0.2) ? this.#random.between(1, 2) : 0,
      () => this.moment(),
      () => this.#outsiders.foreignName(),
    );
    this.#plan(
      "foreign-dns",
      this.#random.chance(0.08) ? this.#random.between(1, 3) : 0,
      () => this.moment(),
      () => this.#outsiders.drift(),
    );
    this.#plan(
      "forgers",
      this.#random.chance(0.3) ? this.#random.between(1, 4) : 0,
      () => this.moment(),
      () => this.approvers.forge(),
    );
    this.#plan(
      "modifications",
      this.#random.chance(0.3) ? this.#random.between(1, 3) : 0,
      () => this.moment(),
      () => this.#anyRow((row) => this.#world.ec2.modify(row)),
    );
    this.#plan(
      "deletions",
      this.#random.chance(0.6) ? this.#random.between(1, 3) : 0,
      () => this.moment(),
      () => this.#anyRow((row) => this.#world.ec2.delete(row)),
    );
    this.#plan(
      "modifications",
      this.#random.chance(0.15) ? 1 : 0,
      () => this.moment(),
      () => this.#anyRow((row) => this.#world.ec2.puzzle(row)),
    );
    this.#plan(
      "deletions",
      this.#random.chance(0.1) ? 1 : 0,
      () => this.moment(),
      () => this.#anyRow((row) => this.#world.ec2.expire(row)),
    );
    this.#world.besides.begin(
      (kind, times, when, act) => this.#plan(kind, times, when, act),
      () => this.#operators.edit(),
      () => this.#connect(),
      (random) => this.#operators.rename(random),
    );
    const { faults } = this.#world;
    this.#plan(
      undefined,
      faults.rates.poison === undefined ? 0 : this.#random.between(1, 3),
      () => this.moment(),
      () => {
        if (!faults.happens("poison")) return;
        this.#world.poison.push(this.#world.delivery.poison());
        this.#say("fault", () => `poison: ${JSON.stringify(this.#world.poison.at(-1))}`);
      },
    );
    this.#plan(
      undefined,
      faults.rates.redrive === undefined ? 0 : 1,
      () => this.moment(),
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

  moment(share = 1): number {
    return Math.floor(this.#random.next() * share * this.#world.setup.minutes * minute);
  }

  #say(who: string, what: () => string): void {
    this.#world.tell(who, what);
  }

  told(stored: StoredEvent): void {
    this.approvers.told(stored);
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

  some(): Row | undefined {
    const rows = [...this.#world.ec2.rows.values()];
    return rows.length === 0 ? undefined : this.#random.pick(rows);
  }
}
