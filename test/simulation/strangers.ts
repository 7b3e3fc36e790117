// People whom nobody asked: in Slack's channel some press who are no approvers, on questions that are open, settled, another's or
// nobody's, now and then twice; in the console somebody changes an endpoint service in a way that bears on nothing, and CloudTrail tells.

import type { Choice } from "../../lib/events.ts";
import type { EndpointId } from "../../lib/ids.ts";
import type { Invocation } from "./lambda.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export interface Press {
  readonly endpoint: EndpointId;
  readonly question: string;
  readonly choice: Choice;
  readonly source: string;
}

export class Strangers {
  readonly #world: World;
  readonly #random: Random;
  /** How often the same person has pressed on the same question. */
  readonly #pressed = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  press(): void {
    const random = this.#random;
    const { people, schedule } = this.#world;
    const row = people.some();
    if (row === undefined) return;
    const { endpoint } = row;
    const its = [...people.questionsTold].filter(([, of]) => of === endpoint).map(([question]) => question);
    const question = its.length > 0 && random.chance(0.8) ? random.pick(its) : random.hex(32);
    const choice = random.pick(["approve", "reject"] as const);
    const press: Press = { endpoint, question, choice, source: `Slack, ${random.pick(["U0EVE", "U0MALLORY"])}` };
    this.#world.tell("stranger", () => `${press.source} presses ${choice} for ${endpoint}`);
    const isTwice = random.chance(0.3);
    this.#send(press, isTwice);
    if (isTwice)
      schedule.after(random.between(0, 120_000), () => this.#send({ ...press, choice: random.pick(["approve", "reject"]) }, true));
  }

  changeService(): void {
    const random = this.#random;
    const service = random.pick(this.#world.people.serviceIds);
    const arn = random.chance(0.8)
      ? "arn:aws:iam::111111111111:user/carl"
      : `arn:aws:sts::111111111111:assumed-role/drawbridge-admit/session`;
    const call = random.pick(["ModifyVpcEndpointServiceConfiguration", "ModifyVpcEndpointServicePermissions"] as const);
    this.#world.tell("console", () => `${arn} calls ${call} on ${service}`);
    this.#world.delivery.trailService(service, call, arn);
  }

  /** Of several at once any may be the one that the log tells of. */
  #send(press: Press, isTwice: boolean): void {
    const key = `${press.question} ${press.source}`;
    this.#pressed.set(key, (this.#pressed.get(key) ?? 0) + 1);
    this.#world.functions.stranger(press, (by) => {
      if (!isTwice && this.#pressed.get(key) === 1) this.#leavesItsMark(by, press);
    });
  }

  #leavesItsMark(by: Invocation, { endpoint, source, choice }: Press): void {
    const there = this.#world.store.records.get(endpoint);
    if (there === undefined || (there.versions[0]?.at ?? 0) >= by.startedAt || by.commits.has(endpoint)) return;
    this.#world.violated("no answer is swallowed", `${source} pressed ${choice} for ${endpoint}, and the log does not say so`);
  }
}
