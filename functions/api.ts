// What operators ask, over HTTP and signed with their own AWS credentials.

import manifest from "../package.json" with { type: "json" };
import { BadInput, Refused } from "../lib/faults.ts";
import { clock, newId, wait } from "../lib/lambda/clock-and-ids.ts";
import { httpHandler, type HttpReply } from "../lib/lambda/http-handler.ts";
import type { HttpRequest } from "../lib/lambda/http-request.ts";
import {
  allowList,
  approverMail,
  approvers,
  connections,
  contacts,
  endpointServices,
  ledgerWithSearch,
  organizations,
  permits,
  services,
  slackSecret,
  slips,
  subscriptions,
  wakeAdmit,
  zones,
} from "../lib/lambda/ports-for.ts";
import { settings } from "../lib/lambda/settings.ts";
import type { OperatorPorts } from "../lib/operator/operator.ts";
import { bodyBytesMax } from "../lib/operator/request-limits.ts";
import { operatorRoutes, type UseCase } from "../lib/operator/routes.ts";
import { slackTrial } from "../lib/slack/try-out.ts";
import { postJson } from "../lib/web/post-json.ts";

const set = settings(
  "STAGE",
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "AUDIT_LOG_TABLE",
  "SETTINGS_TABLE",
  "ORGANIZATIONS_ROLE_ARN",
  "ADMIT_QUEUE_URL",
  "CONNECTIONS_TOPIC_ARN",
  "APPROVALS_TOPIC_ARN",
  "APPROVER_EMAIL",
  "DECISIONS_TOPIC_ARN",
  "HOSTED_ZONE_IDS",
  "PROOFS_TABLE",
  "SLACK_SECRET_ARN",
  "BUS_NAME",
  "CHECKPOINT_BUCKET",
  "CHECKPOINT_KEY_ARN",
  "QUEUE_URLS",
);
const ports: OperatorPorts = {
  clock,
  newId,
  services: services(set),
  connections: connections(set),
  ledger: ledgerWithSearch(set),
  allowList: allowList(set),
  organizations: organizations(set),
  permits: permits(set),
  endpointServices: endpointServices(),
  zones: zones(set),
  approvers: approvers(set),
  subscriptions: subscriptions(set),
  contacts: contacts(set),
  people: approverMail(set),
  slack: slackTrial({ clock, slips: slips(set), secret: slackSecret(set), post: postJson, wait }),
  wake: wakeAdmit(set),
  deployment: {
    stage: set.STAGE,
    version: manifest.version,
    topic: set.CONNECTIONS_TOPIC_ARN,
    zones: set.HOSTED_ZONE_IDS,
    bus: set.BUS_NAME,
    checkpoints: { bucket: set.CHECKPOINT_BUCKET, key: set.CHECKPOINT_KEY_ARN },
    queues: set.QUEUE_URLS,
    organizations: set.ORGANIZATIONS_ROLE_ARN !== "",
    ...(set.APPROVER_EMAIL === "" ? {} : { mailbox: set.APPROVER_EMAIL }),
  },
};

const answered =
  (useCase: UseCase) =>
  async ({ actor, query, body = {}, parameters }: HttpRequest): Promise<HttpReply> => {
    if (actor === undefined)
      throw new Refused("NotFound", "The request is not signed", "sign it with AWS Signature Version 4 for the service execute-api");
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw new BadInput("body", body, "send a JSON object");
    return {
      status: 200,
      json: await useCase(ports, { kind: "operator", arn: actor }, { ...query, ...body, ...parameters }),
    };
  };

export const handler = httpHandler({
  name: "api",
  bodyBytesMax,
  routes: Object.fromEntries(Object.entries(operatorRoutes).map(([route, useCase]) => [route, answered(useCase)])),
});
