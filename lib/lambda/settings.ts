// What each setting of a function is: the one place that reads the environment.

import * as v from "valibot";
import { Fault } from "../faults.ts";
import { zoneId, type ZoneId } from "../ids.ts";

const text = (what: string) => ({ what, schema: v.pipe(v.string(), v.trim(), v.nonEmpty()) });
const arn = (service: string, what: string) => ({
  what: `the ARN of ${what}`,
  schema: v.pipe(v.string(), v.regex(new RegExp(`^arn:[a-z-]+:${service}:[a-z0-9-]*:\\d{12}:.+$`))),
});
const url = (what: string) => ({
  what: `the URL of ${what}`,
  schema: v.pipe(
    v.string(),
    v.url(),
    v.transform((given) => given.replace(/\/$/, "")),
  ),
});

const list = v.pipe(
  v.string(),
  v.transform((given) =>
    given
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== ""),
  ),
);
const zoneIds = v.pipe(
  list,
  v.check((ids) => ids.every((id) => /^Z[0-9A-Z]{1,31}$/.test(id))),
  v.transform((ids): readonly ZoneId[] => ids.map(zoneId)),
);
const roleArns = v.pipe(
  list,
  v.check((arns) => arns.every((one) => /^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(one))),
  v.transform((arns): readonly string[] => arns),
);

/** `Name=https://…` with commas between. */
const namedUrls = v.pipe(
  list,
  v.check((given) => given.every((one) => /^\w+=https?:\/\/\S+$/.test(one))),
  v.transform((given): Readonly<Record<string, string>> =>
    Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)])),
  ),
);

const idsPerCall = v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.minValue(1), v.maxValue(1000));

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
  APPROVER_EMAIL: {
    what: "the mailbox that is asked where no approvers are named, or nothing",
    schema: v.pipe(v.string(), v.regex(/^(\S+@\S+)?$/)),
  },
  DECISIONS_TOPIC_ARN: arn("sns", "the topic for decisions"),
  CONNECTIONS_TOPIC_ARN: arn("sns", "the topic that AWS notifies of connections"),
  LINK_KEY_SECRET_ARN: arn("secretsmanager", "the secret that signs links"),
  SLACK_SECRET_ARN: arn("secretsmanager", "Slack's secret"),
  PUBLIC_URL: url("the HTTP API, as approvers reach it"),
  CHECKPOINT_BUCKET: text("the name of the bucket that keeps the log's checkpoints"),
  CHECKPOINT_KEY_ARN: arn("kms", "the key that signs the log's checkpoints"),
  ENDPOINTS_PER_CALL: {
    what: "how many endpoints one call of Accept or Reject names, from 1 to 1000",
    schema: idsPerCall,
  },
  QUEUE_URLS: {
    what: "the URLs of the queues by their names, as Name=URL with commas between",
    schema: namedUrls,
  },
  OWN_ROLE_ARNS: {
    what: "the ARNs of Drawbridge's own roles, with commas between, or nothing",
    schema: roleArns,
  },
  ORGANIZATIONS_ROLE_ARN: {
    what: "the ARN of a role that may look accounts up in AWS Organizations, or nothing",
    schema: v.pipe(v.string(), v.regex(/^(arn:[a-z-]+:iam::\d{12}:role\/.+)?$/)),
  },
  HOSTED_ZONE_IDS: {
    what: "the ids of the hosted zones that may hold names, with commas between, or nothing",
    schema: zoneIds,
  },
} as const;

type Catalogue = typeof catalogue;
export type SettingName = keyof Catalogue;
/** The named settings, checked; each under its own name. */
export type Settings<Name extends SettingName> = {
  readonly [N in Name]: v.InferOutput<Catalogue[N]["schema"]>;
};

/** Reads the settings that a function declares. With one missing or wrong, the function does not start, and says which. */
export function settings<const Name extends SettingName>(...names: readonly Name[]): Settings<Name> {
  const wrong: string[] = [];
  const read = names.map((name) => {
    const { what, schema } = catalogue[name];
    const given = process.env[name];
    const result = v.safeParse(schema, given);
    if (result.success) return [name, result.output] as const;
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
