// What a person does to one of our messages in Slack, as Slack tells it, and as it waits in the queue to be decided.

import { Unreadable } from "../faults.ts";
import { oneLine, visible } from "../harmless.ts";
import { endpointId, isEndpointId, type EndpointId, type Instant } from "../ids.ts";
import type { Choice } from "../events.ts";
import { quietDaysMax } from "../asking/standing-entry.ts";

export interface SlackAnswer {
  /** The same for the same press of a button. */
  readonly id: string;
  readonly question: string;
  readonly endpoint: EndpointId;
  readonly choice: Choice;
  /** Approve: the account from now on, and not this connection alone. */
  readonly scope?: "account";
  /** Reject: and ask nobody about the account for so many days. */
  readonly quietDays?: number;
  readonly reason?: string;
  /** Who, by Slack's id: names can be chosen. */
  readonly user: string;
  /** Where that person alone is told what came of it. */
  readonly responseUrl?: string;
  readonly at: Instant;
}

/** How our messages name what they hold; interactions come back with it. */
export const parts = { reason: "drawbridge-reason", days: "drawbridge-days", open: "drawbridge-open" } as const;
/** For how many days a rejection asks for quiet, unless the person chooses another number. */
export const quietDays = 30;
export const presses = {
  "drawbridge-approve": { choice: "approve" },
  "drawbridge-approve-account": { choice: "approve", scope: "account" },
  "drawbridge-reject": { choice: "reject" },
  "drawbridge-reject-quiet": { choice: "reject", quietDays },
} as const satisfies Readonly<Record<string, Pick<SlackAnswer, "choice" | "scope" | "quietDays">>>;
export type Press = keyof typeof presses;
const isPress = (action: unknown): action is Press => typeof action === "string" && Object.hasOwn(presses, action);

export const reasonCharactersMax = 500;
const userId = /^[UW][A-Z0-9]{2,20}$/;
export const isSlackUser = (id: string): boolean => userId.test(id);

/** `nothing`: a button that only opens a page, or somebody else's part of the message. */
export function readInteraction(body: string, id: string, at: Instant): SlackAnswer | "nothing" {
  const payload = objectOf(new URLSearchParams(body).get("payload") ?? "", "Slack's request");
  if (payload["type"] !== "block_actions") return "nothing";
  const actions = Array.isArray(payload["actions"]) ? (payload["actions"] as unknown[]).map(members) : [];
  const pressed = actions.find((action) => isPress(action["action_id"]));
  if (pressed === undefined || !isPress(pressed["action_id"])) return "nothing";
  const { question, endpoint } = objectOf(textOf(pressed["value"]) ?? "", "Slack's button");
  const user = textOf(members(payload["user"])["id"]);
  const press: Pick<SlackAnswer, "choice" | "scope" | "quietDays"> = presses[pressed["action_id"]];
  const reason = reasonIn(payload);
  const responseUrl = textOf(payload["response_url"]);
  return checked({
    id,
    question,
    endpoint,
    ...press,
    ...(press.quietDays === undefined ? {} : { quietDays: daysIn(payload) ?? press.quietDays }),
    user,
    at,
    ...(reason === "" ? {} : { reason }),
    ...(responseUrl === undefined ? {} : { responseUrl }),
  });
}

/** Where the person who sent it can be told something, whatever it was. */
export function responseUrlIn(body: string): string | undefined {
  try {
    return textOf(objectOf(new URLSearchParams(body).get("payload") ?? "", "Slack's request")["response_url"]);
  } catch {
    return undefined;
  }
}

export const writeAnswer = (answer: SlackAnswer): string => JSON.stringify({ slackAnswer: answer });

export function readAnswer(body: string): SlackAnswer {
  return checked(members(objectOf(body, "The message")["slackAnswer"]));
}

export const buttonValue = (question: string, endpoint: EndpointId): string => JSON.stringify({ question, endpoint });

function checked(given: Members): SlackAnswer {
  const { id, question, endpoint, choice, scope, quietDays, reason, user, responseUrl, at } = given;
  const no = (why: string): Unreadable => new Unreadable("Slack's answer", why);
  if (typeof id !== "string" || id === "" || typeof at !== "string") throw no("it has no id or no time");
  if (typeof question !== "string" || !/^[\w-]{1,64}$/.test(question)) throw no("it names no question");
  if (typeof endpoint !== "string" || !isEndpointId(endpoint)) throw no("it names no endpoint");
  if (choice !== "approve" && choice !== "reject") throw no("its choice is neither approve nor reject");
  if (typeof user !== "string" || !isSlackUser(user)) throw no("it names no user");
  return {
    id,
    question,
    endpoint: endpointId(endpoint),
    choice,
    user,
    at: at as Instant,
    ...(scope === "account" && choice === "approve" ? { scope } : {}),
    ...(isDays(quietDays) && choice === "reject" ? { quietDays } : {}),
    ...(typeof reason === "string" && reason !== "" ? { reason } : {}),
    ...(typeof responseUrl === "string" ? { responseUrl } : {}),
  };
}

/** On one line, so that no reader of the log takes a part of it for a line of its own. */
const reasonIn = (payload: Members): string => oneLine(visible(textOf(fieldIn(payload, parts.reason)["value"]) ?? ""), reasonCharactersMax);

function daysIn(payload: Members): number | undefined {
  const chosen = textOf(members(fieldIn(payload, parts.days)["selected_option"])["value"]) ?? "";
  return /^\d{1,3}$/.test(chosen) && isDays(Number(chosen)) ? Number(chosen) : undefined;
}

const isDays = (given: unknown): given is number => Number.isInteger(given) && Number(given) >= 1 && Number(given) <= quietDaysMax;

/** What stands in one of the message's fields; each is the only one in its block. */
const fieldIn = (payload: Members, part: string): Members => members(members(members(members(payload["state"])["values"])[part])[part]);

type Members = Readonly<Record<string, unknown>>;
const members = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function objectOf(text: string, what: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unreadable(what, "it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unreadable(what, "it is not a JSON object");
  return value as Members;
}
