// What must hold once the faults are over, all delays have passed and three sweeps have gone by.

import { canonical } from "../../lib/canonical.ts";
import { connectionSubject, firstBreak } from "../../lib/ledger.ts";
import { recordSets } from "../../lib/names.ts";
import type { Seen } from "../../lib/observed.ts";
import type { Vpc } from "../../lib/vpcs.ts";
import type { Connection } from "../../lib/connection.ts";
import { instant } from "../../lib/ids.ts";
import type { Service } from "../../lib/service.ts";
import { stateOf, type Row } from "./ec2.ts";
import type { ListRead } from "./lambda.ts";
import { matching, rejecting, verdictOf } from "./oracle.ts";
import { counts, reminders, rulesOf } from "./oracle-asking.ts";
import { cutAt } from "./oracle-holding.ts";
import { belongingOf, isDoubt } from "./oracle-units.ts";
import { accounts, start } from "./given.ts";
import { ownerText } from "./route53.ts";
import { entryId, sha256 } from "./store.ts";
import type { World } from "./world.ts";

export function checkHealed(world: World): void {
  everyConnectionIsInTheLog(world);
  for (const { kept } of world.store.records.values()) {
    const row = world.ec2.rows.get(kept.connection.endpoint);
    const service = world.store.services.get(kept.connection.service);
    if (row === undefined || service === undefined) throw new Error(`${kept.connection.endpoint} is nobody's`);
    thePlanIsEmpty(world, kept.connection, row, service);
    awsAgrees(world, kept.connection, row, service);
    timeHasPassed(world, kept.connection, row, service);
  }
  everyChainVerifies(world);
  namesAreAsTheRulesSay(world);
  everythingIsTold(world);
  everyCallerIsNamed(world);
  acceptanceIsKnown(world);
  deadLettersAreUnreadable(world);
  world.besides.permissions.atTheEnd();
  world.besides.privateZones.atTheEnd((connection) => namedVpc(world, connection));
}

/** The VPC that the deciding entry names; where none decides, or nobody knows, the one from before stays. */
function namedVpc(world: World, { endpoint }: Connection): Vpc | undefined | "as it was" {
  const row = world.ec2.rows.get(endpoint);
  if (row === undefined) return "as it was";
  const { table, clock } = listNow(world);
  const belongs = belongingOf(listNow(world), row);
  const [rejects] = rejecting(table, row, world.setup.habits, clock, belongs);
  const deciding = rejects ?? matching(table, row, clock, belongs)[0];
  return deciding === undefined || isDoubt(deciding) ? "as it was" : deciding.vpc;
}

const gone = (world: World, row: Row): boolean => row.removedAt <= world.schedule.now;

function seenOf(world: World, row: Row): Seen {
  if (gone(world, row)) return { listed: false };
  return {
    listed: true,
    observed: {
      endpoint: row.endpoint,
      service: row.service,
      account: row.account,
      state: stateOf(row),
      dns: { name: `${row.endpoint}-x1.${row.service}.eu-west-1.vpce.amazonaws.com`, zone: "Z38GZ743OKFT7T" },
    },
  };
}

/** A foreign record where the name should be: the only thing that nobody but its owner can heal. */
function blocked(world: World, connection: Connection): boolean {
  const names = new Set(connection.names.flatMap((name) => recordSets(name, ownerText(connection.endpoint)).map((set) => set.name)));
  return [...world.route53.records.values()].some(({ foreign, set }) => foreign && names.has(set.name));
}

function thePlanIsEmpty(world: World, connection: Connection, row: Row, service: Service): void {
  // Long after now, so that no effect hides because it rests.
  const effects = world.system
    .plan(connection, seenOf(world, row), service, instant(world.schedule.now + 86_400_000))
    .filter(({ kind }) => !(kind === "make-name" && blocked(world, connection)));
  if (effects.length > 0)
    world.violated(
      "the plan is empty in the end",
      `${connection.endpoint} is ${connection.status}, AWS has it ${gone(world, row) ? "removed" : stateOf(row)}, and the plan is ${effects.map(({ kind }) => kind).join(", ")}`,
    );
}

