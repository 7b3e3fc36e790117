// admit: wakes on what may call for a verdict; commits what the allow-list says, and accepts or rejects on EC2.

import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import { allowList, connections, endpointServices, ledger, services, wakeObserve } from "../lib/lambda/ports-for.ts";
import { queueWorker } from "../lib/lambda/queue-worker.ts";
import { settings } from "../lib/lambda/settings.ts";
import { admit } from "../lib/loop/admit.ts";
import { readMessage } from "../lib/messages.ts";

const set = settings("ALLOW_LIST_TABLE", "AUDIT_LOG_TABLE", "CONNECTIONS_TABLE", "SETTINGS_TABLE", "OBSERVE_QUEUE_URL");
const ports = {
  clock,
  newId,
  endpointServices: endpointServices(),
  allowList: allowList(set),
  connections: connections(set),
  ledger: ledger(set),
  services: services(set),
  wake: wakeObserve(set),
};

export const handler = queueWorker({
  name: "admit",
  read: (body) => readMessage(body),
  work: (items) => admit(ports, items),
  about: ({ services, endpoints, account }) => ({ services, connections: endpoints, account }),
});
