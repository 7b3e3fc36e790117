// admit: wakes on what may call for a verdict; commits what the allow-list says, and accepts or rejects on EC2.

import { clock, newId, timeOf } from "../lib/lambda/clock-and-ids.ts";
import {
  allowList,
  connections,
  giveBackToAdmit,
  ledger,
  organizations,
  pacedEndpointServices,
  services,
  wakeObserve,
} from "../lib/lambda/ports-for.ts";
import { queueWorker } from "../lib/lambda/queue-worker.ts";
import { settings } from "../lib/lambda/settings.ts";
import { admit } from "../lib/loop/admit.ts";
import { readMessage } from "../lib/messages.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "AUDIT_LOG_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "ORGANIZATIONS_ROLE_ARN",
  "OBSERVE_QUEUE_URL",
  "ADMIT_QUEUE_URL",
  "ENDPOINTS_PER_CALL",
);
const ports = {
  clock,
  newId,
  endpointServices: pacedEndpointServices(set),
  allowList: allowList(set),
  organizations: organizations(set),
  connections: connections(set),
  ledger: ledger(set),
  services: services(set),
  wake: wakeObserve(set),
};

export const handler = queueWorker({
  name: "admit",
  read: (body) => readMessage(body),
  work: (items, leftMs) => admit(ports, items, timeOf(leftMs)),
  giveBack: giveBackToAdmit(set),
  about: ({ services, endpoints, account }) => ({ services, connections: endpoints, account }),
});
