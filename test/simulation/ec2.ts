// AWS as the provider sees it: connections with their states, eventual consistency, token buckets, Unsuccessful.

import { instant, type AccountId, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import type { AwsState, IpAddressType, Observed } from "../../lib/observed.ts";
import type { Outcome, ServiceFacts } from "../../lib/ports.ts";
import type { World } from "./world.ts";

/** One consumer endpoint with every state it ever had: an eventually consistent read may show an earlier one. */
export interface Row {
  readonly endpoint: EndpointId;
  readonly service: ServiceId;
  readonly account: AccountId;
  readonly createdAt: number;
  readonly region?: string;
  readonly ipAddressType?: IpAddressType;
  readonly states: { at: number; state: AwsState }[];
  removedAt: number;
  hiddenUntil: number;
  /** Until then Accept and Reject list it as unsuccessful. */
  stuckUntil: number;
  /** What people did past Drawbridge. */
  readonly outside: { at: number; action: "accept" | "reject"; event: string; arn: string }[];
  readonly accepts: number[];
  /** An Accept of ours that was under way so long that a Reject came first. */
  acceptedLate: boolean;
  /** A Reject of ours that was under way so long that an Accept came first. */
  rejectedLate: boolean;
}

/** How AWS behaves where its documents are silent: drawn from the seed, so that we are right either way. */
export interface Habits {
  /** Accept on an endpoint that is accepted already, Reject on a rejected one: done, or InvalidState. */
  readonly repeatRefused: boolean;
  /** Accept on a rejected endpoint works. */
  readonly acceptsRejected: boolean;
  readonly showsDnsEarly: boolean;
  readonly showsRegion: boolean;
  readonly showsIpAddressType: boolean;
  readonly notificationText: "json" | "words" | "without ids";
  readonly notifiesDelete: boolean;
  /** How many ids a call of Accept or Reject takes; AWS documents none. */
  readonly idsMax?: number;
}

class Bucket {
  #tokens: number;
  #at = 0;
  readonly #size: number;
  readonly #refill: number;
  constructor(size: number, refill: number) {
    this.#size = size;
    this.#refill = refill;
    this.#tokens = size;
  }
  take(now: number): boolean {
    this.#tokens = Math.min(this.#size, this.#tokens + ((now - this.#at) / 1000) * this.#refill);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
  drain(now: number): void {
    this.#tokens = 0;
    this.#at = now;
  }
}

export const stateOf = (row: Row): AwsState => row.states.at(-1)?.state ?? "unknown";

export class Ec2 {
  readonly rows = new Map<EndpointId, Row>();
  readonly acceptanceRequired = new Map<ServiceId, boolean>();
  readonly habits: Habits;
  pages = 0;
  /** While a told life sets it, listings show what was then. */
  shownAsOf: number | undefined;
  #drainedUntil = 0;
  readonly #world: World;
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  readonly #accepts = new Bucket(10, 1);
  readonly #rejects = new Bucket(10, 1);
  readonly #describes = new Bucket(100, 20);

  constructor(world: World, habits: Habits) {
    this.#world = world;
    this.habits = habits;
  }

  // What consumers do

  create(
    row: Omit<Row, "states" | "removedAt" | "hiddenUntil" | "stuckUntil" | "outside" | "accepts" | "acceptedLate" | "rejectedLate">,
    state?: AwsState,
  ): Row {
    const required = this.acceptanceRequired.get(row.service) !== false;
    const first = state ?? (required ? "pendingAcceptance" : "pending");
    const full: Row = {
      ...row,
      states: [{ at: row.createdAt, state: first }],
      removedAt: Infinity,
      hiddenUntil: 0,
      stuckUntil: 0,
      outside: [],
      accepts: [],
      acceptedLate: false,
      rejectedLate: false,
    };
    this.rows.set(row.endpoint, full);
    if (state === undefined) {
      this.#world.delivery.notify(full, "Connect");
      if (first === "pending") this.#becomesAvailable(full);
    }
    return full;
  }

  modify(row: Row): void {
    if (stateOf(row) !== "available") return;
    this.#set(row, "pending");
    this.#becomesAvailable(row);
  }

  delete(row: Row): void {
    if (["deleting", "deleted"].includes(stateOf(row))) return;
    this.#set(row, "deleting");
    if (this.habits.notifiesDelete) this.#world.delivery.notify(row, "Delete");
    const { schedule, random } = this.#world;
    schedule.after(random.between(1000, 60_000), () => {
      this.#set(row, "deleted");
      schedule.after(random.between(1000, 600_000), () => {
        row.removedAt = schedule.now;
        this.#world.tell("aws", () => `${row.endpoint} is no longer listed`);
      });
    });
  }

  expire(row: Row): void {
    if (stateOf(row) === "pendingAcceptance") this.#set(row, "expired");
  }

  /** A state that AWS adds one day, and that nobody has heard of; then the request waits as before. */
  puzzle(row: Row): void {
    if (stateOf(row) !== "pendingAcceptance") return;
    this.#set(row, "unknown");
    const { schedule, random } = this.#world;
    schedule.after(random.between(10_000, 300_000), () => {
      if (stateOf(row) === "unknown") this.#set(row, "pendingAcceptance");
    });
  }

  // What providers do, by Drawbridge or in the console

  describe(service: ServiceId): ServiceFacts | undefined {
    this.#limit(this.#describes, "ec2:DescribeVpcEndpointServiceConfigurations");
    return {
      service,
      serviceName: `com.amazonaws.vpce.eu-west-1.${service}`,
      acceptanceRequired: this.acceptanceRequired.get(service) !== false,
      state: "Available",
      tags: { drawbridge: "yes" },
      regions: ["eu-west-1"],
    };
  }

  connections(service: ServiceId): Observed[] {
    this.#limit(this.#describes, "ec2:DescribeVpcEndpointConnections");
    const { schedule, faults, random } = this.#world;
    const shown: Observed[] = [];
    let rows = 0;
    for (const row of this.rows.values()) {
      if (row.service !== service) continue;
      if (row.removedAt === Infinity && row.hiddenUntil === 0 && faults.happens("hidden"))
        row.hiddenUntil = schedule.now + random.between(1000, 360_000);
      const behind = faults.happens("stale") ? random.between(1, 90_000) : 0;
      const at = this.shownAsOf ?? schedule.now - behind;
      if (at < row.createdAt || row.removedAt <= at || row.hiddenUntil > schedule.now) continue;
      rows += 1;
      shown.push(this.#show(row, (row.states.findLast((state) => state.at <= at) ?? row.states[0])?.state ?? "unknown"));
    }
    this.pages += Math.max(1, Math.ceil(rows / 1000));
    return shown;
  }

  accept(service: ServiceId, endpoints: readonly EndpointId[], by: "drawbridge" | "console"): Outcome[] {
    if (by === "drawbridge") this.#admits(this.#accepts, "ec2:AcceptVpcEndpointConnections", endpoints);
    return endpoints.map((endpoint) =>
      this.#outcome(service, endpoint, by, (row) => {
        row.accepts.push(this.#world.schedule.now);
        const state = stateOf(row);
        if (state === "pendingAcceptance" || (state === "rejected" && this.habits.acceptsRejected)) {
          if (state === "rejected" && by === "drawbridge") row.acceptedLate = true;
          this.#set(row, "pending");
          this.#world.delivery.notify(row, "Accept");
          this.#becomesAvailable(row);
          return true;
        }
        return ["pending", "available", "partial"].includes(state) && !this.habits.repeatRefused;
      }),
    );
  }

  reject(service: ServiceId, endpoints: readonly EndpointId[], by: "drawbridge" | "console"): Outcome[] {
    if (by === "drawbridge") this.#admits(this.#rejects, "ec2:RejectVpcEndpointConnections", endpoints);
    return endpoints.map((endpoint) =>
      this.#outcome(service, endpoint, by, (row) => {
        const state = stateOf(row);
        if (["pendingAcceptance", "pending", "available", "partial"].includes(state)) {
          if (by === "drawbridge" && row.states.some((was) => was.state === "rejected")) row.rejectedLate = true;
          this.#set(row, "rejected");
          this.#world.delivery.notify(row, "Reject");
          return true;
        }
        return state === "rejected" && !this.habits.repeatRefused;
      }),
    );
  }

  #outcome(service: ServiceId, endpoint: EndpointId, by: "drawbridge" | "console", act: (row: Row) => boolean): Outcome {
    const { schedule, faults, random } = this.#world;
    const row = this.rows.get(endpoint);
    if (row === undefined || row.service !== service || row.removedAt <= schedule.now)
      return { endpoint, failure: { code: "InvalidVpcEndpointId.NotFound", message: `The Vpc Endpoint Id '${endpoint}' does not exist` } };
    if (by === "drawbridge" && row.stuckUntil <= schedule.now && faults.happens("unsuccessful"))
      row.stuckUntil = schedule.now + (random.chance(0.7) ? 1 : random.between(60_000, 1_200_000));
    if (by === "drawbridge" && faults.on && row.stuckUntil > schedule.now)
      return { endpoint, failure: { code: "InternalError", message: "An internal error has occurred" } };
    return act(row) ? { endpoint } : { endpoint, failure: { code: "InvalidState", message: `The endpoint is ${stateOf(row)}` } };
  }

  #becomesAvailable(row: Row): void {
    const { schedule, random } = this.#world;
    schedule.after(random.chance(0.8) ? random.between(1000, 90_000) : random.between(90_000, 600_000), () => {
      if (stateOf(row) !== "pending") return;
      this.#set(row, random.chance(0.03) ? "failed" : "available");
      this.#world.people.reached(row);
    });
  }

  #set(row: Row, state: AwsState): void {
    row.states.push({ at: this.#world.schedule.now, state });
    this.#world.tell("aws", () => `${row.endpoint} is ${state}`);
  }

  /** Whether the call is taken at all: other programs of the account use the same bucket. */
  #admits(bucket: Bucket, action: string, endpoints: readonly EndpointId[]): void {
    const { schedule, faults, random } = this.#world;
    if (this.#drainedUntil < schedule.now && faults.happens("drained")) this.#drainedUntil = schedule.now + random.between(1000, 600_000);
    if (faults.on && this.#drainedUntil >= schedule.now) bucket.drain(schedule.now);
    this.#limit(bucket, action);
    if (endpoints.length > (this.habits.idsMax ?? Infinity))
      throw new this.#world.system.Fault("InvalidParameterValue", action, `Too many ids: ${String(endpoints.length)}`, false);
  }

  #limit(bucket: Bucket, action: string): void {
    if (!bucket.take(this.#world.schedule.now)) {
      this.#world.faults.count("throttle");
      throw new this.#world.system.Fault("RequestLimitExceeded", action, "Request limit exceeded.", true);
    }
  }

  #show(row: Row, state: AwsState): Observed {
    const { showsDnsEarly, showsRegion, showsIpAddressType } = this.habits;
    const accepted = ["pending", "available", "partial"].includes(state);
    return {
      endpoint: row.endpoint,
      service: row.service,
      account: row.account,
      state,
      createdAt: instant(row.createdAt),
      ...(row.region !== undefined && showsRegion ? { region: row.region } : {}),
      ...(row.ipAddressType !== undefined && showsIpAddressType ? { ipAddressType: row.ipAddressType } : {}),
      ...(accepted || showsDnsEarly
        ? {
            dns: {
              name: `${row.endpoint}-x1.${row.service}.eu-west-1.vpce.amazonaws.com`,
              zone: "Z38GZ743OKFT7T",
            },
          }
        : {}),
    };
  }
}
