// What must hold of each decision and each question: what it rests on, who may, and that there is one.

import type { Instant } from "../../lib/ids.ts";
import type { Connection } from "../../lib/connection.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import { stateOf, type Row } from "./ec2.ts";
import { arnOf, start } from "./given.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation, ListRead } from "./lambda.ts";
import { momentsOf } from "./moments.ts";
import { matching, verdictOf, type Verdict } from "./oracle.ts";
import { counts, rulesOf, type Rules } from "./oracle-asking.ts";
import { cutAt } from "./oracle-holding.ts";
import { belongingOf, isDoubt } from "./oracle-units.ts";
import { entryId } from "./store.ts";
import type { World } from "./world.ts";

type Event<T extends ConnectionEvent["type"]> = Extract<ConnectionEvent, { type: T }>;
type Open = Extract<Connection, { status: "asking" }>;

const liveStates: ReadonlySet<Connection["status"]> = new Set(["approved", "connected", "adopted"]);

export class ChecksOfDecisions {
  readonly #world: World;
  /** Each question with its connection, and whether it is decided. */
  readonly #questions = new Map<string, { readonly endpoint: Row["endpoint"]; decided: boolean }>();

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  /** What the list said when this run read it; the clock may have moved on a little since. */
  #said(row: Row, by: Invocation, at: Instant, before: Connection | undefined): ReadonlySet<Verdict> {
    const list = by.reads.lastList.get(row.endpoint);
    if (list === undefined) return new Set();
    const { habits } = this.#world.setup;
    const frozen = list.frozen.has(row.service);
    const belongs = belongingOf(list, row);
    return new Set(
      momentsOf(list, by, at).flatMap((clock) =>
        [list.counts, ...by.reads.counted].map((counted) =>
          verdictOf(list.table, row, habits, clock, { frozen, counts: counted, own: before?.counter, in: belongs }),
        ),
      ),
    );
  }

  // Grants

  grants(event: Event<"ConnectionApproved">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("a grant rests on an entry, an answer or a command", `${by.name} approves ${row.endpoint}: ${why}`);
    const list = by.reads.lastList.get(row.endpoint);
    const said = this.#said(row, by, event.at, before);
    if (event.by.kind === "entry") {
      // Which entry speaks first may change while the run is at it, where an answer runs out.
      const firsts =
        list === undefined
          ? []
          : momentsOf(list, by, event.at).flatMap((at) => matching(list.table, row, at, belongingOf(list, row))[0] ?? []);
      const named = event.entry;
      const entry = firsts.find((first) => named !== undefined && entryId(first) === entryId(named)) ?? firsts[0];
      if (list?.frozen.has(row.service) === true)
        this.#fail("a freeze lets nobody in by an entry", `${by.name} approves ${row.endpoint}, and ${row.service} is frozen`);
      if (list !== undefined) this.#isKnown(list, row, event.at, by);
      if (!said.has("accept") || entry === undefined) return fail("the list does not say accept");
      if (before?.status === "requested" && before.acceptedOutside !== true && !this.#waited(row, by))
        return fail(`it does not wait: ${stateOf(row)}`);
      if (event.entry?.version !== entry.version || entryId(event.entry) !== entryId(entry)) return fail("another entry is named");
      this.#limited(event, entry.conditions.atMost, row);
      return event.label === entry.label ? undefined : fail("another label is given");
    }
    if (list === undefined || [...said].every((verdict) => verdict === "reject"))
      return fail("a reject entry applies, or the list was not read");
    if (event.by.kind === "outside" || event.by.kind === "aws") return fail("nobody approved");
    const whys = this.#rules(list, row, before, event.at, by).map((rules) => this.#unagreed(event, before, row, list, rules));
    if (whys.length === 0) return fail("the service is not in care");
    const [why] = whys;
    if (why === undefined || whys.includes(undefined)) return;
    if (why.lacks === undefined) return fail(why.told);
    this.#fail("as many agree as must", `${row.endpoint}: ${why.told}, and ${String(why.lacks)} have to`);
  }

  /** Where it is not known where the account belongs, an entry lets it in only past every entry for a unit or organization. */
  #isKnown(list: ListRead, row: Row, at: string, by: Invocation): void {
    const { habits } = this.#world.setup;
    const ranked = matching(list.table, row, at, belongingOf(list, row));
    const doubts = ranked.filter(isDoubt);
    const [first] = ranked;
    if (doubts.length === 0 || (first !== undefined && !isDoubt(first) && doubts.every(({ verdict }) => verdict !== "reject"))) return;
    this.#fail(
      "what Organizations does not say lets nobody in",
      `${by.name} approves ${row.endpoint} at ${at}, and the list says ${verdictOf(list.table, row, habits, list.clock, { in: belongingOf(list, row) })}`,
    );
  }

  /** Why people have not approved: as many as are asked for, each of whom may and did. Nothing where they have. */
  #unagreed(
    event: Event<"ConnectionApproved">,
    before: Connection | undefined,
    row: Row,
    list: ListRead,
    rules: Rules,
  ): { readonly told: string; readonly lacks?: number } | undefined {
    const { given } = this.#world.people;
    if (event.by.kind === "operator") {
      const { arn } = event.by;
      const alone = given.has(`${row.endpoint} break-glass ${arn}`);
      if (event.breakGlass === true) return alone ? undefined : { told: "nobody broke the glass" };
      if (!given.has(`${row.endpoint} approve ${arn}`)) return { told: "no operator approved" };
      if (before?.status !== "asking")
        return rules.asked.length === 0 || !this.#asksFirst(list, row, event.at, before)
          ? undefined
          : { told: "its approvers are to be asked first" };
      if (rules.quorum <= 1) return rules.authors.includes(arn) ? { told: `${arn} wrote the entry` } : undefined;
    }
    if (before?.status !== "asking") return { told: "no question is open" };
    // What was agreed to before may be enough by now; that is for those who are asked by name.
    if (event.by.kind === "drawbridge" && rules.asked.length === 0) return { told: "nobody is named who could have agreed" };
    const names = event.approvers ?? (event.by.kind === "approver" ? [event.by.name] : []);
    for (const name of names) {
      if (!this.#gave(before, row, name, "approve")) return { told: `${name} did not approve that` };
      if (!counts(rules, name)) return { told: `the word of ${name} does not count` };
    }
    return new Set(names).size < rules.quorum ? { told: `${names.join(", ")} agreed`, lacks: rules.quorum } : undefined;
  }

  /** Where people are to be asked, an operator goes first only past them. */
  #asksFirst(list: ListRead, row: Row, at: string, before: Connection | undefined): boolean {
    const { habits } = this.#world.setup;
    const bearing = { frozen: list.frozen.has(row.service), counts: list.counts, own: before?.counter, in: belongingOf(list, row) };
    return [list.clock, at].every((clock) => verdictOf(list.table, row, habits, clock, bearing) === "ask");
  }

  /** As they were when the run read service and list, and when it committed: an answer may have run out in between. */
  #rules(list: ListRead, row: Row, before: Connection | undefined, at: Instant, by: Invocation): Rules[] {
    const service = by.reads.services.get(row.service);
    const question = before?.status === "asking" ? before.question : {};
    const { log } = this.#world.store;
    if (service === undefined) return [];
    return momentsOf(list, by, at).map((clock) => rulesOf(service, { ...list, clock, log }, row, question, belongingOf(list, row)));
  }

  /** On the page, in Slack, or as the operator they are too. */
  #gave({ question }: Open, row: Row, name: string, choice: string): boolean {
    const { given } = this.#world.people;
    const arn = arnOf(name);
    return given.has(`${question.id} ${choice} ${name}`) || (arn !== undefined && given.has(`${row.endpoint} ${choice} ${arn}`));
  }

  /** An entry with a limit gives one of its places, and has one to give. */
  #limited(event: Event<"ConnectionApproved">, atMost: number | undefined, row: Row): void {
    const fail = (why: string): void => this.#fail("a limit is never exceeded", `${row.endpoint}: ${why}`);
    const { counter } = event;
    if (atMost === undefined) return counter === undefined ? undefined : fail(`it counts against ${counter}, which has no limit`);
    if (counter === undefined || event.entry === undefined || counter !== entryId(event.entry) || event.atMost !== atMost)
      return fail(`it does not count against its entry's limit of ${String(atMost)}`);
    const holds = this.#world.store.counters.get(counter) ?? 0;
    if (holds > atMost) fail(`${counter} holds ${String(holds)} of at most ${String(atMost)}`);
  }

  /** Whether AWS may have shown it waiting to this run, an old answer included. */
  #waited(row: Row, by: Invocation): boolean {
    const from = by.startedAt - (this.#world.faults.rates.stale === undefined ? 0 : 90_000);
    return row.states.some(({ state }, index) => state === "pendingAcceptance" && (row.states[index + 1]?.at ?? Infinity) >= from);
  }

  // Denials

  denies(event: Event<"ConnectionDenied">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("a denial rests on an entry, an answer or a command", `${by.name} denies ${row.endpoint}: ${why}`);
    const { given } = this.#world.people;
    const list = by.reads.lastList.get(row.endpoint);
    const said = this.#said(row, by, event.at, before);
    const rejected = said.has("reject");
    const old = row.createdAt < start && row.states[0]?.state === "available" && !row.states.some(({ state }) => state === "rejected");
    if (old && row.outside.length === 0 && !(event.by.kind === "entry" && rejected) && event.by.kind !== "operator")
      this.#fail("the adopted are not cut for want of an entry", `${row.endpoint}: ${event.because.detail}`);
    const isLive = before !== undefined && liveStates.has(before.status);
    if (event.revokes !== (isLive || (before?.status === "requested" && before.acceptedOutside === true)))
      fail(`revokes is ${String(event.revokes)} for ${before?.status ?? "nothing"}`);
    const told = before?.revocation;
    const wasTold = event.entry !== undefined && told !== undefined && told.due <= event.at && entryId(told.entry) === entryId(event.entry);
    const announced = event.by.kind === "entry" && isLive && wasTold ? told?.due : undefined;
    if (event.announced !== announced)
      this.#fail("a cut says whether it was told of", `${row.endpoint}: ${String(event.announced)}, not ${String(announced)}`);
    if (event.by.kind === "approver") {
      if (before?.status !== "asking" || list === undefined || !given.has(`${before.question.id} reject ${event.by.name}`))
        return fail(`${event.by.name} did not reject that`);
      // Where a reject entry applies by now, the list says the same, whoever says it first.
      const { name } = event.by;
      const may = rejected || this.#rules(list, row, before, event.at, by).some((rules) => counts(rules, name));
      return may ? undefined : fail(`the word of ${name} does not count`);
    }
    if (event.by.kind === "operator")
      return given.has(`${row.endpoint} reject ${event.by.arn}`) ? undefined : fail("no operator rejected it");
    if (event.because.rule === "silence") return this.#wasSilent(event, before, row, list, by, fail);
    if (isLive && list !== undefined) return this.#isLost(event, before, row, list, by, fail);
    const byOutside = before?.status === "requested" && before.acceptedOutside === true && event.because.rule === "outside";
    // Where a reject entry just begins or ends, the run may have judged by either side of the moment.
    if (byOutside && said.size > 1) return;
    if (rejected) {
      const named = event.entry === undefined ? undefined : list?.table.get(entryId(event.entry));
      if (named?.verdict !== "reject" || named.version !== event.entry?.version) fail("the entry named does not reject");
    } else if (!byOutside) fail("no reject entry applies");
  }

  /** What is accepted is cut when nothing holds it any longer, and not before. */
  #isLost(
    event: Event<"ConnectionDenied">,
    before: Connection,
    row: Row,
    list: ListRead,
    by: Invocation,
    fail: (why: string) => void,
  ): void {
    // As the run read it: it may have been released meanwhile, and taken up again with other settings.
    const service = by.reads.services.get(row.service) ?? this.#world.store.services.get(row.service);
    if (service === undefined) return fail("the service is not in care");
    const due = momentsOf(list, by, event.at).map((clock) =>
      cutAt(list, before, row, service, this.#world.setup.habits, clock, this.#waited(row, by)),
    );
    if (Math.min(...due) > Date.parse(event.at)) fail(`it is held until ${String(due)}: ${event.because.detail}`);
    const { entry } = event;
    const named = entry === undefined ? undefined : (list.table.get(entryId(entry)) ?? list.removed.get(entryId(entry)));
    if (named?.version !== entry?.version) fail("the entry named is not the one that it was cut for");
  }

  #wasSilent(
    event: Event<"ConnectionDenied">,
    before: Connection | undefined,
    row: Row,
    list: ListRead | undefined,
    by: Invocation,
    fail: (why: string) => void,
  ): void {
    const rules = list === undefined ? [] : this.#rules(list, row, before, event.at, by);
    const rejecting = rules.filter(({ silence }) => silence === "reject");
    if (before?.status !== "asking" || rejecting.length === 0) return fail("silence does not reject there");
    const passed = Date.parse(event.at) - Date.parse(before.question.at);
    if (rejecting.every(({ openMs }) => passed < openMs)) fail("the question has not been open for so long");
    if (!this.#world.people.reachable || rejecting.every(({ asked }) => asked.length === 0)) fail("no approver could be reached");
  }

  // Questions

  /** One decision for each question, by whatever way it comes. */
  decides(event: Event<"ConnectionApproved" | "ConnectionDenied">, before: Connection | undefined, row: Row): void {
    const open = before?.status === "asking" ? before.question.id : undefined;
    if (event.question !== open)
      return this.#fail(
        "exactly one decision per question",
        `${row.endpoint}: question ${event.question ?? "none"} is decided while ${open ?? "none"} is open`,
      );
    if (open === undefined) return;
    const question = this.#questions.get(open);
    if (question === undefined || question.endpoint !== row.endpoint || question.decided)
      return this.#fail("exactly one decision per question", `${row.endpoint}: ${open} is decided again, or was not asked of it`);
    question.decided = true;
  }

  asks(event: Event<"ApprovalRequested">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("people are asked only when the list says ask", `${by.name} asks about ${row.endpoint}: ${why}`);
    if (!this.#said(row, by, event.at, before).has("ask")) fail("the list does not say ask");
    if (before?.status !== "requested" || !this.#waited(row, by)) fail(`it is ${before?.status ?? "unknown"} and ${stateOf(row)}`);
    if (this.#questions.has(event.question)) fail("the question's id was used before");
    if (!this.#world.people.enforcedSince.has(row.service))
      this.#fail("an observed service is only watched", `${by.name} asks about ${row.endpoint}`);
    this.#questions.set(event.question, { endpoint: row.endpoint, decided: false });
  }

  /** An agreement that is kept was given, by somebody whose word counts, and is not enough by itself. */
  agrees(event: Event<"ApprovalGiven">, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void => this.#fail("as many agree as must", `${by.name}, ${row.endpoint}: ${why}`);
    const list = by.reads.lastList.get(row.endpoint);
    if (before?.status !== "asking" || list === undefined || before.question.id !== event.question) return fail("no such question is open");
    const rules = this.#rules(list, row, before, event.at, by);
    if (!rules.some(({ quorum }) => event.quorum === quorum && event.given < quorum))
      return fail(`${String(event.given)} of ${String(event.quorum)} agree, and ${rules.map(({ quorum }) => quorum).join(" or ")} have to`);
    if (!this.#gave(before, row, event.approver, "approve")) fail(`${event.approver} did not agree`);
    if (!rules.some((one) => counts(one, event.approver))) fail(`the word of ${event.approver} does not count`);
  }
}
