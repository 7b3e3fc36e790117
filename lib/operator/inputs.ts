// What operators may give: each field parsed once, and every refusal names the field, the value and the remedy.

import * as v from "valibot";
import { anyApprover, approverName } from "../approver.ts";
import { quietDaysMax } from "../asking/standing-entry.ts";
import { states, type Status } from "../connection-states.ts";
import { eventTypes } from "../event-types.ts";
import { BadInput } from "../faults.ts";
import { accountId, endpointId, isLabel, isServiceId, serviceId, type ServiceId } from "../ids.ts";
import { nearest } from "../nearest.ts";
import { disconnectGiven } from "./disconnect-given.ts";
import { by, distinct, flag, listMax, maybe, members, named, oneOf, several, text, time, whole } from "./input-forms.ts";
import { principalOf } from "./principals.ts";
import { foreseenMax } from "./request-limits.ts";

/** Reads what a request gave, or says which field is wrong and what to give instead. */
export function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new BadInput(v.getDotPath(issue) ?? "request", issue.input, issue.message);
}

/** What does not fit together is told as it was typed, not as it was read. */
export function asTyped(input: unknown, error: unknown): unknown {
  if (!(error instanceof BadInput)) return error;
  const typed = error.field.split(".").reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), input);
  return typed === undefined ? error : new BadInput(error.field, typed, error.remedy);
}
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

const serviceOrAll = by((given): ServiceId | "*" => (given === "*" ? "*" : serviceId(given)));
const page = {
  limit: maybe(whole(1, 1000)),
  cursor: maybe(v.pipe(v.string("give the cursor of the page before"), v.maxLength(4096, "give the cursor of the page before"))),
};

const ipAddressTypes = ["ipv4", "dualstack", "ipv6"] as const;
const region = v.pipe(
  v.string("give a Region, such as eu-west-1"),
  v.regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, "give a Region, such as eu-west-1"),
);
const label = by((given) => {
  if (typeof given === "string" && isLabel(given)) return given;
  throw new BadInput("label", given, "give 1 to 63 of a-z, 0-9 and hyphen, no hyphen at either end");
});

const disconnect = by(disconnectGiven);
const approvers = several(by(approverName));
const labels = v.pipe(
  named(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/, "give a label's name of up to 64 letters, digits and _.:/-")),
    text,
    "give an object of names and texts",
  ),
  v.check((given) => Object.keys(given).length <= 20, "give at most 20 labels"),
);
/** That so many connections may be cut; true for any number. */
const confirmed = by((given): boolean | number => {
  if (typeof given === "boolean") return given;
  if (given === "true" || given === "false") return given === "true";
  const number = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : given;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0) return number;
  throw new BadInput("confirm", given, "give true, or the number of connections that may be cut");
});

export const aService = members({ service: by(serviceId) });
export const enforcedService = members({ service: by(serviceId), reason: maybe(text) });
export const previewedService = members({ service: by(serviceId), zone: maybe(text) });
const mode = oneOf(["enforce", "observe"]);
export const addedService = members({
  service: by(serviceId),
  zone: maybe(text),
  mode: v.optional(mode, "enforce"),
  outsideAccept: v.optional(oneOf(["keep", "enforce"]), "keep"),
  reason: maybe(text),
});

const version = whole(0, 999_999_999);
export const releasedService = members({ service: by(serviceId), version: maybe(version), reason: maybe(text) });
const writing = {
  /** The version that the operator has seen; 0 for none. Any other there is a clash. */
  version: maybe(version),
  reason: maybe(text),
  /** That connections which stand now may be cut: so many, or any number. */
  confirm: v.optional(confirmed, false),
  /** Tells what would follow, and writes nothing. */
  preview: v.optional(flag, false),
};

const hours = whole(1, 8760);
/** Whom to ask, and how: of a service, or of an entry where the service's shall not do. */
const asking = members({
  approvers: maybe(approvers),
  quorum: maybe(whole(1, 20)),
  openDays: maybe(whole(1, 365)),
  remindHours: maybe(v.pipe(v.array(hours, "give a list of hours"), v.maxLength(listMax, `give at most ${String(listMax)}`))),
  escalateTo: maybe(approvers),
  escalateAfterHours: maybe(hours),
  silence: maybe(oneOf(["keep", "reject"])),
  emailProof: maybe(oneOf(["code", "link"])),
  accountAnswers: maybe(flag),
});

