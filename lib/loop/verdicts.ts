// What the allow-list says to many consumers now: one read of exactly the keys that can match, whatever the list's length.

import {
  candidateKeys,
  entryId,
  judge,
  underneath,
  type Consumer,
  type Entry,
  type Judgement,
  type Membership,
  type Removed,
} from "../allow-list.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { EntryRef } from "../events.ts";
import { frozenWords } from "../freeze.ts";
import type { AccountId, EndpointId, Instant, ServiceId } from "../ids.ts";
import type { EntryKey } from "../ledger.ts";
import type { Observed } from "../observed.ts";
import type { AllowList, Bearing, Clock, Organizations } from "../ports.ts";
import { concurrently } from "./concurrently.ts";

export interface VerdictPorts {
  readonly clock: Clock;
  readonly allowList: Pick<AllowList, "standing" | "bearing" | "counts">;
  readonly organizations: Organizations;
}

/** Who stands for AWS Organizations where no role may ask it: nobody's organization is known, and where that matters people are asked. */
export const organizationsUnknown: Organizations = { of: () => Promise.resolve("unknown") };

/** Who is judged, or would be if they connected; `held` is the entry that let the connection in. */
export type Judged = Consumer & { readonly held?: EntryRef };
export type Candidate = Judged & { readonly endpoint: EndpointId };

/** A connection as AWS shows it, or else as its record has it. */
export const candidateOf = (
  { endpoint, service, account, region, ipAddressType }: Observed | Connection,
  record: Connection | undefined,
): Candidate => ({
  endpoint,
  service,
  account,
  ...optional("region", region),
  ...optional("ipAddressType", ipAddressType),
  ...optional("counter", record?.counter),
  ...optional("held", heldBy(record)),
});

export interface Ruling {
  readonly judgement: Judgement;
  readonly judgedAt: Instant;
  /** What stands at the key of the entry that let the connection in: the entry as it is now, or what its removal left. */
  readonly holder?: Entry | Removed;
}

const lookupsAtOnce = 4;

export async function verdicts(ports: VerdictPorts, candidates: readonly Candidate[]): Promise<Map<EndpointId, Ruling>> {
  const given = await rulings(ports, candidates);
  return new Map(candidates.flatMap(({ endpoint }, index) => (given[index] === undefined ? [] : [[endpoint, given[index]]])));
}

/** In the order of those who are judged. */
export async function rulings(ports: VerdictPorts, judged: readonly Judged[]): Promise<Ruling[]> {
  if (judged.length === 0) return [];
  const services = [...new Set(judged.map(({ service }) => service))];
  const bearings = new Map(await concurrently(services, lookupsAtOnce, async (id) => [id, await ports.allowList.bearing(id)] as const));
  const members = await memberships(ports, judged, bearings);
  const consumers = judged.map((one) => ({ ...one, ...optional("organization", members.get(one.account)) }));
  const keys = new Map(consumers.flatMap((one) => [...candidateKeys(one), ...heldKey(one)]).map((key) => [entryId(key), key]));
  const { entries, removed } = await ports.allowList.standing([...keys.values()]);
  const limited = entries.filter(({ conditions }) => conditions.atMost !== undefined).map(entryId);
  const counts = limited.length === 0 ? new Map<string, number>() : await ports.allowList.counts(limited);
  const now = ports.clock();
  const at = new Map<string, Entry>(entries.map((entry) => [entryId(entry), entry]));
  const left = new Map<string, Removed>(removed.map((one) => [entryId(one), one]));
  return consumers.map((consumer) => {
    const bearing = bearings.get(consumer.service);
    const matching = candidateKeys(consumer).flatMap((key) => at.get(entryId(key)) ?? []);
    const frozen = frozenWords(bearing?.freezes ?? []);
    const circumstances = { counts, ...optional("frozen", frozen), ...optional("units", bearing?.units) };
    const held = consumer.held && entryId(consumer.held);
    const there = held === undefined ? undefined : (at.get(held) ?? left.get(held));
    const holder = there === undefined || "removed" in there ? there : underneath(there);
    return { judgement: judge(matching, consumer, now, circumstances), judgedAt: now, ...optional("holder", holder) };
  });
}

/** The entry that let a connection in, if one did. */
export const heldBy = (connection: Connection | undefined): EntryRef | undefined =>
  connection !== undefined && "decision" in connection && connection.decision?.by.kind === "entry"
    ? connection.decision.by.entry
    : undefined;

const heldKey = ({ held }: Judged): EntryKey[] => (held === undefined ? [] : [held as EntryKey]);

/** Nobody is asked where no entry speaks of units or organizations. */
async function memberships(
  { organizations }: VerdictPorts,
  judged: readonly Judged[],
  bearings: ReadonlyMap<ServiceId, Bearing>,
): Promise<Map<AccountId, Membership>> {
  const matters = (service: ServiceId): boolean => {
    const units = bearings.get(service)?.units;
    return units === undefined || units.here.entries > 0 || units.everywhere.entries > 0;
  };
  const accounts = [...new Set(judged.filter(({ service }) => matters(service)).map(({ account }) => account))];
  return new Map(await concurrently(accounts, lookupsAtOnce, async (account) => [account, await organizations.of(account)] as const));
}
