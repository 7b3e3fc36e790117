// One life from a seed: faults and people for a while, then healing, then the reckoning.

import type { Connection } from "../../lib/connection.ts";
import type { ServiceId } from "../../lib/ids.ts";
import { drawBesides } from "./besides.ts";
import { checkHealed } from "./healed.ts";
import { checkProof } from "./proven.ts";
import type { Habits } from "./ec2.ts";
import type { Functions } from "./functions.ts";
import type { OutcomeName } from "./probes.ts";
import { drawRates, type FaultKind, type Rates } from "./faults.ts";
import { Random } from "./random.ts";
import { start } from "./given.ts";
import { World, type Setup, type System, type Violation } from "./world.ts";

export interface Lived {
  readonly setup: Setup;
  readonly violation?: Violation;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly injected: number;
  readonly steps: number;
  readonly calls: number;
  /** Calls made before healing began. */
  readonly callsInChaos: number;
  readonly commits: number;
  readonly connections: number;
  /** Of each sweep that went well and met no other writer: the pages of listings it asked for. */
  readonly pagesOfSweeps: readonly number[];
  /** What went wrong in words that fit any design. */
  readonly outcomes: readonly OutcomeName[];
  readonly story?: readonly string[];
}

export function draw(seed: number, changes: Partial<Setup> = {}): Setup {
  const random = new Random(seed, 6);
  const habits: Habits = {
    repeatRefused: random.chance(0.5),
    acceptsRejected: random.chance(0.5),
    showsDnsEarly: random.chance(0.5),
    showsRegion: random.chance(0.8),
    showsIpAddressType: random.chance(0.8),
    notificationText: random.pick(["json", "words", "words", "without ids"] as const),
    notifiesDelete: random.chance(0.7),
    idsMax: random.pick([1, 2, 1000]),
  };
  return {
    seed,
    rates: drawRates(seed),
    faultsMax: Infinity,
    habits,
    without: [],
    minutes: random.between(2, 15),
    services: random.chance(0.75) ? 1 : 2,
    scanner: random.chance(0.3),
    consumers: random.pick([1, 1, 2, 2, 3, 5]),
    latency: random.pick([20, 200, 2e3, 8e3]),
    pageSize: random.pick([1, 2, 1e3]),
    endpointsPerCall: random.pick([1, 2, 100]),
    crowd: random.chance(0.01) ? random.between(12, 30) : 0,
    besides: drawBesides(seed),
    // A log is sealed each minute, which takes as long as all else in a life; its chances are of its own.
    sealed: seed % 8 === 0,
    ...changes,
  };
}

const stepsMax = 60_000;
const minute = 60_000;

export async function live(
  setup: Setup,
  system: System,
  tracing = false,
  design?: (world: World) => Functions,
  ended?: (world: World) => void,
): Promise<Lived> {
  const world = new World(setup, system, tracing);
  if (design !== undefined) {
    world.functions = design(world);
    world.checking = false;
  }
  world.tell("seed", () => introduced(setup));
  world.people.begin();
  for (let sweep = 1; sweep <= setup.minutes; sweep += 1)
    world.schedule.after(sweep * minute, () => {
      if (!world.faults.happens("lost-sweep")) world.functions.sweep();
      if (setup.sealed === true && world.checking) world.sealing.wake();
    });
  await run(world, start + setup.minutes * minute);
  world.faults.on = false;
  const callsInChaos = world.calls;
  world.tell("healing", () => "no more faults; what is delayed still arrives");
  await run(world);
  world.besides.care.end();
  await run(world);
  world.delivery.redriveAll();
  await run(world);
  await pass(world, 120);
  const { care = false, vpcs = false } = setup.besides ?? {};
  if (world.people.hasDrifted || care || vpcs) await namesAreCompared(world);
  for (let sweep = 0; sweep < 3; sweep += 1) await swept(world);
  if (world.violation === undefined) world.probes.atTheEnd();
  ended?.(world);
  if (design !== undefined) return lived(world, callsInChaos);
  if (world.violation === undefined) checkHealed(world);
  if (world.violation === undefined) await staysSettled(world);
  if (world.violation === undefined && setup.sealed === true) await sealed(world);
  return lived(world, callsInChaos);
}

