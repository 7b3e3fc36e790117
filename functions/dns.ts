// dns: wakes on connections that become available or end; gives and takes their names in Route 53.

import { createHash } from "node:crypto";
import type { Fault } from "../lib/faults.ts";
import type { ServiceId, ZoneId } from "../lib/ids.ts";
import { clock, newId } from "../lib/lambda/clock-and-ids.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { connections, endpointServices, ledger, proofs, services, wakeDns, zones } from "../lib/lambda/ports-for.ts";
import { queueWorker } from "../lib/lambda/queue-worker.ts";
import { settings } from "../lib/lambda/settings.ts";
import { giveNames, type NamePorts } from "../lib/loop/names.ts";
import { followPrivateDns } from "../lib/loop/private-dns.ts";
import type { Ran } from "../lib/loop/run.ts";
import { followVpcs } from "../lib/loop/vpcs.ts";
import { readMessage } from "../lib/messages.ts";

const set = settings(
  "DEPLOYMENT_ID",
  "AUDIT_LOG_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "PROOFS_TABLE",
  "DNS_QUEUE_URL",
  "HOSTED_ZONE_IDS",
);
const telling = tellingOf("dns");
const ports = {
  clock,
  newId,
  endpointServices: endpointServices(),
  connections: connections(set),
  ledger: ledger(set),
  services: services(set),
  proofs: proofs(set),
  zones: zones(set),
  followPrivateDns: (service: ServiceId) => followPrivateDns(ports, service),
  followVpcs: (ran: Ran, wake: NamePorts["wake"], compare: boolean) => followVpcs({ ...ports, wake }, ran, compare),
  wake: wakeDns(set),
  zoneLeft: (zone: ZoneId, { code, where, message }: Fault) => {
    telling.log.warn("A hosted zone cannot be changed now, and is tried again soon", { zone, code, where, reason: message });
  },
  owner: (endpoint: string) => `drawbridge ${createHash("sha256").update(`${set.DEPLOYMENT_ID} ${endpoint}`).digest("hex").slice(0, 32)}`,
};

export const handler = queueWorker({
  name: "dns",
  telling,
  read: (body) => readMessage(body),
  work: (items) => giveNames(ports, items),
  about: ({ services, endpoints }) => ({ services, connections: endpoints }),
});
