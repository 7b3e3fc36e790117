// What must hold while a life is lived: checked at every commit, before every effect, and after every sweep.

import type { Connection } from "../../lib/connection.ts";
import type { Signal } from "../../lib/decide.ts";
import { actorKey, type ConnectionEvent } from "../../lib/events.ts";
import type { EndpointId, ServiceId } from "../../lib/ids.ts";
import { canonical, type Change, type StoredEvent } from "../../lib/ledger.ts";
import type { Swept } from "../../lib/loop/sweep.ts";
import type { Look } from "../../lib/ports.ts";
import { stateOf, type Row } from "./ec2.ts";
import { ownRoles, start } from "./given.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import { acceptingEntry, verdictOf } from "./oracle.ts";
import { entryId } from "./store.ts";
import type { World } from "./world.ts";

const liveStates: ReadonlySet<Connection["status"]> = new Set(["approved", "connected", "adopted"]);
const historyMax = 400;
const acceptsPerHourMax = 30;
const latencyMax = 200;
const decidedMs = 20_000;

export class Invariants {
  readonly pagesOfSweeps: number[] = [];
  readonly #world: World;
  /** Each question with its connection, and whether it is decided. */
  readonly #questions = new Map<string, { readonly endpoint: EndpointId; decided: boolean }>();
  readonly #attributed = new Set<string>();
  /** Who has ever had each name. */
  readonly #named = new Map<string, ReadonlySet<EndpointId>>();

  constructor(world: World) {
    this.#world = world;
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  /** The record as this run last read or wrote it. */
  #known(by: Invocation, endpoint: EndpointId): Connection | undefined {
    const seq = by.reads.heads.get(endpoint)?.seq;
    return this.#world.store.records.get(endpoint)?.versions.findLast(({ connection }) => connection.seq === seq)?.connection;
  }

  // Before effects

