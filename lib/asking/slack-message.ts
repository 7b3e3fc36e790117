// A notice as Slack shows it, in blocks; what outsiders wrote stays text there.

import { headline, lede, rows, type Notice } from "../notices.ts";
import { utc } from "../when.ts";

/** Slack shows at most this many fields in a section; each row of ours takes two. */
const fieldsMax = 10;
const fieldCharactersMax = 2000;

export function slackMessage(notice: Notice): object {
  const fields = rows(notice).flatMap(([label, value]) => [{ type: "mrkdwn", text: `*${escaped(label)}*`, verbatim: true }, plain(value)]);
  const sections = Array.from({ length: Math.ceil(fields.length / fieldsMax) }, (_, index) => ({
    type: "section",
    fields: fields.slice(index * fieldsMax, (index + 1) * fieldsMax),
  }));
  return {
    text: escaped(headline(notice)),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "section", text: plain(headline(notice)) },
      { type: "section", text: plain(lede(notice)) },
      ...sections,
      ...(notice.of === "question" ? way(notice.link, utc(notice.linkUntil)) : []),
    ],
  };
}

const way = (link: string, until: string): object[] => [
  {
    type: "actions",
    elements: [{ type: "button", style: "primary", text: plain("Look and decide"), url: link }],
  },
  {
    type: "context",
    elements: [plain(`The link is good until ${until}. Opening it decides nothing; whoever has it can decide.`)],
  },
];

/** Neither formatting nor mentions nor links come of it. */
const plain = (text: string): object => ({
  type: "plain_text",
  text: escaped(text).slice(0, fieldCharactersMax),
  emoji: false,
});

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
