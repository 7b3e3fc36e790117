// What people are told, and how a notice reads as mail: a question with its link, or news of what became true.

import { byCommand } from "./by-command.ts";
import type { Entry } from "./allow-list.ts";
import { capital } from "./capital.ts";
import type { Connection } from "./connection.ts";
import { optional } from "./optional.ts";
import { decisionOf, type Because, type DrawbridgeEvent } from "./events.ts";
import { ascii, oneLine } from "./harmless.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "./ids.ts";
import { largest } from "./largest.ts";
import type { Message } from "./ports.ts";
import { plainly, whyAsked } from "./plain-words.ts";
import { switchOn } from "./private-dns.ts";
import type { Service } from "./service.ts";
import { associateCommand, type Vpc } from "./vpcs.ts";
import { utc } from "./when.ts";
import { actorWords, personWords, sentence } from "./wording.ts";

/** Who connects to what, with what the allow-list knows of them. */
export interface Profile {
  readonly account: AccountId;
  readonly endpoint: EndpointId;
  readonly service: ServiceId;
  readonly serviceName?: string;
  /** The service's own private DNS name, when AWS has verified it. */
  readonly privateDnsName?: string;
  /** The service's private zone and the consumer's VPC that may see it, where an entry names that. */
  readonly privateZone?: { readonly id: ZoneId; readonly name: string; readonly vpc: Vpc };
  readonly region?: string;
  readonly ipAddressType?: string;
  readonly createdAt?: Instant;
  /** From an entry about this endpoint or account alone. */
  readonly name?: string;
  readonly contact?: string;
  readonly purpose?: string;
  readonly ticket?: string;
}

export interface Question {
  readonly of: "question";
  readonly profile: Profile;
  readonly at: Instant;
  readonly because: Because;
  /** Where this message's readers decide; absent where others are asked. */
  readonly way?: Way;
  /** Who is asked by messages of their own. */
  readonly asked?: readonly string[];
  /** Where several have to agree: how many, and who does so far. */
  readonly quorum?: number;
  readonly given?: readonly string[];
}

export interface Way {
  readonly link: string;
  readonly until: Instant;
  /** Whether the link is enough to decide, or a code has to come by mail as well. */
  readonly proof?: "code" | "link";
}

export interface News {
  readonly of: "news";
  readonly event: DrawbridgeEvent;
  /** Absent for what happens to a service. */
  readonly profile?: Profile;
  readonly service?: ServiceId | "*";
  /** Who wrote the entry that decided. */
  readonly writer?: string;
}

export type Notice = Question | News;

/** What an entry for many, such as an organization's, calls itself says nothing about one account. */
export function profileOf(connection: Connection, service: Service | undefined, entries: readonly Entry[]): Profile {
  const { account, endpoint, region, ipAddressType, createdAt } = connection;
  const about = entries.filter(({ principal }) => principal.startsWith("endpoint#") || principal.startsWith("account#"));
  const first = (member: "name" | "contact" | "purpose" | "ticket"): string | undefined =>
    about.find((entry) => entry[member] !== undefined)?.[member];
  return {
    account,
    endpoint,
    service: connection.service,
    ...optional("serviceName", service?.serviceName),
    ...optional("privateDnsName", service?.privateDns?.state === "verified" ? service.privateDns.name : undefined),
    ...optional("privateZone", privateZoneOf(connection, service, about)),
    ...optional("region", region),
    ...optional("ipAddressType", ipAddressType),
    ...optional("createdAt", createdAt),
    ...optional("name", first("name")),
    ...optional("contact", first("contact")),
    ...optional("purpose", first("purpose")),
    ...optional("ticket", first("ticket")),
  };
}

function privateZoneOf(connection: Connection, service: Service | undefined, about: readonly Entry[]): Profile["privateZone"] {
  const decided = "decision" in connection ? connection.decision?.vpc : undefined;
  const vpc = decided ?? about.find((entry) => entry.vpc !== undefined)?.vpc;
  if (vpc === undefined || service?.zone?.isPrivate !== true) return undefined;
  return { id: service.zone.id, name: service.zone.name, vpc };
}

/** `account 222222222222 (acme)`: the number is AWS's, the name only what an entry calls it. */
const consumerWords = ({ account, name }: Pick<Profile, "account" | "name">): string =>
  `account ${account}${name === undefined ? "" : ` (${oneLine(name, nameMax)})`}`;
const nameMax = 60;
const lineMax = 600;

