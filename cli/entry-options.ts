// What of an entry may be given on the command line, and how it is read.

import type { Verdict } from "../lib/events.ts";
import { BadInput } from "../lib/faults.ts";
import { instant, parseInstant, type Instant } from "../lib/ids.ts";
import { disconnectGiven } from "../lib/operator/disconnect-given.ts";
import { principalOf, principalWords } from "../lib/operator/principals.ts";
import { askingGiven, askingOptions, type AskingGiven } from "./asking-options.ts";
import { yes, type Call, type Options } from "./command.ts";
import { wrongUsage } from "./failure.ts";
import { disconnecting } from "./outlook.ts";

export const who = "<account|endpoint|ou|org|any>";
export const at: Options = { service: { value: "ID|*", help: "the service, or '*' for every service" } };
export const changing: Options = {
  reason: { value: "TEXT", help: "why it is changed: for the log, and told to whom it rejects" },
  "if-version": {
    value: "N",
    help: "only if the entry is at this version; 0: only if there is none",
  },
  ...yes,
};
const writing: Options = {
  replace: { help: "the entry says what is given here and nothing else; without it, who they are stays" },
  ...changing,
};
const conditionOptions: Options = {
  region: { value: "REGION", several: true, help: "only from this Region (may be repeated)" },
  "ip-type": {
    value: "TYPE",
    several: true,
    help: "only ipv4, dualstack or ipv6 (may be repeated)",
  },
  "not-before": {
    value: "TIME",
    help: "speaks from then on, as in 2026-12-01 or 2026-12-01T18:00:00Z",
  },
  expires: { value: "TIME", help: "speaks until then" },
};
const whoTheyAre: Options = {
  name: { value: "NAME", help: "who they are; the DNS label is made from it" },
  label: { value: "LABEL", help: "the DNS label, where the name will not do" },
  vpc: {
    value: "REGION/VPC",
    help: "their VPC, which may then be associated with the service's private zone: eu-west-1/vpc-0123456789abcdef0",
  },
  contact: { value: "TEXT", help: "whom to talk to" },
  purpose: { value: "TEXT", help: "what it is for" },
  ticket: { value: "TEXT", help: "where it was asked for" },
  tag: { value: "NAME=TEXT", several: true, help: "anything else worth keeping (may be repeated)" },
};
const asService = "as the service says";
const howToAsk = askingOptions({
  approvers: "instead of the service's approvers",
  quorum: asService,
  openDays: asService,
  remindHours: asService,
  escalateTo: asService,
  escalateAfterHours: asService,
  silence: asService,
  emailProof: asService,
  accountAnswers: asService,
});
export const acceptOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  "at-most": { value: "N", help: "at most so many connections at a time; people are asked about more" },
  "on-expiry": { value: "WHEN", help: "now, 24h, 7d or keep: what becomes of its connections when it expires" },
  ...howToAsk,
  ...writing,
};

export const askOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  ...howToAsk,
  ...disconnecting("what becomes of connections that an entry let in before (keep unless told)"),
  ...writing,
};
export const denyOptions: Options = {
  ...at,
  ...whoTheyAre,
  ...conditionOptions,
  ...disconnecting("what becomes of connections that stand (now unless told, or as the service says)"),
  ...writing,
};

/** Whether the call says anything of the entry itself, besides whose it is. */
export const saysSomething = ({ given }: Call): boolean =>
  [...Object.keys(acceptOptions), "disconnect"].some((option) => !(option in { ...at, ...changing }) && given.flag(option));

/** The entry as the API takes it. */
export function bodyOf(call: Call, verdict: Verdict, principal: string): { readonly service: string } & Readonly<Record<string, unknown>> {
  const { given } = call;
  const conditions = {
    regions: given.texts("region"),
    ipAddressTypes: given.texts("ip-type"),
    notBefore: given.text("not-before"),
    expires: given.text("expires"),
    atMost: given.text("at-most"),
  };
  const said = Object.fromEntries(["name", "label", "contact", "purpose", "ticket", "reason"].map((field) => [field, given.text(field)]));
  return {
    ...said,
    service: serviceGiven(given),
    principal,
    verdict,
    conditions,
    vpc: vpcGiven(given),
    labels: tagsGiven(given),
    asking: asked(call),
    onExpiry: endGiven(given, "on-expiry"),
    disconnect: endGiven(given, "disconnect"),
    version: given.text("if-version"),
    merge: !given.flag("replace"),
  };
}

/** What an entry leaves out is as the service says. */
function asked(call: Call): AskingGiven | undefined {
  const told = Object.entries(askingGiven(call) ?? {}).filter(([, value]) => value !== null);
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

function vpcGiven(given: Call["given"]): { readonly region: string; readonly id: string } | undefined {
  const text = given.text("vpc");
  if (text === undefined) return undefined;
  const [, region, id] = /^([a-z0-9-]+)\/(vpc-[0-9a-f]+)$/.exec(text) ?? [];
  if (region === undefined || id === undefined)
    throw wrongUsage(`--vpc ${text} is not a Region and a VPC`, "give --vpc eu-west-1/vpc-0123456789abcdef0");
  return { region, id };
}

function tagsGiven(given: Call["given"]): Record<string, string> | undefined {
  const tags = given.texts("tag");
  if (tags === undefined) return undefined;
  const read = new Map<string, string>();
  for (const tag of tags) {
    const [, name = "", text = ""] = /^([^=]+)=(.+)$/.exec(tag) ?? [];
    if (name === "") throw wrongUsage(`--tag ${tag} is not a name and a text`, "give --tag team=payments");
    if (read.has(name)) throw wrongUsage(`--tag ${name} is given twice`, "give each name once");
    read.set(name, text);
  }
  return Object.fromEntries(read);
}

/** What becomes of connections, read here already, so that a slip needs no network to be told. */
export function endGiven(given: Call["given"], option: string): string | undefined {
  const text = given.text(option);
  if (text !== undefined) readHere(`--${option}`, () => disconnectGiven(text));
  return text;
}

export const timeGiven = (option: string, text: string): Instant => readHere(option, () => parseInstant(option, text));

/** `48h` or `30d` from now on, as a time. */
export function timeWithin(option: string, text: string, now: Date): Instant {
  const [, count, unit] = /^(\d{1,4})(h|d)$/.exec(text) ?? [];
  if (count === undefined) throw wrongUsage(`${option} ${text} is no length of time`, "give hours or days, such as 48h or 30d");
  return instant(now.getTime() + Number(count) * (unit === "d" ? 24 : 1) * 3_600_000);
}

/** Read here already, so that a slip of the keyboard needs no network to be told. */
export const principalGiven = (given: string): string => readHere("", () => principalWords(principalOf(given)));

function readHere<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadInput) throw wrongUsage(option === "" ? error.message : error.message.replace(/^[^:]+/, option));
    throw error;
  }
}

export function serviceGiven(given: Call["given"]): string {
  const wanted = given.text("service");
  if (wanted === undefined) throw wrongUsage("--service is missing", "name the service, or give --service '*' for every service");
  return wanted;
}
