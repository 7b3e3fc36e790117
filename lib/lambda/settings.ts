// What each setting of a function is: the one place that reads the environment.

import { Fault } from "../faults.ts";
import { zoneId, type ZoneId } from "../ids.ts";

/** What a setting is, for people, and what its text means; `undefined` when it means nothing. */
interface Setting<T> {
  readonly what: string;
  readonly read: (given: string) => T | undefined;
}

const text = (what: string): Setting<string> => ({ what, read: (given) => given.trim() || undefined });
const like = (form: RegExp, what: string): Setting<string> => ({ what, read: (given) => (form.test(given) ? given : undefined) });
const arn = (service: string, what: string): Setting<string> =>
  like(new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:.+$`), `the ARN of ${what}`);
const url = (what: string): Setting<string> => ({
  what: `the URL of ${what}`,
  read: (given) => (URL.canParse(given) ? given.replace(/\/$/, "") : undefined),
});

/** Several of one form, with commas between. */
const list = <T>(form: RegExp, made: (all: readonly string[]) => T, what: string): Setting<T> => ({
  what: `${what} with commas between`,
  read: (given) => {
    const all = given.split(",").map((one) => one.trim());
    const some = all.filter((one) => one !== "");
    return some.every((one) => form.test(one)) ? made(some) : undefined;
  },
});

/** Every setting that a function of the stack may have; `infra/` gives each function those it declares. */
const catalogue = {
  STAGE: text("the stage's name, such as prod"),
  DEPLOYMENT_ID: text("what tells this deployment from others"),
  ALLOW_LIST_TABLE: text("the name of the AllowList table"),
  CONNECTIONS_TABLE: text("the name of the Connections table"),
  AUDIT_LOG_TABLE: text("the name of the AuditLog table"),
  SETTINGS_TABLE: text("the name of the Settings table"),
  PROOFS_TABLE: text("the name of the Proofs table"),
  BUS_NAME: text("the name of the event bus"),
  OBSERVE_QUEUE_URL: url("the queue of observe"),
  ADMIT_QUEUE_URL: url("the queue of admit"),
  DNS_QUEUE_URL: url("the queue of dns"),
  ANSWER_QUEUE_URL: url("the queue of Slack's answers"),
  PUBLISH_FAILURES_QUEUE_URL: url("the queue of events that the bus did not take"),
  APPROVALS_TOPIC_ARN: arn("sns", "the topic for approvers"),
  APPROVER_EMAIL: like(/^(\S+@\S+)?$/, "the mailbox that is asked where no approvers are named, or nothing"),
  DECISIONS_TOPIC_ARN: arn("sns", "the topic for decisions"),
  CONNECTIONS_TOPIC_ARN: arn("sns", "the topic that AWS notifies of connections"),
  LINK_KEY_SECRET_ARN: arn("secretsmanager", "the secret that signs links"),
  SLACK_SECRET_ARN: arn("secretsmanager", "Slack's secret"),
  PUBLIC_URL: url("the HTTP API, as approvers reach it"),
  CHECKPOINT_BUCKET: text("the name of the bucket that keeps the log's checkpoints"),
  CHECKPOINT_KEY_ARN: arn("kms", "the key that signs the log's checkpoints"),
  ENDPOINTS_PER_CALL: {
    what: "how many endpoints one call of Accept or Reject names, from 1 to 1000",
    read: (given: string) => (/^([1-9]\d{0,2}|1000)$/.test(given) ? Number(given) : undefined),
  },
  QUEUE_URLS: list(
    /^\w+=https?:\/\/\S+$/,
    (all): Readonly<Record<string, string>> =>
      Object.fromEntries(all.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)])),
    "the URLs of the queues by their names, as Name=URL",
  ),
  OWN_ROLE_ARNS: list(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, (arns) => arns, "the ARNs of Drawbridge's own roles, or nothing,"),
  ORGANIZATIONS_ROLE_ARN: like(
    /^(arn:[a-z-]+:iam::\d{12}:role\/.+)?$/,
    "the ARN of a role that may look accounts up in AWS Organizations, or nothing",
  ),
  HOSTED_ZONE_IDS: list(
    /^Z[0-9A-Z]{1,31}$/,
    (ids): readonly ZoneId[] => ids.map(zoneId),
    "the ids of the hosted zones that may hold names, or nothing,",
  ),
} as const;

type Catalogue = typeof catalogue;
export type SettingName = keyof Catalogue;
/** The named settings, checked; each under its own name. */
export type Settings<Name extends SettingName> = {
  readonly [N in Name]: NonNullable<ReturnType<Catalogue[N]["read"]>>;
};

/** Reads the settings that a function declares. With one missing or wrong, the function does not start, and says which. */
export function settings<const Name extends SettingName>(...names: readonly Name[]): Settings<Name> {
  const wrong: string[] = [];
  const read = names.map((name) => {
    const { what, read: meaning } = catalogue[name];
    const given = process.env[name];
    const value = given === undefined ? undefined : meaning(given);
    if (value !== undefined) return [name, value] as const;
    wrong.push(
      given === undefined ? `${name} is missing; it should be ${what}` : `${name} is ${JSON.stringify(given)}; it should be ${what}`,
    );
    return [name, undefined] as const;
  });
  if (wrong.length > 0) throw new Fault("WrongSetting", "the function's environment", wrong.join(". "), false);
  return Object.fromEntries(read) as Settings<Name>;
}

/** Set while the deployment is paused: whoever has no queue to wait in stands still by it. */
export const isPaused = (): boolean => process.env["PAUSED"] === "true";

/** Where AWS's endpoints are stood in for; the SDK's clients read it themselves. */
export const standInEndpoint = (): string | undefined => process.env["AWS_ENDPOINT_URL"];

/** Where the functions' own metrics go; the stage has its own. */
export const metricsNamespace = (): string => process.env["METRICS_NAMESPACE"] ?? "Drawbridge";
