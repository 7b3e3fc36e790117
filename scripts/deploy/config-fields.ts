// What a stage's configuration may say: each field with its form, its meaning and what to do when it is wrong. The one place
// that knows; the checks, the editors' schema and the page are made from it.

export interface Field {
  readonly what: string;
  /** Of the text, or of each text in a list. */
  readonly pattern?: RegExp;
  /** A whole number from `least` on, up to `most`, instead of text. */
  readonly least?: number;
  readonly most?: number;
  readonly list?: true;
  readonly required?: true;
  readonly remedy: string;
  readonly example: string;
}
export type Fields = Readonly<Record<string, Field>>;

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const hostName = /^(?=.{4,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;

export const stageFields = {
  account: {
    what: "the AWS account that it goes to; with credentials of another one, a deployment stops at its start",
    pattern: /^\d{12}$/,
    required: true,
    remedy: "give its twelve digits in quotes",
    example: '"111111111111"',
  },
  region: {
    what: "the Region of the endpoint services",
    pattern: /^[a-z]{2}(-[a-z]+)+-\d$/,
    required: true,
    remedy: "give a Region's code, such as eu-west-1",
    example: "eu-west-1",
  },
  hostedZones: {
    what: "the ids of the Route 53 hosted zones in which Drawbridge may make names; without any, it makes none",
    pattern: /^Z[0-9A-Z]{1,31}$/,
    list: true,
    remedy: "give the zone's id, which begins with Z; see aws route53 list-hosted-zones",
    example: "[Z0123456789ABCDEFGHIJ]",
  },
  alarmEmail: {
    what: "where alarms are mailed; without it, nobody is mailed",
    pattern: email,
    remedy: "give one mail address",
    example: "on-call@example.com",
  },
  approverEmail: {
    what: "where approval questions are mailed; without it, subscribe to the topic ApprovalsTopicArn yourself",
    pattern: email,
    remedy: "give one mail address, such as a list's",
    example: "approvers@example.com",
  },
  questionAgeAlarmSeconds: {
    what: "how long a question may wait for an approver before an alarm rings; a day, unless told otherwise",
    least: 60,
    remedy: "give a whole number of seconds, 60 or more",
    example: "86400",
  },
  unfinishedAgeAlarmSeconds: {
    what: "how long a decision may wait for AWS before an alarm rings; a quarter of an hour, unless told otherwise",
    least: 60,
    remedy: "give a whole number of seconds, 60 or more",
    example: "900",
  },
  organizationsRole: {
    what: "a role in the management account that may call organizations:ListParents and organizations:DescribeOrganization, and that trusts this account; without it, entries for units and organizations ask people",
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/,
    remedy: "give the role's ARN",
    example: "arn:aws:iam::999999999999:role/drawbridge-reads-accounts",
  },
  archiveDays: {
    what: "how many days the archive in S3 keeps events; ten years, unless told otherwise",
    least: 120,
    remedy: "give a whole number of days, 120 or more",
    example: "3650",
  },
  checkpointLockMode: {
    what: "whether nobody at all can remove a checkpoint before its time (COMPLIANCE), or only who may bypass the lock (GOVERNANCE, unless told otherwise)",
    pattern: /^(GOVERNANCE|COMPLIANCE)$/,
    remedy: "give GOVERNANCE or COMPLIANCE",
    example: "GOVERNANCE",
  },
  checkpointLockDays: {
    what: "how many days a checkpoint stays locked; ten years, unless told otherwise",
    least: 1,
    most: 36_500,
    remedy: "give a whole number of days, 1 to 36500",
    example: "3650",
  },
} as const satisfies Fields;

export const domainFields = {
  name: {
    what: "the name of the API and of approval links, instead of AWS's own",
    pattern: hostName,
    required: true,
    remedy: "give a name in lower case, such as drawbridge.example.com",
    example: "drawbridge.example.com",
  },
  certificate: {
    what: "a certificate for that name, in ACM of the same Region",
    pattern: /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/,
    required: true,
    remedy: "give the certificate's ARN",
    example: "arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-4000-8000-000000000000",
  },
} as const satisfies Fields;

export const stageName = /^[a-z][a-z0-9]{0,15}$/;

/** JSON Schema, for editors. */
export function configSchema(): object {
  const object = (fields: Fields, more: object = {}): object => ({
    type: "object",
    additionalProperties: false,
    required: Object.entries(fields).flatMap(([name, { required }]) => (required === true ? [name] : [])),
    properties: { ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, propertyOf(field)])), ...more },
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "drawbridge.config.yml",
    description: "Where and how Drawbridge is deployed, by stage; see docs/deploy.md",
    type: "object",
    additionalProperties: false,
    required: ["stages"],
    properties: {
      stages: {
        type: "object",
        description: "Each stage is a deployment of its own, the stack drawbridge-<stage>",
        minProperties: 1,
        propertyNames: { pattern: stageName.source },
        additionalProperties: object(stageFields, { domain: object(domainFields) }),
      },
    },
  };
}

function propertyOf({ what, pattern, least, most, list }: Field): object {
  const one =
    least === undefined
      ? { type: "string", ...(pattern === undefined ? {} : { pattern: pattern.source }) }
      : { type: "integer", minimum: least, ...(most === undefined ? {} : { maximum: most }) };
  return { description: what, ...(list === true ? { type: "array", uniqueItems: true, items: one } : one) };
}
