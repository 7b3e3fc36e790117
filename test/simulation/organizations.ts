// AWS Organizations as a role of the management account sees it: who belongs where, minutes late, and now and then nothing.

import type { Membership } from "../../lib/allow-list.ts";
import type { AccountId } from "../../lib/ids.ts";
import { organizationsUnknown } from "../../lib/loop/verdicts.ts";
import type { Organizations as OrganizationsPort } from "../../lib/ports.ts";
import { accounts } from "./given.ts";
import type { Invocation } from "./lambda.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export const organizationId = "o-simulated01";
const [team, division, other] = ["ou-root-team0001", "ou-root-division", "ou-root-other001"] as const;
export const everyUnit = [team, division, other] as const;

/** How old an answer may be: what was looked up is kept by the function for a while. */
const keptMs = 600_000;

export class Organizations {
  readonly #world: World;
  readonly #random: Random;
  /** Each account's places, the newest last. */
  readonly #places = new Map<AccountId, { readonly at: number; readonly is: Membership }[]>();
  #downUntil = -Infinity;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  begin(): void {
    for (const account of accounts) this.#put(account);
  }

  /** An account goes elsewhere. */
  move(): void {
    this.#put(this.#random.pick(accounts));
  }

  #put(account: AccountId): void {
    const units = this.#random.pick([[team, division], [team, division], [division], [other], [], undefined] as const);
    const is: Membership = units === undefined ? "none" : { id: organizationId, units };
    this.#places.set(account, [...(this.#places.get(account) ?? []), { at: this.#world.schedule.now, is }]);
    this.#world.tell("org", () => `${account} is in ${JSON.stringify(is)}`);
  }

  /** Where it belongs now, as far as anybody may know. */
  of(account: AccountId): Membership {
    if (this.#world.setup.besides?.units !== "asked") return "unknown";
    return this.#places.get(account)?.at(-1)?.is ?? "unknown";
  }

  #look(account: AccountId): Membership {
    const { schedule, faults } = this.#world;
    if (this.#downUntil < schedule.now && faults.happens("org-down")) this.#downUntil = schedule.now + this.#random.between(1000, keptMs);
    if (faults.on && this.#downUntil >= schedule.now) return "unknown";
    const at = schedule.now - (faults.on ? this.#random.between(0, keptMs) : 0);
    const places = this.#places.get(account) ?? [];
    return (places.findLast((place) => place.at <= at) ?? places[0])?.is ?? "unknown";
  }

  /** The port of lib/ports.ts: it never throws, and what it said is what the run may know. */
  portFor(by: Invocation): OrganizationsPort {
    if (this.#world.setup.besides?.units !== "asked") return organizationsUnknown;
    const asked = new Map<AccountId, Promise<Membership>>();
    const ask = async (account: AccountId): Promise<Membership> => {
      const is = await this.#world.lambda
        .call(by, `organizations.of ${account}`, () => this.#look(account))
        .catch((): Membership => "unknown");
      by.reads.members.set(account, is);
      return is;
    };
    const of = (account: AccountId): Promise<Membership> => {
      const answer = asked.get(account) ?? ask(account);
      asked.set(account, answer);
      return answer;
    };
    return { of };
  }
}
