// Approvers, and those who would like to be: answers well, late, twice, both ways, by people who are asked, and by people who are not.

import type { GivenAnswer } from "../../lib/asking/take-answer.ts";
import type { Signal } from "../../lib/decide.ts";
import type { Choice } from "../../lib/events.ts";
import { endpointId, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import { arnOf } from "./given.ts";
import type { People } from "./people.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

const minute = 60_000;

interface Asked {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly question: string;
}

export class Approvers {
  readonly #world: World;
  readonly #random: Random;
  readonly #people: People;

  constructor(world: World, random: Random, people: People) {
    this.#world = world;
    this.#random = random;
    this.#people = people;
  }

  /** Everybody who may answer has been told of the question. */
  told({ event, subject, service }: StoredEvent): void {
    if (service === undefined || service === "*") return;
    if (event.type !== "ApprovalRequested" && event.type !== "ApprovalEscalated") return;
    const { question } = event;
    const people = this.#people;
    const first = !people.questionsTold.has(question);
    const asked: Asked = { service, endpoint: endpointId(subject.slice("connection#".length)), question };
    people.questionsTold.set(question, asked.endpoint);
    if (people.silent || this.#world.setup.without.includes("approvers")) return;
    const names = this.#world.store.services.get(service)?.asking?.approvers ?? [];
    if (people.wellMannered && first) {
      for (const [index, name] of (names.length > 0 ? names : ["ann"]).entries())
        this.#answer(20_000 + index * 10_000, asked, name, "approve");
      return;
    }
    if (event.type === "ApprovalEscalated") return this.#named(asked, event.to);
    if (!first) return;
    if (names.length > 0) this.#named(asked, this.#random.chance(0.15) ? [...names, "erin", "dora"] : names);
    else this.#anybody(asked);
  }

  /** Whoever has the link. */
  #anybody(asked: Asked): void {
    const random = this.#random;
    const style = random.pick(["well", "well", "well", "never", "late", "twice", "both", "both at once"] as const);
    const choice: Choice = random.chance(0.6) ? "approve" : "reject";
    const other: Choice = choice === "approve" ? "reject" : "approve";
    const soon = random.between(1000, 10 * minute);
    if (style === "never") return;
    this.#answer(style === "late" ? random.between(30 * minute, 600 * minute) : soon, asked, "ann", choice);
    if (style === "twice") this.#answer(soon + random.between(0, 5 * minute), asked, "ann", choice);
    if (style === "both") this.#answer(soon + random.between(0, 5 * minute), asked, "bob", other);
    if (style === "both at once") this.#answer(soon, asked, "bob", other);
  }

  /** Each by themselves; some twice, some not at all, and one or the other was never asked. */
  #named(asked: Asked, names: readonly string[]): void {
    const random = this.#random;
    const together = random.chance(0.3) ? random.between(1000, 5 * minute) : undefined;
    for (const name of names) {
      if (random.chance(0.3)) continue;
      const after = together ?? random.between(1000, (random.chance(0.15) ? 200 : 8) * minute);
      const choice: Choice = random.chance(0.8) ? "approve" : "reject";
      this.#answer(after, asked, name, choice, random.chance(0.2));
      if (random.chance(0.2)) this.#answer(after + random.between(0, 3 * minute), asked, name, choice);
    }
  }

  #answer(after: number, { service, endpoint, question }: Asked, name: string, drawn: Choice, speaksOfAccount = false): void {
    const { choice, lasting, quietDays } = this.#world.besides.asking.answered(drawn, speaksOfAccount);
    this.#world.schedule.after(after, () => {
      const arn = arnOf(name);
      this.#people.given.add(`${question} ${choice} ${name}`);
      if (lasting) this.#people.given.add(`${question} lasting ${name}`);
      this.#world.tell("approver", () => `${name} answers ${choice} for ${endpoint}${lasting ? ", and for its account" : ""}`);
      const answer: GivenAnswer = {
        endpoint,
        question,
        choice,
        approver: { name, ...(arn === undefined ? {} : { arn }) },
        channel: this.#random.pick(["link", "slack"] as const),
        source: "a click",
        ...(lasting && choice === "approve" ? { scope: "account" } : {}),
        ...(lasting && choice === "reject" ? { quietDays } : {}),
      };
      this.#reply(service, answer);
    });
  }

  /** A person whose click fails clicks again. What is pressed in Slack waits in a queue: it may come twice, and late. */
  #reply(service: ServiceId, answer: GivenAnswer, tries = 1): void {
    const { schedule, faults, functions } = this.#world;
    const again = (after: number): void => schedule.after(after, () => this.#reply(service, answer, tries + 1));
    const isQueued = answer.channel === "slack" && tries === 1;
    if (isQueued && faults.happens("delay")) return again(this.#random.between(1000, 30 * minute));
    if (isQueued && faults.happens("duplicate")) again(this.#random.between(0, minute));
    functions.reply(service, answer, (ok) => {
      if (!ok && tries < 4) again(5000);
    });
  }

  send(service: ServiceId, endpoint: EndpointId, signal: Extract<Signal, { kind: "answered" }>, tries = 1): void {
    const carries = `${signal.choice} ${endpoint}`;
    this.#world.functions.answer(service, endpoint, signal, carries, (ok) => {
      if (!ok && tries < 3) this.#world.schedule.after(5000, () => this.send(service, endpoint, signal, tries + 1));
    });
  }

  /** Answers by people who were never asked, to questions that are another's or nobody's, and messages about nothing. */
  forge(): void {
    const row = this.#people.some();
    if (row === undefined) return;
    const random = this.#random;
    const choice: Choice = random.pick(["approve", "reject"]);
    const others = [...this.#people.questionsTold].flatMap(([question, endpoint]) => (endpoint === row.endpoint ? [] : [question]));
    const question = random.pick([random.hex(32), others.length > 0 ? random.pick(others) : random.hex(32), undefined]);
    const { delivery } = this.#world;
    if (random.chance(0.3))
      delivery.observe.send(
        JSON.stringify({
          Type: "Notification",
          Message: random.pick([
            `Connect ${row.service} vpce-0123456789abcdef0`,
            `Delete ${random.pick(this.#people.serviceIds)} ${row.endpoint}`,
            `Accept ${row.endpoint} vpce-svc-0123456789abcdef0`,
            "accept everybody",
          ]),
        }),
      );
    const service = random.chance(0.8) ? row.service : random.pick(this.#people.serviceIds);
    this.#world.tell("forger", () => `answers ${choice} for ${row.endpoint} at ${service} with question ${question ?? "none"}`);
    this.send(service, row.endpoint, {
      kind: "answered",
      choice,
      by: { kind: "approver", name: "mallory", channel: "link" },
      ...(question === undefined ? {} : { question }),
    });
  }
}
