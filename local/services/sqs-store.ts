// The queues that SQS holds, by their ARN, and how a call names one.
import { text } from "../members.ts";
import { AwsError, type Call, type Clock } from "../service.ts";
import { Queue, type Message } from "./sqs-queue.ts";
import type { QueueSettings } from "./sqs-settings.ts";

export interface QueueStore {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly clock: Clock;
  readonly arnOf: (account: string, name: string) => string;
  /** Throws QueueDoesNotExist. */
  readonly byUrl: (call: Call) => Queue;
  readonly add: (account: string, name: string, settings: QueueSettings) => Queue;
  readonly remove: (queue: Queue) => void;
  /** Puts a message into another queue as if it had just come; false when that queue does not exist. */
  readonly move: (targetArn: string, message: Message) => boolean;
  readonly useUrl: (base: string) => void;
}

export function createQueueStore(region: string, clock: Clock): QueueStore {
  const queues = new Map<string, Queue>();
  let base = "http://127.0.0.1";
  const arnOf = (account: string, name: string): string => `arn:aws:sqs:${region}:${account}:${name}`;
  const move = (targetArn: string, message: Message): boolean => {
    const target = queues.get(targetArn);
    if (target === undefined) return false;
    const { receiptHandle: _, firstReceivedAt: __, ...rest } = message;
    target.put({ ...rest, receiveCount: 0, visibleAt: clock.now() });
    return true;
  };
  return {
    queues,
    clock,
    arnOf,
    move,
    byUrl(call) {
      const queue = queues.get(arnOfUrl(text(call.input, "QueueUrl"), call.caller.account, region));
      if (queue === undefined) throw missingQueue();
      return queue;
    },
    add(account, name, settings) {
      const arn = arnOf(account, name);
      const queue = new Queue({ name, arn, account, clock, url: `${base}/${account}/${name}`, moveToDeadLetters: move }, settings);
      queues.set(arn, queue);
      return queue;
    },
    remove(queue) {
      queue.close();
      queues.delete(queue.place.arn);
    },
    useUrl: (url) => void (base = url),
  };
}

/** The last two parts of the path; a bare name is taken for one of the caller's own, as old SDKs send it. */
export function arnOfUrl(url: string, account: string, region: string): string {
  const parts = url.replace(/^https?:\/\/[^/]+\//, "").split("/");
  const name = parts.at(-1) ?? "";
  return `arn:aws:sqs:${region}:${parts.length > 1 ? (parts.at(-2) ?? account) : account}:${name}`;
}

export function missingQueue(): AwsError {
  return new AwsError("QueueDoesNotExist", "The specified queue does not exist.", 400, {
    queryErrorCode: "AWS.SimpleQueueService.NonExistentQueue",
  });
}
