// Past Drawbridge: somebody in the AWS console, and another owner of DNS.

import { ownRoles, accounts, zone } from "./given.ts";
import { stateOf, type Row } from "./ec2.ts";
import type { People } from "./people.ts";
import type { Random } from "./random.ts";
import { ownerText } from "./route53.ts";
import type { World } from "./world.ts";

const carl = "arn:aws:iam::111111111111:user/carl";

/** Somebody accepts or rejects in the console, of which CloudTrail tells. */
export function clicked(world: World, row: Row, action: "accept" | "reject", arn = carl): void {
  const { ec2, delivery, schedule } = world;
  const before = stateOf(row);
  world.tell("console", () => `${action}s ${row.endpoint}, which is ${before}`);
  const [outcome] = ec2[action](row.service, [row.endpoint], "console");
  const event = delivery.trail(row, action, arn, outcome?.failure !== undefined);
  if (outcome?.failure === undefined) row.outside.push({ at: schedule.now, action, event, arn });
}

export class Outsiders {
  readonly #world: World;
  readonly #random: Random;
  readonly #people: People;

  constructor(world: World, random: Random, people: People) {
    this.#world = world;
    this.#random = random;
    this.#people = people;
  }

  click(): void {
    const random = this.#random;
    const { ec2 } = this.#world;
    if (random.chance(0.2)) {
      const service = random.pick(this.#people.serviceIds);
      const required = random.chance(0.5);
      this.#world.tell("console", () => `switches acceptance of ${service} ${required ? "on" : "off"}`);
      ec2.acceptanceRequired.set(service, required);
      return;
    }
    const row = this.#people.some();
    if (row === undefined) return;
    this.#clickOn(row, random.pick(["accept", "accept", "reject"] as const));
  }

  #clickOn(row: Row, action: "accept" | "reject"): void {
    const random = this.#random;
    const arn = random.chance(0.9) ? carl : `${ownRoles[1]?.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") ?? ""}/session`;
    clicked(this.#world, row, action, arn);
    if (random.chance(0.2))
      this.#world.schedule.after(random.between(500, 5000), () => this.#clickOn(row, action === "accept" ? "reject" : "accept"));
  }

  foreignName(): void {
    const row = this.#people.some();
    const name =
      row !== undefined && this.#random.chance(0.3)
        ? `${this.#random.pick(["acme", row.account])}-${row.endpoint.slice(5)}`
        : this.#random.pick(["acme", "globex", ...accounts]);
    const text = this.#random.chance(0.3);
    const fqdn = `${name}.${zone.name}`;
    const owner = row !== undefined && this.#random.chance(0.3) ? `someone-else-${ownerText(row.endpoint)}` : "someone-else";
    const set = text
      ? ({ name: `_drawbridge.${fqdn}`, type: "TXT", text: owner } as const)
      : ({ name: fqdn, type: "A", target: { name: "other.example.net", zone: "Z38GZ743OKFT7T" } } as const);
    if (this.#world.route53.foreign(zone.id, set)) this.#world.tell("foreign", () => `makes ${set.type} ${set.name}`);
  }

  /** Somebody deletes a record of a name that the log says is made; whose a record without its text is, nobody could tell before that. */
  drift(): void {
    const { records } = this.#world.store;
    const made = new Set(
      [...records.values()].flatMap(({ kept }) => kept.connection.names.flatMap((name) => (name.made ? [name.fqdn] : []))),
    );
    const ours = [...this.#world.route53.records.entries()].filter(
      ([, { foreign, set }]) => !foreign && made.has(set.name.replace(/^_drawbridge\./, "")),
    );
    if (ours.length === 0) return;
    const [key, { set }] = this.#random.pick(ours);
    this.#people.hasDrifted = true;
    this.#world.tell("foreign", () => `deletes ${set.type} ${set.name}, which is ours`);
    this.#world.route53.records.delete(key);
  }
}
