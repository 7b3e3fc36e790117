// Every order of a few people's doings that can make a difference: depth first, with sleep sets, by living each again.

import { draw, live } from "./life.ts";
import type { Invocation } from "./lambda.ts";
import { connect, endpoint, ruled, ruleSubject, service, takeIntoCare } from "./scenarios.ts";
import * as system from "./system.ts";
import type { System, Violation, World } from "./world.ts";

/** A call that waits for its turn: what it touches says which others it commutes with. */
interface Pending {
  readonly actor: string;
  readonly touches: string;
  readonly writes: boolean;
  readonly go: () => void;
}

/** One choice on the path: who could go, who went, and who need not be tried here. */
interface Node {
  readonly enabled: readonly Pending[];
  chosen: string;
  readonly asleep: ReadonlySet<string>;
  readonly tried: Set<string>;
}

const commute = (a: Pending, b: Pending): boolean => a.touches !== b.touches || (!a.writes && !b.writes);

/** Gives each waiting call its turn, along a path and then onwards. */
export class Turns {
  readonly path: Node[];
  redundant = false;
  #depth = 0;
  #waiting: Pending[] = [];
  readonly #order: string[] = [];

  constructor(path: Node[]) {
    this.path = path;
  }

  get order(): readonly string[] {
    return this.#order;
  }

  offer(by: Invocation, about: string, go: () => void): void {
    const [port = "", what = ""] = about.split(" ");
    const touches: Record<string, string> = {
      "connections.load": "record",
      "allowList.standing": "list",
      "allowList.bearing": "list",
      "allowList.counts": "list",
      "ec2.connections": "aws",
      "ec2.accept": "aws",
      "ec2.reject": "aws",
      "ledger.commit": what.startsWith("vpce-") ? "record" : "list",
      "ledger.head": "list",
    };
    this.add({
      actor: by.carries ?? by.of,
      touches: touches[port] ?? `${by.name} ${about}`,
      writes: port === "ledger.commit" || port === "ec2.accept" || port === "ec2.reject",
      go,
    });
  }

  add(pending: Pending): void {
    this.#waiting.push(pending);
  }

