// Asks and tells in Slack: as an app with a bot token, or with the link alone through an incoming webhook.

import { bySlack, isOnlyForThreads } from "../lib/asking/by-slack.ts";
import { tell } from "../lib/asking/tell.ts";
import { busHandler } from "../lib/lambda/bus-handler.ts";
import { clock, wait } from "../lib/lambda/clock-and-ids.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { allowList, approvers, connections, keys, organizations, proofs, services, slackSecret, slips } from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";
import { converse, type ConversationPorts } from "../lib/slack/conversation.ts";
import { slackApi } from "../lib/slack/web-api.ts";
import { withSecret } from "../lib/slack/with-secret.ts";
import { postJson } from "../lib/web/post-json.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "ORGANIZATIONS_ROLE_ARN",
  "PROOFS_TABLE",
  "LINK_KEY_SECRET_ARN",
  "SLACK_SECRET_ARN",
  "PUBLIC_URL",
);
const ports = {
  clock,
  publicUrl: set.PUBLIC_URL,
  allowList: allowList(set),
  organizations: organizations(set),
  approvers: approvers(set),
  services: services(set),
  connections: connections(set),
  proofs: proofs(set),
  slips: slips(set),
  keys: keys(set),
};
const telling = tellingOf("slack");
const warn: ConversationPorts["warn"] = (message, about) => {
  telling.log.warn(message, about);
};
const secret = slackSecret(set);

export const handler = busHandler({
  name: "slack",
  telling,
  work: (told) =>
    withSecret(secret, async ({ bot, webhook }) => {
      if (bot !== undefined) await converse({ ...ports, warn, bot, api: slackApi(bot, { post: postJson, wait }) }, told);
      else if (webhook !== undefined && !isOnlyForThreads(told)) await tell(ports, bySlack(webhook, postJson), told);
      else if (webhook === undefined) telling.log.info("No Slack is configured");
    }),
});
