// A notice as Slack's incoming webhook takes it: the facts, and a link to decide elsewhere.

import type { Notice } from "../notices.ts";
import { linkMessage, newsMessage } from "../slack/message.ts";

export const slackMessage = (notice: Notice): object => ({
  ...(notice.of === "question" ? linkMessage(notice) : newsMessage(notice)),
  unfurl_links: false,
  unfurl_media: false,
});
