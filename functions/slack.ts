// Asks and tells in Slack, where a webhook is configured.

import { bySlack, webhookOf } from "../lib/asking/by-slack.ts";
import { tell } from "../lib/asking/tell.ts";
import { busHandler } from "../lib/lambda/bus-handler.ts";
import { clock } from "../lib/lambda/clock-and-ids.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { allowList, connections, keys, proofs, services, slackSecret } from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";
import { postJson } from "../lib/web/post-json.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "PROOFS_TABLE",
  "LINK_KEY_SECRET_ARN",
  "SLACK_SECRET_ARN",
  "PUBLIC_URL",
);
const ports = {
  clock,
  publicUrl: set.PUBLIC_URL,
  allowList: allowList(set),
  services: services(set),
  connections: connections(set),
  proofs: proofs(set),
  keys: keys(set),
};
const secret = slackSecret(set);
const telling = tellingOf("slack");

export const handler = busHandler({
  name: "slack",
  telling,
  work: async (told) => {
    const webhook = webhookOf(await secret());
    if (webhook === undefined) telling.log.info("No Slack webhook is configured");
    else await tell(ports, bySlack(webhook, postJson), told);
  },
});
