// The allow-list: what an entry says, which entries can match a consumer, and the verdict they give together.

import type { AskingSettings } from "./asking-policy.ts";
import { conditions, type Condition, type Conditions } from "./conditions.ts";
import { optional } from "./optional.ts";
import type { Disconnect } from "./disconnect.ts";
import type { Because, EntryRef, LoggedFinding, Verdict } from "./events.ts";
import type { AccountId, EndpointId, Instant, ServiceId } from "./ids.ts";
import type { IpAddressType } from "./observed.ts";
import type { Vpc } from "./vpcs.ts";

/** One entry. `version` grows by one with each change; `author` is the IAM ARN of whoever wrote it last. */
export interface Entry {
  readonly service: ServiceId | "*";
  readonly principal: Principal;
  readonly verdict: Verdict;
  readonly conditions: Conditions;
  readonly version: number;
  readonly author: string;
  /** Everybody who wrote it, as lib/entry-authors.ts has it: they do not decide about it. Absent in rows from before that was kept. */
  readonly authors?: readonly string[];
  readonly at: Instant;
  /** Why this version was written, where its author said so: whom it rejects is told. */
  readonly reason?: string;
  /** Since when it keeps out whom it keeps out, where that is longer than this version: a cut in a while does not begin anew. */
  readonly since?: Instant;
  /** Of an answer's entry that ends by itself: what stands at its key again once it has expired. */
  readonly afterwards?: Restored | "nothing";
  /** The consumer as people know it; it is the DNS label too unless `label` says otherwise. */
  readonly name?: string;
  readonly label?: string;
  /** The consumer's VPC that may be associated with the service's private zone. */
  readonly vpc?: Vpc;
  readonly contact?: string;
  readonly purpose?: string;
  readonly ticket?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whom to ask, and how, where the service's own settings shall not do. */
  readonly asking?: AskingSettings;
  /** What its expiry means for the connections it holds; the service says where it does not. */
  readonly onExpiry?: Disconnect;
  /** What a reject or ask entry means for connections that were live when it came; now for a reject, keep for an ask. */
  readonly disconnect?: Disconnect;
}

/** An `ask` entry that an answer has taken the place of for a while. */
export type Restored = Omit<Entry, "service" | "principal" | "version" | "authors" | "afterwards">;

/** What a removed entry leaves at its key: what its removal means for the connections it held. */
export interface Removed {
  readonly service: ServiceId | "*";
  readonly principal: Principal;
  /** The version of the event that removed it. */
  readonly version: number;
  readonly removed: {
    readonly at: Instant;
    /** The operator's IAM ARN. */
    readonly by: string;
    /** The service says where it is absent. */
    readonly disconnect?: Disconnect;
    /** Why, in the words of whoever removed it: those whom it cuts are told. */
    readonly reason?: string;
  };
}

/** Whom an entry speaks about. */
export type Principal = `endpoint#${string}` | `account#${string}` | `ou#${string}` | `org#${string}` | "any";

/** Who wants to connect, and what is known of them; what is absent is not known. */
export interface Consumer {
  readonly service: ServiceId;
  readonly endpoint?: EndpointId;
  readonly account: AccountId;
  readonly region?: string;
  readonly ipAddressType?: IpAddressType;
  /** Absent while not asked: no entry speaks of organizations. */
  readonly organization?: Membership;
  /** The limited entry that counts the connection already. */
  readonly counter?: string;
}

/** The organization and the units above the account, nearest first; `none` for an account without one. */
export type Membership = { readonly id: string; readonly units: readonly string[] } | "none" | "unknown";

/** How many entries name a unit or an organization, and how many of those reject. */
export interface UnitMarks {
  readonly entries: number;
  readonly rejects: number;
}

/** What bears on a verdict beside the entries and the consumer. */
export interface Circumstances {
  /** Why nothing is accepted automatically. */
  readonly frozen?: string;
  /** Of entries with a limit, by `entryId`: how many connections they hold. */
  readonly counts?: ReadonlyMap<string, number>;
  /** Entries for units and organizations, at this service and at every service; taken for there when absent. */
  readonly units?: { readonly here: UnitMarks; readonly everywhere: UnitMarks };
}

/** `<service>/<principal>`: an entry's key as one text, which is its counter's id too. */
export const entryId = ({ service, principal }: { readonly service: string; readonly principal: string }): string =>
  `${service}/${principal}`;

export const hasExpired = ({ conditions: { expires } }: Entry, now: Instant): boolean => expires !== undefined && expires <= now;

/** What stands at the entry's key at this moment: an answer that has run out gives its place back. */
export function standingAt(entry: Entry, now: Instant): Entry | undefined {
  const { expires } = entry.conditions;
  return entry.afterwards !== undefined && expires !== undefined && now >= expires ? underneath(entry) : entry;
}

/** What holds or ends connections at the entry's key: an answer that lasts a while does neither. */
export function underneath(entry: Entry): Entry | undefined {
  const { afterwards, service, principal, version } = entry;
  if (afterwards === undefined) return entry;
  return afterwards === "nothing" ? undefined : { ...afterwards, service, principal, version, ...optional("authors", entry.authors) };
}

