// From a function's settings to the ports it works through. A port not asked for is not in the function's bundle.

import { allowListTable } from "../aws/allow-list-table.ts";
import { eventBus } from "../aws/bus.ts";
import { connectionsTable } from "../aws/connections-table.ts";
import { vpcEndpointServices } from "../aws/endpoint-services.ts";
import { giveBackTo } from "../aws/give-back.ts";
import { linkKeys, cachedSecret } from "../aws/keys.ts";
import { ledgerTables } from "../aws/ledger-table.ts";
import { peopleTopics } from "../aws/people.ts";
import { proofsTable } from "../aws/proofs-table.ts";
import { servicesTable } from "../aws/services-table.ts";
import { undeliveredQueue } from "../aws/undelivered.ts";
import { wakeQueue } from "../aws/wake.ts";
import { hostedZones } from "../aws/zones.ts";
import type {
  AllowList,
  Bus,
  Connections,
  EndpointServices,
  Keys,
  Ledger,
  People,
  Proofs,
  Services,
  Undelivered,
  Wake,
  Zones,
} from "../ports.ts";
import { clock, newId } from "./clock-and-ids.ts";
import { dynamoDb, ec2, ec2Once, eventBridge, route53, secretsManager, sns, sqs } from "../aws/clients.ts";
import type { Settings } from "./settings.ts";

export const endpointServices = (): EndpointServices => vpcEndpointServices(ec2());
/** For the one that accepts and rejects, at its own pace. */
export const pacedEndpointServices = (set: Settings<"ENDPOINTS_PER_CALL">): EndpointServices =>
  vpcEndpointServices(ec2(), ec2Once(), set.ENDPOINTS_PER_CALL);

export const connections = (set: Settings<"CONNECTIONS_TABLE">): Connections => connectionsTable(dynamoDb(), set.CONNECTIONS_TABLE);

/** Commits write to all four tables, each kind of change to its own; a function needs rights only to those it writes. */
export const ledger = (
  set: Settings<"AUDIT_LOG_TABLE" | "CONNECTIONS_TABLE" | "SETTINGS_TABLE"> & Partial<Settings<"ALLOW_LIST_TABLE">>,
): Ledger =>
  ledgerTables(
    dynamoDb(),
    {
      auditLog: set.AUDIT_LOG_TABLE,
      connections: set.CONNECTIONS_TABLE,
      settings: set.SETTINGS_TABLE,
      ...(set.ALLOW_LIST_TABLE === undefined ? {} : { allowList: set.ALLOW_LIST_TABLE }),
    },
    clock,
  );

export const allowList = (set: Settings<"ALLOW_LIST_TABLE">): AllowList => allowListTable(dynamoDb(), set.ALLOW_LIST_TABLE);

export const services = (set: Settings<"SETTINGS_TABLE">): Services => servicesTable(dynamoDb(), set.SETTINGS_TABLE);

export const proofs = (set: Settings<"PROOFS_TABLE">): Proofs => proofsTable(dynamoDb(), set.PROOFS_TABLE, clock, newId());

export const zones = (set: Settings<"HOSTED_ZONE_IDS">): Zones => hostedZones(route53(), set.HOSTED_ZONE_IDS);

export const wakeObserve = (set: Settings<"OBSERVE_QUEUE_URL">): Pick<Wake, "observe"> => ({
  observe: wakeQueue(sqs(), set.OBSERVE_QUEUE_URL),
});
export const wakeAdmit = (set: Settings<"ADMIT_QUEUE_URL">): Pick<Wake, "admit"> => ({
  admit: wakeQueue(sqs(), set.ADMIT_QUEUE_URL),
});
export const wakeDns = (set: Settings<"DNS_QUEUE_URL">): Pick<Wake, "dns"> => ({
  dns: wakeQueue(sqs(), set.DNS_QUEUE_URL),
});

export const giveBackToAdmit = (set: Settings<"ADMIT_QUEUE_URL">): ReturnType<typeof giveBackTo> => giveBackTo(sqs(), set.ADMIT_QUEUE_URL);

export const bus = (set: Settings<"BUS_NAME">): Bus => eventBus(eventBridge(), set.BUS_NAME);

export const undelivered = (set: Settings<"PUBLISH_FAILURES_QUEUE_URL">): Undelivered =>
  undeliveredQueue(sqs(), set.PUBLISH_FAILURES_QUEUE_URL);

export const people = (set: Settings<"APPROVALS_TOPIC_ARN" | "DECISIONS_TOPIC_ARN">): People =>
  peopleTopics(sns(), { approvals: set.APPROVALS_TOPIC_ARN, decisions: set.DECISIONS_TOPIC_ARN });

export const keys = (set: Settings<"LINK_KEY_SECRET_ARN">): Keys => linkKeys(secretsManager(), set.LINK_KEY_SECRET_ARN, clock);

/** Slack's secret as its text, read again after five minutes. */
export const slackSecret = (set: Settings<"SLACK_SECRET_ARN">): (() => Promise<string>) =>
  cachedSecret(secretsManager(), set.SLACK_SECRET_ARN, clock);
