// The approval page, which shows a question and takes the answer; and the answers from Slack, received here and decided from their queue.

import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { clock, newId, wait } from "../lib/lambda/clock-and-ids.ts";
import { httpHandler } from "../lib/lambda/http-handler.ts";
import { tellingOf } from "../lib/lambda/invocation.ts";
import {
  allowList,
  approverMail,
  approvers,
  connections,
  giveBackToAnswers,
  keys,
  ledger,
  organizations,
  proofs,
  putAnswer,
  services,
  slackSecrets,
  slips,
} from "../lib/lambda/ports-for.ts";
import { queueWorker } from "../lib/lambda/queue-worker.ts";
import { settings } from "../lib/lambda/settings.ts";
import { decideAnswers } from "../lib/slack/decide-answers.ts";
import { readAnswer } from "../lib/slack/interaction.ts";
import { slackRoutes } from "../lib/slack/receive.ts";
import { signingSecretOf } from "../lib/slack/secret.ts";
import { answerRoutes, showProblem } from "../lib/web/answer-routes.ts";
import { postJson } from "../lib/web/post-json.ts";

const set = settings(
  "ALLOW_LIST_TABLE",
  "CONNECTIONS_TABLE",
  "AUDIT_LOG_TABLE",
  "SETTINGS_TABLE",
  "ORGANIZATIONS_ROLE_ARN",
  "PROOFS_TABLE",
  "LINK_KEY_SECRET_ARN",
  "APPROVALS_TOPIC_ARN",
  "SLACK_SECRET_ARN",
  "ANSWER_QUEUE_URL",
  "PUBLIC_URL",
);
const ports = {
  clock,
  newId,
  wait,
  services: services(set),
  approvers: approvers(set),
  connections: connections(set),
  ledger: ledger(set),
  allowList: allowList(set),
  organizations: organizations(set),
  proofs: proofs(set),
  keys: keys(set),
  slips: slips(set),
  people: approverMail(set),
};

const telling = tellingOf("answer");
const secrets = slackSecrets(set);
const slack = {
  ...ports,
  warn: (message: string, keys: Readonly<Record<string, unknown>>) => {
    telling.log.warn(message, keys);
  },
  post: postJson,
  put: putAnswer(set),
  timeout: (milliseconds: number) => AbortSignal.timeout(milliseconds),
  signingSecrets: async (fresh: boolean) => (await secrets(fresh)).flatMap((text) => signingSecretOf(text) ?? []),
};

const overHttp = httpHandler({
  name: "answer",
  telling,
  routes: { ...answerRoutes(ports, set.PUBLIC_URL), ...slackRoutes(slack) },
  show: showProblem,
});

const fromQueue = queueWorker({
  name: "answer",
  telling,
  read: readAnswer,
  work: (items) => decideAnswers(slack, items),
  giveBack: giveBackToAnswers(set),
  about: ({ endpoint, choice, user }) => ({ connection: endpoint, choice, user }),
});

export const handler = (
  event: APIGatewayProxyEventV2 | SQSEvent,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2 | SQSBatchResponse> =>
  "Records" in event ? fromQueue(event, context) : overHttp(event, context);
