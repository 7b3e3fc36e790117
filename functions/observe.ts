// observe: wakes on notifications, CloudTrail and delayed looks; records what AWS shows of the connections.

import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { connections, endpointServices, ledger, services, wakeAdmit, wakeObserve } from "../lib/lambda/ports-for.ts";
import { queueWorker } from "../lib/lambda/queue-worker.ts";
import { settings } from "../lib/lambda/settings.ts";
import { observe } from "../lib/loop/observe.ts";
import { readMessage } from "../lib/messages.ts";

const set = settings("AUDIT_LOG_TABLE", "CONNECTIONS_TABLE", "SETTINGS_TABLE", "OBSERVE_QUEUE_URL", "ADMIT_QUEUE_URL", "OWN_ROLE_ARNS");
const telling = tellingOf("observe");
const ports = {
  clock,
  newId,
  endpointServices: endpointServices(),
  connections: connections(set),
  ledger: ledger(set),
  services: services(set),
  wake: { ...wakeObserve(set), ...wakeAdmit(set) },
  notInCare: (service: string) => {
    telling.log.info("A message is about a service that is not in care, and is left alone", { services: [service] });
  },
};

export const handler = queueWorker({
  name: "observe",
  telling,
  read: (body) => readMessage(body, set.OWN_ROLE_ARNS),
  work: (items) => observe(ports, items),
  about: ({ services, endpoints }) => ({ services, connections: endpoints }),
});