/** What one entry came to for this consumer. */
export interface Finding extends LoggedFinding {
  /** Who does not decide about it; absent where the row does not say. */
  readonly authors?: readonly string[];
  readonly reason?: string;
  /** Since when it speaks: since it was written, or since it begins. */
  readonly since?: Instant;
  readonly words?: string;
  readonly disconnect?: Disconnect;
}

export interface Check {
  readonly condition: string;
  readonly result: "holds" | "fails" | "unknown";
  readonly saw: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly because: Because;
  readonly entry?: EntryRef;
  readonly label?: string;
  readonly vpc?: Vpc;
  /** Whom the deciding entry wants asked. */
  readonly asking?: Entry["asking"];
  /** The limit of the entry that accepts: the commit counts against it. */
  readonly limit?: { readonly counter: string; readonly atMost: number };
  /** Every entry that matches the consumer, most specific first. */
  readonly findings: readonly Finding[];
}

/** The keys of all entries that could match, most specific first. Reading exactly these decides. */
export function candidateKeys(consumer: Consumer): { service: ServiceId | "*"; principal: Principal }[] {
  const { organization } = consumer;
  const member = typeof organization === "object" ? organization : undefined;
  const principals: Principal[] = [
    ...(consumer.endpoint === undefined ? [] : [`endpoint#${consumer.endpoint}` as const]),
    `account#${consumer.account}`,
    ...(member?.units ?? []).map((unit) => `ou#${unit}` as const),
    ...(member === undefined ? [] : [`org#${member.id}` as const]),
    "any",
  ];
  return ([consumer.service, "*"] as const).flatMap((service) => principals.map((principal) => ({ service, principal })));
}

/**
 * The verdict of the list. A reject entry that applies wins at any level; else the most specific entry that
 * matches decides, and when one of its conditions fails or cannot be known the answer is ask. No entry: ask.
 */
export function judge(entries: readonly Entry[], consumer: Consumer, now: Instant, circumstances: Circumstances = {}): Judgement {
  const found = matching(entries, consumer, now, circumstances);
  const rejecting = found.find(({ entry, outcome }) => entry.verdict === "reject" && outcome === "applies");
  const deciding = rejecting ?? found[0];
  const findings = found.map((one) => findingOf(one, one === deciding));
  if (deciding === undefined)
    return {
      verdict: "ask",
      because: { rule: "no-entry", detail: `no entry matches account ${consumer.account}` },
      findings,
    };
  const { entry, checks, outcome } = deciding;
  const ref = deciding.doubted === undefined ? { entry: refer(entry) } : {};
  const said = {
    ...ref,
    ...optional("label", labelOf(entry)),
    ...optional("vpc", entry.vpc),
    ...optional("asking", entry.asking),
    findings,
  };
  if (rejecting !== undefined) return { ...said, verdict: "reject", because: { rule: "reject-entry", detail: described(entry) } };
  if (outcome !== "applies")
    return { ...said, verdict: "ask", because: { rule: "condition", detail: `${wordsOf(deciding)}, but ${failing(checks)}` } };
  if (entry.verdict !== "accept") return { ...said, verdict: entry.verdict, because: { rule: "entry", detail: described(entry) } };
  // A reject entry wins at any level; where one might apply, nobody is let in on the chance that it does not.
  const doubt = found.find(
    (one) => one.outcome === "condition-unknown" && (one.entry.verdict === "reject" || one.doubted?.rejects === true),
  );
  if (doubt !== undefined)
    return {
      ...said,
      verdict: "ask",
      because: { rule: "condition", detail: `${described(entry)}, but ${wordsOf(doubt)} might reject it: ${failing(doubt.checks)}` },
    };
  if (circumstances.frozen !== undefined)
    return { ...said, verdict: "ask", because: { rule: "frozen", detail: `${described(entry)}, but ${circumstances.frozen}` } };
  const { atMost } = entry.conditions;
  const limit = atMost === undefined ? {} : { limit: { counter: entryId(entry), atMost } };
  return { ...said, ...limit, verdict: "accept", because: { rule: "entry", detail: described(entry) } };
}

/** An entry that matches the consumer, and what it comes to; `doubted` stands for those that an unknown membership hides. */
interface Found {
  readonly entry: Entry;
  readonly checks: readonly Check[];
  readonly outcome: Finding["outcome"];
  readonly doubted?: { readonly rejects: boolean };
}

/** Most specific first. What cannot be looked up stands where it would be: before `any`, at each level that has such entries. */
function matching(entries: readonly Entry[], consumer: Consumer, now: Instant, circumstances: Circumstances): Found[] {
  const at = new Map(entries.flatMap((entry) => standingAt(entry, now) ?? []).map((entry) => [entryId(entry), entry]));
  return candidateKeys(consumer).flatMap((key) => {
    const entry = at.get(entryId(key));
    return [
      ...(key.principal === "any" ? hidden(consumer, key.service, now, circumstances) : []),
      ...(entry === undefined ? [] : [{ entry, ...examine(entry, consumer, now, countOf(entry, circumstances)) }]),
    ];
  });
}

