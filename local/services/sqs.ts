// Amazon SQS: standard queues, their actions, and what other services deliver into them.
import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, parseArn, type Delivery } from "../delivery.ts";
import { list, numberOr, optionalNumber, optionalText, rows, text, textMap, texts, type Members } from "../members.ts";
import { policyDocument } from "../policy-document.ts";
import { AwsError, type Call, type Clock, type Demand, type Service, type ServicePrincipal } from "../service.ts";
import { checksumOfAttributes, sizeOf, type MessageAttributes } from "./sqs-checksums.ts";
import { Queue, type Message, type Outgoing } from "./sqs-queue.ts";
import { invalid, outgoing, received } from "./sqs-send.ts";
import { changedSettings, DEFAULT_SETTINGS, redrivePolicy, seconds } from "./sqs-settings.ts";

export interface SqsService extends Service {
  readonly queue: (arn: string) => Queue | undefined;
  /** Another AWS service sends: the queue's policy decides. */
  readonly deliver: (principal: ServicePrincipal, queueArn: string, body: string, attributes?: MessageAttributes) => Promise<Delivery>;
  /** Where queue URLs point; known once the front listens. */
  readonly useUrl: (base: string) => void;
  readonly close: () => void;
}

const BATCH_MAX = 10;
const BATCH_BYTES_MAX = 1_048_576;
const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export function createSqs(options: { readonly region: string; readonly clock: Clock; readonly log?: (line: string) => void }): SqsService {
  const queues = new Map<string, Queue>();
  let base = "http://127.0.0.1";
  const moves: Members[] = [];

  const arnOf = (account: string, name: string): string => `arn:aws:sqs:${options.region}:${account}:${name}`;
  const byUrl = (call: Call): Queue => {
    const queue = queues.get(arnOfUrl(text(call.input, "QueueUrl"), call.caller.account, options.region));
    if (queue === undefined) throw missing();
    return queue;
  };
  const create = (call: Call): Members => {
    const name = text(call.input, "QueueName");
    if (!QUEUE_NAME.test(name)) throw invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    const settings = changedSettings(DEFAULT_SETTINGS, textMap(call.input, "Attributes"));
    const arn = arnOf(call.caller.account, name);
    const existing = queues.get(arn);
    if (existing !== undefined) {
      const differs = Object.entries(textMap(call.input, "Attributes")).some(([key, value]) => existing.settings[key] !== value);
      if (differs)
        throw new AwsError("QueueNameExists", `A queue already exists with the same name and a different value for attribute(s)`, 400, {
          queryErrorCode: "QueueAlreadyExists",
        });
      return { QueueUrl: existing.place.url };
    }
    const place = {
      name,
      arn,
      account: call.caller.account,
      clock: options.clock,
      moveToDeadLetters: bury,
      url: `${base}/${call.caller.account}/${name}`,
    };
    queues.set(arn, new Queue(place, settings));
    return { QueueUrl: place.url };
  };
  const bury = (targetArn: string, message: Message): boolean => {
    const target = queues.get(targetArn);
    if (target === undefined) return false;
    const { receiptHandle: _, firstReceivedAt: __, ...rest } = message;
    target.put({ ...rest, receiveCount: 0, visibleAt: options.clock.now() });
    return true;
  };

  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    CreateQueue: create,
    GetQueueUrl(call) {
      const owner = optionalText(call.input, "QueueOwnerAWSAccountId") ?? call.caller.account;
      const queue = queues.get(arnOf(owner, text(call.input, "QueueName")));
      if (queue === undefined) throw missing();
      return { QueueUrl: queue.place.url };
    },
    ListQueues(call) {
      const prefix = optionalText(call.input, "QueueNamePrefix") ?? "";
      const mine = [...queues.values()].filter(
        (queue) => queue.place.account === call.caller.account && queue.place.name.startsWith(prefix),
      );
      return mine.length === 0 ? {} : { QueueUrls: mine.map((queue) => queue.place.url) };
    },
    GetQueueAttributes(call) {
      const wanted = texts(call.input, "AttributeNames");
      const all = Object.entries(describeQueue(byUrl(call)));
      return { Attributes: Object.fromEntries(all.filter(([name]) => wanted.includes("All") || wanted.includes(name))) };
    },
    SetQueueAttributes(call) {
      const queue = byUrl(call);
      queue.settings = changedSettings(queue.settings, textMap(call.input, "Attributes"));
      queue.modifiedAt = options.clock.now();
      return {};
    },
    SendMessage(call) {
      const queue = byUrl(call);
      return sent(queue, outgoing(queue, call.input, call.caller.userId));
    },
    SendMessageBatch(call) {
      const queue = byUrl(call);
      const entries = batch(call.input);
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(optionalText(entry, "MessageBody") ?? "", {}), 0);
      if (bytes > BATCH_BYTES_MAX)
        throw refused(
          "BatchRequestTooLong",
          `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
        );
      return settle(entries, (entry) => sent(queue, outgoing(queue, entry, call.caller.userId)));
    },
    async ReceiveMessage(call) {
      const queue = byUrl(call);
      const max = numberOr(call.input, "MaxNumberOfMessages", 1);
      if (max < 1 || max > 10)
        throw invalid(`Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`);
      const wait = numberOr(call.input, "WaitTimeSeconds", seconds(queue.settings, "ReceiveMessageWaitTimeSeconds"));
      if (wait < 0 || wait > 20)
        throw invalid(`Value ${wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`);
      const hiddenSeconds = optionalNumber(call.input, "VisibilityTimeout");
      const messages = await queue.receive(max, wait * 1000, hiddenSeconds === undefined ? {} : { hiddenSeconds });
      const system = [...texts(call.input, "AttributeNames"), ...texts(call.input, "MessageSystemAttributeNames")];
      const names = texts(call.input, "MessageAttributeNames");
      return messages.length === 0 ? {} : { Messages: messages.map((message) => received(message, system, names)) };
    },
    DeleteMessage(call) {
      byUrl(call).remove(text(call.input, "ReceiptHandle"));
      return {};
    },
    DeleteMessageBatch(call) {
      const queue = byUrl(call);
      return settle(batch(call.input), (entry) => queue.remove(text(entry, "ReceiptHandle")));
    },
    ChangeMessageVisibility(call) {
      hide(byUrl(call), call.input);
      return {};
    },
    ChangeMessageVisibilityBatch(call) {
      const queue = byUrl(call);
      return settle(batch(call.input), (entry) => hide(queue, entry));
    },
    PurgeQueue(call) {
      byUrl(call).purge();
      return {};
    },
    DeleteQueue(call) {
      const queue = byUrl(call);
      queue.close();
      queues.delete(queue.place.arn);
      return {};
    },
    ListDeadLetterSourceQueues(call) {
      const arn = byUrl(call).place.arn;
      return {
        queueUrls: [...queues.values()]
          .filter((queue) => redrivePolicy(queue.settings)?.deadLetterTargetArn === arn)
          .map((queue) => queue.place.url),
      };
    },
    StartMessageMoveTask: (call) => move(call),
    ListMessageMoveTasks: (call) => ({ Results: moves.filter((task) => task["SourceArn"] === call.input["SourceArn"]) }),
    ListQueueTags: () => ({}),
  };

  const move = (call: Call): Members => {
    const sourceArn = text(call.input, "SourceArn");
    const source = queues.get(sourceArn);
    if (source === undefined)
      throw new AwsError("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.", 404);
    const only = optionalText(call.input, "DestinationArn");
    const isDeadLetters = [...queues.values()].some((queue) => redrivePolicy(queue.settings)?.deadLetterTargetArn === sourceArn);
    if (!isDeadLetters) throw invalid("Source queue must be configured as a Dead Letter Queue.");
    let moved = 0;
    for (const message of source.drain()) {
      const target = queues.get(only ?? message.deadLetterSource ?? "");
      const { receiptHandle: _, firstReceivedAt: __, deadLetterSource: ___, ...rest } = message;
      (target ?? source).put({ ...rest, receiveCount: 0, visibleAt: options.clock.now() });
      if (target !== undefined) moved += 1;
    }
    const handle = Buffer.from(`${sourceArn} ${options.clock.now()}`).toString("base64");
    moves.unshift({
      TaskHandle: handle,
      Status: "COMPLETED",
      SourceArn: sourceArn,
      DestinationArn: only,
      ApproximateNumberOfMessagesMoved: moved,
      StartedTimestamp: options.clock.now(),
    });
    return { TaskHandle: handle };
  };

  return {
    signingName: "sqs",
    actions: new Set(Object.keys(actions)),
    demands: (call) => demandsOf(call, queues, options.region),
    handle: (call) => actions[call.action]?.(call),
    queue: (arn) => queues.get(arn),
    useUrl: (url) => void (base = url),
    close: () => queues.forEach((queue) => queue.close()),
    async deliver(principal, queueArn, body, attributes) {
      const queue = queues.get(queueArn);
      if (queue === undefined) return noResource(queueArn);
      if (!(await serviceMay(principal, "sqs:SendMessage", queueArn, policyDocument(queue.settings["Policy"])))) {
        return noPermissions(principal.service, "sqs:SendMessage", queueArn);
      }
      queue.send({ body, senderId: principal.service, ...(attributes === undefined ? {} : { attributes }) });
      return undefined;
    },
  };
}

function demandsOf(call: Call, queues: ReadonlyMap<string, Queue>, region: string): readonly Demand[] {
  const action = `sqs:${call.action.replace(/Batch$/, "")}`;
  if (call.action === "ListQueues") return [{ action, resource: "*" }];
  const url = optionalText(call.input, "QueueUrl");
  const owner = optionalText(call.input, "QueueOwnerAWSAccountId") ?? call.caller.account;
  const named = `arn:aws:sqs:${region}:${owner}:${optionalText(call.input, "QueueName") ?? ""}`;
  const arn = url === undefined ? (optionalText(call.input, "SourceArn") ?? named) : arnOfUrl(url, call.caller.account, region);
  const policy = policyDocument(queues.get(arn)?.settings["Policy"]);
  const resourceAccount = parseArn(arn)?.account ?? call.caller.account;
  return [{ action, resource: arn, resourceAccount, ...(policy === undefined ? {} : { resourcePolicy: policy }) }];
}

/** The last two parts of the path; a bare name is taken for one of the caller's own, as old SDKs send it. */
function arnOfUrl(url: string, account: string, region: string): string {
  const parts = url.replace(/^https?:\/\/[^/]+\//, "").split("/");
  const name = parts.at(-1) ?? "";
  return `arn:aws:sqs:${region}:${parts.length > 1 ? (parts.at(-2) ?? account) : account}:${name}`;
}

function sent(queue: Queue, message: Outgoing): Members {
  const { id, bodyChecksum, attributes } = queue.send(message);
  const checksum = checksumOfAttributes(attributes);
  return { MessageId: id, MD5OfMessageBody: bodyChecksum, ...(checksum === undefined ? {} : { MD5OfMessageAttributes: checksum }) };
}

function hide(queue: Queue, input: Members): void {
  const timeout = optionalNumber(input, "VisibilityTimeout");
  if (timeout === undefined || timeout < 0 || timeout > 43_200) {
    throw invalid(
      `Value ${String(input["VisibilityTimeout"])} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.`,
    );
  }
  queue.hide(text(input, "ReceiptHandle"), timeout);
}

function batch(input: Members): readonly Members[] {
  const entries = rows(input, "Entries");
  const ids = entries.map((entry) => text(entry, "Id"));
  if (list(input, "Entries").length === 0)
    throw refused("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.");
  if (entries.length > BATCH_MAX) {
    throw refused(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${BATCH_MAX}. You have sent ${entries.length}.`,
    );
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw refused("BatchEntryIdsNotDistinct", `Id ${repeated} repeated.`);
  if (ids.some((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    throw refused(
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    );
  }
  return entries;
}

function settle(entries: readonly Members[], work: (entry: Members) => Members | void): Members {
  const successful: Members[] = [];
  const failed: Members[] = [];
  for (const entry of entries) {
    const id = text(entry, "Id");
    try {
      successful.push({ Id: id, ...work(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, Failed: failed };
}

function describeQueue(queue: Queue): Readonly<Record<string, string>> {
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

function missing(): AwsError {
  return new AwsError("QueueDoesNotExist", "The specified queue does not exist.", 400, {
    queryErrorCode: "AWS.SimpleQueueService.NonExistentQueue",
  });
}

function refused(code: string, message: string): AwsError {
  return new AwsError(code, message, 400, { queryErrorCode: `AWS.SimpleQueueService.${code}` });
}
