// Functions as Lambda runs them: instances with clocks of their own, a time limit, and a world that ends them anywhere.

import type { Membership, Removed } from "../../lib/allow-list.ts";
import { instant, type AccountId, type EndpointId, type Instant, type ServiceId } from "../../lib/ids.ts";
import type { Head } from "../../lib/ledger.ts";
import type { Time } from "../../lib/loop/pacing.ts";
import type { Service } from "../../lib/service.ts";
import type { FaultKind, Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Table } from "./store.ts";
import { limitMs } from "./template.ts";
import type { World } from "./world.ts";

export type FunctionName = "observe" | "publish" | "admit" | "dns" | "sweep" | "answer" | "api" | "checkpoint";

const limits: Readonly<Record<FunctionName, number>> = {
  observe: limitMs("observe"),
  publish: limitMs("publish"),
  admit: limitMs("admit"),
  dns: limitMs("dns"),
  sweep: limitMs("sweep"),
  answer: limitMs("answer"),
  api: limitMs("api"),
  checkpoint: limitMs("checkpoint"),
};

export interface ListRead {
  readonly table: Table;
  /** What removed entries left. */
  readonly removed: ReadonlyMap<string, Removed>;
  readonly clock: Instant;
  readonly frozen: ReadonlySet<ServiceId>;
  counts: ReadonlyMap<string, number>;
  /** Where accounts belong, as it was told before; and the list as it was then, by service. */
  readonly members?: ReadonlyMap<AccountId, Membership>;
  readonly before?: ReadonlyMap<ServiceId, Table>;
}

export interface Invocation {
  readonly name: string;
  readonly of: FunctionName;
  readonly instance: string;
  readonly skew: number;
  readonly startedAt: number;
  alive: boolean;
  calls: number;
  conflicts: number;
  /** Connections for which it committed a person's answer, or a refusal of AWS. */
  readonly commits: Set<EndpointId>;
  readonly failed: Set<EndpointId>;
  /** What it read, for the invariants: nobody may act on less. */
  readonly reads: {
    /** The allow-list as it was first and last read for each endpoint. */
    readonly firstList: Map<EndpointId, ListRead>;
    readonly lastList: Map<EndpointId, ListRead>;
    readonly heads: Map<EndpointId, Head>;
    /** What listings of a whole service showed. */
    readonly shown: Set<EndpointId>;
    /** What AWS refused to do. */
    readonly refused: Map<EndpointId, "accept" | "reject">;
    /** Services as it last read them. */
    readonly services: Map<ServiceId, Service>;
    /** The services that were frozen when it read so. */
    readonly frozen: Set<ServiceId>;
    /** What AWS Organizations said of accounts, and the list when it was read what bears on a service. */
    readonly members: Map<AccountId, Membership>;
    readonly before: Map<ServiceId, Table>;
    /** Lists whose limited entries have not been counted yet, with those entries. */
    uncounted: { readonly list: ListRead; readonly limited: string }[];
    /** What its clock said, each time it looked. */
    readonly clocks: Instant[];
    /** All that it ever counted: two services swept at once may ask for the same limit. */
    readonly counted: ReadonlyMap<string, number>[];
    /** Services whose next listing is of all of it. */
    readonly whole: Set<ServiceId>;
    listings: number;
    pages: number;
  };
  /** The answer or command that it carries, if any. */
  readonly carries?: string;
  readonly chances: Chances;
  readonly ended: (how: "crashed") => void;
}

/** What goes wrong with a function, and how long its calls take. Whoever has chances of its own changes nobody else's life. */
export interface Chances {
  readonly faults: Faults;
  readonly random: Random;
}

/** More calls than this in one run can only be a loop: so many, and so many more for each connection. */
const callsMax = 600;
const callsPerConnectionMax = 40;

export class Lambda {
  readonly #world: World;
  #count = 0;
  #shown = { now: 0, at: instant(0) };
  readonly #instances = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Runs a function; `done` hears of its end, in whatever way it comes. */
  invoke<T>(
    of: FunctionName,
    body: (invocation: Invocation) => Promise<T>,
    done: (result: { value: T } | { error: unknown } | "crashed", by: Invocation) => void,
    carries?: string,
    chances: Chances = this.#world,
  ): Invocation {
    const { schedule } = this.#world;
    this.#count += 1;
    const { random } = chances;
    const instance = `${of}-${String(random.between(1, 3))}`;
    const invocation: Invocation = {
      name: `${of}#${String(this.#count)}`,
      of,
      instance,
      skew: this.#skew(instance, chances),
      chances,
      startedAt: schedule.now,
      alive: true,
      calls: 0,
      conflicts: 0,
      commits: new Set(),
      failed: new Set(),
      reads: {
        heads: new Map(),
        firstList: new Map(),
        lastList: new Map(),
        shown: new Set(),
        refused: new Map(),
        services: new Map(),
        frozen: new Set(),
        members: new Map(),
        before: new Map(),
        clocks: [],
        uncounted: [],
        counted: [],
        whole: new Set(),
        listings: 0,
        pages: 0,
      },
      ...(carries === undefined ? {} : { carries }),
      ended: () => done("crashed", invocation),
    };
    schedule.after(limits[of], () => {
      if (invocation.alive) this.kill(invocation, "the time limit");
    });
    body(invocation).then(
      (value) => {
        if (!invocation.alive) return;
        invocation.alive = false;
        done({ value }, invocation);
      },
      (error: unknown) => {
        if (!invocation.alive) return;
        invocation.alive = false;
        this.#world.tell("lambda", () => `${invocation.name} fails: ${String(error)}`);
        this.#world.checks.after.failed(invocation, error);
        done({ error }, invocation);
      },
    );
    return invocation;
  }