/** What of a service's settings an operator may set; `null` takes it back to the usual. The policy file reads by the same. */
const serviceFields = {
  outsideAccept: maybe(oneOf(["keep", "enforce"])),
  onRemoval: maybe(v.nullable(disconnect)),
  onReject: maybe(v.nullable(disconnect)),
  onExpiry: maybe(v.nullable(disconnect)),
  expiryNoticeHours: maybe(v.nullable(whole(1, 8760))),
  permissions: maybe(oneOf(["off", "follow"])),
  asking: maybe(v.nullable(asking)),
};
function domainName(given: unknown): string {
  if (typeof given === "string" && given.length <= 253 && /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]{2,63}$/.test(given))
    return given;
  throw new BadInput("name", given, "give a public domain name in lower case, such as api.example.com or *.example.com");
}
const domain = by(domainName);
export const setService = members({
  service: by(serviceId),
  ...serviceFields,
  zone: maybe(v.nullable(text)),
  privateDnsName: maybe(v.nullable(domain)),
  /** The entries are not held against it: it is a part of a policy that was checked as a whole. */
  checked: v.optional(flag, false),
  ...writing,
});

/** The link from AWS's mail, or its token alone. */
const confirmation = by((given) => {
  const link = typeof given === "string" && URL.canParse(given) ? new URL(given).searchParams.get("Token") : given;
  if (typeof link === "string" && /^[\w.-]{8,2048}$/.test(link)) return link;
  throw new BadInput("token", given, "give the whole confirmation link from AWS's mail, in quotes");
});

/** What an entry says, field by field; the policy file reads its entries by the same. */
export const entryFields = {
  service: serviceOrAll,
  principal: by(principalOf),
  verdict: oneOf(["accept", "ask", "reject"]),
  conditions: v.optional(
    members({
      regions: maybe(distinct(region)),
      ipAddressTypes: maybe(distinct(oneOf(ipAddressTypes))),
      notBefore: maybe(time("notBefore")),
      expires: maybe(time("expires")),
      atMost: maybe(whole(1, 1_000_000)),
    }),
    {},
  ),
  name: maybe(text),
  label: maybe(label),
  vpc: maybe(
    members({
      id: v.pipe(v.string("give a VPC's id"), v.regex(/^vpc-[0-9a-f]{8,17}$/, "give a VPC's id, such as vpc-0123456789abcdef0")),
      region,
    }),
  ),
  contact: maybe(text),
  purpose: maybe(text),
  ticket: maybe(text),
  labels: maybe(labels),
  asking: maybe(asking),
  onExpiry: maybe(disconnect),
  disconnect: maybe(disconnect),
};
export const putEntry = members({
  ...entryFields,
  ...writing,
  /** That who they are stays as the entry says it, unless it is given. */
  merge: v.optional(flag, false),
  /** That the contact is subscribed to their own account's outcomes; with the link from AWS's mail, confirmed. */
  tellContact: v.optional(flag, false),
  contactLink: maybe(confirmation),
});
export const anEntry = members({ service: serviceOrAll, principal: by(principalOf) });
export const removedEntry = members({
  service: serviceOrAll,
  principal: by(principalOf),
  disconnect: maybe(disconnect),
  ...writing,
});
const atOnce = <Item extends v.GenericSchema>(item: Item, most: number) =>
  v.optional(v.pipe(v.array(item, "give a list"), v.maxLength(most, `give at most ${String(most)} at once`)), []);
const droppedEntry = members({ service: serviceOrAll, principal: by(principalOf), disconnect: maybe(disconnect), version: maybe(version) });
export const entryBatch = members({
  put: atOnce(members({ ...entryFields, version: maybe(version) }), 1000),
  remove: atOnce(droppedEntry, 1000),
  reason: maybe(text),
  confirm: v.optional(confirmed, false),
});
export const foreseenPolicy = members({
  put: atOnce(members({ ...entryFields, version: maybe(version) }), foreseenMax),
  remove: atOnce(droppedEntry, foreseenMax),
  /** Those not in care yet as if they were taken in. */
  services: atOnce(
    members({
      service: by(serviceId),
      ...serviceFields,
      mode: maybe(mode),
      zone: maybe(v.nullable(text)),
      privateDnsName: maybe(v.nullable(domain)),
    }),
    1000,
  ),
  released: atOnce(by(serviceId), 1000),
});

/** A freeze of one service, or of all. */
export const froze = members({ id: serviceOrAll, reason: text });
export const unfroze = members({ id: serviceOrAll, reason: maybe(text), preview: v.optional(flag, false) });

/** Whom to explain: a connection there is, or an account as if it connected; what is given besides is supposed. */
export const explainedConsumer = members({
  who: text,
  service: maybe(by(serviceId)),
  region: maybe(region),
  ipAddressType: maybe(oneOf(ipAddressTypes)),
  at: maybe(time("at")),
});

export const listedEntries = members({
  service: maybe(serviceOrAll),
  principal: maybe(by(principalOf)),
  /** Only those that expire before then, or have. */
  endsBefore: maybe(time("endsBefore")),
  ...page,
});

