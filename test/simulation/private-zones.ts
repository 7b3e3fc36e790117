// Whose VPCs may be associated with private zones, as Route 53 keeps it, and what must hold of that.

import type { Connection } from "../../lib/connection.ts";
import type { AccountId, ZoneId } from "../../lib/ids.ts";
import type { VpcPorts } from "../../lib/loop/vpcs.ts";
import type { Vpc } from "../../lib/vpcs.ts";
import { accounts, zone } from "./given.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import type { Random } from "./random.ts";
import type { Stored } from "./store.ts";
import type { World } from "./world.ts";

const keyOf = (at: ZoneId, { id, region }: Vpc): string => `${at} ${id} ${region}`;
const grantsOf = ({ grants = [] }: Connection): string[] => grants.map((grant) => keyOf(grant.zone, grant.vpc));

/** So long an index may lag here. */
const lagMs = 120_000;

export class PrivateZones {
  /** Each with whether somebody else made it. */
  readonly #authorized = new Map<string, { readonly foreign: boolean }>();
  readonly #foreign = new Set<string>();
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  get #isOn(): boolean {
    return this.#world.besides.setup.vpcs === true;
  }

  // People

  /** Whether the zone that a service comes into care with is a private one. */
  setting(): { readonly isPrivate?: true } {
    return this.#isOn && this.#random.chance(0.9) ? { isPrivate: true } : {};
  }

  /** The VPC that an entry names: an account has two, and other accounts' entries may name one of them. */
  named(account: AccountId | undefined): { readonly vpc?: Vpc } {
    if (!this.#random.chance(0.85)) return {};
    const index = accounts.indexOf(this.#random.chance(0.9) && account !== undefined ? account : this.#random.pick(accounts));
    const id = `vpc-${String(index + 1).padStart(16, "0")}${this.#random.chance(0.7) ? "1" : "2"}`;
    return { vpc: { id, region: "eu-west-1" } };
  }

  /** A consumer goes who was let in. */
  deleteOne(): void {
    const named = [...this.#world.store.records.values()].flatMap(({ kept }) =>
      kept.connection.grants === undefined ? [] : [kept.connection],
    );
    const row = named.length === 0 ? undefined : this.#world.ec2.rows.get(this.#random.pick(named).endpoint);
    if (row !== undefined) this.#world.ec2.delete(row);
  }

  /** Somebody else lets a VPC of their own in. */
  authorizeOther(): void {
    const vpc = { id: `vpc-${"f".repeat(16)}${String(this.#random.between(1, 2))}`, region: "eu-west-1" };
    this.#authorized.set(keyOf(zone.id, vpc), { foreign: true });
    this.#foreign.add(keyOf(zone.id, vpc));
    this.#world.tell("foreign", () => `lets ${vpc.id} into ${zone.id}`);
  }

  /** Somebody else takes out a VPC that Drawbridge let in. */
  putOut(vpc: Vpc): void {
    this.#authorized.delete(keyOf(zone.id, vpc));
    this.#world.tell("foreign", () => `takes ${vpc.id} out of ${zone.id}`);
  }

  // Ports

  /** What dns does besides names, in the lives that have it. */
  following<P extends Omit<VpcPorts, "zones"> & { readonly zones: object }>(by: Invocation, ports: P): P {
    if (!this.#isOn) return ports;
    const { lambda, system } = this.#world;
    const call = (about: string, apply: () => void): Promise<void> => lambda.call(by, about, apply);
    // There is no fence for these: a call that arrives after its function is gone is a blind spot (docs/reliability.md).
    const zones: VpcPorts["zones"] = {
      authorize: (at, vpc) =>
        call(`route53.authorize ${vpc.id}`, () => {
          if (!by.alive) return;
          this.#busy("route53:CreateVPCAssociationAuthorization");
          this.#mayAuthorize(by, at, vpc);
          this.#world.tell("route53", () => `${vpc.id} may be associated with ${at}`);
          if (!this.#authorized.has(keyOf(at, vpc))) this.#authorized.set(keyOf(at, vpc), { foreign: false });
        }),
      withdraw: (at, vpc) =>
        call(`route53.withdraw ${vpc.id}`, () => {
          if (!by.alive) return;
          this.#busy("route53:DeleteVPCAssociationAuthorization");
          this.#mayWithdraw(by, at, vpc);
          this.#world.tell("route53", () => `${vpc.id} may no longer be associated with ${at}`);
          this.#authorized.delete(keyOf(at, vpc));
        }),
      authorized: (at) =>
        lambda.call(by, "route53.authorized", () => {
          this.#busy("route53:ListVPCAssociationAuthorizations");
          return [...this.#authorized.keys()].flatMap((key) => {
            const [zoneOfKey, id = "", region = ""] = key.split(" ");
            return zoneOfKey === at ? [{ id, region }] : [];
          });
        }),
    };
    const own: VpcPorts = { ...ports, zones };
    return {
      ...ports,
      followVpcs: (ran: Parameters<typeof system.followVpcs>[1], wake: VpcPorts["wake"], compare: boolean) =>
        system.followVpcs({ ...own, wake }, ran, compare),
    };
  }

  #busy(action: string): void {
    if (this.#world.faults.happens("zone-busy"))
      throw new this.#world.system.Fault("ConcurrentModification", action, "Another user submitted a request at the same time.", true);
  }

  // What must hold

  #mayAuthorize(by: Invocation, at: ZoneId, vpc: Vpc): void {
    const known = [...by.reads.heads].some(([endpoint, { seq }]) => {
      const version = this.#world.store.records.get(endpoint)?.versions.findLast(({ connection }) => connection.seq === seq);
      return version?.connection.status === "connected" && grantsOf(version.connection).includes(keyOf(at, vpc));
    });
    if (!known)
      this.#fail("a VPC comes into a zone only by its entry", `${by.name} lets ${vpc.id} into ${at}, and knows nobody it is granted to`);
  }

  #mayWithdraw(by: Invocation, at: ZoneId, vpc: Vpc): void {
    const { records } = this.#world.store;
    const ours = [...records.values()].some(({ versions }) =>
      versions.some(({ connection }) => grantsOf(connection).includes(keyOf(at, vpc))),
    );
    if (!ours || this.#foreign.has(keyOf(at, vpc)))
      this.#fail("no foreign record is touched", `${by.name} takes ${vpc.id} out of ${at}, which Drawbridge let in nowhere`);
    const needs = [...records.values()].find((one) => this.#needs(one, by, keyOf(at, vpc)));
    if (needs !== undefined)
      this.#fail(
        "who may be associated is as the entries say",
        `${by.name} takes ${vpc.id} out of ${at}, and ${needs.kept.connection.endpoint} needs it`,
      );
  }

  /** Whether the log said so before the run began, of a connection that the index cannot miss any more. */
  #needs({ kept, versions }: Stored, by: Invocation, key: string): boolean {
    const { connection } = kept;
    const shown = (versions[0]?.at ?? Infinity) < by.startedAt - lagMs && (versions.at(-1)?.at ?? Infinity) < by.startedAt;
    if (!shown || connection.status !== "connected" || !grantsOf(connection).includes(key)) return false;
    const { vpc } = connection.decision;
    return vpc !== undefined && key.endsWith(keyOf("" as ZoneId, vpc));
  }

  /** After healing: who is connected and has a VPC named is let in, nobody else, and the log says the same. */
  atTheEnd(entryVpc: (connection: Connection) => Vpc | undefined | "as it was"): void {
    if (!this.#isOn) return;
    const fail = (why: string): void => this.#fail("who may be associated is as the entries say", why);
    const wanted = new Set<string>();
    for (const { kept } of this.#world.store.records.values()) {
      const { connection } = kept;
      const service = this.#world.store.services.get(connection.service);
      const has = new Set(grantsOf(connection));
      const isIn = connection.status === "connected" && service?.mode === "enforce" && service.zone?.isPrivate === true;
      const said = isIn ? entryVpc(connection) : undefined;
      const vpc =
        said === "as it was" && connection.status === "connected" ? connection.decision.vpc : said === "as it was" ? undefined : said;
      const own = vpc === undefined || service?.zone === undefined ? [] : [keyOf(service.zone.id, vpc)];
      if (service?.mode === "enforce" && [...has].join() !== own.join())
        fail(`${connection.endpoint} is ${connection.status}, has ${[...has].join()} and its entry says ${own.join()}`);
      if (connection.grants?.some(({ made }) => !made) === true) fail(`${connection.endpoint} does not know that its VPC is let in`);
      for (const key of [...own, ...(service?.mode === "enforce" ? [] : has)]) wanted.add(key);
    }
    for (const key of wanted) if (!this.#authorized.has(key)) fail(`${key} is not let in`);
    for (const [key, { foreign }] of this.#authorized) if (!foreign && !wanted.has(key)) fail(`${key} is still let in`);
    for (const key of this.#foreign)
      if (!this.#authorized.has(key)) this.#fail("no foreign record is touched", `somebody else let ${key} in, and it is gone`);
  }
}
