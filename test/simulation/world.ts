// One simulated world: the parts, the clock, what is drawn from the seed, and what was found wrong.

import { endpointsPerCall } from "../../lib/aws/endpoint-decisions.ts";
import { listSize, type ListSize } from "../../lib/aws/list-size.ts";
import { instant } from "../../lib/ids.ts";
import type { Change, StoredEvent } from "../../lib/ledger.ts";
import type { Connection } from "../../lib/connection.ts";
import { Besides, type BesidesSetup } from "./besides.ts";
import { Delivery } from "./delivery.ts";
import { Ec2, type Habits } from "./ec2.ts";
import { Faults, type FaultKind, type Rates } from "./faults.ts";
import { Functions } from "./functions.ts";
import type { InvariantName } from "./invariant-names.ts";
import { Invariants } from "./invariants.ts";
import { start } from "./given.ts";
import { Lambda, type Invocation } from "./lambda.ts";
import { People } from "./people.ts";
import { Probes } from "./probes.ts";
import { Random } from "./random.ts";
import { Route53 } from "./route53.ts";
import { Schedule } from "./schedule.ts";
import { Sealing } from "./sealing.ts";
import type { Turns } from "./orders.ts";
import { Store } from "./store.ts";
import type * as system from "./system.ts";

export type System = typeof system;

/** Everything that makes a life what it is. The same setup and system give the same life. */
export interface Setup {
  readonly seed: number;
  readonly rates: Rates;
  readonly faultsMax: number;
  /** Where set, the only faults: at the n-th call of the life. */
  readonly script?: ReadonlyMap<number, FaultKind>;
  /** Where set, what happens is told rather than drawn. */
  readonly scenario?: (world: World) => void;
  readonly habits: Habits;
  readonly minutes: number;
  readonly services: number;
  readonly consumers: number;
  readonly without: readonly ActorKind[];
  /** Whether a mail scanner opens every link that it sees. */
  readonly scanner: boolean;
  /** The longest a call usually takes, in milliseconds. */
  readonly latency: number;
  readonly pageSize: number;
  /** Ids in one call of Accept or Reject; 100 where not drawn. */
  readonly endpointsPerCall?: number;
  /** So many more consumers, who all come within seconds. */
  readonly crowd?: number;
  /** What only some lives have: test/simulation/besides.ts. */
  readonly besides?: BesidesSetup;
  /** Whether `checkpoint` runs. */
  readonly sealed?: boolean;
}
export type ActorKind =
  | "operators"
  | "approvers"
  | "forgers"
  | "console"
  | "foreign-dns"
  | "modifications"
  | "deletions"
  | "old-connections";

export interface Violation {
  readonly invariant: InvariantName;
  readonly detail: string;
  readonly at: string;
}

export class World {
  readonly setup: Setup;
  readonly system: System;
  readonly schedule = new Schedule(start);
  /** For latencies and other chances that are no faults. */
  readonly random: Random;
  readonly faults: Faults;
  readonly lambda: Lambda;
  readonly store: Store;
  readonly ec2: Ec2;
  readonly route53: Route53;
  readonly delivery: Delivery;
  readonly besides: Besides;
  readonly sealing: Sealing;
  functions: Functions;
  readonly probes: Probes;
  readonly people: People;
  readonly checks: Invariants;
  readonly poison: string[] = [];
  /** What is known of how many ids a call takes: kept between invocations, as the function keeps it. */
  readonly listSizes: Readonly<Record<"accept" | "reject", { readonly action: string; size: ListSize }>>;
  calls = 0;
  /** A told life may wait for what is committed. */
  heard: ((added: readonly StoredEvent[]) => void) | undefined;
  /** While set, calls wait for their turn instead of for a time. */
  turns: Turns | undefined;
  /** The baseline is not held to our invariants. */
  checking = true;
  violation: Violation | undefined;
  readonly story: string[] | undefined;
  readonly #ids: Random;

  constructor(setup: Setup, given: System, tracing: boolean) {
    this.setup = setup;
    this.system = given;
    this.story = tracing ? [] : undefined;
    this.random = new Random(setup.seed, 3);
    this.#ids = new Random(setup.seed, 4);
    this.faults = new Faults(setup.seed, setup.rates, setup.faultsMax);
    this.lambda = new Lambda(this);
    this.store = new Store(this);
    this.listSizes = {
      accept: { action: "ec2:AcceptVpcEndpointConnections", size: listSize(setup.endpointsPerCall ?? endpointsPerCall) },
      reject: { action: "ec2:RejectVpcEndpointConnections", size: listSize(setup.endpointsPerCall ?? endpointsPerCall) },
    };
    this.ec2 = new Ec2(this, setup.habits);
    this.route53 = new Route53(this);
    this.delivery = new Delivery(this);
    this.besides = new Besides(this);
    this.sealing = new Sealing(this);
    this.functions = new Functions(this);
    this.probes = new Probes(this);
    this.people = new People(this);
    this.checks = new Invariants(this);
  }

  newId(): string {
    return `${this.#ids.bits().toString(36)}-${this.#ids.bits().toString(36)}`;
  }

  /** A line of the life's story; what it says is only worked out when somebody reads. */
  tell(who: string, what: () => string): void {
    this.story?.push(`${instant(this.schedule.now).slice(5, 23).replace("T", " ")}  ${who.padEnd(8)} ${what()}`);
  }

  violated(invariant: InvariantName, detail: string): void {
    if (this.violation !== undefined || !this.checking) return;
    this.violation = { invariant, detail, at: instant(this.schedule.now) };
    this.tell("VIOLATED", () => `${invariant}: ${detail}`);
    this.schedule.halted = true;
  }

  /** What was there before the life begins; nothing can go wrong with it. */
  commitAtStart(change: Change): void {
    const invocation = this.lambda.invoke(
      "api",
      async () => undefined,
      () => undefined,
    );
    this.store.commit(change, invocation);
  }

  committed(change: Change, before: Connection | undefined, added: readonly StoredEvent[], by: Invocation): void {
    this.delivery.stream(added);
    this.sealing.committed(added);
    this.heard?.(added);
    // Since when a service acts counts from the commit: the command may have been on its way for long.
    if (change.of === "service" && change.after?.mode === "enforce" && !this.people.enforcedSince.has(change.key))
      this.people.enforcedSince.set(change.key, this.schedule.now);
    this.checks.afterCommit(change, before, added, by);
  }
}
