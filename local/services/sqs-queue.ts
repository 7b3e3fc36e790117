// One standard queue: what is visible, hidden or delayed, and what moves to the dead-letter queue.
import { randomUUID } from "node:crypto";

import { AwsError, type Clock } from "../service.ts";
import { checksumOfBody, type MessageAttributes } from "./sqs-checksums.ts";
import { redrivePolicy, seconds, type QueueSettings } from "./sqs-settings.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly bodyChecksum: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  readonly sentAt: number;
  readonly traceHeader?: string;
  /** Set once the message has come by a redrive policy. */
  deadLetterSource?: string;
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  receiptHandle?: string;
}

export interface Outgoing {
  readonly body: string;
  readonly attributes?: MessageAttributes;
  readonly senderId: string;
  readonly delaySeconds?: number;
  readonly traceHeader?: string;
}

interface Waiter {
  readonly max: number;
  readonly hiddenSeconds: number | undefined;
  readonly answer: (messages: readonly Message[]) => void;
}

export interface QueuePlace {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly account: string;
  readonly clock: Clock;
  /** Takes a message that was received too often; false keeps it here. */
  readonly moveToDeadLetters: (targetArn: string, message: Message) => boolean;
}

export class Queue {
  readonly place: QueuePlace;
  readonly createdAt: number;
  settings: QueueSettings;
  modifiedAt: number;
  readonly #messages = new Map<string, Message>();
  #waiters: Waiter[] = [];
  #cancelWake: (() => void) | undefined;

  constructor(place: QueuePlace, settings: QueueSettings) {
    this.place = place;
    this.settings = settings;
    this.createdAt = place.clock.now();
    this.modifiedAt = this.createdAt;
  }

  send(outgoing: Outgoing): Message {
    const now = this.place.clock.now();
    const delay = outgoing.delaySeconds ?? seconds(this.settings, "DelaySeconds");
    const message: Message = {
      id: randomUUID(),
      body: outgoing.body,
      bodyChecksum: checksumOfBody(outgoing.body),
      attributes: outgoing.attributes ?? {},
      senderId: outgoing.senderId,
      sentAt: now,
      visibleAt: now + delay * 1000,
      receiveCount: 0,
      ...(outgoing.traceHeader === undefined ? {} : { traceHeader: outgoing.traceHeader }),
    };
    this.put(message);
    return message;
  }

  /** Puts an existing message in, as a redrive does: id and sent time stay, receives start anew. */
  put(message: Message): void {
    this.#messages.set(message.id, message);
    this.#serve();
  }

  /** What is visible now, at most `max`, hidden from others from here on. */
  take(max: number, hiddenSeconds?: number): readonly Message[] {
    const now = this.place.clock.now();
    const hidden = (hiddenSeconds ?? seconds(this.settings, "VisibilityTimeout")) * 1000;
    const redrive = redrivePolicy(this.settings);
    const taken: Message[] = [];
    for (const message of this.#messages.values()) {
      if (taken.length === max) break;
      if (this.#expired(message, now) || message.visibleAt > now) continue;
      if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount && this.#bury(message, redrive.deadLetterTargetArn))
        continue;
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.receiptHandle = receiptHandle(this.place.arn, message.id);
      message.visibleAt = now + hidden;
      taken.push(message);
    }
    return taken;
  }

  /** As `take`, but waits up to `waitMs` for the first message. */
  async receive(
    max: number,
    waitMs: number,
    options: { readonly hiddenSeconds?: number; readonly signal?: AbortSignal } = {},
  ): Promise<readonly Message[]> {
    const taken = this.take(max, options.hiddenSeconds);
    if (taken.length > 0 || waitMs <= 0 || options.signal?.aborted === true) return taken;
    return new Promise((resolve) => {
      const waiter: Waiter = { max, hiddenSeconds: options.hiddenSeconds, answer: (messages) => end(messages) };
      const cancelTimeout = this.place.clock.after(waitMs, () => end([]));
      const abort = (): void => end([]);
      const end = (messages: readonly Message[]): void => {
        cancelTimeout();
        options.signal?.removeEventListener("abort", abort);
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve(messages);
      };
      options.signal?.addEventListener("abort", abort);
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  remove(handle: string): void {
    const message = this.#byHandle(handle);
    if (message?.receiptHandle === handle) this.#messages.delete(message.id);
  }

  hide(handle: string, hiddenSeconds: number): void {
    const message = this.#byHandle(handle);
    const now = this.place.clock.now();
    if (message === undefined || message.receiptHandle !== handle || message.visibleAt <= now) {
      throw new AwsError("MessageNotInflight", "The specified message isn't in flight.", 400, {
        queryErrorCode: "AWS.SimpleQueueService.MessageNotInflight",
      });
    }
    message.visibleAt = now + hiddenSeconds * 1000;
    this.#serve();
  }

  purge(): void {
    this.#messages.clear();
  }

  /** Answers all who wait and forgets the timers. */
  close(): void {
    for (const waiter of this.#waiters) waiter.answer([]);
    this.#cancelWake?.();
  }

  counts(): { readonly visible: number; readonly hidden: number; readonly delayed: number } {
    const now = this.place.clock.now();
    const counts = { visible: 0, hidden: 0, delayed: 0 };
    for (const message of this.#messages.values()) {
      if (this.#expired(message, now)) continue;
      if (message.visibleAt <= now) counts.visible += 1;
      else if (message.receiveCount > 0) counts.hidden += 1;
      else counts.delayed += 1;
    }
    return counts;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** Everything in the queue is taken out and handed over (a dead-letter queue's redrive). */
  drain(): readonly Message[] {
    const all = [...this.#messages.values()];
    this.#messages.clear();
    return all;
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const waiter = this.#waiters[0];
      if (waiter === undefined) return;
      const taken = this.take(waiter.max, waiter.hiddenSeconds);
      if (taken.length === 0) break;
      waiter.answer(taken);
    }
    this.#wakeAtNextVisible();
  }

  #wakeAtNextVisible(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (this.#waiters.length === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const message of this.#messages.values()) next = Math.min(next, message.visibleAt);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancelWake = this.place.clock.after(Math.max(1, next - this.place.clock.now()), () => this.#serve());
  }

  #bury(message: Message, targetArn: string): boolean {
    message.deadLetterSource = this.place.arn;
    if (!this.place.moveToDeadLetters(targetArn, message)) return false;
    this.#messages.delete(message.id);
    return true;
  }

  #expired(message: Message, now: number): boolean {
    const expired = message.sentAt + seconds(this.settings, "MessageRetentionPeriod") * 1000 <= now;
    if (expired) this.#messages.delete(message.id);
    return expired;
  }

  #byHandle(handle: string): Message | undefined {
    const [arn, id] = Buffer.from(handle, "base64").toString("utf8").split(" ");
    if (arn !== this.place.arn || id === undefined) {
      throw new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`, 404, {
        queryErrorCode: "ReceiptHandleIsInvalid",
      });
    }
    return this.#messages.get(id);
  }
}

function receiptHandle(arn: string, id: string): string {
  return Buffer.from(`${arn} ${id} ${randomUUID()}`).toString("base64");
}