/** The notice in a line: what a mail's subject and a chat's preview say. */
export function headline(notice: Notice): string {
  if (notice.of === "question") return `Approve? ${consumerWords(notice.profile)} asks to connect to ${notice.profile.service}`;
  const { event, profile, service } = notice;
  const where = profile?.service ?? service ?? "this deployment";
  return `${title(event)}: ${profile === undefined ? where : `${consumerWords(profile)} at ${where}`}`;
}

/** The facts as label and value, one line each, in the order in which they are read. */
export function rows(notice: Notice): (readonly [label: string, value: string])[] {
  const { profile } = notice;
  const at = notice.of === "question" ? notice.at : notice.event.at;
  const facts: (readonly [string, string | undefined])[] = [
    ["Account", profile?.account],
    ["Name", profile === undefined ? undefined : (profile.name ?? "not registered")],
    ["Contact", profile?.contact],
    ["Purpose", profile?.purpose],
    ["Ticket", profile?.ticket],
    ["Endpoint", profile?.endpoint],
    ["Service", profile?.service ?? (notice.of === "news" ? notice.service : undefined)],
    ["Service name", profile?.serviceName],
    ["Region", profile === undefined ? undefined : (profile.region ?? "AWS does not say")],
    [notice.of === "question" ? "Asked" : "When", utc(at)],
    ["Agreement", notice.of === "question" ? agreementWords(notice) : undefined],
    ["By", notice.of === "news" ? actorWords(notice.event.by, notice.writer) : undefined],
    // Why it is asked stands before the facts.
    ["Because", notice.of === "news" ? plainly(notice.event).because.detail : undefined],
  ];
  return facts.flatMap(([label, value]) => (value === undefined ? [] : [[label, oneLine(value, lineMax)] as const]));
}

const agreementWords = ({ quorum, given = [] }: Question): string | undefined =>
  quorum === undefined ? undefined : `${String(quorum)} have to agree; so far ${given.length === 0 ? "nobody does" : given.join(", ")}`;

/** What the notice says before its facts. */
export const lede = (notice: Notice): string =>
  notice.of === "question" ? oneLine(whyAsked(notice.because), lineMax) : `${capital(oneLine(sentence(plainly(notice.event)), lineMax))}.`;

/** Consumers' contacts read what is told of their account: what only an operator can do is not for them. */
type Readers = "team" | "anybody";

/** The notice as SNS takes it. */
export const asMail = (notice: Notice, readers: Readers = "team"): Message => ({
  subject: mailSubject(headline(notice)),
  text: [headline(notice), "", lede(notice), "", table(notice), ...parted(closing(notice, readers))].join("\n").trimEnd(),
  ...(notice.of === "news" ? { json: outcome(notice) } : {}),
  attributes: attributes(notice),
});

/** SNS takes fewer than 100 characters of ASCII, without control characters, beginning with a letter, a digit or punctuation. */
function mailSubject(text: string): string {
  const line = ascii(oneLine(text, subjectMax)).trim();
  return line.length <= subjectMax ? line : `${line.slice(0, subjectMax - 3)}...`;
}
const subjectMax = 99;

const parted = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ["", ...lines]);

function closing(notice: Notice, readers: Readers): string[] {
  if (notice.of === "news" && notice.profile !== undefined)
    return [...forConsumer(notice.event, notice.profile), ...(readers === "team" ? forTeam(notice.event, notice.profile) : [])];
  if (notice.of === "question")
    return [...wayWords(notice), `With the command: ${byCommand(`approve ${notice.profile.endpoint}`)}, or reject.`];
  return [`The whole history: ${byCommand(`audit --service ${notice.service ?? ""}`)}`];
}

/** What the consumer itself can do now. */
function forConsumer(event: DrawbridgeEvent, profile: Profile): string[] {
  if (event.type === "ExpiryAnnounced" || event.type === "RevocationAnnounced")
    return [
      "The same is ahead of every connection that this entry holds; this message comes once for all of them.",
      "For the consumer: to stay connected, settle it with whoever offers the service before then.",
      "",
    ];
  if (event.type === "ConnectionApproved") return leftToDo(profile);
  if (decisionOf(event) === "rejected") {
    const { endpoint, service, serviceName, region } = profile;
    return [
      "For the consumer: this endpoint will not connect any more, and costs while it is there. Delete it:",
      `aws ec2 delete-vpc-endpoints${region === undefined ? "" : ` --region ${region}`} --vpc-endpoint-ids ${endpoint}`,
      `To be let in after all, settle the reason above with whoever offers the service, then create a new endpoint to ${serviceName ?? service}.`,
      "",
    ];
  }
  return [];
}

