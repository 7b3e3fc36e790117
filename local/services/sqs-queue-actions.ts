// What SQS does with whole queues: making, describing, changing, emptying, removing, and redriving dead letters.
import { optionalText, text, textMap, texts, type Members } from "../members.ts";
import { AwsError, type Call } from "../service.ts";
import type { Queue } from "./sqs-queue.ts";
import { invalid } from "./sqs-send.ts";
import { changedSettings, DEFAULT_SETTINGS, redrivePolicy } from "./sqs-settings.ts";
import { missingQueue, type QueueStore } from "./sqs-store.ts";

export type SqsActions = Readonly<Record<string, (call: Call) => unknown>>;

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export function queueActions(store: QueueStore): SqsActions {
  const tasks: Members[] = [];
  return {
    CreateQueue: (call) => create(store, call),
    GetQueueUrl(call) {
      const owner = optionalText(call.input, "QueueOwnerAWSAccountId") ?? call.caller.account;
      const queue = store.queues.get(store.arnOf(owner, text(call.input, "QueueName")));
      if (queue === undefined) throw missingQueue();
      return { QueueUrl: queue.place.url };
    },
    ListQueues(call) {
      const prefix = optionalText(call.input, "QueueNamePrefix") ?? "";
      const mine = [...store.queues.values()].filter(({ place }) => place.account === call.caller.account && place.name.startsWith(prefix));
      return mine.length === 0 ? {} : { QueueUrls: mine.map((queue) => queue.place.url) };
    },
    GetQueueAttributes(call) {
      const wanted = texts(call.input, "AttributeNames");
      const all = Object.entries(describe(store.byUrl(call)));
      return { Attributes: Object.fromEntries(all.filter(([name]) => wanted.includes("All") || wanted.includes(name))) };
    },
    SetQueueAttributes(call) {
      const queue = store.byUrl(call);
      queue.settings = changedSettings(queue.settings, textMap(call.input, "Attributes"));
      queue.modifiedAt = store.clock.now();
      return {};
    },
    PurgeQueue(call) {
      store.byUrl(call).purge();
      return {};
    },
    DeleteQueue(call) {
      store.remove(store.byUrl(call));
      return {};
    },
    ListDeadLetterSourceQueues: (call) => ({ queueUrls: sourcesOf(store, store.byUrl(call).place.arn).map((queue) => queue.place.url) }),
    StartMessageMoveTask(call) {
      const task = redrive(store, text(call.input, "SourceArn"), optionalText(call.input, "DestinationArn"));
      tasks.unshift(task);
      return { TaskHandle: task["TaskHandle"] };
    },
    ListMessageMoveTasks: (call) => ({ Results: tasks.filter((task) => task["SourceArn"] === call.input["SourceArn"]) }),
    ListQueueTags: () => ({}),
  };
}

function create(store: QueueStore, call: Call): Members {
  const name = text(call.input, "QueueName");
  if (!QUEUE_NAME.test(name)) throw invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  const given = textMap(call.input, "Attributes");
  const settings = changedSettings(DEFAULT_SETTINGS, given);
  const existing = store.queues.get(store.arnOf(call.caller.account, name));
  if (existing === undefined) return { QueueUrl: store.add(call.caller.account, name, settings).place.url };
  const other = Object.entries(given).find(([key, value]) => existing.settings[key] !== value);
  if (other === undefined) return { QueueUrl: existing.place.url };
  const why = `A queue already exists with the same name and a different value for attribute ${other[0]}`;
  throw new AwsError("QueueNameExists", why, 400, { queryErrorCode: "QueueAlreadyExists" });
}

function sourcesOf(store: QueueStore, arn: string): readonly Queue[] {
  return [...store.queues.values()].filter((queue) => redrivePolicy(queue.settings)?.deadLetterTargetArn === arn);
}

/** At once, where AWS takes its time: each message goes where it came from, or where it is sent. */
function redrive(store: QueueStore, sourceArn: string, destinationArn: string | undefined): Members {
  const source = store.queues.get(sourceArn);
  if (source === undefined) {
    throw new AwsError("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.", 404);
  }
  if (sourcesOf(store, sourceArn).length === 0) throw invalid("Source queue must be configured as a Dead Letter Queue.");
  let moved = 0;
  for (const message of source.drain()) {
    const { deadLetterSource, ...rest } = message;
    if (store.move(destinationArn ?? deadLetterSource ?? "", rest)) moved += 1;
    else source.put(message);
  }
  return {
    TaskHandle: Buffer.from(`${sourceArn} ${store.clock.now()}`).toString("base64"),
    Status: "COMPLETED",
    SourceArn: sourceArn,
    DestinationArn: destinationArn,
    ApproximateNumberOfMessagesMoved: moved,
    StartedTimestamp: store.clock.now(),
  };
}

function describe(queue: Queue): Readonly<Record<string, string>> {
  const { visible, hidden, delayed } = queue.counts();
  return {
    ...queue.settings,
    QueueArn: queue.place.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(hidden),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
  };
}