  kill(invocation: Invocation, why: string): void {
    if (!invocation.alive) return;
    invocation.alive = false;
    this.#world.tell("lambda", () => `${invocation.name} dies: ${why}`);
    invocation.ended("crashed");
  }

  /** One call to the outside: it arrives after a while, and between sending and hearing everything may go wrong. */
  call<T>(by: Invocation, about: string, apply: () => T): Promise<T> {
    const { schedule, setup } = this.#world;
    const { faults, random } = by.chances;
    by.calls += 1;
    this.#world.calls += 1;
    if (by.calls > callsMax + callsPerConnectionMax * this.#world.ec2.rows.size)
      this.#world.violated("nothing is retried without bound", `${by.name} has made ${String(by.calls)} calls`);
    const { turns } = this.#world;
    if (turns !== undefined)
      return new Promise((resolve, reject) => {
        turns.offer(by, about, () => {
          const result = attempt(apply);
          if ("value" in result) resolve(result.value);
          else reject(result.error);
        });
      });
    const kind = setup.script === undefined ? drawn(faults) : faults.on ? setup.script.get(this.#world.calls) : undefined;
    if (setup.script !== undefined && kind !== undefined) faults.count(kind);
    const wait =
      kind === "slow" ? random.between(5000, 180_000) : random.between(1, faults.on ? setup.latency : Math.min(setup.latency, 50));
    return new Promise((resolve, reject) => {
      schedule.after(wait, () => {
        if (!by.alive) {
          // The function is gone, but its call may still arrive.
          if (random.chance(0.5)) attempt(apply);
          return;
        }
        if (kind !== undefined && kind !== "slow") this.#world.tell("fault", () => `${kind}: ${by.name}, ${about}`);
        if (kind === "late") {
          schedule.after(random.between(60_000, 300_000), () => attempt(apply));
          return this.kill(by, `with ${about} on its way`);
        }
        if (kind === "crash-before") return this.kill(by, `before ${about}`);
        if (kind === "timeout") return reject(new this.#world.system.Fault("TimeoutError", about, "the request timed out", true));
        if (kind === "throttle") return reject(new this.#world.system.Fault("ThrottlingException", about, "rate exceeded", true));
        const result = attempt(apply);
        if (kind === "crash-after") return this.kill(by, `after ${about}`);
        if (kind === "error-after" && "value" in result)
          return reject(new this.#world.system.Fault("TimeoutError", about, "the connection was reset", true));
        if ("value" in result) resolve(result.value);
        else reject(result.error);
      });
    });
  }

  /** An invocation's time, for those who wait. */
  time(by: Invocation): Time {
    const { schedule, random } = this.#world;
    return {
      leftMs: () => by.startedAt + limits[by.of] - schedule.now,
      wait: (milliseconds) =>
        new Promise((resolve) => {
          schedule.after(milliseconds, () => {
            if (by.alive) resolve();
          });
        }),
      chance: () => random.next(),
    };
  }

  clock(by: Invocation): Instant {
    const now = this.#world.schedule.now + by.skew;
    if (now !== this.#shown.now) this.#shown = { now, at: instant(now) };
    return this.#shown.at;
  }

  #skew(instance: string, { faults, random }: Chances): number {
    if (faults.rates.skew === undefined || !faults.on) return 0;
    const known = this.#instances.get(instance);
    if (known !== undefined) return known;
    const skew = random.between(-900_000, 900_000);
    faults.count("skew");
    this.#instances.set(instance, skew);
    return skew;
  }
}

const callFaults = ["crash-before", "crash-after", "timeout", "throttle", "error-after", "slow", "late"] as const;

function drawn(faults: Faults): FaultKind | undefined {
  for (const kind of callFaults) if (faults.happens(kind)) return kind;
  return undefined;
}

function attempt<T>(apply: () => T): { value: T } | { error: unknown } {
  try {
    return { value: apply() };
  } catch (error) {
    return { error };
  }
}