function everyConnectionIsInTheLog(world: World): void {
  for (const row of world.ec2.rows.values())
    if (!gone(world, row) && !world.store.records.has(row.endpoint))
      world.violated("every connection is in the log", `${row.endpoint} is ${stateOf(row)} and not in the log`);
}

function awsAgrees(world: World, connection: Connection, row: Row, service: Service): void {
  const { store, setup, schedule } = world;
  const state = gone(world, row) ? "deleted" : stateOf(row);
  const clock = instant(schedule.now);
  const frozen = store.bearing(row.service).freezes.length > 0;
  const belongs = belongingOf(listNow(world), row);
  const bearing = { frozen, counts: store.counters, own: connection.counter, in: belongs };
  const verdict = verdictOf(store.entries, row, setup.habits, clock, bearing);
  const isLive = ["approved", "connected", "adopted"].includes(connection.status);
  const isCut = isLive && cutAt(listNow(world), connection, row, service, setup.habits, clock) <= schedule.now;
  const allowed = service.mode === "observe" ? watched(state) : enforced(state, verdict, isCut);
  if (!allowed.includes(connection.status))
    world.violated(
      "AWS agrees with the record",
      `${connection.endpoint} is ${connection.status}; AWS has it ${state}, the list says ${verdict}${isCut ? ", and its end has come" : ""}`,
    );
}

function listNow({ store, schedule, besides, people }: World): ListRead {
  return {
    table: store.entries,
    removed: store.removed,
    clock: instant(schedule.now),
    frozen: new Set(),
    counts: store.counters,
    members: new Map(accounts.map((account) => [account, besides.organizations.of(account)])),
    before: new Map(people.serviceIds.map((id) => [id, store.entries])),
  };
}

/** What time alone brings about has come about, and is foretold where it will. */
function timeHasPassed(world: World, connection: Connection, row: Row, service: Service): void {
  const { store, schedule, setup } = world;
  if (service.mode === "observe" || gone(world, row)) return;
  if (connection.status === "asking" && stateOf(row) === "pendingAcceptance") {
    const rules = rulesOf(service, { ...listNow(world), log: store.log }, row, connection.question, belongingOf(listNow(world), row));
    // The last sweep went by some minutes ago, and clocks differ.
    const passed = schedule.now - Date.parse(connection.question.at) - slackMs;
    if ((connection.question.reminded ?? 0) < reminders(rules, passed))
      world.violated("people are reminded in time, and not without end", `nobody is reminded of the question about ${row.endpoint}`);
    if (rules.escalateTo.length > 0 && passed > rules.escalateMs && connection.question.escalatedAt === undefined)
      world.violated("people are reminded in time, and not without end", `the question about ${row.endpoint} is not escalated`);
    // Silence says something only since a message can have reached somebody.
    const { at, remindedAt = at } = connection.question;
    const heard = Date.parse(at) >= start ? passed : schedule.now - Date.parse(remindedAt) - slackMs;
    const silent = Date.parse(remindedAt) >= start && heard > rules.openMs;
    const agreed = new Set((connection.question.votes ?? []).map(({ name }) => name).filter((name) => counts(rules, name)));
    if (rules.asked.length > 0 && agreed.size >= rules.quorum)
      world.violated("as many agree as must", `the question about ${row.endpoint} is open though ${[...agreed].join(", ")} agreed`);
    if (rules.silence === "reject" && silent && world.people.reachable && rules.asked.length > 0)
      world.violated(
        "people are reminded in time, and not without end",
        `the question about ${row.endpoint} is open though silence rejects`,
      );
  }
  if (!["approved", "connected", "adopted"].includes(connection.status)) return;
  const due = cutAt(listNow(world), connection, row, service, setup.habits, instant(schedule.now));
  const told = connection.revocation === undefined ? Infinity : Date.parse(connection.revocation.due);
  // What was foretold stands while it is not known what applies.
  const doubted = matching(store.entries, row, instant(schedule.now), belongingOf(listNow(world), row)).some(isDoubt);
  if (due !== told && !(doubted && due === Infinity))
    world.violated("what will be cut is foretold", `${row.endpoint} ends at ${String(due)}, and ${String(told)} was told`);
  const holder = "decision" in connection && connection.decision?.by.kind === "entry" ? connection.decision.by.entry : undefined;
  const entry = holder === undefined ? undefined : store.entries.get(entryId(holder));
  if (entry?.conditions.atMost !== undefined && connection.counter === undefined)
    world.violated("a limit is never exceeded", `${row.endpoint} holds no place of ${entryId(entry)}, which let it in`);
}

