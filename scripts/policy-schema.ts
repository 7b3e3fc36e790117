// JSON Schema of the policy file, for editors: each field with its form and its meaning. lib/operator/inputs.ts has the last word.

/** YAML's numbers and yes-or-no are texts as well: every value of the file is read as text, and so `ticket: 42` is one. */
const text = { type: ["string", "number", "boolean"], minLength: 1, maxLength: 256, pattern: "\\S" };
/** A word of digits alone is a number to YAML, `true` a yes. */
const word = (pattern: string): object => ({ type: ["string", "integer", "boolean"], pattern, minimum: 0 });
const hoursOfAYear = "([0-7]?\\d{1,3}|8[0-6]\\d\\d|87[0-5]\\d|8760)h";
const daysOfAYear = "0?(\\d{1,2}|[0-2]\\d\\d|3[0-5]\\d|36[0-5])d";
const disconnect = (description: string): object => ({
  description,
  anyOf: [{ enum: ["keep", "now"] }, { type: "string", pattern: `^(?!0+[hd]$)(${hoursOfAYear}|${daysOfAYear})$` }],
});
const day = "\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])";
const hour = "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d+)?)?(Z|[+-]([01]\\d|2[0-3]):?[0-5]\\d)?";
const time = (description: string): object => ({ description, type: "string", pattern: `^${day}(T${hour})?$` });
/** A number may stand in quotes, too. */
const count = (description: string, minimum: number, maximum: number): object => ({
  description,
  type: ["integer", "string"],
  minimum,
  maximum,
  pattern: "^\\d{1,9}$",
});
const approverName = "^(?!(approvers|constructor|prototype)$)[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$";
const approvers = (description: string): object => ({
  description,
  type: "array",
  minItems: 1,
  maxItems: 50,
  items: word(approverName),
});
const several = (items: object): object => ({ type: "array", minItems: 1, maxItems: 50, items });
const closed = (properties: object, required: readonly string[] = []): object => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});

const serviceId = "^vpce-svc-[0-9a-f]{8,17}$";
const principals = [
  "(account#)?\\d{12}",
  "(endpoint#)?vpce-[0-9a-f]{8,17}",
  "(ou#)?ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}",
  "(org#)?o-[0-9a-z]{10,32}",
  "any",
];

const asking = closed({
  approvers: approvers("who is asked; without, whoever has the link decides"),
  quorum: count("how many of them must agree (1)", 1, 20),
  openDays: count("how long a question waits before silence means what silence says (7)", 1, 365),
  remindHours: {
    description: "when those who are asked are reminded (4, 24 and 72)",
    type: "array",
    maxItems: 50,
    items: count("so many hours after", 1, 8760),
  },
  escalateTo: approvers("who is asked besides when nobody answers"),
  escalateAfterHours: count("after so many hours (24)", 1, 8760),
  silence: { description: "what silence means in the end: keep the question open (usual), or reject", enum: ["keep", "reject"] },
  emailProof: {
    description: "how an approver proves who they are: by a mailed code (usual), or by having the link",
    enum: ["code", "link"],
  },
  accountAnswers: {
    description: "whether an answer may speak for the whole account from then on (false)",
    enum: [true, false, "true", "false"],
  },
});