  /** Lets the next one go; false when nobody waits. */
  next(): boolean {
    // What touches nothing that anybody shares goes at once: its place makes no difference.
    const alone = this.#waiting.find(({ touches }) => !["record", "list", "aws"].includes(touches));
    if (alone !== undefined) return this.#go(alone);
    if (this.#waiting.length === 0) return false;
    const node = this.path[this.#depth] ?? this.#grow();
    if (node === undefined) {
      this.redundant = true;
      const [any] = this.#waiting;
      return any !== undefined && this.#go(any);
    }
    this.#depth += 1;
    const pending = this.#waiting.find(({ actor }) => actor === node.chosen);
    if (pending === undefined) throw new Error(`${node.chosen} has nothing to do: the life was not the same`);
    this.#order.push(`${pending.actor}: ${pending.writes ? "writes" : "reads"} the ${pending.touches}`);
    return this.#go(pending);
  }

  #grow(): Node | undefined {
    if (this.redundant) return undefined;
    const parent = this.path.at(-1);
    const went = parent?.enabled.find(({ actor }) => actor === parent.chosen);
    const asleep = new Set<string>();
    if (parent !== undefined && went !== undefined)
      for (const actor of [...parent.asleep, ...parent.tried]) {
        const sleeper = parent.enabled.find((pending) => pending.actor === actor);
        if (sleeper !== undefined && actor !== parent.chosen && commute(sleeper, went)) asleep.add(actor);
      }
    const chosen = this.#waiting.find(({ actor }) => !asleep.has(actor));
    if (chosen === undefined) return undefined;
    const node: Node = { enabled: [...this.#waiting], chosen: chosen.actor, asleep, tried: new Set() };
    this.path.push(node);
    return node;
  }

  #go(pending: Pending): boolean {
    this.#waiting = this.#waiting.filter((other) => other !== pending);
    pending.go();
    return true;
  }
}

/** The next path to try, or nothing when all are done. */
function backtrack(path: Node[]): Node[] | undefined {
  for (let node = path.pop(); node !== undefined; node = path.pop()) {
    node.tried.add(node.chosen);
    const next = node.enabled.find(({ actor }) => !node.asleep.has(actor) && !node.tried.has(actor));
    if (next === undefined) continue;
    node.chosen = next.actor;
    path.push(node);
    return path;
  }
  return undefined;
}

export interface Orders {
  readonly lived: number;
  readonly different: number;
  readonly violations: readonly (Violation & { readonly order: readonly string[] })[];
  /** How often each end came about. */
  readonly ends: Readonly<Record<string, number>>;
}

/** Two approvers who disagree, a reject entry and a consumer's delete, in every order that can matter. */
export async function everyOrder(
  actors: { readonly look: boolean; readonly admit?: boolean },
  use: System = system,
  max = Infinity,
): Promise<Orders> {
  let path: Node[] | undefined = [];
  let lived = 0;
  let different = 0;
  const violations: (Violation & { order: readonly string[] })[] = [];
  const ends: Record<string, number> = {};
  while (path !== undefined && lived < max) {
    const turns = new Turns(path);
    const setup = draw(1, {
      rates: {},
      minutes: 2,
      sealed: false,
      services: 1,
      consumers: 0,
      latency: 20,
      pageSize: 1000,
      endpointsPerCall: 100,
      crowd: 0,
      scanner: false,
      without: [],
      scenario: (world) => disagree(world, turns, actors),
    });
    let end = "";
    const { violation } = await live(setup, use, false, undefined, (world) => {
      end =
        world.store.log
          .get(`connection#${endpoint}`)
          ?.map(({ event }) => event.type)
          .filter((type) => type === "ConnectionApproved" || type === "ConnectionDenied" || type === "ConnectionClosed")
          .join(", ") ?? "";
    });
    lived += 1;
    if (!turns.redundant) {
      different += 1;
      ends[end] = (ends[end] ?? 0) + 1;
    }
    if (violation !== undefined && violations.length < 5) violations.push({ ...violation, order: turns.order });
    path = backtrack(turns.path);
  }
  return { lived, different, violations, ends };
}

/** The question is open when the story begins; then everybody acts at once. */
function disagree(world: World, turns: Turns, { look, admit = false }: { readonly look: boolean; readonly admit?: boolean }): void {
  takeIntoCare(world);
  world.people.silent = true;
  const { schedule, functions, people } = world;
  schedule.after(1000, () => connect(world));
  schedule.after(50_000, () => {
    const kept = world.store.records.get(endpoint)?.kept.connection;
    if (kept?.status !== "asking") throw new Error("no question is open");
    const question = kept.question.id;
    world.turns = turns;
    for (const [name, choice] of [
      ["ann", "approve"],
      ["bob", "reject"],
    ] as const) {
      people.given.add(`${question} ${choice} ${name}`);
      functions.answer(
        service,
        endpoint,
        { kind: "answered", question, choice, by: { kind: "approver", name, channel: "link" } },
        name,
        () => undefined,
      );
    }
    functions.api(ruleSubject, ruled(world, "reject"));
    turns.add({ actor: "consumer", touches: "aws", writes: true, go: () => deleteNow(world) });
    if (look)
      functions.observe(
        [{ id: "look", body: JSON.stringify({ look: { service, endpoints: [endpoint], why: "look-again", attempt: 4 } }) }],
        () => undefined,
      );
    if (admit)
      functions.admit([{ id: "admit", body: JSON.stringify({ look: { service, endpoints: [endpoint], why: "sweep" } }) }], () => undefined);
    const turn = (): void => {
      if (turns.next()) schedule.after(1, turn);
      else world.turns = undefined;
    };
    schedule.after(1, turn);
  });
}

function deleteNow(world: World): void {
  const row = world.ec2.rows.get(endpoint);
  if (row !== undefined) world.ec2.delete(row);
}
