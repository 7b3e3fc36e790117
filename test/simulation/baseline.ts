// The usual design in the same world: one event one Accept, idempotency for an hour, the audit as a second write, links that act on GET.

import type { Signal } from "../../lib/decide.ts";
import { idsIn, instant, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import type { StoredEvent } from "../../lib/ledger.ts";
import type { Failed } from "./delivery.ts";
import { Functions } from "./functions.ts";
import type { Invocation } from "./lambda.ts";
import { verdictOf } from "./oracle.ts";
import { sha256 } from "./store.ts";
import type { World } from "./world.ts";

type State = "accepted" | "rejected" | "asked";

export class Baseline extends Functions {
  readonly states = new Map<EndpointId, State>();
  readonly audit: { readonly endpoint: EndpointId; readonly what: State }[] = [];
  readonly #world: World;

  constructor(world: World) {
    super(world);
    this.#world = world;
  }

  override admit(): void {}
  override dns(): void {}
  override sweep(): void {}
  override publish(_: readonly StoredEvent[], done: (ok: boolean) => void): void {
    done(true);
  }

  override observe(batch: readonly { id: string; body: string }[], done: (failed: Failed | "crashed") => void): void {
    this.#world.lambda.invoke(
      "observe",
      async (by) => {
        const failed = new Map<string, undefined>();
        for (const { id, body } of batch) await this.#event(by, body).catch(() => failed.set(id, undefined));
        return failed;
      },
      (result) =>
        done(result === "crashed" ? "crashed" : "value" in result ? result.value : new Map(batch.map(({ id }) => [id, undefined]))),
    );
  }

  /** Powertools' way: the message's hash is claimed for an hour; a repeat within it is taken for done. */
  async #event(by: Invocation, body: string): Promise<void> {
    const message = JSON.parse(body) as { Type?: string; Message?: string };
    if (message.Type !== "Notification" || message.Message === undefined || !/connect/i.test(message.Message)) return;
    const { services, endpoints } = idsIn(message.Message);
    const [service] = services;
    const [endpoint] = endpoints;
    if (service === undefined || endpoint === undefined) return;
    const { lambda, store, schedule } = this.#world;
    const hash = sha256(body);
    if (!(await lambda.call(by, "idempotency", () => store.claim("idempotency", hash, 3600, schedule.now, by.name)))) return;
    try {
      await this.#request(by, service, endpoint);
    } catch (error) {
      await lambda.call(by, "idempotency", () => store.release("idempotency", hash, by.name));
      throw error;
    }
  }

  async #request(by: Invocation, service: ServiceId, endpoint: EndpointId): Promise<void> {
    const { lambda, store, ec2, setup, schedule, people } = this.#world;
    const shown = await lambda.call(by, "ec2.connections", () =>
      ec2.connections(service).find((connection) => connection.endpoint === endpoint),
    );
    const row = ec2.rows.get(endpoint);
    if (shown === undefined || row === undefined) throw new Error("not listed yet");
    const verdict = await lambda.call(by, "allowList.read", () => verdictOf(store.entries, row, setup.habits, instant(schedule.now)));
    if (verdict !== "ask") return this.#act(by, service, endpoint, verdict);
    await lambda.call(by, "put state", () => this.states.set(endpoint, "asked"));
    await lambda.call(by, "sns.publish", () => {
      const question = sha256(`${endpoint} ${String(schedule.now)}`);
      people.told({ subject: `connection#${endpoint}`, service, event: { type: "ApprovalRequested", question } } as unknown as StoredEvent);
      if (setup.scanner) schedule.after(2000, () => this.#visit(service, endpoint, "approve", () => undefined));
    });
  }

  /** HTTP 200 is taken for success; state and audit are written one after the other. */
  async #act(by: Invocation, service: ServiceId, endpoint: EndpointId, verdict: "accept" | "reject"): Promise<void> {
    const { lambda, ec2, probes } = this.#world;
    await lambda.call(by, verdict, () => {
      if (verdict === "accept") probes.accepting(by, endpoint);
      return ec2[verdict](service, [endpoint], "drawbridge");
    });
    const what = verdict === "accept" ? "accepted" : "rejected";
    await lambda.call(by, "put state", () => this.states.set(endpoint, what));
    await lambda.call(by, "put audit", () => this.audit.push({ endpoint, what }));
  }

  override answer(
    service: ServiceId,
    endpoint: EndpointId,
    { choice, by }: Extract<Signal, { kind: "answered" }>,
    _: string,
    done: (ok: boolean) => void,
  ): void {
    if (by.kind === "approver" && by.name === "mallory") return done(true);
    this.#visit(service, endpoint, choice, done);
  }

  /** Whoever opens the link, person or mail scanner, has answered. */
  #visit(service: ServiceId, endpoint: EndpointId, choice: "approve" | "reject", done: (ok: boolean) => void): void {
    this.#world.lambda.invoke(
      "answer",
      (by) => this.#act(by, service, endpoint, choice === "approve" ? "accept" : "reject"),
      (result) => done(result !== "crashed" && "value" in result),
    );
  }
}