const statuses = Object.keys(states) as Status[];
export const listedConnections = members({
  service: maybe(by(serviceId)),
  account: maybe(by(accountId)),
  status: maybe(oneOf(statuses)),
  ...page,
});
export const aConnection = members({ endpoint: by(endpointId), aws: v.optional(flag, false) });
export const pendingOf = members({ service: maybe(by(serviceId)), ...page });
export const answeredConnection = members({
  endpoint: by(endpointId),
  reason: maybe(text),
  /** One operator alone, past the approvers: everybody is told. */
  breakGlass: v.optional(flag, false),
  /** Approve: the account from now on, which writes an entry. */
  account: v.optional(flag, false),
  /** Reject: and ask nobody about the account for so many days, which writes an entry that ends by itself. */
  days: maybe(whole(1, quietDaysMax)),
  confirm: v.optional(flag, false),
});

/** In lower case: it is one mailbox however it is written. */
const email = v.pipe(
  text,
  v.regex(/^[^@\s"'<>,;]+@[^@\s"'<>,;]+\.[^@\s"'<>,;]+$/, "give a mail address, such as ann@example.com"),
  v.toLowerCase(),
);
const slackUser = v.pipe(
  v.string("give a Slack user's id"),
  v.regex(/^[UW][A-Z0-9]{5,20}$/, "give the Slack user's id, such as U0123ABCDEF"),
);
const identity = v.pipe(
  v.string("give an IAM identity's ARN"),
  v.regex(
    /^arn:[a-z-]+:(iam::\d{12}:(user|role)\/|sts::\d{12}:assumed-role\/[^/]+\/).+$/,
    "give the ARN of an IAM user, role or assumed role, as aws sts get-caller-identity tells it",
  ),
);
/** An approver's name, or that of the deployment's own mailbox. */
const approverOrMailbox = by((given) => (given === anyApprover ? anyApprover : approverName(given)));
export const approverFields = { email: maybe(email), slack: maybe(slackUser), arn: maybe(identity) };
export const putApprover = members({ name: approverOrMailbox, ...approverFields, reason: maybe(text), confirm: v.optional(flag, false) });
function isApproverName(given: string): boolean {
  try {
    return approverName(given) === given;
  } catch {
    return false;
  }
}
/** What a policy file may hold; every value of it is read as text. */
const serviceKey = v.pipe(v.string(), v.check(isServiceId, "give the endpoint service's id, such as vpce-svc-0123456789abcdef0"));
/** A service as the file holds it: what else the commands about services say of it, too. */
export const filedService = {
  ...serviceFields,
  mode: maybe(mode),
  zone: maybe(text),
  privateDnsName: maybe(by((given) => (given === "none" ? given : domainName(given)))),
};
const approverKey = v.pipe(v.string(), v.check(isApproverName, "give 1 to 32 of a-z, 0-9 and hyphen, such as ann"));
export const policyFile = members({
  services: maybe(named(serviceKey, members(filedService), "give the settings by the id of each service")),
  released: maybe(v.array(by(serviceId), "give a list of services' ids")),
  approvers: maybe(named(approverKey, members(approverFields), "give how to reach each approver by their name")),
  entries: maybe(v.array(members(entryFields), "give a list of entries")),
});

export const anApprover = members({ name: approverOrMailbox });
export const confirmedApprover = members({ name: approverOrMailbox, token: confirmation });
export const removedApprover = members({ name: approverOrMailbox, reason: maybe(text), confirm: v.optional(flag, false) });

/** A chain of the log by its name; also one that somebody made up and put there. */
const subject = v.pipe(
  v.string("give a subject of the log, such as connection#vpce-0123456789abcdef0"),
  v.nonEmpty("give a subject of the log, such as connection#vpce-0123456789abcdef0"),
  v.maxBytes(2048, "give a subject of the log, such as connection#vpce-0123456789abcdef0"),
);
function eventType(given: unknown): string {
  if (typeof given === "string" && eventTypes.includes(given)) return given;
  const near = typeof given === "string" ? nearest(given, eventTypes) : undefined;
  throw new BadInput(
    "type",
    given,
    near === undefined ? "there is no such type of event: give one, such as ConnectionApproved" : `did you mean ${near}?`,
  );
}
export const audited = members({
  connection: maybe(by(endpointId)),
  subject: maybe(subject),
  account: maybe(by(accountId)),
  service: maybe(serviceOrAll),
  actor: maybe(text),
  type: maybe(by(eventType)),
  decision: maybe(oneOf(["accepted", "rejected", "asked", "noted"])),
  from: maybe(time("from")),
  to: maybe(time("to")),
  oldestFirst: v.optional(flag, false),
  ...page,
});