export const entryProperties = {
  service: { description: "the service, or * for every service", type: "string", pattern: `${serviceId}|^\\*$` },
  principal: {
    description: "whom it speaks of: an account, an endpoint, an organizational unit, an organization, or any",
    // An account without quotes is a number, which has lost the zeros that it began with.
    type: ["string", "integer"],
    pattern: `^(${principals.join("|")})$`,
    minimum: 0,
    maximum: 999_999_999_999,
  },
  verdict: {
    description: "accept lets in, ask asks approvers, reject keeps out and wins over everything",
    enum: ["accept", "ask", "reject"],
  },
  conditions: {
    description: "all must hold; where one fails or cannot be known, people are asked",
    ...closed({
      regions: { description: "only from these Regions", ...several({ type: "string", pattern: "^[a-z]{2,4}(-[a-z]+)+-\\d{1,2}$" }) },
      ipAddressTypes: { description: "only with these address types", ...several({ enum: ["ipv4", "dualstack", "ipv6"] }) },
      notBefore: time("speaks from then on"),
      expires: time("speaks until then"),
      atMost: count("at most so many connections at a time; people are asked about more; for accept", 1, 1_000_000),
    }),
  },
  name: { description: "who they are; the DNS label is made from it", ...text },
  label: { description: "the DNS label, where the name will not do", ...word("^(?!-)[a-z0-9-]{1,63}(?<!-)$") },
  vpc: {
    description: "the consumer's VPC, which may be associated with the service's private zone",
    ...closed(
      {
        id: { description: "its id", type: "string", pattern: "^vpc-[0-9a-f]{8,17}$" },
        region: { description: "its Region", type: "string", pattern: "^[a-z]{2,4}(-[a-z]+)+-\\d{1,2}$" },
      },
      ["id", "region"],
    ),
  },
  contact: { description: "whom to talk to", ...text },
  purpose: { description: "what it is for", ...text },
  ticket: { description: "where it was asked for", ...text },
  labels: {
    description: "anything else worth keeping",
    type: "object",
    maxProperties: 20,
    propertyNames: { pattern: "^(?!(constructor|prototype)$)[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$" },
    additionalProperties: text,
  },
  asking: { description: "whom to ask about this consumer, and how; what it leaves out is as the service says", ...asking },
  onExpiry: disconnect("what becomes of its connections when it expires: keep, now, or after a while such as 24h or 7d"),
  disconnect: disconnect("of an ask or reject entry: what becomes of connections that stand when it comes"),
};

export const serviceProperties = {
  mode: {
    description:
      "observe logs what would be decided and does nothing, enforce acts; left out, it stays as it is. One not in care yet is taken in",
    enum: ["enforce", "observe"],
  },
  zone: {
    description: "the hosted zone of consumers' names, by id or name; none for no names; left out, it stays as it is",
    ...text,
  },
  privateDnsName: {
    description: "the name that every consumer may use for its own endpoint; none takes it away; left out, it stays as it is",
    type: "string",
    maxLength: 253,
    pattern: "^(none|(\\*\\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z]{2,63})$",
  },
  outsideAccept: {
    description: "what an accept outside Drawbridge means: keep it (usual), or enforce the list",
    enum: ["keep", "enforce"],
  },
  onRemoval: disconnect("what becomes of connections when the entry that let them in is removed (keep)"),
  onReject: disconnect("what becomes of connections that stand when a reject entry comes (now)"),
  onExpiry: disconnect("what becomes of connections when their entry expires (keep)"),
  expiryNoticeHours: count("how long before an expiry approvers are told (168)", 1, 8760),
  permissions: { description: "whether the endpoint service's own permissions follow the list (off)", enum: ["off", "follow"] },
  asking: { description: "whom to ask, and how", ...asking },
};

export const approverProperties = {
  email: {
    description: "where they are mailed",
    type: "string",
    maxLength: 256,
    pattern: "^\\s*[^@\\s\"'<>,;]+@[^@\\s\"'<>,;]+\\.[^@\\s\"'<>,;]+\\s*$",
  },
  slack: { description: "Slack's id of the user", type: "string", pattern: "^[UW][A-Z0-9]{5,20}$" },
  arn: {
    description: "their IAM identity: who writes an entry by it does not decide about that account",
    type: "string",
    pattern: "^arn:[a-z-]+:(iam::\\d{12}:(user|role)/|sts::\\d{12}:assumed-role/[^/]+/).+$",
  },
};

/** JSON Schema, for editors. */
export const policySchema = (): object => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Drawbridge policy",
  description: "Who may connect to the services in Drawbridge's care; see docs/policy.md. A part that is left out stays as it is.",
  ...closed({
    services: {
      description: "the services in care and their settings; one that is not in care yet is taken in",
      type: "object",
      propertyNames: { pattern: serviceId },
      additionalProperties: closed(serviceProperties),
    },
    released: {
      description: "services to be released; nothing else releases one",
      type: "array",
      maxItems: 1000,
      items: { type: "string", pattern: serviceId },
    },
    approvers: {
      description: "those who may be asked, by name",
      type: "object",
      propertyNames: { pattern: approverName },
      additionalProperties: closed(approverProperties),
    },
    entries: {
      description: "the allow-list",
      type: "array",
      items: closed(entryProperties, ["service", "principal", "verdict"]),
    },
  }),
});
