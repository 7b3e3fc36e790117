// Many entries at once: each is a commit and an event of its own, refused or done by itself; and what all of them would come to.

import { entryId, standingAt, type Entry, type Removed } from "../allow-list.ts";
import { withAuthors } from "../asking/known-authors.ts";
import { BadInput, Fault, Refused } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { entrySubject, noHead, notBefore, type EntryKey } from "../ledger.ts";
import { concurrently } from "../loop/concurrently.ts";
import { saysTheSame, type SaidEntry } from "../said-entry.ts";
import type { Service } from "../service.ts";
import { foreseen } from "./cuts.ts";
import { checkEntry } from "./asking-together.ts";
import { checkSaid, entryAt, entryBy, entryChange, refuseClash, removalChange, tombstoneOf } from "./entries.ts";
import type { Outlook } from "./fates.ts";
import { asTyped, entryBatch, foreseenPolicy, read } from "./inputs.ts";
import { checkApprovers } from "./known-approvers.ts";
import { settingsOver } from "./service-settings.ts";
import { untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";
import { outlook } from "./outlook.ts";
import { keyWords } from "./principals.ts";
import { inCare } from "./services.ts";

/** What became of one change. */
export interface Outcome {
  readonly service: ServiceId | "*";
  readonly principal: string;
  readonly done: "added" | "changed" | "removed" | "nothing" | "refused";
  readonly version?: number;
  readonly code?: string;
  readonly message?: string;
}

const commitsAtOnce = 16;

/** Entries to write come first, then those to remove. A refused one does not keep the others from being done. */
export async function batch(ports: OperatorPorts, actor: Operator, input: unknown): Promise<{ items: Outcome[] }> {
  const { put, remove, reason, confirm } = read(entryBatch, input);
  await checkAll(ports, input, put);
  await checkApprovers(ports, {
    "asking.approvers": put.flatMap((said) => said.asking?.approvers ?? []),
    "asking.escalateTo": put.flatMap((said) => said.asking?.escalateTo ?? []),
  });
  const before = await entriesAt(ports, [...put, ...remove]);
  const at = ports.clock();
  const next = (key: EntryKey): number => (before.get(entryId(key))?.version ?? 0) + 1;
  const entries = put.map(({ version: _version, ...said }) =>
    entryBy(said, before.get(entryId(said)), { actor, at, version: next(said), reason }),
  );
  const removed = remove.map(({ disconnect, service, principal }) =>
    tombstoneOf(actor, noHead, { service, principal }, at, { disconnect }),
  );
  await foreseen(ports, { entries, removed }, confirm);
  const written = await concurrently(put, commitsAtOnce, (one) =>
    settled(one, () => write(ports, actor, one, before.get(entryId(one)), reason)),
  );
  const gone = await concurrently(remove, commitsAtOnce, (one) => settled(one, () => drop(ports, actor, one, reason)));
  return { items: [...written, ...gone] };
}

type Write = SaidEntry & { readonly version?: number };
type Drop = EntryKey & { readonly version?: number; readonly disconnect?: Removed["removed"]["disconnect"] };
type Done = Pick<Outcome, "done" | "version">;

/** A new entry is written without a look at its history first: it mostly has none, and if it has, the commit says so. */
async function write(
  ports: OperatorPorts,
  actor: Operator,
  { version, ...said }: Write,
  found: Entry | undefined,
  reason: string | undefined,
): Promise<Done> {
  let first = true;
  return untilCommitted(keyWords(said), async () => {
    const blind = first && found === undefined;
    const expected = blind ? noHead : await ports.ledger.head(entrySubject(said.service, said.principal));
    const before = blind ? undefined : first && found !== undefined && found.version === expected.seq ? found : await entryAt(ports, said);
    first = false;
    const at = notBefore(ports.clock(), expected);
    const stands = before && standingAt(before, at);
    if (stands !== undefined && saysTheSame(stands, said)) return { done: "nothing", version: stands.version };
    if (version !== undefined) refuseClash(said, stands, version);
    const entry = entryBy(said, before, { actor, at, version: expected.seq + 1, reason });
    const head = await ports.ledger.commit(entryChange(actor, expected, before, entry, reason));
    return typeof head === "string" ? "conflict" : { done: before === undefined ? "added" : "changed", version: entry.version };
  });
}

/** One that is gone already is as wanted. */
function drop(
  ports: OperatorPorts,
  actor: Operator,
  { version, disconnect, service, principal }: Drop,
  reason: string | undefined,
): Promise<Done> {
  const key = { service, principal };
  return untilCommitted(keyWords(key), async () => {
    const expected = await ports.ledger.head(entrySubject(service, principal));
    const [before] = await ports.allowList.read([key]);
    if (before === undefined) return { done: "nothing" };
    if (version !== undefined) refuseClash(key, before, version);
    const tombstone = tombstoneOf(actor, expected, key, notBefore(ports.clock(), expected), { disconnect, reason });
    const head = await ports.ledger.commit(removalChange(actor, expected, before, tombstone, reason));
    return typeof head === "string" ? "conflict" : { done: "removed", version: tombstone.version };
  });
}

async function settled({ service, principal }: EntryKey, work: () => Promise<Done>): Promise<Outcome> {
  try {
    return { service, principal, ...(await work()) };
  } catch (error) {
    if (error instanceof Refused || (error instanceof Fault && error.retryable))
      return { service, principal, done: "refused", code: error.code, message: error.message };
    throw error;
  }
}

/** `come` are services as they will be: changed, or taken into care; those that are let go matter no more. */
async function checkAll(
  ports: OperatorPorts,
  input: unknown,
  put: readonly SaidEntry[],
  come: readonly Service[] = [],
  gone: readonly ServiceId[] = [],
): Promise<void> {
  const now = ports.clock();
  const services = new Map([...(await ports.services.all()), ...come].map((service) => [service.service, service]));
  for (const service of gone) services.delete(service);
  for (const [index, said] of put.entries()) {
    try {
      checkSaid(said, now, ports.deployment);
      checkEntry(said, [...services.values()]);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      throw asTyped(input, new BadInput(`put.${String(index)}.${error.field}`, error.value, error.remedy));
    }
  }
  for (const service of new Set(put.map((said) => said.service)))
    if (service !== "*" && !services.has(service)) await inCare(ports, service);
}

const readAtOnce = 500;

async function entriesAt(ports: OperatorPorts, keys: readonly EntryKey[]): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  for (let start = 0; start < keys.length; start += readAtOnce)
    for (const entry of await withAuthors(ports.allowList, ports.ledger).read(
      keys.slice(start, start + readAtOnce).map(({ service, principal }) => ({ service, principal })),
    ))
      found.set(entryId(entry), entry);
  return found;
}

/** What a whole policy would come to for the connections there are. Nothing is written. */
export async function foresee(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Outlook> {
  const { put, remove, services, released } = read(foreseenPolicy, input);
  const before = await entriesAt(ports, put);
  const at = ports.clock();
  const entries = put.map(({ version: _version, ...said }) => {
    const there = before.get(entryId(said));
    return entryBy(said, there, { actor, at, version: (there?.version ?? 0) + 1 });
  });
  const removed = remove.map(({ disconnect, service, principal }) =>
    tombstoneOf(actor, noHead, { service, principal }, at, { disconnect }),
  );
  const changed = await Promise.all(
    // Where names are made does not bear on who connects.
    services.map(async ({ service, zone: _zone, ...said }): Promise<Service> => {
      const there = await ports.services.get(service);
      return settingsOver(there ?? { service, mode: "enforce", outsideAccept: "keep", addedAt: at, addedBy: actor.arn, version: 1 }, said);
    }),
  );
  await checkAll(ports, input, put, changed, released);
  return outlook(ports, { entries, removed, services: changed, released });
}
