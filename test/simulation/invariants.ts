// What must hold while a life is lived: this file takes each commit apart, and hands its events to those who know.

import { findingsFault, isVerdict } from "./checks-of-findings.ts";
import type { Connection } from "../../lib/connection.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import type { EndpointId } from "../../lib/ids.ts";
import { canonical } from "../../lib/canonical.ts";
import type { Change, StoredEvent } from "../../lib/ledger.ts";
import { ChecksAfterRuns } from "./checks-after-runs.ts";
import { ChecksBeforeEffects } from "./checks-before-effects.ts";
import { ChecksOfDecisions } from "./checks-of-decisions.ts";
import { ChecksOfEntries } from "./checks-of-entries.ts";
import { ChecksOfFacts } from "./checks-of-facts.ts";
import { ChecksOfTime } from "./checks-of-time.ts";
import { stateOf, type Row } from "./ec2.ts";
import type { InvariantName } from "./invariant-names.ts";
import type { Invocation } from "./lambda.ts";
import type { World } from "./world.ts";

const historyMax = 400;
const latencyMax = 200;
const decidedMs = 20_000;

export class Invariants {
  readonly before: ChecksBeforeEffects;
  readonly after: ChecksAfterRuns;
  readonly #world: World;
  readonly #decisions: ChecksOfDecisions;
  readonly #entries: ChecksOfEntries;
  readonly #facts: ChecksOfFacts;
  readonly #time: ChecksOfTime;
  /** Who has ever had each name. */
  readonly #named = new Map<string, ReadonlySet<EndpointId>>();

  constructor(world: World) {
    this.#world = world;
    this.before = new ChecksBeforeEffects(world);
    this.after = new ChecksAfterRuns(world);
    this.#decisions = new ChecksOfDecisions(world);
    this.#entries = new ChecksOfEntries(world);
    this.#facts = new ChecksOfFacts(world);
    this.#time = new ChecksOfTime(world);
  }

  #fail(invariant: InvariantName, detail: string): void {
    this.#world.violated(invariant, detail);
  }

  afterCommit(change: Change, before: Connection | undefined, added: readonly StoredEvent[], by: Invocation): void {
    this.#time.runsOn(added);
    if (change.of === "entry") return this.#entries.written(change);
    if (change.of !== "connection") return;
    const { after, events } = change;
    const row = this.#world.ec2.rows.get(after.endpoint);
    if (row === undefined || row.account !== after.account || row.service !== after.service)
      return this.#fail("what the log says of AWS was so", `${after.endpoint} of ${after.account} at ${after.service} is not AWS's`);
    this.#replays(before, after, events, added);
    this.#entries.lasts(change, before);
    let at = before;
    for (const event of events) {
      const isAnswer = event.by.kind === "approver" || event.by.kind === "operator" || event.type === "AnswerRefused";
      if (isAnswer && by.of === "answer") by.commits.add(after.endpoint);
      this.#judge(event, at, row, by);
      if (event.type === "ConnectionRequested" && by.of !== "dns") this.#decidedSoon(row);
      const next = this.#world.system.evolve(at, event);
      this.#keeps(event, at, next);
      at = next;
    }
    this.#time.counts(events, before);
    if (after.seq > historyMax) this.#fail("nothing is retried without bound", `${after.endpoint} has ${String(after.seq)} events`);
  }

  /**
   * Where nothing goes wrong, whatever records a request also wakes whoever decides it; a crowd may have to wait for AWS.
   * dns comes upon one only where AWS has told of none (yet): the notification, or the next sweep, brings it to its verdict.
   */
  #decidedSoon(row: Row): void {
    const { setup, schedule, store, people } = this.#world;
    if (Object.keys(setup.rates).length > 0 || setup.script !== undefined || setup.latency > latencyMax || (setup.crowd ?? 0) > 0) return;
    if (stateOf(row) !== "pendingAcceptance" || !people.enforcedSince.has(row.service) || this.#world.turns !== undefined) return;
    const recorded = schedule.now;
    schedule.after(decidedMs, () => {
      if (this.#world.besides.care.wasReleased(row.service, recorded)) return;
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
    if (event.type !== "AnswerRefused" && event.type !== "Attributed" && event.type !== "EffectFailed" && event.type !== "ApprovalGiven")
      return;
    const kept = (connection: Connection | undefined): string =>
      canonical([
        connection?.status,
        connection !== undefined && "decision" in connection ? connection.decision : undefined,
        connection?.names,
      ]);
    if (kept(before) !== kept(after)) this.#fail("what changes nothing changes nothing", `${event.type} changes ${after.endpoint}`);
  }

  #judge(event: ConnectionEvent, before: Connection | undefined, row: Row, by: Invocation): void {
    const fault = isVerdict(event) ? findingsFault(event, row, by) : undefined;
    if (fault !== undefined) this.#fail("a verdict tells what it rests on", `${event.type} of ${row.endpoint}: ${fault}`);
    switch (event.type) {
      case "ConnectionApproved":
        this.#decisions.decides(event, before, row);
        return this.#decisions.grants(event, before, row, by);
      case "ConnectionDenied":
        this.#decisions.decides(event, before, row);
        return this.#decisions.denies(event, before, row, by);
      case "ApprovalRequested":
        return this.#decisions.asks(event, before, row, by);
      case "ApprovalGiven":
        return this.#decisions.agrees(event, before, row, by);
      case "ApprovalReminded":
      case "ApprovalEscalated":
        return this.#time.reminds(event, before, row, by);
      case "RevocationAnnounced":
      case "RevocationWithdrawn":
        return this.#time.foretells(event, before, row, by);
      case "ExpiryAnnounced":
        return this.#time.expires(event, before, row, by);
      case "Attributed":
        return this.#facts.attributes(event, row);
      case "AcceptedOutside":
        this.#facts.means(event, row);
        return this.#facts.wasSo(event, before, row);
      case "EffectFailed":
        by.failed.add(row.endpoint);
        return this.#facts.counts(event, before, row);
      case "NameAssigned":
        return this.#names(event.name.fqdn, before, row);
      default:
        return this.#facts.wasSo(event, before, row);
    }
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
