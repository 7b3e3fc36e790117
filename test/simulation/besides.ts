// What only a share of the lives have besides: permissions that follow the list, entries for units and organizations, private zones, and
// other ways of asking people, entries that are edited without another meaning, strangers who press in Slack, services that move, full zones.

import type { Entry, Principal } from "../../lib/allow-list.ts";
import type { Vpc } from "../../lib/vpcs.ts";
import { accounts } from "./given.ts";
import { everyUnit, organizationId, Organizations } from "./organizations.ts";
import { OwnCare } from "./own-care.ts";
import { OwnAsking } from "./own-asking.ts";
import { PrivateZones } from "./private-zones.ts";
import { Random } from "./random.ts";
import { ServicePermissions } from "./service-permissions.ts";
import { Strangers } from "./strangers.ts";
import type { ActorKind, World } from "./world.ts";

/** Nothing of it where absent, as in the lives from before it was drawn. */
export interface BesidesSetup {
  /** Services whose own permissions follow the list. */
  readonly permissions?: boolean;
  /** Entries for units and organizations; `unasked` where no role may ask AWS Organizations. */
  readonly units?: "asked" | "unasked";
  /** Private zones, and VPCs that entries name. */
  readonly vpcs?: boolean;
  /** How people are asked changes, and differs from entry to entry. */
  readonly asking?: boolean;
  /** Operators who note something in an entry, and change nothing that it means. */
  readonly renames?: boolean;
  /** Services whose zone changes, and that are released and taken up again. */
  readonly care?: boolean;
  /** Zones that are full for a time. */
  readonly full?: boolean;
  /** People who are no approvers, and press in Slack; and changes of services of which CloudTrail tells. */
  readonly strangers?: boolean;
}

/** From a stream of its own, so that a seed without any of it is the life that it was. */
export function drawBesides(seed: number): BesidesSetup {
  const random = new Random(seed, 17);
  const permissions = random.chance(0.15);
  const units = random.chance(0.15);
  const asked = random.chance(0.9);
  const vpcs = random.chance(0.15);
  const asking = random.chance(0.15);
  const renames = random.chance(0.15);
  const care = random.chance(0.15);
  const full = random.chance(0.1);
  const strangers = random.chance(0.15);
  return {
    ...(permissions ? { permissions } : {}),
    ...(units ? { units: asked ? "asked" : "unasked" } : {}),
    ...(vpcs ? { vpcs } : {}),
    ...(asking ? { asking } : {}),
    ...(renames ? { renames } : {}),
    ...(full ? { full } : {}),
    // Permissions and private zones of a service that comes and goes are not lived.
    ...(care && !permissions && !vpcs ? { care } : {}),
    ...(strangers ? { strangers } : {}),
  };
}

export type Plan = (kind: ActorKind | undefined, times: number, when: () => number, act: () => void) => void;

export class Besides {
  readonly setup: BesidesSetup;
  readonly random: Random;
  readonly organizations: Organizations;
  readonly permissions: ServicePermissions;
  readonly privateZones: PrivateZones;
  readonly asking: OwnAsking;
  readonly care: OwnCare;
  readonly #strangers: Strangers;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.setup = world.setup.besides ?? {};
    this.random = new Random(world.setup.seed, 18);
    this.organizations = new Organizations(world, this.random);
    this.permissions = new ServicePermissions(world, this.random);
    this.privateZones = new PrivateZones(world, this.random);
    this.asking = new OwnAsking(world, new Random(world.setup.seed, 19));
    this.care = new OwnCare(world, new Random(world.setup.seed, 20));
    this.#strangers = new Strangers(world, new Random(world.setup.seed, 23));
  }

  /** When anything happens. */
  moment(): number {
    return Math.floor(this.random.next() * this.#world.setup.minutes * 60_000);
  }

  begin(plan: Plan, edit: () => void, connect: () => void, rename: (random: Random) => void): void {
    const moment = (): number => this.moment();
    const late = (): number => Math.floor((moment() + this.#world.setup.minutes * 60_000) / 2);
    const { random } = this;
    if (this.setup.units !== undefined) {
      this.organizations.begin();
      plan(undefined, random.between(0, 2), moment, () => this.organizations.move());
    }
    if (this.setup.permissions === true) {
      plan("console", random.between(0, 4), moment, () => this.permissions.click());
      plan("operators", random.chance(0.4) ? random.between(1, 2) : 0, moment, () => this.permissions.change());
    }
    if (this.setup.asking === true) {
      for (let entries = random.between(1, 2); entries > 0; entries -= 1) edit();
      plan("operators", random.between(0, 3), moment, () => this.asking.change());
      plan("operators", random.between(0, 3), moment, edit);
      plan(undefined, random.between(0, 3), late, connect);
    }
    if (this.setup.vpcs === true) {
      for (let entries = random.between(1, 3); entries > 0; entries -= 1) edit();
      plan("foreign-dns", random.between(0, 2), moment, () => this.privateZones.authorizeOther());
      plan("deletions", random.between(0, 3), late, () => this.privateZones.deleteOne());
    }
    if (this.setup.care === true) {
      for (let entries = random.between(1, 2); entries > 0; entries -= 1) edit();
      plan(undefined, random.between(0, 2), moment, connect);
      plan("operators", random.between(1, 3), late, () => this.care.moveNames());
      plan("operators", random.between(0, 2), moment, () => this.care.release());
    }
    if (this.setup.full === true)
      plan("foreign-dns", random.between(1, 2), moment, () =>
        this.#world.route53.fill(
          random.between(1000, 900_000),
          random.pick(["The limit of 10000 records is exceeded.", "There is no more room."]),
        ),
      );
    if (this.setup.strangers === true) {
      plan("forgers", random.between(1, 5), moment, () => this.#strangers.press());
      plan("console", random.between(0, 4), moment, () => this.#strangers.changeService());
    }
    if (this.setup.renames === true) plan("operators", random.between(2, 6), moment, () => rename(random));
  }

  /** What an entry says besides. */
  said(principal: Principal): Partial<Pick<Entry, "vpc" | "verdict" | "asking" | "conditions">> {
    const more = this.setup.care === true && this.random.chance(0.5) ? { verdict: "accept" as const } : {};
    return { ...this.asking.said(principal), ...this.#vpcOf(principal), ...more };
  }

  /** The VPC that an entry about an account or endpoint names; more of them accept, so that there is somebody to let in. */
  #vpcOf(principal: Principal): { readonly vpc?: Vpc; readonly verdict?: "accept" } {
    if (this.setup.vpcs !== true || !/^(account|endpoint)#/.test(principal)) return {};
    const vpc = this.privateZones.named(accounts.find((account) => principal === `account#${account}`));
    return { ...vpc, ...(this.random.chance(0.5) ? { verdict: "accept" } : {}) };
  }

  /** Whom an operator's entry speaks about, where these lives have it otherwise. */
  principal(): Principal | undefined {
    const { random } = this;
    if (this.setup.units !== undefined && random.chance(0.5))
      return random.chance(0.7) ? `ou#${random.pick(everyUnit)}` : `org#${organizationId}`;
    if (this.setup.units !== undefined) return undefined;
    // Entries for everybody cannot be followed, and name no VPC: most of these lives shall have none.
    const named = this.setup.permissions === true || this.setup.vpcs === true;
    return named && random.chance(0.85) ? `account#${random.pick(accounts)}` : undefined;
  }
}
