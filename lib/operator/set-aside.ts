// What was set aside in a queue of last resort: what each message is about, why it is there, and the way back.

import { idsIn } from "../ids.ts";

/** Where the messages of each queue came from, and so where they go back to; and what put them aside. */
export const waysBack = {
  ObserveDeadLetters: { to: "ObserveQueue", by: "observe" },
  AdmitDeadLetters: { to: "AdmitQueue", by: "admit" },
  DnsDeadLetters: { to: "DnsQueue", by: "dns" },
  AnswerDeadLetters: { to: "AnswerQueue", by: "answer" },
  ConnectionsUndelivered: { to: "ObserveQueue", by: "SNS" },
  OutsideUndelivered: { to: "ObserveQueue", by: "EventBridge" },
  AdmitUndelivered: { to: "AdmitQueue", by: "EventBridge" },
  DnsUndelivered: { to: "DnsQueue", by: "EventBridge" },
  NotifyUndelivered: { to: "bus", by: "EventBridge" },
  SlackUndelivered: { to: "bus", by: "EventBridge" },
  ArchiveUndelivered: { to: "bus", by: "EventBridge" },
  NotifyFailures: { to: "bus", by: "notify" },
  SlackFailures: { to: "bus", by: "slack" },
  PublishFailures: { to: "log", by: "publish" },
  SweepFailures: { to: "nowhere", by: "sweep" },
  CheckpointFailures: { to: "nowhere", by: "checkpoint" },
} as const;
export type SetAsideQueue = keyof typeof waysBack;
export const isSetAsideQueue = (name: string): name is SetAsideQueue => Object.hasOwn(waysBack, name);

/** For so long whoever takes messages up to look at them has them to themselves. */
export const heldMinutes = 5;
export const heldWords = `held by another look, and back within ${String(heldMinutes)} minutes`;

/** A message as SQS hands it out. */
export interface SetAside {
  readonly id: string;
  readonly body: string;
  readonly sent?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the bus is told again, or which events of the log it was not told. */
export type Again =
  | { readonly kind: "message"; readonly queue: "ObserveQueue" | "AdmitQueue" | "DnsQueue" | "AnswerQueue" }
  | { readonly kind: "event"; readonly type: string; readonly detail: string }
  | { readonly kind: "stored"; readonly subject: string; readonly seq: number }
  | { readonly kind: "span"; readonly from: string; readonly to: string }
  | { readonly kind: "nothing" };

export interface Explained {
  /** The ids it names, or how it begins. */
  readonly what: string;
  readonly why: string;
  /** Absent when nobody can tell what to do with it. */
  readonly again?: Again;
}

/** `told` is what the function's log says of the message, if it was found there. */
export function explain(queue: SetAsideQueue, message: SetAside, told?: string): Explained {
  const { to, by } = waysBack[queue];
  const body = parsed(message.body);
  const again = wayOf(to, body);
  return {
    what: whatOf(message.body, body),
    why: told === undefined ? whyOf(by, message, body) : `${by} failed it each time: ${told}`,
    ...(again === undefined ? {} : { again }),
  };
}

type Members = Readonly<Record<string, unknown>>;

function wayOf(to: (typeof waysBack)[SetAsideQueue]["to"], body: Members): Again | undefined {
  switch (to) {
    case "nowhere":
      return { kind: "nothing" };
    case "bus":
      return eventOf(membersOf(body["requestPayload"]) ?? body);
    case "log":
      return storedOf(body);
    default:
      return { kind: "message", queue: to };
  }
}

function eventOf(event: Members): Again | undefined {
  const { "detail-type": type, source, detail } = event;
  // A turn of the clock: the next minute has made it good.
  if (source === "aws.events") return { kind: "nothing" };
  if (typeof type !== "string" || source !== "drawbridge") return undefined;
  return { kind: "event", type, detail: JSON.stringify(detail ?? {}) };
}

/** Our own note of one event, or Lambda's of a batch: of that, only when it came is known. */
function storedOf(body: Members): Again | undefined {
  const { subject, seq } = membersOf(body["undelivered"]) ?? {};
  if (typeof subject === "string" && typeof seq === "number") return { kind: "stored", subject, seq };
  const { approximateArrivalOfFirstRecord: first, approximateArrivalOfLastRecord: last } = membersOf(body["DDBStreamBatchInfo"]) ?? {};
  if (typeof first !== "string" || typeof last !== "string") return undefined;
  return { kind: "span", from: shifted(first, -spanMinutes), to: shifted(last, spanMinutes) };
}

/** An event is stamped before it is committed, and clocks differ. What the bus is told twice does no harm. */
const spanMinutes = 5;
const shifted = (at: string, minutes: number): string => new Date(Date.parse(at) + minutes * 60_000).toISOString();

function whatOf(text: string, body: Members): string {
  const { services, endpoints } = idsIn(text);
  const type = (membersOf(body["requestPayload"]) ?? body)["detail-type"];
  const ids = [...endpoints, ...services];
  const named = ids.length === 0 ? text.slice(0, shownMax) : ids.slice(0, idsMax).join(" ") + (ids.length > idsMax ? " …" : "");
  return typeof type === "string" ? `${type} ${named}` : named;
}
const shownMax = 80;
const idsMax = 4;

function whyOf(by: string, { id, attributes }: SetAside, body: Members): string {
  const { ERROR_CODE: code, ERROR_MESSAGE: said } = attributes;
  if (code !== undefined) return `${by} could not deliver it: ${code}${said === undefined ? "" : `, ${said}`}`;
  const undelivered = membersOf(body["undelivered"])?.["reason"];
  if (typeof undelivered === "string") return `the bus did not take it: ${undelivered}`;
  const context = membersOf(body["requestContext"]);
  const error = membersOf(body["responsePayload"])?.["errorMessage"];
  if (typeof error === "string") return `${by} failed: ${error}`;
  if (typeof context?.["condition"] === "string")
    return `${by} gave it up (${context["condition"]}, ${String(context["approximateInvokeCount"])} tries); its log says why`;
  if (by === "SNS" || by === "EventBridge" || by === "sweep" || by === "checkpoint") return `${by} could not deliver it`;
  return `${by} failed it each time; search its log for ${id}`;
}

function parsed(text: string): Members {
  try {
    return membersOf(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

const membersOf = (value: unknown): Members | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