const slackMs = 1_800_000;

/** Which states a record may be in, given AWS's. */
function enforced(state: string, verdict: string, isCut: boolean): readonly Connection["status"][] {
  switch (state) {
    case "pendingAcceptance":
      return verdict === "ask" ? ["asking"] : [];
    case "pending":
    case "available":
      return isCut ? [] : state === "available" ? ["connected", "adopted"] : ["approved", "connected", "adopted"];
    case "rejected":
      return ["rejected"];
    default:
      return ["closed"];
  }
}

function watched(state: string): readonly Connection["status"][] {
  switch (state) {
    case "pendingAcceptance":
      // An operator may decide while the service is only observed; nothing is done about it.
      return ["requested", "approved", "denied"];
    case "pending":
    case "available":
      return ["connected", "approved", "adopted", "requested", "denied"];
    case "rejected":
      return ["rejected"];
    default:
      return ["closed"];
  }
}

function everyChainVerifies(world: World): void {
  for (const [subject, events] of world.store.log) {
    const broken = firstBreak(events, sha256);
    if (broken !== undefined) world.violated("every chain verifies", `${subject} breaks at ${String(broken)}`);
  }
  for (const [endpoint, { kept }] of world.store.records) {
    const last = world.store.log.get(connectionSubject(endpoint))?.at(-1);
    if (last?.seq !== kept.connection.seq || last.hash !== kept.head.hash)
      world.violated("every chain verifies", `the record of ${endpoint} is not at its chain's end`);
  }
}

function namesAreAsTheRulesSay(world: World): void {
  const fail = (why: string): void => world.violated("names are as the rules say", why);
  const wanted = new Set<string>();
  for (const { kept } of world.store.records.values()) {
    const { connection } = kept;
    const service = world.store.services.get(connection.service);
    const named = connection.status === "connected" && service?.zone !== undefined && service.mode === "enforce";
    const stuck = blocked(world, connection);
    // Names from before stay while a foreign record keeps the new one from being made.
    const { length } = connection.names;
    if (named ? length === 0 || (length > 1 && !stuck) : length > 0)
      fail(`${connection.endpoint} is ${connection.status} and has ${String(length)} names`);
    if (named && !stuck && connection.names.some((name) => name.zone !== service.zone?.id))
      fail(`${connection.endpoint} has its name in another zone than its service's`);
    for (const name of connection.names) {
      const sets = recordSets(name, ownerText(connection.endpoint));
      for (const set of sets) {
        const there = world.route53
          .at(name.zone, set.name)
          .some((shown) => canonical(shown) === canonical({ ...set, name: `${set.name}.` }));
        if (there) wanted.add(canonical(set));
        else if (!stuck || name.made) fail(`${set.type} ${set.name} is missing for ${connection.endpoint}`);
      }
      if (stuck && !name.made && connection.trouble?.effect !== "make-name")
        fail(`${name.fqdn} cannot be made for ${connection.endpoint}, and the log does not say so`);
      if (!stuck && !name.made) fail(`${name.fqdn} is there and ${connection.endpoint} does not know`);
      if (world.store.nameClaims.get(name.fqdn) !== connection.endpoint) fail(`${name.fqdn} is not claimed by ${connection.endpoint}`);
    }
  }
  for (const [fqdn, endpoint] of world.store.nameClaims)
    if (world.store.records.get(endpoint)?.kept.connection.names.every((name) => name.fqdn !== fqdn) !== false)
      fail(`${fqdn} is claimed by ${endpoint}, which does not have it`);
  for (const { set, foreign } of world.route53.records.values())
    if (!foreign && !wanted.has(canonical(set)) && !set.name.startsWith("_drawbridge-change."))
      fail(`${set.type} ${set.name} is left over`);
}

