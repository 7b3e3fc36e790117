// What comes in while a smoke run goes on: PrivateLink's notifications and CloudTrail's records, raw, each with the time it arrived.
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

export type ConnectionEvent = "Connect" | "Accept" | "Reject" | "Delete";

/** A message of the topic, as it came out of the queue. */
export interface Notification {
  readonly receivedAt: number;
  /** When SNS took it, by the envelope. */
  readonly publishedAt: number | undefined;
  readonly messageId: string | undefined;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: unknown;
  /** The event that its words name, when they name exactly one. */
  readonly word: ConnectionEvent | undefined;
  readonly body: string;
}

export interface TrailRecord {
  readonly receivedAt: number;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Caught {
  readonly notifications: readonly Notification[];
  readonly trail: readonly TrailRecord[];
  /** Messages that are no notification or record in any known envelope. */
  readonly others: readonly string[];
  /** The first notification after `since` that names the endpoint and is not plainly of another event. */
  told(endpoint: string, event: ConnectionEvent, since: number): Notification | undefined;
  toldTimes(endpoint: string, event: ConnectionEvent, since: number): number;
  end(): Promise<void>;
}

/** `isOurs`: CloudTrail tells of the whole account, and what others do in it is not ours to keep. */
export function catching(
  sqs: SQSClient,
  queues: { readonly notified: string; readonly recorded: string },
  isOurs: (text: string) => boolean,
): Caught {
  const notifications: Notification[] = [];
  const trail: TrailRecord[] = [];
  const others: string[] = [];
  const ending = new AbortController();
  const pumps = [
    pump(sqs, queues.notified, ending.signal, (body) => {
      const read = notificationOf(body);
      if (read === undefined) others.push(body);
      else notifications.push(read);
    }),
    pump(sqs, queues.recorded, ending.signal, (body) => {
      const read = recordOf(body);
      if (!isOurs(body)) return;
      if (read === undefined) others.push(body);
      else trail.push(read);
    }),
  ];
  const toldAll = (endpoint: string, event: ConnectionEvent, since: number): Notification[] =>
    notifications.filter(({ body, word, receivedAt }) => receivedAt >= since && body.includes(endpoint) && (word ?? event) === event);
  return {
    notifications,
    trail,
    others,
    told: (endpoint, event, since) => toldAll(endpoint, event, since)[0],
    toldTimes: (endpoint, event, since) => toldAll(endpoint, event, since).length,
    async end() {
      ending.abort();
      await Promise.all(pumps);
    },
  };
}

const LONG_POLL_SECONDS = 10;

async function pump(sqs: SQSClient, QueueUrl: string, signal: AbortSignal, take: (body: string) => void): Promise<void> {
  const wanted = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: LONG_POLL_SECONDS });
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await sqs.send(wanted, { abortSignal: signal });
      for (const { Body = "", ReceiptHandle } of Messages) {
        take(Body);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    } catch {
      // A call that failed leaves the messages where they are: the next one gets them.
      await new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : 500));
    }
  }
}

function notificationOf(body: string): Notification | undefined {
  const envelope = objectIn(body);
  if (envelope === undefined || typeof envelope["Message"] !== "string") return undefined;
  const subject = typeof envelope["Subject"] === "string" ? envelope["Subject"] : undefined;
  const message = envelope["Message"];
  return {
    receivedAt: Date.now(),
    publishedAt: typeof envelope["Timestamp"] === "string" ? Date.parse(envelope["Timestamp"]) : undefined,
    messageId: typeof envelope["MessageId"] === "string" ? envelope["MessageId"] : undefined,
    subject,
    message,
    attributes: envelope["MessageAttributes"],
    word: wordOf(`${subject ?? ""} ${message}`),
    body,
  };
}

/** "connection" is in all of them, so only the verb itself counts. */
function wordOf(text: string): ConnectionEvent | undefined {
  const words = new Set([...text.matchAll(/\b(connect|accept|reject|delete)(?:ed|d)?\b/gi)].map(([, word = ""]) => word.toLowerCase()));
  const [word] = words;
  if (words.size !== 1 || word === undefined) return undefined;
  return (["Connect", "Accept", "Reject", "Delete"] as const).find((event) => event.toLowerCase() === word);
}

function recordOf(body: string): TrailRecord | undefined {
  const detail = objectIn(body)?.["detail"];
  if (typeof detail !== "object" || detail === null || !("eventName" in detail)) return undefined;
  return { receivedAt: Date.now(), name: String(detail.eventName), detail: detail };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
