// The allow-list's entries: written, removed, listed, and shown with their history.

import { labelOf, refer, standingAt, type Entry, type Removed } from "../allow-list.ts";
import { withAuthors } from "../asking/known-authors.ts";
import { authorsAfter } from "../entry-authors.ts";
import { optional } from "../optional.ts";
import type { Disconnect } from "../disconnect.ts";
import type { PolicyEvent } from "../events.ts";
import { BadInput, Refused } from "../faults.ts";
import { reasonOf, unsaid } from "../grounds.ts";
import type { Instant, ServiceId } from "../ids.ts";
import { entrySubject, isEvent, notBefore, type Change, type EntryKey, type Head, type Page } from "../ledger.ts";
import { concurrently } from "../loop/concurrently.ts";
import type { UnreadableEntry } from "../ports.ts";
import { over, saysTheSame, written, type SaidEntry } from "../said-entry.ts";
import type { Service } from "../service.ts";
import { entryWords } from "../entry-words.ts";
import type { Explanation } from "../explain.ts";
import { utc } from "../when.ts";
import { personWords } from "../wording.ts";
import { checkEntry } from "./asking-together.ts";
import { contactOf, tellContact, type ToldContact } from "./contacts.ts";
import { foreseen } from "./cuts.ts";
import { disconnectText } from "./disconnect-given.ts";
import type { Outlook } from "./fates.ts";
import { historyOf, type Told } from "./history.ts";
import { anEntry, asTyped, listedEntries, putEntry, read, removedEntry } from "./inputs.ts";
import { checkApprovers } from "./known-approvers.ts";
import { byOperator, untilCommitted, type Deployment, type Operator, type OperatorPorts } from "./operator.ts";
import { outlook } from "./outlook.ts";
import { all, walk } from "./paging.ts";
import { lastingDrift, type Problem } from "./permission-drift.ts";
import { keyWords, principalWords } from "./principals.ts";
import { inCare } from "./services.ts";
import { wouldGet } from "./would-get.ts";
import { isUnreadable, refusedUnreadable, shownUnreadable, type UnreadableShown } from "./unreadable-entry.ts";

export interface Put {
  readonly entry: Entry;
  /** With `preview`: whether it would. */
  readonly changed: boolean;
  /** What the entry was before, when it was another. */
  readonly before?: Entry;
  /** What follows for the connections there are; absent when nobody looked. */
  readonly outlook?: Outlook;
  /** Only of a preview, for one account at one service: what would become of a new connection from there, with the entry in place. */
  readonly explanation?: Explanation;
  /** Where the contact was to be told. */
  readonly contact?: ToldContact;
  /** What this leaves of endpoint services' permissions that no sweep puts right. */
  readonly problems?: readonly Problem[];
}

