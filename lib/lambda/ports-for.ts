// From a function's settings to the ports it works through. A port not asked for is not in the function's bundle.

import { answerQueue, type PutAnswer } from "../aws/answer-queue.ts";
import { allowListTable } from "../aws/allow-list-table.ts";
import { eventBus } from "../aws/bus.ts";
import { approversTable } from "../aws/approvers-table.ts";
import { checkpointBucket } from "../aws/checkpoint-bucket.ts";
import type { Tables } from "../aws/commit-writes.ts";
import { connectionsTable } from "../aws/connections-table.ts";
import { vpcEndpointServices } from "../aws/endpoint-services.ts";
import { giveBackTo } from "../aws/give-back.ts";
import { cachedSecret, linkKeys, rotatedSecret } from "../aws/keys.ts";
import { ledgerTables } from "../aws/ledger-table.ts";
import { organizationsApi } from "../aws/organizations.ts";
import { organizationsCall } from "../aws/organizations-call.ts";
import { peopleTopics, topicMail } from "../aws/people.ts";
import { permitsTable } from "../aws/permits-table.ts";
import { proofsTable } from "../aws/proofs-table.ts";
import { searchableLedger } from "../aws/searchable-ledger.ts";
import { slipsTable } from "../aws/slips-table.ts";
import { topicSubscriptions } from "../aws/subscriptions.ts";
import { servicesTable } from "../aws/services-table.ts";
import { kmsKey } from "../aws/signing-key.ts";
import { undeliveredQueue } from "../aws/undelivered.ts";
import { wakeQueue } from "../aws/wake.ts";
import { hostedZones } from "../aws/zones.ts";
import type {
  AllowList,
  Approvers,
  Bus,
  Checkpoints,
  Connections,
  EndpointServices,
  Keys,
  Ledger,
  Organizations,
  People,
  Permits,
  Proofs,
  Services,
  SigningKey,
  Slips,
  Subscriptions,
  Undelivered,
  Wake,
  Zones,
} from "../ports.ts";
import { clock, newId } from "./clock-and-ids.ts";
import { dynamoDb, ec2, ec2Once, eventBridge, route53, s3, secretsManager, sns, sqs, sts } from "../aws/clients.ts";
import { organizationsUnknown } from "../loop/verdicts.ts";
import { standInEndpoint, type Settings } from "./settings.ts";

/**
 * For what most runs do not call: its client is made when it is called. The other clients are made while the function starts, when
 * Lambda gives it a whole processor.
 */
function seldom<Given extends readonly unknown[], Result>(make: () => (...given: Given) => Result): (...given: Given) => Result {
  let made: ((...given: Given) => Result) | undefined;
  return (...given) => (made ??= make())(...given);
}

export const endpointServices = (): EndpointServices => vpcEndpointServices(ec2());
/** For the one that accepts and rejects, at its own pace. */
export const pacedEndpointServices = (set: Settings<"ENDPOINTS_PER_CALL">): EndpointServices =>
  vpcEndpointServices(ec2(), ec2Once(), set.ENDPOINTS_PER_CALL);

export const connections = (set: Settings<"CONNECTIONS_TABLE">): Connections => connectionsTable(dynamoDb(), set.CONNECTIONS_TABLE);

type LedgerSet = Settings<"AUDIT_LOG_TABLE" | "CONNECTIONS_TABLE" | "SETTINGS_TABLE"> & Partial<Settings<"ALLOW_LIST_TABLE">>;
const tablesOf = (set: LedgerSet): Tables => ({
  auditLog: set.AUDIT_LOG_TABLE,
  connections: set.CONNECTIONS_TABLE,
  settings: set.SETTINGS_TABLE,
  ...(set.ALLOW_LIST_TABLE === undefined ? {} : { allowList: set.ALLOW_LIST_TABLE }),
});

/** Commits write to all four tables, each kind of change to its own; a function needs rights only to those it writes. */
export const ledger = (set: LedgerSet): Omit<Ledger, "search"> => ledgerTables(dynamoDb(), tablesOf(set));
export const ledgerWithSearch = (set: LedgerSet): Ledger => searchableLedger(dynamoDb(), tablesOf(set), clock);

export const allowList = (set: Settings<"ALLOW_LIST_TABLE" | "SETTINGS_TABLE">): AllowList =>
  allowListTable(dynamoDb(), set.ALLOW_LIST_TABLE, set.SETTINGS_TABLE);

