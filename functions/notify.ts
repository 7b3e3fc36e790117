// Asks approvers, and tells those who want to know, by SNS.

import { byMail } from "../lib/asking/by-mail.ts";
import { tell } from "../lib/asking/tell.ts";
import { busHandler } from "../lib/lambda/bus-handler.ts";
import { clock } from "../lib/lambda/clock-and-ids.ts";
import { allowList, connections, keys, people, proofs, services } from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "PROOFS_TABLE",
  "APPROVALS_TOPIC_ARN",
  "DECISIONS_TOPIC_ARN",
  "LINK_KEY_SECRET_ARN",
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
const mail = byMail(people(set));

export const handler = busHandler({
  name: "notify",
  work: async (told) => {
    await tell(ports, mail, told);
  },
});
