// Messages on their way: SNS, SQS, the stream, the bus. At least once, in any order, late, lost, and dead-lettered.

import { instant, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import type { ServiceCall } from "../../lib/events.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import type { Look } from "../../lib/ports.ts";
import type { Row } from "./ec2.ts";
import { queueSettings, targetsOf, type QueueName, type QueueSettings, type Target } from "./template.ts";
import type { World } from "./world.ts";

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

/** What a function leaves of its batch: the messages that failed, and after how many seconds each is asked back, if it is. */
export type Failed = ReadonlyMap<string, number | undefined>;

/** How long the mapping's pollers take to see a message. */
const pollMs = 20;

/** A standard queue with its event source mapping and its dead-letter queue. */
export class Queue {
  readonly name: QueueName;
  readonly dead: Message[] = [];
  readonly sent: string[] = [];
  #messages: Message[] = [];
  #running = 0;
  #count = 0;
  readonly #world: World;
  readonly #settings: QueueSettings;

  constructor(world: World, name: QueueName) {
    this.#world = world;
    this.name = name;
    this.#settings = queueSettings[name];
  }

  get length(): number {
    return this.#messages.length;
  }

  send(body: string, delay = 0): void {
    const { schedule, faults } = this.#world;
    this.sent.push(body);
    this.#put(body, schedule.now + delay);
    if (faults.happens("duplicate")) {
      this.#world.tell("fault", () => `duplicate: ${this.name} queue, ${body.slice(0, 100)}`);
      this.#put(body, schedule.now + delay + this.#world.random.between(0, 20_000));
    }
  }

  #put(body: string, visibleAt: number): void {
    this.#count += 1;
    this.#messages.push({ id: `${this.name}-${String(this.#count)}`, body, visibleAt, receives: 0 });
    this.#wake(visibleAt);
  }

  /** The mapping may wait for more before it invokes. */
  #wake(at: number): void {
    const { schedule } = this.#world;
    schedule.after(at - schedule.now + pollMs + this.#settings.windowMs, () => this.#poll());
  }

  #poll(): void {
    const { schedule, faults, random } = this.#world;
    if (this.#running >= this.#settings.concurrency) return;
    let ready = this.#messages.filter(({ visibleAt }) => visibleAt <= schedule.now);
    if (ready.length === 0) return;
    if (faults.happens("reorder"))
      ready = ready
        .map((message) => ({ message, by: random.next() }))
        .sort((a, b) => a.by - b.by)
        .map(({ message }) => message);
    const most = this.#settings.batch;
    const batch = ready.slice(0, this.#world.setup.script === undefined ? random.between(1, most) : most);
    for (const message of batch) {
      message.receives += 1;
      message.visibleAt = schedule.now + this.#settings.visibilityMs;
    }
    this.#running += 1;
    this.#world.functions[this.name](
      batch.map(({ id, body, receives }) => ({ id, body, receives })),
      (failed) => this.#done(batch, failed),
    );
    if (ready.length > batch.length) this.#wake(schedule.now);
  }

  #done(batch: readonly Message[], failed: Failed | "crashed"): void {
    const { schedule, faults } = this.#world;
    const { receivesMax } = this.#settings;
    this.#running -= 1;
    // lib/aws/give-back.ts asks for an earlier turn; that call may fail.
    const takenBack = !faults.happens("throttle");
    for (const message of batch) {
      if (failed === "crashed" || failed.has(message.id)) {
        if (message.receives >= receivesMax) {
          this.#remove(message);
          this.dead.push(message);
          this.#world.tell("sqs", () => `${message.id} goes to the dead-letter queue of ${this.name}`);
        } else {
          const seconds = failed === "crashed" ? undefined : failed.get(message.id);
          if (seconds !== undefined && takenBack) message.visibleAt = schedule.now + seconds * 1000;
          this.#wake(message.visibleAt);
        }
      } else if (message.receives < receivesMax && faults.happens("duplicate")) this.#wake(message.visibleAt);
      else this.#remove(message);
    }
    this.#wake(schedule.now);
  }

  #remove(message: Message): void {
    this.#messages = this.#messages.filter((other) => other !== message);
  }

  /** What an operator does after a fix: everything from the dead-letter queue comes back. */
  redrive(): void {
    for (const { body } of this.dead.splice(0)) this.#put(body, this.#world.schedule.now);
  }

  /** Everything that was ever sent comes back. */
  again(): void {
    for (const body of this.sent.slice()) this.#put(body, this.#world.schedule.now + this.#world.random.between(0, 60_000));
  }
}

