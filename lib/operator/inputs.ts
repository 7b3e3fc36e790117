// What operators may give: each field parsed once, and every refusal names the field, the value and the remedy.

import * as v from "valibot";
import { states, type Status } from "../connection.ts";
import { BadInput } from "../faults.ts";
import { accountId, endpointId, isLabel, parseInstant, serviceId, type ServiceId } from "../ids.ts";
import { principalOf } from "./principals.ts";

/** Reads what a request gave, or says which field is wrong and what to give instead. */
export function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new BadInput(v.getDotPath(issue) ?? "request", issue.input, issue.message);
}

const by = <T>(parser: (given: unknown) => T) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parser(dataset.value);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        addIssue({ message: error.remedy });
        return NEVER;
      }
    }),
  );

const members = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, ({ expected }) => {
    if (expected === "never") return `there is no such field; there are ${Object.keys(entries).join(", ")}`;
    return expected === "Object" ? "give a JSON object" : "it is required";
  });

const maybe = v.exactOptional;
const textMax = 256;
/** One line of readable text. Control and direction characters could make a terminal or a page lie. */
const text = v.pipe(
  v.string("give a text"),
  v.trim(),
  v.nonEmpty("give a text, or leave it out"),
  v.maxLength(textMax, `give at most ${String(textMax)} characters`),
  v.regex(/^[^\p{Cc}\u{2028}-\u{202E}\u{2066}-\u{2069}]+$/u, "leave out control characters"),
);
const flag = by((given) => {
  if (typeof given === "boolean") return given;
  if (given === "true" || given === "false") return given === "true";
  throw new BadInput("flag", given, "give true or false");
});
const whole = (least: number, most: number) =>
  by((given) => {
    const number = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : given;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
    throw new BadInput("number", given, `give a whole number from ${String(least)} to ${String(most)}`);
  });
const oneOf = <const Options extends readonly string[]>(options: Options) => v.picklist(options, `give one of ${options.join(", ")}`);
const time = (field: string) => by((given) => parseInstant(field, given));
const serviceOrAll = by((given): ServiceId | "*" => (given === "*" ? "*" : serviceId(given)));
const page = {
  limit: maybe(whole(1, 1000)),
  cursor: maybe(v.pipe(v.string("give the cursor of the page before"), v.maxLength(4096, "give the cursor of the page before"))),
};

const ipAddressTypes = ["ipv4", "dualstack", "ipv6"] as const;
const several = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, "give a list"), v.minLength(1, "give at least one, or leave it out"), v.maxLength(50, "give at most 50"));
const region = v.pipe(
  v.string("give a Region, such as eu-west-1"),
  v.regex(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, "give a Region, such as eu-west-1"),
);
const label = by((given) => {
  if (typeof given === "string" && isLabel(given)) return given;
  throw new BadInput("label", given, "give 1 to 63 of a-z, 0-9 and hyphen, no hyphen at either end");
});

export const aService = members({ service: by(serviceId) });
export const previewedService = members({ service: by(serviceId), zone: maybe(text) });
export const addedService = members({
  service: by(serviceId),
  zone: maybe(text),
  mode: v.optional(oneOf(["enforce", "observe"]), "enforce"),
  outsideAccept: v.optional(oneOf(["keep", "enforce"]), "keep"),
});

export const putEntry = members({
  service: serviceOrAll,
  principal: by(principalOf),
  verdict: oneOf(["accept", "ask", "reject"]),
  conditions: v.optional(
    members({
      regions: maybe(several(region)),
      ipAddressTypes: maybe(several(oneOf(ipAddressTypes))),
      notBefore: maybe(time("notBefore")),
      expires: maybe(time("expires")),
    }),
    {},
  ),
  name: maybe(text),
  label: maybe(label),
  contact: maybe(text),
  purpose: maybe(text),
  ticket: maybe(text),
  /** The version that the operator has seen; 0 for none. Any other there is a clash. */
  version: maybe(whole(0, 999_999_999)),
  reason: maybe(text),
  /** That connections which stand now may be cut. */
  confirm: v.optional(flag, false),
});
export const anEntry = members({ service: serviceOrAll, principal: by(principalOf) });
export const removedEntry = members({
  service: serviceOrAll,
  principal: by(principalOf),
  version: maybe(whole(0, 999_999_999)),
  reason: maybe(text),
});
export const listedEntries = members({
  service: maybe(serviceOrAll),
  principal: maybe(by(principalOf)),
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
  confirm: v.optional(flag, false),
});

export const audited = members({
  connection: maybe(by(endpointId)),
  account: maybe(by(accountId)),
  service: maybe(serviceOrAll),
  actor: maybe(text),
  type: maybe(v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z]{2,40}$/, "give an event's type, such as ConnectionApproved"))),
  decision: maybe(oneOf(["accepted", "rejected", "asked", "noted"])),
  from: maybe(time("from")),
  to: maybe(time("to")),
  oldestFirst: v.optional(flag, false),
  ...page,
});
