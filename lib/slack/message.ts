// Our messages in Slack, in blocks: a question with its buttons, and the same once it is settled. What outsiders wrote stays text there.

import { byCommand } from "../by-command.ts";
import type { Offers } from "../asking/offers.ts";
import { quietDaysMax } from "../asking/standing-entry.ts";
import type { EndpointId } from "../ids.ts";
import { headline, lede, rows, type Notice } from "../notices.ts";
import { utc } from "../when.ts";
import { buttonValue, isSlackUser, parts, presses, quietDays, reasonCharactersMax, type Press } from "./interaction.ts";
import type { SlackMessage } from "./web-api.ts";

/** Slack shows at most this many fields in a section; each row of ours takes two. */
const fieldsMax = 10;
const fieldCharactersMax = 2000;
const textCharactersMax = 2900;

/** What a question looks like while people may answer it in Slack itself. */
export interface Askable {
  readonly question: string;
  readonly endpoint: EndpointId;
  readonly account: string;
  /** Slack's ids of those who are asked. */
  readonly mentioned: readonly string[];
  /** Who has agreed so far, and how many must. */
  readonly progress?: string;
  /** Which lasting answers there are. */
  readonly offers: Offers;
}

export const questionMessage = (notice: Notice, askable: Askable): SlackMessage => ({
  text: escaped(headline(notice)),
  blocks: [
    ...facts(notice),
    ...called(askable.mentioned, "Asked"),
    ...(askable.progress === undefined ? [] : [context(askable.progress)]),
    reasonField,
    ...(askable.offers.quiet ? [daysField()] : []),
    buttons(askable),
    context("Only approvers can decide here. A press by anybody else decides nothing."),
  ],
});

/** The facts stay, what came of it stands beneath, and there is nothing left to press. */
export const settledMessage = (notice: Notice, outcome: string): SlackMessage => ({
  text: escaped(`${outcome}: ${headline(notice)}`),
  blocks: [...facts(notice), { type: "section", text: plain(outcome, textCharactersMax) }],
});

/** One line in the question's thread, or by itself; those mentioned get Slack's own notification. */
export const lineMessage = (line: string, mentioned: readonly string[] = [], why: "Asked" | "Told" = "Asked"): SlackMessage => ({
  text: escaped(line),
  blocks: [{ type: "section", text: plain(line, textCharactersMax) }, ...called(mentioned, why)],
});

/** Only shown here: decided on the page that the link leads to, or by those who are asked elsewhere. */
export const linkMessage = (notice: Extract<Notice, { of: "question" }>): SlackMessage => ({
  text: escaped(headline(notice)),
  blocks: [...facts(notice), ...wayTo(notice)],
});

function wayTo({ way, asked: names = [], profile }: Extract<Notice, { of: "question" }>): object[] {
  if (way === undefined)
    return [
      context(
        `${names.join(" and ")} ${names.length === 1 ? "has" : "have"} been asked, and ${names.length === 1 ? "decides" : "decide"} elsewhere: by mail, or with ${byCommand(`approve ${profile.endpoint}`)}, or reject.`,
      ),
    ];
  const button = { type: "button", style: "primary", action_id: parts.open, text: plain("Look and decide"), url: way.link };
  return [
    { type: "actions", elements: [button] },
    context(`The link is good until ${utc(way.until)}. Opening it decides nothing; whoever has it can decide.`),
  ];
}

export const newsMessage = (notice: Notice, mentioned: readonly string[] = []): SlackMessage => ({
  text: escaped(headline(notice)),
  blocks: [...facts(notice), ...called(mentioned, "Told")],
});

/** What only the person who pressed sees. */
export const onlyForYou = (text: string): string =>
  JSON.stringify({
    response_type: "ephemeral",
    replace_original: false,
    text: escaped(text),
    blocks: [{ type: "section", text: plain(text, textCharactersMax) }],
  });

function facts(notice: Notice): object[] {
  const fields = rows(notice).flatMap(([label, value]) => [{ type: "mrkdwn", text: `*${escaped(label)}*`, verbatim: true }, plain(value)]);
  const sections = Array.from({ length: Math.ceil(fields.length / fieldsMax) }, (_, index) => ({
    type: "section",
    fields: fields.slice(index * fieldsMax, (index + 1) * fieldsMax),
  }));
  return [{ type: "section", text: plain(headline(notice)) }, { type: "section", text: plain(lede(notice)) }, ...sections];
}

/** Ids from our own settings, in Slack's own form: the one place where a message holds markup. */
function called(users: readonly string[], why: "Asked" | "Told"): object[] {
  const mentions = users.filter(isSlackUser).map((id) => `<@${id}>`);
  return mentions.length === 0 ? [] : [{ type: "context", elements: [{ type: "mrkdwn", text: `${why}: ${mentions.join(" ")}` }] }];
}

const quietLabel = "Reject, don't ask again";

const reasonField = {
  type: "input",
  block_id: parts.reason,
  optional: true,
  label: { type: "plain_text", text: "Reason", emoji: false },
  element: {
    type: "plain_text_input",
    action_id: parts.reason,
    max_length: reasonCharactersMax,
    placeholder: { type: "plain_text", text: "Goes into the log, with your name", emoji: false },
  },
};

const days = (count: number): object => ({ text: plain(`${String(count)} ${count === 1 ? "day" : "days"}`), value: String(count) });

const daysField = (): object => ({
  type: "input",
  block_id: parts.days,
  optional: true,
  label: { type: "plain_text", text: `For “${quietLabel}”: how long`, emoji: false },
  element: {
    type: "static_select",
    action_id: parts.days,
    initial_option: days(quietDays),
    options: [1, 7, quietDays, 90, quietDaysMax].map(days),
  },
});

const buttons = ({ question, endpoint, account, offers }: Askable): object => {
  const value = buttonValue(question, endpoint);
  return {
    type: "actions",
    elements: [
      button("drawbridge-approve", "Approve", `Account ${account} will be connected by ${endpoint}.`, value),
      ...(offers.account
        ? [
            button(
              "drawbridge-approve-account",
              "Approve account",
              `Account ${account} will be accepted at this service from now on: an entry with your name goes onto the allow-list.`,
              value,
            ),
          ]
        : []),
      button("drawbridge-reject", "Reject", `${endpoint} of account ${account} will be rejected for good.`, value),
      ...(offers.quiet
        ? [
            button(
              "drawbridge-reject-quiet",
              quietLabel,
              `${endpoint} of account ${account} will be rejected, and so will whatever else it makes for as many days as are chosen above; nobody is asked.`,
              value,
            ),
          ]
        : []),
    ],
  };
};

/** Asked once more, since a thumb slips on a phone. */
function button(action: Press, label: string, what: string, value: string): object {
  const style = presses[action].choice === "approve" ? "primary" : "danger";
  return {
    type: "button",
    style,
    action_id: action,
    text: plain(label),
    value,
    confirm: { title: plain(`${label}?`), text: plain(what), confirm: plain("Yes"), deny: plain("Not now"), style },
  };
}

const context = (text: string): object => ({ type: "context", elements: [plain(text)] });

/** Neither formatting nor mentions nor links come of it. */
const plain = (text: string, charactersMax = fieldCharactersMax): object => ({
  type: "plain_text",
  text: cut(escaped(text), charactersMax),
  emoji: false,
});

/** Not in the middle of a character, nor of an escape. */
const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).replace(/(&[a-z]*|[\uD800-\uDBFF])$/, "")}…`;

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