  beforeAccept(by: Invocation, service: ServiceId, endpoints: readonly EndpointId[]): void {
    this.#mayAct(by, service, "Accept");
    for (const endpoint of endpoints) {
      const list = by.reads.lastList.get(endpoint);
      const known = this.#known(by, endpoint);
      if (known?.status !== "approved" || known.decision.verdict !== "accept" || known.decision.by.kind === "outside")
        this.#fail("nobody is accepted without a grant", `${by.name} accepts ${endpoint}, which it knows as ${known?.status ?? "unknown"}`);
      const row = this.#world.ec2.rows.get(endpoint);
      if (row === undefined) continue;
      if (list === undefined || verdictOf(list.table, row, this.#world.setup.habits, list.clock) === "reject")
        this.#fail(
          "an approval is judged again before the accept",
          `${by.name} accepts ${endpoint} ${list === undefined ? "without having read the list" : "though the list says reject"}`,
        );
      const trouble = this.#lastFailure(endpoint, "accept", known?.seq ?? 0);
      const rests = trouble === undefined ? 0 : Math.min(2 ** (trouble.count - 1), 60) * 60_000;
      if (trouble !== undefined && Date.parse(this.#world.lambda.clock(by)) - Date.parse(trouble.at) < rests)
        this.#fail("every refusal of AWS is told", `${by.name} tries ${endpoint} again too soon`);
      const lately = row.accepts.filter((at) => at > this.#world.schedule.now - 3_600_000).length;
      if (lately > acceptsPerHourMax)
        this.#fail("nothing is retried without bound", `${endpoint} has had ${String(lately)} tries within an hour`);
    }
  }

  /** From the log alone: the last refusal of this effect up to this event, unless it has recovered. */
  #lastFailure(endpoint: EndpointId, effect: string, seq: number): Extract<ConnectionEvent, { type: "EffectFailed" }> | undefined {
    const last = this.#world.store.log
      .get(`connection#${endpoint}`)
      ?.findLast((stored) => stored.seq <= seq && (stored.event.type === "EffectFailed" || stored.event.type === "EffectRecovered"))?.event;
    return last?.type === "EffectFailed" && last.effect === effect ? last : undefined;
  }

  beforeReject(by: Invocation, service: ServiceId, endpoints: readonly EndpointId[]): void {
    this.#mayAct(by, service, "Reject");
    for (const endpoint of endpoints) {
      const known = this.#known(by, endpoint);
      if (known?.status !== "denied")
        this.#fail(
          "nobody is rejected without a denial",
          `${by.name} rejects ${endpoint}, which it knows as ${known?.status ?? "unknown"}`,
        );
    }
  }

  beforeNames(by: Invocation): void {
    if (this.#world.people.enforcedSince.size === 0) this.#fail("an observed service is only watched", `${by.name} changes Route 53`);
  }

  #mayAct(by: Invocation, service: ServiceId, what: string): void {
    if (!this.#world.people.enforcedSince.has(service))
      this.#fail("an observed service is only watched", `${by.name} calls ${what} for ${service}`);
  }

  /** A delayed look counts its attempts, so that looking ends. */
  woken<T>(send: () => T, { attempt = 0, endpoints = [] }: Look): T {
    if (attempt < 1 || attempt > 4 || endpoints.length === 0)
      this.#fail("nothing is retried without bound", `a look again with attempt ${String(attempt)}`);
    return send();
  }

  // At every commit

  afterCommit(change: Change, before: Connection | undefined, added: readonly StoredEvent[], by: Invocation): void {
    if (change.of !== "connection") return;
    const { after, events } = change;
    const row = this.#world.ec2.rows.get(after.endpoint);
    if (row === undefined || row.account !== after.account || row.service !== after.service)
      return this.#fail("what the log says of AWS was so", `${after.endpoint} of ${after.account} at ${after.service} is not AWS's`);
    this.#replays(before, after, events, added);
    let at = before;
    for (const event of events) {
      if ((event.by.kind === "approver" || event.by.kind === "operator") && by.of === "answer") by.commits.add(after.endpoint);
      this.#judge(event, at, row, by);
      if (event.type === "ConnectionRequested") this.#decidedSoon(row);
      const next = this.#world.system.evolve(at, event);
      this.#keeps(event, at, next);
      at = next;
    }
    if (after.seq > historyMax) this.#fail("nothing is retried without bound", `${after.endpoint} has ${String(after.seq)} events`);
  }

  /** Where nothing goes wrong, whatever records a request also wakes whoever decides it; a crowd may have to wait for AWS. */
  #decidedSoon(row: Row): void {
    const { setup, schedule, store, people } = this.#world;
    if (Object.keys(setup.rates).length > 0 || setup.script !== undefined || setup.latency > latencyMax || (setup.crowd ?? 0) > 0) return;
    if (stateOf(row) !== "pendingAcceptance" || !people.enforcedSince.has(row.service) || this.#world.turns !== undefined) return;
    schedule.after(decidedMs, () => {
      const waits = row.states.every(({ state }) => state === "pendingAcceptance");
      if (waits && store.records.get(row.endpoint)?.kept.connection.status === "requested")
        this.#fail(
          "a request does not wait for the sweep",
          `${row.endpoint} is undecided ${String(decidedMs / 1000)} seconds after it was recorded`,
        );
    });
  }

  #replays(before: Connection | undefined, after: Connection, events: readonly ConnectionEvent[], added: readonly StoredEvent[]): void {
    let replayed: Connection | undefined;
    try {
      replayed = events.reduce<Connection | undefined>(this.#world.system.evolve, before);
    } catch (error) {
      return this.#fail("the history replays to the record", String(error));
    }
    if (!same(replayed, after) || after.seq !== added.at(-1)?.seq)
      this.#fail("the history replays to the record", `${after.endpoint}: ${canonical(replayed)} is kept as ${canonical(after)}`);
  }

  #keeps(event: ConnectionEvent, before: Connection | undefined, after: Connection): void {
    if (event.type !== "AnswerRefused" && event.type !== "Attributed" && event.type !== "EffectFailed") return;
    const kept = (connection: Connection | undefined): string =>
      canonical([
        connection?.status,
        connection !== undefined && "decision" in connection ? connection.decision : undefined,
        connection?.names,
      ]);
    if (kept(before) !== kept(after)) this.#fail("what changes nothing changes nothing", `${event.type} changes ${after.endpoint}`);
  }

  #judge(event: ConnectionEvent, before: Connection | undefined, row: Row, by: Invocation): void {
    switch (event.type) {
      case "ConnectionApproved":
        this.#decides(event, before, row);
        return this.#grants(event, before, row, by);
      case "ConnectionDenied":
        this.#decides(event, before, row);
        return this.#denies(event, before, row, by);
      case "ApprovalRequested":
        return this.#asks(event, before, row, by);
      case "Attributed":
        return this.#attributes(event, row);
      case "AcceptedOutside":
        this.#means(event, row);
        return this.#wasSo(event, before, row);
      case "EffectFailed":
        by.failed.add(row.endpoint);
        return this.#counts(event, before, row);
      case "NameAssigned":
        return this.#names(event.name.fqdn, before, row);
      default:
        return this.#wasSo(event, before, row);
    }
  }