function lived({ setup, schedule, faults, calls, store, ec2, probes, checks, violation, story }: World, callsInChaos: number): Lived {
  return {
    setup,
    outcomes: [...probes.found],
    faults: faults.counts,
    injected: faults.injected,
    steps: schedule.steps,
    calls,
    callsInChaos,
    commits: store.commits,
    connections: ec2.rows.size,
    pagesOfSweeps: checks.after.pagesOfSweeps,
    ...(violation === undefined ? {} : { violation }),
    ...(story === undefined ? {} : { story }),
  };
}

async function run(world: World, end?: number): Promise<void> {
  const ended = await world.schedule.run(end, stepsMax - world.schedule.steps);
  if (ended === "too many steps")
    world.violated("nothing is retried without bound", `the life has taken ${String(stepsMax)} steps and goes on`);
}

async function pass(world: World, minutes: number): Promise<void> {
  world.schedule.after(minutes * minute, () => undefined);
  await run(world);
}

/** Beside the sweep, and once more when all is over. */
async function sealed(world: World): Promise<void> {
  world.schedule.after(1, () => world.sealing.wake());
  await run(world);
  if (world.violation === undefined) checkProof(world);
}

/** Once an hour, each service in its own minute: the last digits of the ids here are small. */
async function namesAreCompared(world: World): Promise<void> {
  for (const ofHour of [1, 2]) {
    const into = (world.schedule.now - start) % (60 * minute);
    world.schedule.after(((ofHour * minute - into + 60 * minute) % (60 * minute)) + 1000, () => world.functions.sweep());
    await run(world);
  }
}

async function swept(world: World): Promise<void> {
  world.functions.sweep();
  await run(world);
  await pass(world, 5);
}

/** The hourly look at the zones comes whether there is something to do or not. */
const messagesToDns = (world: World): number => world.delivery.dns.sent.filter((body) => !body.includes('"compare"')).length;

/** Reminders and notices come whether somebody does something or not. */
const timely: ReadonlySet<string> = new Set(["ApprovalReminded", "ApprovalEscalated", "ExpiryAnnounced"]);
const untimely = (world: World): number => [...world.store.log.values()].flat().filter(({ event: { type } }) => !timely.has(type)).length;

/** A name that is blocked is tried again and again, and a question ends by silence one day, or by those who are asked last. */
const isMoving = (world: World, connection: Connection): boolean =>
  connection.names.some(({ made }) => !made) ||
  (connection.status === "asking" &&
    (mayRejectSilence(world, connection.service) ||
      (connection.question.escalatedAt === undefined && mayEscalate(world, connection.service))));

const mayEscalate = ({ store }: World, service: ServiceId): boolean =>
  [store.services.get(service), ...store.entries.values()].some((one) => (one?.asking?.escalateTo ?? []).length > 0);

const mayRejectSilence = ({ store }: World, service: ServiceId): boolean =>
  store.services.get(service)?.asking?.silence === "reject" ||
  [...store.entries.values()].some(({ asking }) => asking?.silence === "reject");

/** An entry that begins or ends about now, as clocks differ, changes what follows from the list. */
const turns = ({ store, schedule }: World): boolean =>
  [...store.entries.values()].some(({ conditions: { notBefore, expires } }) =>
    [notBefore, expires].some((at) => at !== undefined && Math.abs(Date.parse(at) - schedule.now) < 60 * minute),
  );

async function staysSettled(world: World): Promise<void> {
  const counted = (): string =>
    [untimely(world), world.delivery.observe.sent.length, world.delivery.admit.sent.length, messagesToDns(world)].join(" ");
  if (turns(world) || [...world.store.records.values()].some(({ kept }) => isMoving(world, kept.connection))) return;
  const before = counted();
  await swept(world);
  await swept(world);
  if (counted() !== before) world.violated("a settled world stays settled", `commits and messages were ${before} and are ${counted()}`);
}

function introduced({ seed, rates, minutes, services, consumers, habits, latency }: Setup): string {
  const faults = Object.entries(rates).map(([kind, rate]) => `${kind} ${(rate * 100).toFixed(1)}%`);
  const manners = Object.entries(habits).map(([habit, value]) => `${habit} ${String(value)}`);
  return `${String(seed)}: ${String(consumers)} consumers, ${String(services)} services, ${String(minutes)} minutes, calls up to ${String(latency)} ms; AWS: ${manners.join(", ")}; faults: ${faults.length === 0 ? "none" : faults.join(", ")}`;
}

export type { Rates };