/** Adds or changes an entry; writing what is there already changes nothing. With `merge`, who they are stays unless it is given. */
export async function put(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Put> {
  const { version, reason, confirm, preview, merge, tellContact: tells, contactLink, ...said } = read(putEntry, input);
  await checkApprovers(ports, { "asking.approvers": said.asking?.approvers, "asking.escalateTo": said.asking?.escalateTo });
  const services = said.service === "*" ? await ports.services.all() : [await inCare(ports, said.service)];
  const key = { service: said.service, principal: said.principal };
  const put = await untilCommitted(keyWords(key), async (): Promise<Put | "conflict"> => {
    const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
    const before = await foundAt(ports, key);
    if (isUnreadable(before)) throw refusedUnreadable(before);
    const at = notBefore(ports.clock(), expected);
    const stands = before && standingAt(before, at);
    if (version !== undefined) refuseClash(key, stands, version);
    const wanted = merge ? over(said, stands) : said;
    if (tells) contactOf(wanted);
    checkTyped(input, wanted, ports, services);
    if (stands !== undefined && saysTheSame(stands, wanted))
      return { entry: stands, changed: false, ...(preview ? optional("explanation", await wouldGet(ports, stands)) : {}) };
    const entry = entryBy(wanted, before, { actor, at, version: expected.seq + 1, reason });
    const put = { entry, changed: true, ...optional("before", stands) };
    if (preview)
      return { ...put, outlook: await outlook(ports, { entries: [entry] }), ...optional("explanation", await wouldGet(ports, entry)) };
    const follows = await foreseen(ports, { entries: [entry] }, confirm);
    const head = await ports.ledger.commit(entryChange(actor, expected, before, entry, reason));
    return typeof head === "string" ? "conflict" : { ...put, ...optional("outlook", follows) };
  });
  if (preview) return put;
  const problems = put.changed && !/^(account|endpoint)#/.test(put.entry.principal) ? await driftAt(ports, put.entry.service) : [];
  return {
    ...put,
    ...(tells ? { contact: await tellContact(ports, put.entry, contactLink) } : {}),
    ...optional("problems", problems.length === 0 ? undefined : problems),
  };
}

/** Permissions cannot follow an entry that speaks of many. */
async function driftAt(ports: OperatorPorts, service: ServiceId | "*"): Promise<Problem[]> {
  const concerned = (await ports.services.all()).filter((one) => service === "*" || one.service === service);
  return (await concurrently(concerned, 4, (one) => lastingDrift(ports, one))).flat();
}

function checkTyped(input: unknown, said: SaidEntry, { clock, deployment }: OperatorPorts, services: readonly Service[]): void {
  try {
    checkSaid(said, clock(), deployment);
    checkEntry(said, services);
  } catch (error) {
    throw asTyped(input, error);
  }
}

/** The entry as this operator's version of it; whoever wrote one before goes on being an author. */
export const entryBy = (
  said: SaidEntry,
  before: Entry | undefined,
  {
    actor: { arn },
    at,
    version,
    reason,
  }: { readonly actor: Operator; readonly at: Instant; readonly version: number; readonly reason?: string | undefined },
): Entry => ({
  ...written(said, before && standingAt(before, at), {
    version,
    author: arn,
    at,
    ...optional("reason", reason && saidReason(reason)),
  }),
  authors: authorsAfter(before, arn),
});

const saidReason = (reason: string): string | undefined => reasonOf({ rule: "operator", detail: reason });

/** The commit that writes an entry, in the words of the log. */
export function entryChange(actor: Operator, expected: Head, before: Entry | undefined, entry: Entry, reason?: string): Change {
  const { service, principal, at } = entry;
  // What it was for before is no reason for this change.
  const newly = (field: "purpose" | "ticket"): string | undefined => (entry[field] === before?.[field] ? undefined : entry[field]);
  const told = byOperator(actor, reason ?? newly("purpose") ?? newly("ticket") ?? unsaid.entry);
  const event: PolicyEvent =
    before === undefined
      ? { type: "EntryAdded", entry: refer(entry), to: entry, at, ...told }
      : { type: "EntryChanged", entry: refer(entry), from: before, to: entry, at, ...told };
  return { of: "entry", key: { service, principal }, after: entry, events: [event], expected };
}

/** What each field allows by itself, and what they must not say together. */
export function checkSaid(said: SaidEntry, now: string, { organizations = false }: Pick<Deployment, "organizations">): void {
  const { principal, verdict, conditions, name, label, onExpiry, disconnect } = said;
  if (!organizations && /^(ou|org)#/.test(principal))
    throw new Refused(
      "NotConfigured",
      `${principalWords(principal)} cannot be an entry's principal: looking accounts up in AWS Organizations is not configured yet`,
      "set organizationsRole in drawbridge.config.yml and deploy again, or name the accounts themselves",
    );
  const { notBefore, expires, atMost } = conditions;
  if (expires !== undefined && expires <= now) throw new BadInput("conditions.expires", expires, "give a time to come");
  if (notBefore !== undefined && expires !== undefined && notBefore >= expires)
    throw new BadInput("conditions.notBefore", notBefore, `give a time before ${expires}, when the entry expires`);
  if (atMost !== undefined && verdict !== "accept")
    throw new BadInput("conditions.atMost", atMost, `leave it out: only an entry that accepts has a limit, and this one says ${verdict}`);
  if (said.vpc !== undefined && !/^(endpoint|account)#/.test(principal))
    throw new BadInput("vpc", said.vpc.id, "leave it out: only an entry about one account or endpoint names a VPC");
  // Who is kept out, or stands for many, is given no name in DNS.
  const isNamed = verdict !== "reject" && /^(endpoint|account)#/.test(principal);
  if (isNamed && name !== undefined && label === undefined && labelOf({ name }) === undefined)
    throw new BadInput("name", name, "it makes no DNS label; give a label too");
  if (onExpiry !== undefined && expires === undefined)
    throw new BadInput("onExpiry", disconnectText(onExpiry), "say when the entry expires, or leave it out");
  if (disconnect !== undefined && verdict === "accept")
    throw new BadInput("disconnect", disconnectText(disconnect), "leave it out: an entry that accepts cuts nobody");
}

export function refuseClash(key: EntryKey, before: Entry | undefined, version: number): void {
  if ((before?.version ?? 0) === version) return;
  const now =
    before === undefined
      ? "there is none now"
      : `it is at version ${String(before.version)}, written by ${personWords(before.author)}, ${utc(before.at)}`;
  throw new Refused(
    "VersionClash",
    `The entry for ${keyWords(key)} is not at version ${String(version)}: ${now}`,
    "look at it again, and repeat the command with the version that it has",
  );
}

export interface RemovedEntry {
  /** Absent where nobody could read it. */
  readonly entry?: Entry;
  readonly unreadable?: string;
  readonly changed: true;
  /** What becomes of the connections that it held. */
  readonly disconnect: Disconnect;
  readonly outlook?: Outlook;
}

/** Removes an entry. What it let in is kept, or cut, as is said here, or by the service; a waiting consumer is judged anew. */
export async function remove(ports: OperatorPorts, actor: Operator, input: unknown): Promise<RemovedEntry> {
  const { version, reason, confirm, preview, disconnect, service, principal } = read(removedEntry, input);
  const key = { service, principal };
  const usual = service === "*" ? undefined : (await ports.services.get(service))?.onRemoval;
  return untilCommitted(keyWords(key), async () => {
    const expected = await ports.ledger.head(entrySubject(service, principal));
    const before = await foundAt(ports, key);
    // Whatever version an unreadable row was of, it is to go.
    if (version !== undefined && !isUnreadable(before)) refuseClash(key, before, version);
    if (before === undefined) throw noEntry(key);
    const tombstone = tombstoneOf(actor, expected, key, notBefore(ports.clock(), expected), { disconnect, reason });
    const what = isUnreadable(before) ? { unreadable: before.unreadable } : { entry: before };
    const done = { ...what, changed: true as const, disconnect: disconnect ?? usual ?? "keep" };
    if (preview) return { ...done, outlook: await outlook(ports, { removed: [tombstone] }) };
    const follows = await foreseen(ports, { removed: [tombstone] }, confirm);
    const head = await ports.ledger.commit(removalChange(actor, expected, before, tombstone, reason));
    return typeof head === "string" ? "conflict" : { ...done, ...optional("outlook", follows) };
  });
}

export const tombstoneOf = (
  actor: Operator,
  expected: Head,
  key: EntryKey,
  at: Instant,
  { disconnect, reason }: { readonly disconnect?: Disconnect | undefined; readonly reason?: string | undefined },
): Removed => ({
  ...key,
  version: expected.seq + 1,
  removed: { at, by: actor.arn, ...optional("disconnect", disconnect), ...optional("reason", reason && saidReason(reason)) },
});

export function removalChange(
  actor: Operator,
  expected: Head,
  before: Entry | UnreadableEntry,
  tombstone: Removed,
  reason?: string,
): Change {
  const { service, principal, removed } = tombstone;
  const what = isUnreadable(before)
    ? { entry: { service, principal, version: expected.seq }, from: before.row }
    : { entry: refer(before), from: before };
  const event: PolicyEvent = {
    type: "EntryRemoved",
    ...what,
    ...optional("disconnect", removed.disconnect),
    at: removed.at,
    ...byOperator(actor, reason ?? unsaid.entry),
  };
  return { of: "entry", key: { service, principal }, tombstone, events: [event], expected };
}

export interface ListedEntries extends Page<Entry> {
  /** Rows that cannot be read; they hide no other. */
  readonly unreadable?: readonly UnreadableShown[];
  /** When it was: which of them have ended is told by that. */
  readonly at: Instant;
}

/** The entries of one service; or of every service in care, now or once, and of `*`, which comes first. */
export async function list(ports: OperatorPorts, input: unknown): Promise<ListedEntries> {
  const { service, principal, endsBefore, ...page } = read(listedEntries, input);
  const services = service === undefined ? await everywhere(ports) : [service];
  const now = ports.clock();
  const standing = (found: Entry | UnreadableEntry): Entry | UnreadableEntry | undefined =>
    isUnreadable(found) ? found : standingAt(found, now);
  const ends = (found: Entry | UnreadableEntry): boolean =>
    endsBefore === undefined || isUnreadable(found) || (found.conditions.expires ?? endsBefore) < endsBefore;
  const { items, ...rest }: Page<Entry | UnreadableEntry> =
    principal === undefined
      ? await walk(
          services.map((at) => ({
            key: at,
            page: async (request) => {
              const its = await ports.allowList.ofService(at, request);
              return { ...its, items: its.items.flatMap((found) => standing(found) ?? []) };
            },
          })),
          page,
          ends,
        )
      : {
          items: (await ports.allowList.inspect(services.map((at) => ({ service: at, principal }))))
            .flatMap((found) => standing(found) ?? [])
            .filter(ends),
        };
  const isEmpty = items.length === 0 && rest.cursor === undefined;
  if (isEmpty && service !== undefined && service !== "*" && !(await everywhere(ports)).includes(service)) await inCare(ports, service);
  const unreadable = items.filter(isUnreadable).map(shownUnreadable);
  return {
    ...rest,
    items: items.filter((found): found is Entry => !isUnreadable(found)),
    ...optional("unreadable", unreadable.length === 0 ? undefined : unreadable),
    at: now,
  };
}

/** A released service keeps its entries for the day it is taken up again: the log knows which there were. */
async function everywhere(ports: OperatorPorts): Promise<(ServiceId | "*")[]> {
  const [inCareNow, { items }] = await Promise.all([
    ports.services.all(),
    all((page) => ports.ledger.search({ by: "type", value: "ServiceRemoved" }, page), releasesMax),
  ]);
  const released = items.filter(isEvent).flatMap(({ event }) => (event.type === "ServiceRemoved" ? [event.service] : []));
  return ["*", ...[...new Set([...inCareNow.map(({ service }) => service), ...released])].sort()];
}
const releasesMax = 1000;

export interface ShownEntry {
  /** Absent when it has been removed, or was an answer's that has run out: its history is still told. */
  readonly entry?: Entry;
  readonly words?: string;
  /** Why the row that stands there cannot be read. */
  readonly unreadable?: string;
  readonly history: readonly Told[];
}

export async function show(ports: OperatorPorts, input: unknown): Promise<ShownEntry> {
  const key = read(anEntry, input);
  const [found, { history }] = await Promise.all([foundAt(ports, key), historyOf(ports.ledger, entrySubject(key.service, key.principal))]);
  if (isUnreadable(found)) return { unreadable: found.unreadable, history };
  const entry = found && standingAt(found, ports.clock());
  if (entry === undefined && history.length === 0) throw noEntry(key);
  return { ...(entry === undefined ? {} : { entry, words: entryWords(entry) }), history };
}

/** What stands at the key as its row is, with all its authors; also what nobody can read. */
const foundAt = async (
  { allowList, ledger }: OperatorPorts,
  { service, principal }: EntryKey,
): Promise<Entry | UnreadableEntry | undefined> => (await withAuthors(allowList, ledger).inspect([{ service, principal }]))[0];
/** The entry as its row is, with all its authors. */
export const entryAt = async ({ allowList, ledger }: OperatorPorts, { service, principal }: EntryKey): Promise<Entry | undefined> =>
  (await withAuthors(allowList, ledger).read([{ service, principal }]))[0];
const noEntry = (key: EntryKey): Refused =>
  new Refused("NotFound", `There is no entry for ${keyWords(key)}`, "see which there are with: drawbridge list");
