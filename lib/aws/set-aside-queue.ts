// A queue of last resort: its messages taken up to be looked at, and given back, sent on or removed.

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SetAside } from "../operator/set-aside.ts";
import { calling } from "./errors.ts";

export interface Taken extends SetAside {
  readonly handle: string;
}

export interface SetAsideMessages {
  /** How many are there, about. */
  count(url: string): Promise<number>;
  /** At most so many; nobody else sees them for a few minutes. */
  take(url: string, most: number): Promise<Taken[]>;
  giveBack(url: string, taken: readonly Taken[]): Promise<void>;
  send(url: string, body: string): Promise<void>;
  remove(url: string, taken: Taken): Promise<void>;
}

const heldSeconds = 300;
const perCall = 10;

export const setAsideMessages = (client: SQSClient): SetAsideMessages => ({
  count: async (url) => {
    const reply = await calling("sqs:GetQueueAttributes", () =>
      client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] })),
    );
    return Number(reply.Attributes?.["ApproximateNumberOfMessages"] ?? 0);
  },
  take: async (url, most) => {
    const taken = new Map<string, Taken>();
    while (taken.size < most) {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(perCall, most - taken.size),
        VisibilityTimeout: heldSeconds,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["SentTimestamp"],
      });
      const { Messages = [] } = await calling("sqs:ReceiveMessage", () => client.send(command));
      if (Messages.length === 0) break;
      for (const message of Messages) taken.set(message.MessageId ?? "", readTaken(message));
    }
    return [...taken.values()];
  },
  giveBack: async (url, taken) => {
    for (let start = 0; start < taken.length; start += perCall) {
      const Entries = taken.slice(start, start + perCall).map(({ handle }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      }));
      await calling("sqs:ChangeMessageVisibility", () => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })));
    }
  },
  send: async (url, body) => {
    await calling("sqs:SendMessage", () => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body })));
  },
  remove: async (url, { handle }) => {
    await calling("sqs:DeleteMessage", () => client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle })));
  },
});

function readTaken({ MessageId = "", Body = "", ReceiptHandle = "", Attributes = {}, MessageAttributes = {} }: Message): Taken {
  const sent = Number(Attributes["SentTimestamp"] ?? Number.NaN);
  return {
    id: MessageId,
    body: Body,
    handle: ReceiptHandle,
    ...(Number.isNaN(sent) ? {} : { sent: new Date(sent).toISOString() }),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).flatMap(([name, { StringValue }]) => (StringValue === undefined ? [] : [[name, StringValue]])),
    ),
  };
}
