// The approval page: shows a question to whoever holds its link, and takes the answer.

import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import { httpHandler } from "../lib/lambda/http-handler.ts";
import { allowList, connections, keys, ledger, proofs, services } from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";
import { answerRoutes, showProblem } from "../lib/web/answer-routes.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "AUDIT_LOG_TABLE",
  "SETTINGS_TABLE",
  "PROOFS_TABLE",
  "LINK_KEY_SECRET_ARN",
  "PUBLIC_URL",
);
const ports = {
  clock,
  newId,
  services: services(set),
  connections: connections(set),
  ledger: ledger(set),
  allowList: allowList(set),
  proofs: proofs(set),
  keys: keys(set),
};

export const handler = httpHandler({
  name: "answer",
  routes: answerRoutes(ports, set.PUBLIC_URL),
  show: showProblem,
});
