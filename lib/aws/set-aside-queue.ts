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
import { heldMinutes, type SetAside } from "../operator/set-aside.ts";
import { calling } from "./errors.ts";

export interface Taken extends SetAside {
  readonly handle: string;
}

/** About. */
export interface Counted {
  readonly waiting: number;
  /** Somebody looks at them, or did within the last minutes. */
  readonly held: number;
}

export interface SetAsideMessages {
  count(url: string): Promise<Counted>;
  /** At most so many, or until it is to stop; nobody else sees them for `heldMinutes`. When it fails, it has none of them. */
  take(url: string, most: number, isStopped?: () => boolean): Promise<Taken[]>;
  giveBack(url: string, taken: readonly Taken[]): Promise<void>;
  send(url: string, body: string): Promise<void>;
  remove(url: string, taken: Taken): Promise<void>;
}

const perCall = 10;
const counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;

export const setAsideMessages = (client: SQSClient): SetAsideMessages => ({
  count: async (url) => {
    const { Attributes } = await calling("sqs:GetQueueAttributes", () =>
      client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...counts] })),
    );
    const [waiting = 0, held = 0] = counts.map((name) => Number(Attributes?.[name] ?? 0));
    return { waiting, held };
  },
  take: async (url, most, isStopped = () => false) => {
    const taken = new Map<string, Taken>();
    try {
      while (taken.size < most && !isStopped()) {
        const messages = await received(client, url, Math.min(perCall, most - taken.size));
        if (messages.length === 0) break;
        for (const message of messages) taken.set(message.MessageId ?? "", readTaken(message));
      }
    } catch (error) {
      // What the first reason is counts; what cannot be given back comes back by itself.
      await givenBack(client, url, [...taken.values()]).catch(() => undefined);
      throw error;
    }
    return [...taken.values()];
  },
  giveBack: (url, taken) => givenBack(client, url, taken),
  send: async (url, body) => {
    await calling("sqs:SendMessage", () => client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body })));
  },
  remove: async (url, { handle }) => {
    await calling("sqs:DeleteMessage", () => client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle })));
  },
});

async function received(client: SQSClient, url: string, most: number): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: most,
    VisibilityTimeout: heldMinutes * 60,
    WaitTimeSeconds: 1,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["SentTimestamp"],
  });
  const { Messages = [] } = await calling("sqs:ReceiveMessage", () => client.send(command));
  return Messages;
}

async function givenBack(client: SQSClient, url: string, taken: readonly Taken[]): Promise<void> {
  for (let start = 0; start < taken.length; start += perCall) {
    const Entries = taken.slice(start, start + perCall).map(({ handle }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      VisibilityTimeout: 0,
    }));
    await calling("sqs:ChangeMessageVisibility", () => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })));
  }
}

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