/** Counted is who holds nothing yet, too; not known only where nobody counted. */
const countOf = (entry: Entry, { counts }: Circumstances): number | undefined =>
  counts === undefined ? undefined : (counts.get(entryId(entry)) ?? 0);

/** Entries for units and organizations that may or may not apply, since the consumer's membership is not known. */
function hidden(consumer: Consumer, service: ServiceId | "*", now: Instant, { units }: Circumstances): Found[] {
  if (consumer.organization !== "unknown") return [];
  const marks = service === "*" ? units?.everywhere : units?.here;
  if (marks?.entries === 0) return [];
  const entry: Entry = { service, principal: "ou#?", verdict: "ask", conditions: {}, version: 0, author: "", at: now };
  const checks: Check[] = [
    { condition: "organization", result: "unknown", saw: "AWS Organizations could not say where the account belongs" },
  ];
  return [{ entry, checks, outcome: "condition-unknown", doubted: { rejects: marks === undefined || marks.rejects > 0 } }];
}
function findingOf({ entry, checks, outcome, doubted }: Found, decides: boolean): Finding {
  const base = { entry: refer(entry), verdict: entry.verdict, checks, outcome, decides };
  if (doubted !== undefined) return base;
  const {
    author,
    at,
    since = at,
    conditions: { notBefore },
  } = entry;
  return {
    ...base,
    author,
    ...optional("authors", entry.authors),
    ...optional("reason", entry.reason),
    at,
    since: notBefore !== undefined && notBefore > since ? notBefore : since,
    words: described(entry),
    ...optional("name", entry.name),
    ...optional("disconnect", entry.disconnect),
  };
}

/** What the log keeps of them: what they came to, without what the entries are about. */
export const logged = (findings: readonly Finding[]): { findings?: readonly LoggedFinding[] } =>
  findings.length === 0
    ? {}
    : {
        findings: findings.map(({ entry, verdict, outcome, decides, checks, author, at, name }) => ({
          entry,
          verdict,
          outcome,
          decides,
          checks,
          ...optional("author", author),
          ...optional("at", at),
          ...optional("name", name),
        })),
      };

const wordsOf = ({ entry, doubted }: Found): string =>
  doubted === undefined
    ? described(entry)
    : `an entry for its organizational unit or organization at ${entry.service === "*" ? "every service" : entry.service}`;
const failing = (checks: readonly Check[]): string =>
  checks
    .filter(({ result }) => result !== "holds")
    .map(({ condition, saw }) => `${condition}: ${saw}`)
    .join("; ");

export const refer = (entry: Entry): EntryRef => ({
  service: entry.service,
  principal: entry.principal,
  version: entry.version,
});

/** The entry in words: `account 222222222222 (acme) at vpce-svc-…: accept, version 3`. */
export function described(entry: Pick<Entry, "service" | "verdict" | "version" | "name"> & { readonly principal: string }): string {
  const who = entry.principal === "any" ? "anyone" : entry.principal.replace("#", " ");
  const where = entry.service === "*" ? "every service" : entry.service;
  return `${who}${entry.name === undefined ? "" : ` (${entry.name})`} at ${where}: ${entry.verdict}, version ${String(entry.version)}`;
}

/** Such words, wherever they stand in a text: kind, id, name, where and verdict. */
export const describedEntry =
  /\b(account |endpoint |ou |org |anyone)(\S*?)( \([^]*?\))? at (vpce-svc-[\w-]+|every service): (accept|ask|reject), version \d+/g;

/**
 * The DNS label that an entry gives its consumer, made from the name where none is set. The name of an entry for many,
 * such as an organization's, says nothing about one consumer.
 */
export function labelOf(entry: Pick<Entry, "label" | "name"> & Partial<Pick<Entry, "principal">>): string | undefined {
  if (entry.label !== undefined) return entry.label;
  if (entry.principal !== undefined && !/^(endpoint|account)#/.test(entry.principal)) return undefined;
  const label = entry.name
    ?.normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+/g, "")
    .slice(0, 63)
    .replaceAll(/-+$/g, "");
  return label === undefined || label === "" ? undefined : label;
}

function examine(
  entry: Entry,
  consumer: Consumer,
  now: Instant,
  count: number | undefined,
): { checks: Check[]; outcome: Finding["outcome"] } {
  const counted = { count, own: consumer.counter === entryId(entry) };
  const checks = conditions.flatMap((condition: Condition) => condition(entry.conditions, consumer, now, counted) ?? []);
  if (checks.some(({ result }) => result === "fails")) return { checks, outcome: "condition-fails" };
  return {
    checks,
    outcome: checks.some(({ result }) => result === "unknown") ? "condition-unknown" : "applies",
  };
}