  #counts(event: Extract<ConnectionEvent, { type: "EffectFailed" }>, before: Connection | undefined, row: Row): void {
    const last = this.#lastFailure(row.endpoint, event.effect, before?.seq ?? 0);
    if (event.count !== (last?.count ?? 0) + 1)
      this.#fail("every refusal of AWS is told", `${row.endpoint}: the count is ${String(event.count)} after ${String(last?.count ?? 0)}`);
  }

  #means(event: Extract<ConnectionEvent, { type: "AcceptedOutside" }>, row: Row): void {
    const { store, people } = this.#world;
    const keeps = store.services.get(row.service)?.outsideAccept === "keep";
    if (event.kept !== keeps && !people.changedAt.has(row.service))
      this.#fail("an accept outside means what its service says", `${row.endpoint}: kept is ${String(event.kept)}`);
  }

  /** What the list said when this run read it; the clock may have moved on a little since. */
  #said(row: Row, by: Invocation, at: string, verdict: "accept" | "ask" | "reject"): boolean {
    const list = by.reads.lastList.get(row.endpoint);
    if (list === undefined) return false;
    return [list.clock, at].some((clock) => verdictOf(list.table, row, this.#world.setup.habits, clock) === verdict);
  }

  #grants(event: Extract<ConnectionEvent, { type: "ConnectionApproved" }>, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("a grant rests on an entry, an answer or a command", `${by.name} approves ${row.endpoint}: ${why}`);
    const list = by.reads.lastList.get(row.endpoint);
    if (event.by.kind === "entry") {
      const entry = list === undefined ? undefined : acceptingEntry(list.table, row);
      if (!this.#said(row, by, event.at, "accept") || entry === undefined) return fail("the list does not say accept");
      if (before?.status === "requested" && before.acceptedOutside !== true && !this.#waited(row, by))
        return fail(`it does not wait: ${stateOf(row)}`);
      if (event.entry?.version !== entry.version || entryId(event.entry) !== entryId(entry)) return fail("another entry is named");
      return event.label === entry.label ? undefined : fail("another label is given");
    }
    if (list === undefined || !this.#notRejected(row, by, event.at)) return fail("a reject entry applies, or the list was not read");
    if (event.by.kind === "approver") {
      if (before?.status !== "asking" || !this.#world.people.given.has(`${before.question.id} approve ${event.by.name}`))
        fail(`${event.by.name} did not approve that`);
    } else if (event.by.kind !== "operator" || !this.#world.people.given.has(`${row.endpoint} approve ${event.by.arn}`))
      fail("nobody approved");
  }

  /** Whether AWS may have shown it waiting to this run, an old answer included. */
  #waited(row: Row, by: Invocation): boolean {
    const from = by.startedAt - (this.#world.faults.rates.stale === undefined ? 0 : 90_000);
    return row.states.some(({ state }, index) => state === "pendingAcceptance" && (row.states[index + 1]?.at ?? Infinity) >= from);
  }

  #notRejected(row: Row, by: Invocation, at: string): boolean {
    const list = by.reads.lastList.get(row.endpoint);
    return list !== undefined && [list.clock, at].some((clock) => verdictOf(list.table, row, this.#world.setup.habits, clock) !== "reject");
  }

  #denies(event: Extract<ConnectionEvent, { type: "ConnectionDenied" }>, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("a denial rests on an entry, an answer or a command", `${by.name} denies ${row.endpoint}: ${why}`);
    const rejected = this.#said(row, by, event.at, "reject");
    const old = row.createdAt < start && row.states[0]?.state === "available" && !row.states.some(({ state }) => state === "rejected");
    if (old && row.outside.length === 0 && !(event.by.kind === "entry" && rejected) && event.by.kind !== "operator")
      this.#fail("the adopted are not cut for want of an entry", `${row.endpoint}: ${event.because.detail}`);
    if (event.by.kind === "approver") {
      if (before?.status !== "asking" || !this.#world.people.given.has(`${before.question.id} reject ${event.by.name}`))
        fail(`${event.by.name} did not reject that`);
    } else if (event.by.kind === "operator") {
      if (!this.#world.people.given.has(`${row.endpoint} reject ${event.by.arn}`)) fail("no operator rejected it");
    } else if (rejected) {
      const named = event.entry === undefined ? undefined : by.reads.lastList.get(row.endpoint)?.table.get(entryId(event.entry));
      if (named?.verdict !== "reject" || named.version !== event.entry?.version) fail("the entry named does not reject");
    } else if (!(before?.status === "requested" && before.acceptedOutside === true && event.because.rule === "outside"))
      fail("no reject entry applies");
    if (
      event.revokes !==
      (before !== undefined && (liveStates.has(before.status) || (before.status === "requested" && before.acceptedOutside === true)))
    )
      fail(`revokes is ${String(event.revokes)} for ${before?.status ?? "nothing"}`);
  }

  /** One decision for each question, by whatever way it comes. */
  #decides(
    event: Extract<ConnectionEvent, { type: "ConnectionApproved" | "ConnectionDenied" }>,
    before: Connection | undefined,
    row: Row,
  ): void {
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

  #asks(event: Extract<ConnectionEvent, { type: "ApprovalRequested" }>, before: Connection | undefined, row: Row, by: Invocation): void {
    const fail = (why: string): void =>
      this.#fail("people are asked only when the list says ask", `${by.name} asks about ${row.endpoint}: ${why}`);
    if (!this.#said(row, by, event.at, "ask")) fail("the list does not say ask");
    if (before?.status !== "requested" || !this.#waited(row, by)) fail(`it is ${before?.status ?? "unknown"} and ${stateOf(row)}`);
    if (this.#questions.has(event.question)) fail("the question's id was used before");
    if (!this.#world.people.enforcedSince.has(row.service))
      this.#fail("an observed service is only watched", `${by.name} asks about ${row.endpoint}`);
    this.#questions.set(event.question, { endpoint: row.endpoint, decided: false });
  }

  #attributes(event: Extract<ConnectionEvent, { type: "Attributed" }>, row: Row): void {
    const wasSo = row.outside.some(({ action, arn, event: id }) => action === event.action && arn === event.arn && id === event.event);
    const key = `${row.endpoint} ${event.event}`;
    if (!wasSo || this.#attributed.has(key) || ownRoles.some((role) => event.arn.includes(role.slice(role.lastIndexOf("/") + 1))))
      this.#fail("who did it is told truly", `${key} by ${event.arn}`);
    this.#attributed.add(key);
  }

  #names(fqdn: string, before: Connection | undefined, row: Row): void {
    const fail = (why: string): void => this.#fail("one name for one connection", `${row.endpoint} gets ${fqdn}, and ${why}`);
    if (before?.status !== "connected") fail(`it is ${before?.status ?? "unknown"}`);
    for (const [endpoint, { kept }] of this.#world.store.records)
      if (endpoint !== row.endpoint && kept.connection.names.some((name) => name.fqdn === fqdn)) fail(`so has ${endpoint}`);
    if (!this.#world.people.enforcedSince.has(row.service))
      this.#fail("an observed service is only watched", `${row.endpoint} gets a name`);
    const suffix = `-${row.endpoint.slice(5)}.`;
    const plain = fqdn.replace(suffix, ".");
    const label = before !== undefined && "decision" in before ? (before.decision?.label ?? row.account) : row.account;
    if (!plain.startsWith(`${label}.`)) fail(`its label is ${label}`);
    if (before?.names.some((name) => name.fqdn.replace(suffix, ".") === plain) === true) fail("it has one already");
    if (fqdn.includes(suffix) && ![...(this.#named.get(plain) ?? [])].some((endpoint) => endpoint !== row.endpoint))
      fail(`the plain ${plain} was nobody's`);
    this.#named.set(fqdn, new Set(this.#named.get(fqdn)).add(row.endpoint));
  }

  #wasSo(event: ConnectionEvent, before: Connection | undefined, row: Row): void {
    const had = (...states: readonly string[]): boolean => row.states.some(({ state }) => states.includes(state));
    const fail = (): void =>
      this.#fail(
        "what the log says of AWS was so",
        `${event.type}${event.type === "ConnectionClosed" ? ` ${event.reason}` : ""}: ${row.endpoint} has been ${row.states.map(({ state }) => state).join(", ")}`,
      );
    const { rates } = this.#world.faults;
    switch (event.type) {
      case "ConnectionAvailable":
        return had("available") ? undefined : fail();
      case "ConnectionRejected":
        return had("rejected") ? undefined : fail();
      case "EffectRecovered":
        if (event.effect === "accept") return had("pending", "available", "partial") ? undefined : fail();
        return event.effect !== "reject" || had("rejected") ? undefined : fail();
      case "ConnectionMissing":
        return rates.hidden !== undefined || rates.stale !== undefined || row.removedAt <= this.#world.schedule.now ? undefined : fail();
      case "RejectedOutside":
        return row.outside.some(({ action }) => action === "reject") || row.states[0]?.state === "rejected" || this.#oldNews(row)
          ? undefined
          : fail();
      case "AcceptedOutside":
        return this.#acceptedOutside(before, row) ? undefined : fail();
      case "ConnectionAdopted":
        return row.createdAt < start ? undefined : fail();
      case "ConnectionClosed":
        if (event.reason === "vanished")
          return rates.hidden !== undefined || rates.skew !== undefined || row.removedAt <= this.#world.schedule.now ? undefined : fail();
        return (event.reason === "deleted" ? had("deleting", "deleted") : had(event.reason)) ? undefined : fail();
      default:
        return undefined;
    }
  }

  /**
   * An answer of AWS from before a reject, or from before an accept that undid one, may be taken for news when
   * clocks are minutes apart or when AWS lets a rejected endpoint be accepted. It grants nothing and heals at the next look.
   */
  #oldNews(row: Row): boolean {
    const { rates } = this.#world.faults;
    return (
      rates.stale !== undefined &&
      row.states.some(({ state }) => state === "rejected") &&
      (rates.skew !== undefined || this.#world.setup.habits.acceptsRejected)
    );
  }

  #acceptedOutside(before: Connection | undefined, row: Row): boolean {
    const oldNews = before?.status === "rejected" && this.#oldNews(row);
    // AWS offers no way to call an Accept back that is on its way; where it lets a rejected endpoint be accepted, that one lets it in.
    return (
      oldNews ||
      row.acceptedLate ||
      row.outside.some(({ action }) => action === "accept") ||
      ["pending", "available"].includes(row.states[0]?.state ?? "")
    );
  }

  // After a run

  failed(by: Invocation, error: unknown): void {
    if (error instanceof Error && error.name === "Fault" && (error as { retryable?: boolean }).retryable === true) return;
    this.#fail("no run fails by a fault of its own", `${by.name}: ${String(error)}`);
  }

  afterAnswer(by: Invocation, service: ServiceId, endpoint: EndpointId, { by: who, choice }: Extract<Signal, { kind: "answered" }>): void {
    const { records, services } = this.#world.store;
    const there = records.get(endpoint);
    if (there?.kept.connection.service !== service || services.get(service) === undefined || (there.versions[0]?.at ?? 0) >= by.startedAt)
      return;
    if (!by.commits.has(endpoint))
      this.#fail("no answer is swallowed", `${actorKey(who)} answered ${choice} for ${endpoint}, and the log does not say so`);
  }

  afterAdmit(by: Invocation): void {
    for (const [endpoint, effect] of by.reads.refused) {
      const row = this.#world.ec2.rows.get(endpoint);
      if (row === undefined || row.removedAt !== Infinity || row.states.some(({ at }) => at >= by.startedAt)) continue;
      const reached = effect === "accept" ? ["pending", "available", "partial"] : ["rejected"];
      // An old answer of AWS may have shown it so once more.
      const oldNews = this.#world.faults.rates.stale !== undefined && row.states.some(({ state }) => reached.includes(state));
      if (reached.includes(stateOf(row)) || oldNews || by.failed.has(endpoint)) continue;
      this.#fail("every refusal of AWS is told", `AWS refused to ${effect} ${endpoint} for ${by.name}, and the log does not say so`);
    }
  }

  afterSweep(by: Invocation, swept: readonly Swept[]): void {
    const { store, ec2, setup, faults } = this.#world;
    const services = [...store.services.values()];
    if (by.conflicts === 0) this.pagesOfSweeps.push(by.reads.pages);
    const whole = swept.every(({ error }) => error === undefined);
    if (by.conflicts === 0 && whole) {
      const listingsMax =
        services.length * ([faults.rates.lag, faults.rates.hidden, faults.rates.stale].every((rate) => rate === undefined) ? 1 : 2) +
        this.#lateRecords(by);
      if (by.reads.listings > listingsMax || by.reads.pages > listingsMax * Math.ceil(Math.max(1, ec2.rows.size) / 1000))
        this.#fail(
          "a sweep lists each service once",
          `${by.name}: ${String(by.reads.listings)} listings, ${String(by.reads.pages)} pages for ${String(services.length)} services`,
        );
    }
    for (const endpoint of by.reads.shown) {
      const row = ec2.rows.get(endpoint);
      if (row === undefined || swept.find(({ service }) => service === row.service)?.error !== undefined) continue;
      const stored = store.records.get(endpoint);
      if (stored === undefined) return this.#fail("every connection is in the log", `${by.name} saw ${endpoint} and left no record`);
      const { connection } = stored.kept;
      const service = store.services.get(row.service);
      const list = by.reads.firstList.get(endpoint);
      const untouched = Date.parse(connection.changedAt) >= 0 && (stored.versions.at(-1)?.at ?? Infinity) < by.startedAt;
      if (
        !untouched ||
        service?.mode !== "enforce" ||
        list === undefined ||
        (this.#world.people.enforcedSince.get(row.service) ?? Infinity) >= by.startedAt
      )
        continue;
      const verdict = verdictOf(list.table, row, setup.habits, list.clock);
      const waiting = row.states.every(({ state }) => state === "pendingAcceptance");
      if (verdict === "reject" && liveStates.has(connection.status))
        this.#fail(
          "a sweep leaves nothing undecided",
          `${endpoint} is ${connection.status} after ${by.name}, though a reject entry applies`,
        );
      if (waiting && (connection.status === "requested" || (connection.status === "asking" && verdict !== "ask")))
        this.#fail(
          "a sweep leaves nothing undecided",
          `${endpoint} is ${connection.status} after ${by.name}, and the list says ${verdict}`,
        );
    }
  }

  /** Records that came into being while the sweep was on its way make it list once more. */
  #lateRecords(by: Invocation): number {
    const { services, records } = this.#world.store;
    const late = [...records.values()].some(({ versions }) => (versions[0]?.at ?? 0) >= by.startedAt - 1);
    return late ? services.size : 0;
  }
}

/** Deep equality of plain values; a member that is undefined is none. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  for (const key in a) if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  for (const key in b)
    if ((b as Record<string, unknown>)[key] !== undefined && (a as Record<string, unknown>)[key] === undefined) return false;
  return true;
}
