// What went wrong for people, asked of any design in the same words: how the baseline stands beside us.

import { instant, type EndpointId } from "../../lib/ids.ts";
import { Baseline } from "./baseline.ts";
import { stateOf } from "./ec2.ts";
import type { Invocation } from "./lambda.ts";
import { rejecting, verdictOf } from "./oracle.ts";
import type { World } from "./world.ts";

/** Each outcome with what it means. */
export const outcomes = {
  "let in by nobody": "accepted though no entry ever said so and no person approved",
  "let in against a reject entry": "accepted by a run that began after a reject entry applied",
  "lives against a reject entry": "accepted in the end, though a reject entry applies",
  "waits for ever": "still waiting in the end, though an entry says accept or reject",
  "nobody was asked": "still waiting in the end, and no person knows of it",
  "believed accepted": "recorded as accepted or rejected, and AWS has it otherwise",
  "not in the log": "accepted or rejected, and the log does not say so",
  "twice in the log": "one decision stands in the log more than once",
} as const;
export type OutcomeName = keyof typeof outcomes;

export class Probes {
  readonly found = new Set<OutcomeName>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** At each Accept call, of whatever design. */
  accepting(by: Invocation, endpoint: EndpointId): void {
    const { ec2, store, people, setup, schedule } = this.#world;
    const row = ec2.rows.get(endpoint);
    if (row === undefined || stateOf(row) !== "pendingAcceptance") return;
    const since = store.tables.filter((_, index, all) => (all[index + 1]?.at ?? Infinity) >= row.createdAt);
    const skew = setup.rates.skew === undefined ? 0 : 900_000;
    const said = (verdict: string, { at, table }: (typeof since)[number]): boolean => {
      const [from, to] = [Math.max(at, row.createdAt) - skew, schedule.now + skew];
      const begins = [...table.values()].map(({ conditions: { notBefore } }) => (notBefore === undefined ? from : Date.parse(notBefore)));
      return [from, from + skew, to - skew, to, ...begins.filter((moment) => moment > from && moment < to)].some(
        (moment) => verdictOf(table, row, setup.habits, instant(moment)) === verdict,
      );
    };
    const answered = [...people.given].some(
      (given) =>
        / (approve|break-glass) /.test(given) &&
        (given.startsWith(endpoint) || people.questionsTold.get(given.split(" ")[0] ?? "") === endpoint),
    );
    if (!since.some((table) => said("accept", table)) && !answered) this.found.add("let in by nobody");
    const current = store.tables.at(-1);
    if (
      current !== undefined &&
      current.at < by.startedAt &&
      verdictOf(current.table, row, setup.habits, instant(schedule.now)) === "reject" &&
      [by.startedAt - 900_000, schedule.now + 900_000].every(
        (clock) => verdictOf(current.table, row, setup.habits, instant(clock)) === "reject",
      )
    )
      this.found.add("let in against a reject entry");
  }

  /** In the end. */
  atTheEnd(): void {
    const { ec2, store, people, setup, schedule, functions } = this.#world;
    const asked = new Set(people.questionsTold.values());
    for (const row of ec2.rows.values()) {
      if (store.services.get(row.service)?.mode !== "enforce" || row.removedAt <= schedule.now) continue;
      const { believed, logged, needless } =
        functions instanceof Baseline ? ofBaseline(functions, row.endpoint) : this.#ofOurs(row.endpoint);
      const state = stateOf(row);
      const live = state === "available" || state === "pending";
      const now = instant(schedule.now);
      const frozen = store.bearing(row.service).freezes.length > 0;
      const own = store.records.get(row.endpoint)?.kept.connection.counter;
      const verdict = verdictOf(store.entries, row, setup.habits, now, { frozen, counts: store.counters, own });
      // Entries that give those who are in some time, or keep them, are not meant here.
      const { onReject } = store.services.get(row.service) ?? {};
      const cuts = rejecting(store.entries, row, setup.habits, now).some((entry) => (entry.disconnect ?? onReject ?? "now") === "now");
      if (live && cuts) this.found.add("lives against a reject entry");
      if (state === "pendingAcceptance" && verdict !== "ask") this.found.add("waits for ever");
      if (state === "pendingAcceptance" && verdict === "ask" && !asked.has(row.endpoint)) this.found.add("nobody was asked");
      if (
        (believed === "accepted" && (state === "rejected" || state === "pendingAcceptance")) ||
        (believed === "rejected" && (live || state === "pendingAcceptance"))
      )
        this.found.add("believed accepted");
      if ((live || state === "rejected") && !logged) this.found.add("not in the log");
      if (needless) this.found.add("twice in the log");
    }
  }

  #ofOurs(endpoint: EndpointId): Standing {
    const { store } = this.#world;
    const events = store.log.get(`connection#${endpoint}`)?.map(({ event }) => event.type) ?? [];
    const decided = events.filter((type) =>
      ["ConnectionApproved", "ConnectionDenied", "AcceptedOutside", "RejectedOutside", "ConnectionAdopted"].includes(type),
    );
    const status = store.records.get(endpoint)?.kept.connection.status;
    const believed =
      status === "approved" || status === "connected" || status === "adopted"
        ? "accepted"
        : status === "denied" || status === "rejected"
          ? "rejected"
          : undefined;
    const needless = decided.some((type, index) => type === decided[index - 1] && type !== "AcceptedOutside");
    return { believed, logged: decided.length > 0, needless };
  }
}

interface Standing {
  readonly believed: "accepted" | "rejected" | undefined;
  readonly logged: boolean;
  readonly needless: boolean;
}

function ofBaseline({ states, audit }: Baseline, endpoint: EndpointId): Standing {
  const state = states.get(endpoint);
  const logged = audit.filter((line) => line.endpoint === endpoint).map(({ what }) => what);
  return {
    believed: state === "asked" ? undefined : state,
    logged: logged.length > 0,
    needless: logged.some((what, index) => what === logged[index - 1]),
  };
}
