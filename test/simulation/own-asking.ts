// People asked in other ways, in some lives: settings that change while a question is open, entries that ask for themselves, and answers that run out within minutes.

import type { Entry, Principal } from "../../lib/allow-list.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import type { Choice, PolicyEvent } from "../../lib/events.ts";
import { serviceSubject } from "../../lib/ledger.ts";
import type { Service } from "../../lib/service.ts";
import { operatorArn } from "./given.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** A day as these lives have it: a minute and a half, three, twelve, or as long as it is. */
const days = [0.001, 0.002, 0.008, 1] as const;

export class OwnAsking {
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  get #isOn(): boolean {
    return this.#world.besides.setup.asking === true;
  }

  /** What a service comes into care with. */
  setting(): Pick<Service, "asking"> {
    return this.#isOn ? { asking: this.#settings() } : {};
  }

  /** What an entry says; more of them ask. One for everybody lets in from one Region, so that it matters whether an answer stands before it. */
  said(principal: Principal): Partial<Pick<Entry, "asking" | "verdict" | "conditions">> {
    if (!this.#isOn) return {};
    const random = this.#random;
    if (principal === "any" && random.chance(0.7)) return { verdict: "accept", conditions: { regions: ["eu-west-1"] } };
    const own: Entry["asking"][] = [
      { quorum: random.between(1, 2) },
      { approvers: ["ann", "dora"], quorum: random.between(1, 2) },
      { silence: "reject", openDays: random.pick([0.004, 0.02]) },
      { remindHours: [0.02, 0.06], escalateTo: ["dora"], escalateAfterHours: 0.05 },
      { accountAnswers: random.chance(0.5), openDays: 0.01 },
    ];
    const asking = random.chance(0.5) ? random.pick(own) : undefined;
    return { ...(random.chance(0.4) ? { verdict: "ask" } : {}), ...(asking === undefined ? {} : { asking }) };
  }

  #settings(): AskingSettings {
    const random = this.#random;
    return {
      approvers: random.pick([
        ["ann", "bob", "cleo"],
        ["ann", "bob"],
        ["bob", "dora"],
      ]),
      quorum: random.pick([1, 2, 2]),
      ...(random.chance(0.5) ? { openDays: 0.02, remindHours: [0.03, 0.1] } : {}),
      silence: random.pick(["keep", "keep", "reject"] as const),
      accountAnswers: random.chance(0.7),
    };
  }

  /** What somebody answers instead of this, and for how long it keeps quiet: more of them reject, and speak about the account. */
  answered(choice: Choice, lasting: boolean): { readonly choice: Choice; readonly lasting: boolean; readonly quietDays: number } {
    if (!this.#isOn) return { choice, lasting, quietDays: 1 };
    const random = this.#random;
    const quietDays = random.pick(days);
    return random.chance(0.25)
      ? { choice: "reject", lasting: true, quietDays }
      : { choice, lasting: lasting || random.chance(0.3), quietDays };
  }

  /** An operator has fewer or more agree, or asks others. */
  change(): void {
    const id = this.#random.pick(this.#world.people.serviceIds);
    const said = this.#settings();
    this.#world.tell("operator", () => `has ${id} ask ${JSON.stringify(said)}`);
    this.#world.functions.api(serviceSubject(id), (expected, at) => {
      const from = this.#world.store.services.get(id);
      if (from === undefined) return undefined;
      const after: Service = { ...from, asking: { ...from.asking, ...said }, version: expected.seq + 1 };
      const event: PolicyEvent = {
        type: "ServiceChanged",
        service: id,
        from,
        to: after,
        at,
        by: { kind: "operator", arn: operatorArn },
        because: { rule: "operator", detail: "an operator's change" },
      };
      return { of: "service", key: id, after, expected, events: [event] };
    });
  }
}
