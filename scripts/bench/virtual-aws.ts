// AWS on virtual time, as far as a storm meets it: EC2 with its buckets, queues with their mappings, and how long calls take.

import { createTokenBuckets, type TokenBuckets } from "../../local/token-bucket.ts";
import { asFault } from "../../lib/aws/errors.ts";
import { instant, type EndpointId, type Instant } from "../../lib/ids.ts";
import type { AwsState } from "../../lib/observed.ts";
import { Schedule } from "../../test/simulation/schedule.ts";

/** Milliseconds. Medians as measured by others (../shared/quality-anchors.md, sections 1.2 and 1.3); those of EC2 and of a cold start are assumed. */
export const latency = {
  snsToQueue: 73,
  queueToFunction: 16,
  coldStart: 400,
  read: 8,
  commit: 25,
  send: 10,
  listPage: 200,
  accept: 300,
} as const;

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const acceptBucket = { holds: 10, refillsPerSecond: 1 };
const describeBucket = { holds: 100, refillsPerSecond: 20 };

const start = Date.parse("2026-11-23T12:00:00.000Z");

export interface VirtualAws {
  readonly schedule: Schedule;
  readonly rows: Map<EndpointId, { state: AwsState; acceptedAt?: number }>;
  /** Calls that reached EC2, and those it throttled. */
  readonly calls: { accepts: number; acceptThrottles: number; listings: number; listingThrottles: number; firstThrottleAt?: number };
  /** Seconds since the storm began. */
  seconds(): number;
  clock(): Instant;
  /** Something that takes a while. */
  takes<T>(milliseconds: number, work: () => T): Promise<T>;
  /** One call of AcceptVpcEndpointConnections. */
  accept(ids: readonly string[]): Promise<{ Unsuccessful: never[] }>;
  /** One page of DescribeVpcEndpointConnections. */
  listPage(): Promise<void>;
  onAccepted(listener: (endpoint: EndpointId) => void): void;
}

/** `listLimit`: the longest list that Accept takes. */
export function virtualAws(listLimit: number): VirtualAws {
  const schedule = new Schedule(start);
  const buckets: TokenBuckets = createTokenBuckets({ now: () => schedule.now, after: () => () => undefined });
  const rows: VirtualAws["rows"] = new Map();
  const calls: VirtualAws["calls"] = { accepts: 0, acceptThrottles: 0, listings: 0, listingThrottles: 0 };
  const listeners: ((endpoint: EndpointId) => void)[] = [];
  const takes = <T>(milliseconds: number, work: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      schedule.after(milliseconds, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  return {
    schedule,
    rows,
    calls,
    takes,
    seconds: () => (schedule.now - start) / 1000,
    clock: () => instant(schedule.now),
    onAccepted: (listener) => void listeners.push(listener),
    accept: (ids) =>
      takes(latency.accept, () => {
        calls.accepts += 1;
        if (!buckets.take("accept", acceptBucket)) {
          calls.acceptThrottles += 1;
          throw refusal("RequestLimitExceeded", "Request limit exceeded.", 503);
        }
        if (ids.length > listLimit) throw refusal("InvalidParameterValue", `The maximum number of VpcEndpointIds is exceeded`, 400);
        for (const id of ids as EndpointId[]) {
          const row = rows.get(id);
          if (row?.state !== "pendingAcceptance") continue;
          rows.set(id, { state: "pending", acceptedAt: (schedule.now - start) / 1000 });
          for (const listener of listeners) listener(id);
        }
        return { Unsuccessful: [] };
      }),
    listPage: async () => {
      // As the SDK's standard retries do: four tries, with waits that double.
      for (let tries = 1; ; tries += 1) {
        const taken = await takes(latency.listPage, () => buckets.take("describe", describeBucket));
        calls.listings += 1;
        if (taken) return;
        calls.listingThrottles += 1;
        if (tries === 4)
          throw asFault("ec2:DescribeVpcEndpointConnections", refusal("RequestLimitExceeded", "Request limit exceeded.", 503));
        await takes(500 * 2 ** (tries - 1), () => undefined);
      }
    },
  };
}

function refusal(name: string, message: string, httpStatusCode: number): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

export interface Mapping {
  readonly batch: number;
  readonly windowSeconds: number;
  readonly concurrency: number;
  /** Works on a batch; gives the messages that failed, each with the seconds after which it comes again. */
  readonly work: (
    lane: number,
    messages: readonly { readonly id: string; readonly body: string; readonly receives: number }[],
  ) => Promise<ReadonlyMap<string, number>>;
}

/** A standard queue with its event source mapping. */
export class VirtualQueue {
  receivesMost = 0;
  runs = 0;
  readonly #aws: VirtualAws;
  readonly #mapping: Mapping;
  readonly #messages = new Map<string, Message>();
  readonly #free: number[];
  readonly #warm = new Set<number>();
  #sent = 0;
  #windowEnds: number | undefined;

  constructor(aws: VirtualAws, mapping: Mapping) {
    this.#aws = aws;
    this.#mapping = mapping;
    this.#free = Array.from({ length: mapping.concurrency }, (_, lane) => lane);
  }

  send(body: string, delaySeconds = 0): void {
    const id = String((this.#sent += 1));
    this.#messages.set(id, { id, body, visibleAt: this.#aws.schedule.now + delaySeconds * 1000, receives: 0 });
    this.#pollAfter(delaySeconds * 1000 + latency.queueToFunction);
  }

  #pollAfter(milliseconds: number): void {
    this.#aws.schedule.after(milliseconds, () => this.#poll());
  }

  #poll(): void {
    const { now } = this.#aws.schedule;
    const { batch, windowSeconds } = this.#mapping;
    const visible = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= now).slice(0, batch);
    if (visible.length === 0 || this.#free.length === 0) return;
    if (visible.length < batch && windowSeconds > 0) {
      if (this.#windowEnds === undefined) {
        this.#windowEnds = now + windowSeconds * 1000;
        return this.#pollAfter(windowSeconds * 1000);
      }
      if (now < this.#windowEnds) return;
    }
    this.#windowEnds = undefined;
    this.#run(visible);
    this.#pollAfter(0);
  }

  #run(messages: readonly Message[]): void {
    const lane = this.#free.shift() ?? 0;
    const aws = this.#aws;
    this.runs += 1;
    for (const message of messages) {
      message.receives += 1;
      this.receivesMost = Math.max(this.receivesMost, message.receives);
      message.visibleAt = Infinity;
    }
    const startMs = this.#warm.has(lane) ? 0 : latency.coldStart;
    this.#warm.add(lane);
    void aws
      .takes(startMs, () => undefined)
      .then(() => this.#mapping.work(lane, messages))
      .then((failed) => {
        for (const { id } of messages) {
          const after = failed.get(id);
          const message = this.#messages.get(id);
          if (after === undefined || message === undefined) this.#messages.delete(id);
          else {
            message.visibleAt = aws.schedule.now + after * 1000;
            this.#pollAfter(after * 1000 + latency.queueToFunction);
          }
        }
        this.#free.push(lane);
        this.#pollAfter(0);
      });
  }
}
