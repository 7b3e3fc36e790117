// Who may ask at an endpoint service, as EC2 keeps it; what Drawbridge wrote down as its own; and what must hold of both.

import type { Entry } from "../../lib/allow-list.ts";
import { accountId, instant, type AccountId, type ServiceId } from "../../lib/ids.ts";
import { serviceSubject, type StoredEvent } from "../../lib/ledger.ts";
import type { PermissionPorts } from "../../lib/loop/permissions.ts";
import type { Allowed, Permit } from "../../lib/permissions.ts";
import type { Service } from "../../lib/service.ts";
import { accounts, operatorArn } from "./given.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import { cannotFollow, mayAsk } from "./oracle-permissions.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const everybody: readonly AccountId[] = [...accounts, accountId("555555555555")];
const others = ["*", "arn:aws:iam::444444444444:role/admin"] as const;

/** A principal with those who added it since it was last away. */
type Principals = ReadonlyMap<string, ReadonlySet<"drawbridge" | "somebody">>;

/** What one run read of one service before it changed anything. */
interface Read {
  shown: ReadonlySet<string>;
  ours: ReadonlySet<AccountId>;
  /** The list at this service, once for each time it was read. */
  readonly lists: Entry[][];
  clock: string;
}

export class ServicePermissions {
  readonly #world: World;
  readonly #random: Random;
  readonly #versions = new Map<ServiceId, { readonly at: number; readonly principals: Principals }[]>();
  readonly #permits = new Map<ServiceId, Map<AccountId, Permit>>();
  readonly #reads = new WeakMap<Invocation, Map<ServiceId | "*", Read>>();
  /** Until when each service was enforced and followed the list. */
  readonly #followed = new Map<ServiceId, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  // EC2

