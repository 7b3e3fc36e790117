// What SQS does with messages: sending, receiving, deleting, hiding, one by one and in batches.
import { numberOr, optionalNumber, optionalText, text, texts, type Members } from "../members.ts";
import type { Call } from "../service.ts";
import { batch, refusedBatch, settle } from "./sqs-batch.ts";
import { checksumOfAttributes, sizeOf } from "./sqs-checksums.ts";
import type { Outgoing, Queue } from "./sqs-queue.ts";
import type { SqsActions } from "./sqs-queue-actions.ts";
import { invalid, outgoing, received } from "./sqs-send.ts";
import { seconds } from "./sqs-settings.ts";
import type { QueueStore } from "./sqs-store.ts";

const BATCH_BYTES_MAX = 1_048_576;
const VISIBILITY_SECONDS_MAX = 43_200;

export function messageActions(store: QueueStore): SqsActions {
  return {
    SendMessage(call) {
      const queue = store.byUrl(call);
      return send(queue, outgoing(queue, call.input, call));
    },
    SendMessageBatch: (call) => sendBatch(store.byUrl(call), call),
    ReceiveMessage: (call) => receive(store.byUrl(call), call.input),
    DeleteMessage(call) {
      store.byUrl(call).remove(text(call.input, "ReceiptHandle"));
      return {};
    },
    DeleteMessageBatch(call) {
      const queue = store.byUrl(call);
      return settle(batch(call.input), (entry) => queue.remove(text(entry, "ReceiptHandle")));
    },
    ChangeMessageVisibility(call) {
      hide(store.byUrl(call), call.input);
      return {};
    },
    ChangeMessageVisibilityBatch(call) {
      const queue = store.byUrl(call);
      return settle(batch(call.input), (entry) => hide(queue, entry));
    },
  };
}

function send(queue: Queue, message: Outgoing): Members {
  const { id, bodyChecksum, attributes } = queue.send(message);
  const checksum = checksumOfAttributes(attributes);
  return { MessageId: id, MD5OfMessageBody: bodyChecksum, ...(checksum === undefined ? {} : { MD5OfMessageAttributes: checksum }) };
}

function sendBatch(queue: Queue, call: Call): Members {
  const entries = batch(call.input);
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(optionalText(entry, "MessageBody") ?? "", {}), 0);
  if (bytes > BATCH_BYTES_MAX) {
    throw refusedBatch(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
    );
  }
  return settle(entries, (entry) => send(queue, outgoing(queue, entry, call)));
}

async function receive(queue: Queue, input: Members): Promise<Members> {
  const max = numberOr(input, "MaxNumberOfMessages", 1);
  if (max < 1 || max > 10) {
    throw invalid(`Value ${max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`);
  }
  const wait = numberOr(input, "WaitTimeSeconds", seconds(queue.settings, "ReceiveMessageWaitTimeSeconds"));
  if (wait < 0 || wait > 20) {
    throw invalid(`Value ${wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.`);
  }
  const hiddenSeconds = optionalNumber(input, "VisibilityTimeout");
  const messages = await queue.receive(max, wait * 1000, hiddenSeconds === undefined ? {} : { hiddenSeconds });
  const system = [...texts(input, "AttributeNames"), ...texts(input, "MessageSystemAttributeNames")];
  const names = texts(input, "MessageAttributeNames");
  return messages.length === 0 ? {} : { Messages: messages.map((message) => received(message, system, names)) };
}

function hide(queue: Queue, input: Members): void {
  const timeout = optionalNumber(input, "VisibilityTimeout");
  if (timeout === undefined || timeout < 0 || timeout > VISIBILITY_SECONDS_MAX) {
    throw invalid(
      `Value ${timeout ?? ""} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`,
    );
  }
  queue.hide(text(input, "ReceiptHandle"), timeout);
}
