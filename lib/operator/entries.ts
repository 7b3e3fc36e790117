// The allow-list's entries: written, removed, listed, and shown with their history.

import { labelOf, refer, type Entry } from "../allow-list.ts";
import { optional } from "../connection.ts";
import type { PolicyEvent } from "../events.ts";
import { BadInput, Refused } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { canonical, entrySubject, type EntryKey, type Page } from "../ledger.ts";
import { entryWords } from "../wording.ts";
import { confirmCut } from "./cuts.ts";
import { historyOf, type Told } from "./history.ts";
import { anEntry, listedEntries, putEntry, read, removedEntry } from "./inputs.ts";
import { byOperator, untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";
import { walk } from "./paging.ts";
import { principalWords } from "./principals.ts";
import { inCare } from "./services.ts";

export interface Put {
  readonly entry: Entry;
  readonly changed: boolean;
  /** What the entry was before, when it was another. */
  readonly before?: Entry;
}

/** Adds or changes an entry; writing what is there already changes nothing. */
export async function put(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Put> {
  const { version, reason, confirm, ...said } = read(putEntry, input);
  checkSaid(said, ports.clock());
  if (said.service !== "*") await inCare(ports, said.service);
  const key = { service: said.service, principal: said.principal };
  return untilCommitted(keyWords(key), async () => {
    const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
    const before = await entryAt(ports, key);
    if (version !== undefined) refuseClash(key, before, version);
    if (before !== undefined && same(before, said)) return { entry: before, changed: false };
    const at = ports.clock();
    const entry: Entry = { ...said, version: expected.seq + 1, author: actor.arn, at };
    await confirmCut(ports, entry, confirm);
    const told = byOperator(actor, reason ?? said.purpose ?? said.ticket ?? "an operator's command");
    const event: PolicyEvent =
      before === undefined
        ? { type: "EntryAdded", entry: refer(entry), to: entry, at, ...told }
        : { type: "EntryChanged", entry: refer(entry), from: before, to: entry, at, ...told };
    const head = await ports.ledger.commit({
      of: "entry",
      key,
      after: entry,
      events: [event],
      expected,
    });
    return typeof head === "string" ? "conflict" : { entry, changed: true, ...optional("before", before) };
  });
}

type Said = Omit<Entry, "version" | "author" | "at">;

/** What each field allows by itself, and what they must not say together. */
function checkSaid({ principal, conditions, name, label }: Said, now: string): void {
  if (principal.startsWith("ou#") || principal.startsWith("org#"))
    throw new Refused(
      "NotConfigured",
      `${principalWords(principal)} cannot be an entry's principal: looking accounts up in AWS Organizations is not configured yet`,
      "name the accounts themselves",
    );
  const { notBefore, expires } = conditions;
  if (expires !== undefined && expires <= now) throw new BadInput("conditions.expires", expires, "give a time to come");
  if (notBefore !== undefined && expires !== undefined && notBefore >= expires)
    throw new BadInput("conditions.notBefore", notBefore, `give a time before ${expires}, when the entry expires`);
  if (name !== undefined && label === undefined && labelOf({ name }) === undefined)
    throw new BadInput("name", name, "it makes no DNS label; give a label too");
}

const same = (before: Entry, said: Said): boolean => {
  const { version: _version, author: _author, at: _at, ...rest } = before;
  return canonical(rest) === canonical(said);
};

function refuseClash(key: EntryKey, before: Entry | undefined, version: number): void {
  if ((before?.version ?? 0) === version) return;
  const now =
    before === undefined ? "there is none now" : `it is at version ${String(before.version)}, written by ${before.author} at ${before.at}`;
  throw new Refused(
    "VersionClash",
    `The entry for ${keyWords(key)} is not at version ${String(version)}: ${now}`,
    "look at it again, and repeat the command with the version that it has",
  );
}

/** Removes an entry. Connections it let in stay connected; a waiting consumer is judged anew. */
export async function remove(ports: OperatorPorts, actor: Operator, input: unknown): Promise<{ entry: Entry; changed: true }> {
  const { version, reason, ...key } = read(removedEntry, input);
  return untilCommitted(keyWords(key), async () => {
    const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
    const before = await entryAt(ports, key);
    if (version !== undefined) refuseClash(key, before, version);
    if (before === undefined) throw noEntry(key);
    const event: PolicyEvent = {
      type: "EntryRemoved",
      entry: refer(before),
      from: before,
      at: ports.clock(),
      ...byOperator(actor, reason ?? "an operator's command"),
    };
    const head = await ports.ledger.commit({ of: "entry", key, events: [event], expected });
    return typeof head === "string" ? "conflict" : { entry: before, changed: true };
  });
}

/** The entries of one service, or of every service in care and of `*`, which comes first. */
export async function list(ports: OperatorPorts, input: unknown): Promise<Page<Entry>> {
  const { service, principal, ...page } = read(listedEntries, input);
  const services = service === undefined ? await everywhere(ports) : [service];
  if (principal !== undefined)
    return {
      items: await ports.allowList.read(services.map((at) => ({ service: at, principal }))),
    };
  return walk(
    services.map((at) => ({ key: at, page: (request) => ports.allowList.ofService(at, request) })),
    page,
  );
}

const everywhere = async (ports: OperatorPorts): Promise<(ServiceId | "*")[]> => [
  "*",
  ...(await ports.services.all()).map(({ service }) => service).sort(),
];

export interface ShownEntry {
  /** Absent when it has been removed: its history is still told. */
  readonly entry?: Entry;
  readonly words?: string;
  readonly history: readonly Told[];
}

export async function show(ports: OperatorPorts, input: unknown): Promise<ShownEntry> {
  const key = read(anEntry, input);
  const [entry, { history }] = await Promise.all([entryAt(ports, key), historyOf(ports.ledger, entrySubject(key.service, key.principal))]);
  if (entry === undefined && history.length === 0) throw noEntry(key);
  return { ...(entry === undefined ? {} : { entry, words: entryWords(entry) }), history };
}

const entryAt = async (ports: OperatorPorts, key: EntryKey): Promise<Entry | undefined> => (await ports.allowList.read([key]))[0];
const keyWords = ({ service, principal }: EntryKey): string =>
  `${principalWords(principal)} at ${service === "*" ? "every service" : service}`;
const noEntry = (key: EntryKey): Refused =>
  new Refused("NotFound", `There is no entry for ${keyWords(key)}`, "see which there are with: drawbridge list");