/** CloudTrail's word, where it came, is in the log. */
function everyCallerIsNamed(world: World): void {
  const named = new Set([...world.store.log.values()].flat().flatMap(({ event }) => (event.type === "Attributed" ? [event.event] : [])));
  for (const { endpoint, event, service } of world.delivery.trailed)
    if (
      !named.has(event) &&
      !world.besides.care.wasReleased(service) &&
      world.store.records.get(endpoint)?.kept.connection.service === service
    )
      world.violated("who did it is told truly", `${event} about ${endpoint} arrived and is not in the log`);
  const told = [...world.store.log.values()].flat().flatMap(({ event }) => (event.type === "ServiceAttributed" ? [event] : []));
  // While a service is out of care, nothing is told of it.
  const stays = world.besides.setup.care !== true;
  for (const { service, event } of world.delivery.trailedServices)
    if (stays && world.store.services.has(service) && !told.some((one) => one.event === event))
      world.violated("who did it is told truly", `${event} about ${service} arrived and is not in the log`);
  for (const { service, arn, event } of told) {
    const called = world.delivery.calledOn.get(event);
    const times = told.filter((one) => one.event === event).length;
    if (called?.service !== service || called.arn !== arn || times !== 1)
      world.violated("who did it is told truly", `${event} by ${arn} at ${service}, told ${String(times)} times`);
  }
}

function acceptanceIsKnown(world: World): void {
  for (const { service, acceptanceOffSince } of world.store.services.values())
    if ((acceptanceOffSince !== undefined) !== (world.ec2.acceptanceRequired.get(service) === false))
      world.violated(
        "AWS agrees with the record",
        `${service}: acceptance is ${acceptanceOffSince === undefined ? "thought required" : "thought switched off"}, and is not`,
      );
}

function everythingIsTold(world: World): void {
  for (const events of world.store.log.values())
    for (const { subject, seq, event } of events) {
      if (!world.delivery.onBus.has(`${subject} ${String(seq)}`))
        world.violated("everything committed is told", `${subject} ${String(seq)} ${event.type} was never on the bus`);
      if (event.type === "ApprovalRequested" && !world.people.questionsTold.has(event.question))
        world.violated("everything committed is told", `nobody was told of the question about ${subject}`);
    }
}

/** A call outside on an endpoint that came and went while nobody looked: whom it was about nobody can say any more. */
const isAboutTheUnseen = (world: World, body: string): boolean =>
  world.delivery.trailed.some(({ endpoint, event }) => body.includes(`"${event}"`) && !world.store.records.has(endpoint));

function deadLettersAreUnreadable(world: World): void {
  const { observe, admit, dns } = world.delivery;
  const dead = [observe, admit, dns].flatMap((queue) => queue.dead.map(({ body }) => body));
  for (const body of dead)
    if (!world.poison.includes(body) && !isAboutTheUnseen(world, body))
      world.violated(
        "the dead-letter queues hold what cannot be read, and only that",
        `${body.slice(0, 200)} is dead though it can be read`,
      );
  for (const body of world.poison)
    if (!dead.includes(body))
      world.violated("the dead-letter queues hold what cannot be read, and only that", `${JSON.stringify(body)} was dropped`);
  for (const queue of [observe, admit, dns])
    if (queue.length > 0)
      world.violated("nothing is retried without bound", `the ${queue.name} queue still holds ${String(queue.length)} messages`);
}
