// Asks approvers, and tells those who want to know, by SNS: when the bus tells of something, and each minute what waited for its time.

import type { Context, EventBridgeEvent, ScheduledEvent } from "aws-lambda";
import { mailDue } from "../lib/asking/mail-waiting.ts";
import { tellPeople } from "../lib/asking/tell-people.ts";
import { busHandler } from "../lib/lambda/bus-handler.ts";
import { clock, wait } from "../lib/lambda/clock-and-ids.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import { allowList, approvers, connections, keys, organizations, people, proofs, services, slips } from "../lib/lambda/ports-for.ts";
import { isTick, scheduleHandler } from "../lib/lambda/schedule-handler.ts";
import { settings } from "../lib/lambda/settings.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "SETTINGS_TABLE",
  "ORGANIZATIONS_ROLE_ARN",
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
  organizations: organizations(set),
  services: services(set),
  connections: connections(set),
  proofs: proofs(set),
  keys: keys(set),
  approvers: approvers(set),
  slips: slips(set),
  people: people(set),
  wait,
};
const telling = tellingOf("notify");

const fromBus = busHandler({ name: "notify", telling, work: (told) => tellPeople(ports, told) });
const eachMinute = scheduleHandler({ name: "notify", telling, work: () => mailDue(ports) });

export const handler = (event: EventBridgeEvent<string, unknown> | ScheduledEvent, context: Context): Promise<void> =>
  isTick(event) ? eachMinute(event, context) : fromBus(event, context);