export const services = (set: Settings<"SETTINGS_TABLE">): Services => servicesTable(dynamoDb(), set.SETTINGS_TABLE);

export const approvers = (set: Settings<"SETTINGS_TABLE">): Approvers => approversTable(dynamoDb(), set.SETTINGS_TABLE);

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

export const giveBackToAnswers = (set: Settings<"ANSWER_QUEUE_URL">): ReturnType<typeof giveBackTo> =>
  seldom(() => giveBackTo(sqs(), set.ANSWER_QUEUE_URL));
export const putAnswer = (set: Settings<"ANSWER_QUEUE_URL">): PutAnswer => seldom(() => answerQueue(sqs(), set.ANSWER_QUEUE_URL));

export const giveBackToAdmit = (set: Settings<"ADMIT_QUEUE_URL">): ReturnType<typeof giveBackTo> => giveBackTo(sqs(), set.ADMIT_QUEUE_URL);

export const bus = (set: Settings<"BUS_NAME">): Bus => eventBus(eventBridge(), set.BUS_NAME);

export const undelivered = (set: Settings<"PUBLISH_FAILURES_QUEUE_URL">): Undelivered => ({
  put: seldom(() => {
    const queue = undeliveredQueue(sqs(), set.PUBLISH_FAILURES_QUEUE_URL);
    return (one) => queue.put(one);
  }),
});

export const people = (set: Settings<"APPROVALS_TOPIC_ARN" | "DECISIONS_TOPIC_ARN">): People =>
  peopleTopics(sns(), { approvals: set.APPROVALS_TOPIC_ARN, decisions: set.DECISIONS_TOPIC_ARN });

/** For the one that only mails codes. */
export const approverMail = (set: Settings<"APPROVALS_TOPIC_ARN">): Pick<People, "approvers"> => ({
  approvers: seldom(() => topicMail(sns(), set.APPROVALS_TOPIC_ARN)),
});

export const slips = (set: Settings<"PROOFS_TABLE">): Slips => slipsTable(dynamoDb(), set.PROOFS_TABLE, clock);

export const subscriptions = (set: Settings<"APPROVALS_TOPIC_ARN">): Subscriptions => topicSubscriptions(sns(), set.APPROVALS_TOPIC_ARN);

/** Consumers' contacts, who hear of their own account's outcomes. */
export const contacts = (set: Settings<"DECISIONS_TOPIC_ARN">): Pick<Subscriptions, "subscribe" | "confirm"> =>
  topicSubscriptions(sns(), set.DECISIONS_TOPIC_ARN, "account");

export const keys = (set: Settings<"LINK_KEY_SECRET_ARN">): Keys => linkKeys(secretsManager(), set.LINK_KEY_SECRET_ARN, clock);

/** The text of Slack's secret, and for a while after a rotation of the one before it. */
export const slackSecrets = (set: Settings<"SLACK_SECRET_ARN">): ((fresh: boolean) => Promise<readonly string[]>) =>
  rotatedSecret(secretsManager(), set.SLACK_SECRET_ARN, clock);

/** Slack's secret as its text, read again after five minutes, and when it is wanted fresh. */
export const slackSecret = (set: Settings<"SLACK_SECRET_ARN">): ((fresh: boolean) => Promise<string>) =>
  cachedSecret(secretsManager(), set.SLACK_SECRET_ARN, clock);

export const organizations = (set: Settings<"ORGANIZATIONS_ROLE_ARN">): Organizations => {
  const role = set.ORGANIZATIONS_ROLE_ARN;
  if (role === "") return organizationsUnknown;
  return organizationsApi(
    seldom(() => organizationsCall({ sts: sts(), role, endpoint: standInEndpoint() })),
    clock,
  );
};

export const checkpoints = (set: Settings<"CHECKPOINT_BUCKET">): Checkpoints => checkpointBucket(s3(), set.CHECKPOINT_BUCKET);
export const signingKey = (set: Settings<"CHECKPOINT_KEY_ARN">): SigningKey => kmsKey(set.CHECKPOINT_KEY_ARN, standInEndpoint());

export const permits = (set: Settings<"SETTINGS_TABLE">): Permits => permitsTable(dynamoDb(), set.SETTINGS_TABLE);