const dayMs = 86_400_000;
/** So long EventBridge's 185 tries last at the least. */
const triesLastMs = dayMs / 4;
const triesMax = 5;

export class Delivery {
  readonly observe: Queue;
  readonly admit: Queue;
  readonly dns: Queue;
  readonly deadEvents: { readonly target: Target; readonly stored: StoredEvent }[] = [];
  readonly undelivered: StoredEvent[] = [];
  busDownUntil = 0;
  readonly onBus = new Set<string>();
  /** Calls made outside that CloudTrail told the observe queue of. */
  readonly trailed: { readonly endpoint: EndpointId; readonly service: ServiceId; readonly event: string }[] = [];
  /** Calls on services: who called, and those that CloudTrail told the observe queue of. */
  readonly calledOn = new Map<string, { readonly service: ServiceId; readonly arn: string }>();
  readonly trailedServices: { readonly service: ServiceId; readonly event: string }[] = [];
  readonly #world: World;
  #events = 0;

  constructor(world: World) {
    this.#world = world;
    this.observe = new Queue(world, "observe");
    this.admit = new Queue(world, "admit");
    this.dns = new Queue(world, "dns");
  }

  /** PrivateLink to SNS to SQS. */
  notify(row: Row, action: "Connect" | "Accept" | "Reject" | "Delete"): void {
    const text = {
      json: JSON.stringify({ action, serviceId: row.service, vpcEndpointId: row.endpoint }),
      words: `${action}: ${row.endpoint} at ${row.service}`,
      "without ids": `A connection had the event ${action}`,
    }[this.#world.ec2.habits.notificationText];
    this.#fromAws(JSON.stringify({ Type: "Notification", Subject: "VPC endpoint connection", Message: text }), 100);
  }

  /** CloudTrail to the default bus to SQS, within a quarter of an hour. */
  trail(row: Row, action: "accept" | "reject", arn: string, failed: boolean): string {
    this.#events += 1;
    const eventID = `event-${String(this.#events)}`;
    const detail = {
      eventName: action === "accept" ? "AcceptVpcEndpointConnections" : "RejectVpcEndpointConnections",
      eventID,
      userIdentity: { arn },
      requestParameters: { serviceId: row.service, vpcEndpointIds: [row.endpoint] },
      ...(failed ? { errorCode: "Client.InvalidState" } : {}),
    };
    const told = this.#fromAws(JSON.stringify({ source: "aws.ec2", "detail-type": "AWS API Call via CloudTrail", detail }), 300_000);
    if (told && !failed && !arn.includes(":assumed-role/drawbridge-"))
      this.trailed.push({ endpoint: row.endpoint, service: row.service, event: eventID });
    return eventID;
  }

  /** The same of a call on the service itself. */
  trailService(service: ServiceId, call: ServiceCall, arn: string): void {
    this.#events += 1;
    const eventID = `event-${String(this.#events)}`;
    const detail = { eventName: call, eventID, userIdentity: { arn }, requestParameters: { [`${call}Request`]: { ServiceId: service } } };
    const told = this.#fromAws(JSON.stringify({ source: "aws.ec2", "detail-type": "AWS API Call via CloudTrail", detail }), 300_000);
    const isOurs = arn.includes(":assumed-role/drawbridge-");
    if (!isOurs) this.calledOn.set(eventID, { service, arn });
    if (told && !isOurs) this.trailedServices.push({ service, event: eventID });
  }

  /** Whether it will arrive. */
  #fromAws(body: string, usual: number): boolean {
    const { faults, random, schedule } = this.#world;
    if (faults.rates.blackout !== undefined && faults.on) {
      faults.count("blackout");
      this.#world.tell("fault", () => `blackout: ${body}`);
      return false;
    }
    if (faults.happens("loss")) {
      this.#world.tell("fault", () => `loss: ${body}`);
      return false;
    }
    for (let copy = 0; copy < (faults.happens("duplicate") ? 2 : 1); copy += 1)
      schedule.after(random.between(1, usual) + this.#late(), () => this.observe.send(body));
    return true;
  }

  /** The stream: each commit's events, in batches that are tried a few times and then set aside. */
  stream(events: readonly StoredEvent[], tries = 1): void {
    const { schedule, random } = this.#world;
    schedule.after(random.between(50, 500) * tries, () => {
      this.#world.functions.publish(events, (ok) => {
        if (ok) return;
        if (tries < triesMax) this.stream(events, tries + 1);
        else this.undelivered.push(...events);
      });
    });
  }

  /**
   * The bus gives each event to each rule's target. After a day, or 185 tries, it gives it up to the target's dead-letter queue; AWS does not say when
   * the tries are used up, so that is at any time from six hours on.
   */
  put(stored: StoredEvent): void {
    this.onBus.add(`${stored.subject} ${String(stored.seq)}`);
    for (const target of targetsOf(stored.event)) this.#toTarget(target, stored);
  }

  #toTarget(target: Target, stored: StoredEvent): void {
    const { faults, random, schedule } = this.#world;
    for (let copy = 0; copy < (faults.happens("duplicate") ? 2 : 1); copy += 1) {
      const late = this.#late();
      const patience = late > triesLastMs ? random.between(triesLastMs, dayMs) : dayMs;
      schedule.after(random.between(20, 400) + Math.min(late, patience), () => {
        if (late > patience) this.deadEvents.push({ target, stored });
        else this.#arrive(target, stored);
      });
    }
  }

  #arrive(target: Target, stored: StoredEvent): void {
    if (target === "notify") return this.#world.people.told(stored);
    const detail = this.#world.system.detailOf(stored);
    return this[target].send(
      JSON.stringify({ source: "drawbridge", "detail-type": detail.type, time: instant(this.#world.schedule.now), detail }),
    );
  }

  #late(): number {
    const { faults, random } = this.#world;
    if (faults.happens("delay-days")) return random.between(3_600_000, 3 * dayMs);
    return faults.happens("delay") ? random.between(1000, 1_800_000) : 0;
  }

  look(queue: QueueName, look: Look, delaySeconds = 0): void {
    this[queue].send(JSON.stringify({ look }), delaySeconds * 1000);
  }

  /** A body that nobody can read. */
  poison(): string {
    const { random } = this.#world;
    const body = random.pick([
      "not json",
      "[]",
      "null",
      "{}",
      '"text"',
      '{"look":{"service":"vpce-svc-nothex"}}',
      '{"detail":{}}',
      '{"Type":"Notification"}',
      '{"look":{"service":"vpce-svc-0123456789abcdef0","endpoints":["x"]}}',
      "\u0000",
    ]);
    this[random.pick(["observe", "admit", "dns"] as const)].send(body);
    return body;
  }

  /** What operators do once the fault is gone. */
  redriveAll(): void {
    for (const queue of [this.observe, this.admit, this.dns]) queue.redrive();
    for (const { target, stored } of this.deadEvents.splice(0)) this.#arrive(target, stored);
    const left = this.undelivered.splice(0);
    if (left.length > 0) this.stream(left);
  }
}