function forTeam(event: DrawbridgeEvent, { endpoint }: Profile): string[] {
  if (event.type === "ExpiryAnnounced" || event.type === "RevocationAnnounced")
    return [ahead(event), `See it: ${byCommand(`show ${endpoint}`)}`];
  return [`The whole history: ${byCommand(`show ${endpoint}`)}`];
}

/** What an accepted consumer itself has to do for the names, none of which works before the endpoint is available. */
function leftToDo({ privateDnsName, privateZone, endpoint, region }: Profile): string[] {
  const once = "For the consumer, as soon as its endpoint is available:";
  return [
    ...(privateDnsName === undefined
      ? []
      : [`${once} with private DNS on, ${privateDnsName} leads to it.`, switchOn(endpoint, region), ""]),
    ...(privateZone === undefined
      ? []
      : [
          `${once} this, once, in the account of ${privateZone.vpc.id}, makes the names of ${privateZone.name} known there.`,
          associateCommand(privateZone.id, privateZone.vpc),
          "",
        ]),
  ];
}

function wayWords({ way }: Question): string[] {
  if (way === undefined) return [];
  return [
    `Decide here, until ${utc(way.until)}:`,
    way.link,
    "",
    way.proof === "code"
      ? "Opening the link decides nothing. To decide, you have a code mailed to you from there."
      : "Opening the link decides nothing. Whoever has it can decide: do not pass it on.",
  ];
}

/** What can still be done about it. */
function ahead(event: Extract<DrawbridgeEvent, { type: "ExpiryAnnounced" | "RevocationAnnounced" }>): string {
  const { service, principal } = event.entry;
  const who = `${principal.replace(/^[a-z]+#/, "")}${service === "*" ? "" : ` --service ${service}`}`;
  return event.type === "ExpiryAnnounced"
    ? `Renew it: ${byCommand(`renew ${who} --expires <date>`)}`
    : `Keep them: ${byCommand(`allow ${who}`)}`;
}

function table(notice: Notice): string {
  const lines = rows(notice);
  const width = largest(lines.map(([label]) => label.length)) + 2;
  return lines.map(([label, value]) => `  ${label.padEnd(width)}${value}`).join("\n");
}

/** What programs are fed with; docs/outcomes.md has its members. They may become more, and keep their names. */
function outcome({ event, profile, service, writer }: News): string {
  // Which other entries there are concerns nobody outside.
  const { source: _source, findings: _findings, ...said } = event as DrawbridgeEvent & { readonly findings?: unknown };
  const words = { headline: headline({ of: "news", event, ...optional("profile", profile), ...optional("service", service) }) };
  return JSON.stringify({
    ...said,
    ...optional("service", service),
    ...profile,
    ...words,
    ...optional("decision", decisionOf(event)),
    text: lede({ of: "news", event }),
    byWords: actorWords(event.by, writer),
    ...optional("entryAuthor", writer),
    version: outcomeVersion,
  });
}
const outcomeVersion = 1;

/** Subscribers filter by these. */
function attributes(notice: Notice): Record<string, string> {
  const { profile } = notice;
  const service = profile?.service ?? (notice.of === "news" ? notice.service : undefined);
  return {
    type: notice.of === "question" ? "ApprovalRequested" : notice.event.type,
    ...(service === undefined ? {} : { service }),
    ...(profile === undefined ? {} : { account: profile.account, endpoint: profile.endpoint }),
    ...optional("decision", notice.of === "question" ? "asked" : decisionOf(notice.event)),
    ...(notice.of === "news" ? { by: notice.event.by.kind } : {}),
    ...(notice.of === "news" && notice.event.type === "ConnectionApproved" && notice.event.breakGlass === true
      ? { breakGlass: "true" }
      : {}),
  };
}

function title(event: DrawbridgeEvent): string {
  switch (event.type) {
    case "ConnectionApproved":
      return event.breakGlass === true ? "Break-glass: accepted by one operator alone" : "Accepted";
    case "ConnectionDenied":
      return event.revokes ? "Revoked" : "Rejected";
    case "ConnectionClosed":
      return "Closed";
    case "AcceptedOutside":
      return "Accepted outside Drawbridge";
    case "RejectedOutside":
      return "Rejected outside Drawbridge";
    case "Attributed":
      return `${event.action === "accept" ? "Accepted" : "Rejected"} outside, by ${personWords(event.arn)}`;
    case "AcceptanceSwitchedOff":
      return "Acceptance is switched off";
    case "RevocationAnnounced":
      return "Will be cut";
    case "RevocationWithdrawn":
      return "Not cut after all";
    case "ExpiryAnnounced":
      return "Expires soon";
    default:
      return capital(event.type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase());
  }
}