  #now(service: ServiceId): Principals {
    return this.#versions.get(service)?.at(-1)?.principals ?? new Map();
  }

  #put(service: ServiceId, principals: Principals): void {
    this.#versions.set(service, [...(this.#versions.get(service) ?? []), { at: this.#world.schedule.now, principals }]);
  }

  #shown(service: ServiceId): Principals {
    const { schedule, faults, random } = this.#world;
    const at = schedule.now - (faults.happens("stale") ? random.between(1, 90_000) : 0);
    return this.#versions.get(service)?.findLast((version) => version.at <= at)?.principals ?? new Map();
  }

  #modify(service: ServiceId, add: readonly string[], remove: readonly string[], by: "drawbridge" | "somebody"): void {
    const principals = new Map(this.#now(service));
    for (const one of add) principals.set(one, new Set([...(principals.get(one) ?? []), by]));
    for (const one of remove) principals.delete(one);
    this.#put(service, principals);
    this.#world.tell("ec2", () => `${service} lets ask ${[...principals.keys()].toSorted().join(", ")}`);
  }

  // People

  /** The setting a service comes into care with. */
  setting(service: ServiceId): { readonly permissions?: "follow" } {
    if (this.#world.besides.setup.permissions !== true) return {};
    if (this.#random.chance(0.5)) this.#modify(service, [this.#random.pick(everybody), this.#random.pick(others)], [], "somebody");
    return this.#random.chance(0.85) ? { permissions: "follow" } : {};
  }

  /** In the console somebody adds or removes whom they please. */
  click(): void {
    const random = this.#random;
    const service = random.pick(this.#world.people.serviceIds);
    const one = random.chance(0.75) ? random.pick(everybody) : random.pick(others);
    const adds = random.chance(0.6);
    this.#world.tell("console", () => `${adds ? "lets" : "lets no longer"} ${one} ask at ${service}`);
    this.#modify(service, adds ? [one] : [], adds ? [] : [one], "somebody");
  }

  /** An operator switches following on or off. */
  change(): void {
    const { functions, store, people } = this.#world;
    const id = this.#random.pick(people.serviceIds);
    functions.api(serviceSubject(id), (expected, at) => {
      const from = store.services.get(id);
      if (from === undefined) return undefined;
      const permissions = from.permissions === "follow" ? "off" : "follow";
      const after: Service = { ...from, version: expected.seq + 1, permissions };
      const because = { rule: "operator", detail: `permissions: ${permissions}` } as const;
      const event = {
        at,
        by: { kind: "operator", arn: operatorArn },
        because,
        type: "ServiceChanged",
        service: id,
        from,
        to: after,
      } as const;
      return { of: "service", key: id, after, expected, events: [event] };
    });
  }

  /** Before a service is written anew: until now it did what it says there. */
  written(before: Service | undefined): void {
    if (before !== undefined && follows(before)) this.#followed.set(before.service, this.#world.schedule.now);
  }

  // Ports

  /** The sweep's ports, with those that it follows the list by in the lives that have them. */
  permitting<P extends Pick<PermissionPorts, "clock" | "services" | "ledger">>(
    by: Invocation,
    ports: P,
  ): P & { readonly permissions?: PermissionPorts } {
    if (this.#world.besides.setup.permissions !== true) return ports;
    const { store, lambda, setup } = this.#world;
    const { clock, services, ledger } = ports;
    const call = <T>(about: string, apply: () => T): Promise<T> => lambda.call(by, about, apply);
    const allowList: PermissionPorts["allowList"] = {
      ofService: (service, page = {}) =>
        call("allowList.ofService", () => {
          const all = [...store.entries.values()]
            .filter((entry) => entry.service === service && (page.cursor === undefined || entry.principal > page.cursor))
            .sort((a, b) => (a.principal < b.principal ? -1 : 1));
          const items = all.slice(0, setup.pageSize);
          this.#hasRead(by, service, items, page.cursor);
          const last = items.at(-1)?.principal;
          return all.length <= setup.pageSize || last === undefined ? { items } : { items, cursor: last };
        }),
    };
    const endpointServices: PermissionPorts["endpointServices"] = {
      allowed: (service) => call("ec2.allowed", () => this.#describe(by, service)),
      allow: (service, add, remove) =>
        call(`ec2.allow ${service} +${add.join()} -${remove.join()}`, () => {
          this.#mayChange(by, service, add, remove);
          this.#modify(service, add, remove, "drawbridge");
        }),
    };
    const permits = this.#permitsFor(by, call);
    return { ...ports, permissions: { clock, services, ledger, allowList, endpointServices, permits } };
  }

  #permitsFor(by: Invocation, call: <T>(about: string, apply: () => T) => Promise<T>): PermissionPorts["permits"] {
    const at = (service: ServiceId): Map<AccountId, Permit> => {
      const its = this.#permits.get(service) ?? new Map<AccountId, Permit>();
      this.#permits.set(service, its);
      return its;
    };
    return {
      of: (service) =>
        call("permits.of", () => {
          const ours = [...at(service).values()].sort((a, b) => (a.account < b.account ? -1 : 1));
          this.#read(by, service).ours = new Set(ours.map(({ account }) => account));
          return ours;
        }),
      keep: (service, permit) =>
        call(`permits.keep ${permit.account}`, () => {
          this.#mayKeep(by, service, permit.account);
          at(service).set(permit.account, permit);
        }),
      forget: (service, { account, at: keptAt }) =>
        call(`permits.forget ${account}`, () => {
          if (at(service).get(account)?.at === keptAt) at(service).delete(account);
        }),
    };
  }

  #describe(by: Invocation, service: ServiceId): Allowed {
    const principals = [...this.#shown(service).keys()].sort();
    const read = this.#read(by, service);
    read.shown = new Set(principals);
    read.clock = this.#world.lambda.clock(by);
    const isAccount = (one: string): one is AccountId => /^\d{12}$/.test(one);
    return { accounts: principals.filter(isAccount), others: principals.filter((one) => !isAccount(one)) };
  }

  #read(by: Invocation, service: ServiceId | "*"): Read {
    const its = this.#reads.get(by) ?? new Map<ServiceId | "*", Read>();
    this.#reads.set(by, its);
    const read = its.get(service) ?? { shown: new Set(), ours: new Set(), lists: [], clock: "" };
    its.set(service, read);
    return read;
  }

  /** A page after the one that it continues; what bears on every service may be read by several at once. */
  #hasRead(by: Invocation, at: ServiceId | "*", items: readonly Entry[], cursor: string | undefined): void {
    const read = this.#read(by, at);
    const from = cursor === undefined ? undefined : read.lists.findLast((list) => list.at(-1)?.principal === cursor);
    if (from === undefined) read.lists.push([...items]);
    else from.push(...items);
  }

  // What must hold

  #wants(by: Invocation, service: ServiceId): { readonly some: boolean; of: (account: AccountId) => "yes" | "no" | "either" } {
    const { lists, clock } = this.#read(by, service);
    const own = lists.at(-1) ?? [];
    const read = this.#read(by, "*").lists.map((everywhere) => [...own, ...everywhere]);
    // Between the last of what it read and now its clock has moved on.
    const clocks = [clock, this.#world.lambda.clock(by)];
    const said = (account: AccountId): boolean[] => clocks.flatMap((at) => read.map((entries) => mayAsk(entries, account, at)));
    return {
      some: clocks.some((at) => read.some((entries) => cannotFollow(entries, at) === undefined)),
      of: (account) => (said(account).every(Boolean) ? "yes" : said(account).some(Boolean) ? "either" : "no"),
    };
  }

  #mayKeep(by: Invocation, service: ServiceId, account: AccountId): void {
    if (this.#read(by, service).shown.has(account))
      this.#fail("only what Drawbridge let ask is taken back", `${by.name} takes ${account} for its own, whom AWS showed it at ${service}`);
    if (this.#wants(by, service).of(account) === "no")
      this.#fail("who the list speaks of may ask", `${by.name} will let ${account} ask at ${service}, and the list does not say so`);
  }

  #mayChange(by: Invocation, service: ServiceId, add: readonly AccountId[], remove: readonly AccountId[]): void {
    const until = this.#isFollowing(service) ? Infinity : (this.#followed.get(service) ?? 0);
    const wants = this.#wants(by, service);
    if (until < by.startedAt || !wants.some)
      this.#fail("a service that does not follow keeps its permissions", `${by.name} changes ${service}: +${add.join()} -${remove.join()}`);
    const said = this.#world.store.log.get(serviceSubject(service)) ?? [];
    const says = ({ event }: StoredEvent): boolean =>
      event.type === "PermissionsFollowed" && event.added.join() === add.join() && event.removed.join() === remove.join();
    if (!said.some(says))
      this.#fail("permissions change only as the log says", `${by.name} changes ${service}: +${add.join()} -${remove.join()}, unsaid`);
    const { ours } = this.#read(by, service);
    for (const account of add)
      if (wants.of(account) === "no" || this.#permits.get(service)?.has(account) !== true)
        this.#fail("who the list speaks of may ask", `${by.name} lets ${account} ask at ${service}, wanted: ${wants.of(account)}`);
    for (const account of remove) {
      if (!ours.has(account) || wants.of(account) === "yes")
        this.#fail(
          "only what Drawbridge let ask is taken back",
          `${by.name} takes ${account} from ${service}, its own: ${String(ours.has(account))}, wanted: ${wants.of(account)}`,
        );
    }
  }

  #isFollowing(service: ServiceId): boolean {
    const stored = this.#world.store.services.get(service);
    return stored !== undefined && follows(stored);
  }

  /** After healing: all that the list wants, and beside it only what somebody else added. */
  atTheEnd(): void {
    const { store, schedule } = this.#world;
    for (const [id, service] of store.services) {
      if (!follows(service)) continue;
      const entries = [...store.entries.values()].filter((entry) => entry.service === id || entry.service === "*");
      // The last sweep went by some minutes ago.
      const clocks = [instant(schedule.now - slackMs), instant(schedule.now)];
      if (clocks.some((clock) => cannotFollow(entries, clock) !== undefined)) continue;
      for (const account of everybody) {
        const said = new Set(clocks.map((clock) => mayAsk(entries, account, clock)));
        if (said.size > 1) continue;
        const adders = this.#now(id).get(account);
        if (said.has(true) ? adders === undefined : adders !== undefined && !adders.has("somebody"))
          this.#fail(
            "who the list speaks of may ask",
            `${account} ${adders === undefined ? "may not" : "may"} ask at ${id}, and the list says otherwise`,
          );
        const permit = this.#permits.get(id)?.get(account);
        // For an hour it stays ours: what let the account ask may still be on its way.
        const rests = permit?.at !== undefined && schedule.now - Date.parse(permit.at) < permitRestsMs + slackMs;
        if (said.has(false) && permit !== undefined && !rests)
          this.#fail("only what Drawbridge let ask is taken back", `${account} is Drawbridge's own at ${id}, and wanted no more`);
      }
    }
  }
}

const slackMs = 600_000;
const permitRestsMs = 3_600_000;
const follows = ({ mode, permissions }: Service): boolean => mode === "enforce" && permissions === "follow";
