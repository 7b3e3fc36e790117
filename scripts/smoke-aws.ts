// `npm run smoke:aws`: plays the story in a real AWS account, writes down what AWS does, and removes everything again.
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import manifest from "../package.json" with { type: "json" };
import { catching, type Caught } from "./smoke/caught.ts";
import { clean } from "./smoke/clean.ts";
import { connect, localEndpoint, type Clients } from "./smoke/clients.ts";
import { connectionsOf, type Connections } from "./smoke/connections.ts";
import { leftBehind, madeBy, type Made } from "./smoke/made.ts";
import { help, readOptions, WrongUsage, type Options } from "./smoke/options.ts";
import { findings as noFindings, unasked, type Findings } from "./smoke/points.ts";
import { probeDecisions, type Probing } from "./smoke/probe-decisions.ts";
import { probePublishing } from "./smoke/probe-delivery.ts";
import { askFromElsewhere, lookAtElsewhere, probeGateway, probeStorm } from "./smoke/probe-others.ts";
import { probeAutomaticAcceptance, probePrivateDns, probeZone, stopListening } from "./smoke/probe-settings.ts";
import { pageOf, writeReport, type Report } from "./smoke/report.ts";
import { Interrupted, stepsOf, told, type Steps } from "./smoke/steps.ts";
import { playStory, type Told } from "./smoke/story.ts";
import { lookAtRejected, sumUpNotifications, watchDeleted, watchTrail } from "./smoke/watches.ts";
import { deployDrawbridge } from "./smoke/drawbridge.ts";
import { intent } from "./smoke/intent.ts";
import { takeAway } from "./smoke/people.ts";
import { makeService, makeWorld, makeZone, type Ground, type Zone } from "./smoke/world.ts";

const say = (line: string): void => console.log(line);

/** What a run has seen so far: reported whether it ends well or not. */
interface Seen {
  readonly findings: Findings;
  readonly latencies: Probing["latencies"];
  connections?: Connections;
  caught?: Caught;
  told?: Told;
  zone?: Zone;
}

async function play(ground: Ground, seen: Seen): Promise<void> {
  const { clients, options, made, steps } = ground;
  say("\nThe world");
  const world = await makeWorld(ground);
  const service = await makeService(ground, world);
  if (service.seenUnasked !== undefined)
    seen.findings.compared("open-to-all", service.seenUnasked, service.seenUnasked ? "it does" : "it does not");
  const connections = connectionsOf(clients, made, world, service);
  const caught = catching(clients.sqs, world.queues, (text) => connections.named(text));
  Object.assign(seen, { connections, caught });
  const probing: Probing = { ...ground, world, service, connections, caught, findings: seen.findings, latencies: seen.latencies };

  say("\nPrivateLink, with nobody between");
  const endpoints = await probeDecisions(probing);
  await probeAutomaticAcceptance(probing);
  await probePublishing(probing);
  await probeGateway(probing);
  await stopListening(probing);
  const zone = await makeZone(ground, world);
  seen.zone = zone;
  await probeZone(probing, zone);
  await probeStorm(probing, zone);
  const trouble = options.story ? await withDrawbridge(probing, zone, seen) : await byHand(probing);

  say("\nWhat takes time");
  await probePrivateDns(probing);
  await Promise.all([watchDeleted(probing, endpoints), watchTrail(probing)]);
  if (seen.told !== undefined) await lookAtRejected(probing, seen.told.rejected);
  const unanswered = steps.done.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);
  if (trouble !== undefined) throw new Error(trouble);
  if (unanswered.length > 0) throw new Error(`no answer to: ${unanswered.join("; ")}`);
}

/** When the story goes wrong, the remaining questions to AWS are asked all the same. */
/** Without Drawbridge, somebody else has to accept it. */
async function byHand(probing: Probing): Promise<undefined> {
  const elsewhere = await askFromElsewhere(probing);
  if (elsewhere === undefined) return;
  await probing.steps.probe("accepted in the other Region", 60_000, () => probing.connections.decide("Accept", elsewhere));
  await lookAtElsewhere(probing, elsewhere);
}

async function withDrawbridge(probing: Probing, zone: Zone, seen: Seen): Promise<string | undefined> {
  say("\nThe story, with Drawbridge");
  try {
    const drawbridge = await deployDrawbridge(probing, zone);
    seen.told = await playStory(probing, drawbridge, zone);
    await takeAway(probing, "operator");
    await drawbridge.uninstall();
    return undefined;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return `the story ended early: ${told(error)}`;
  }
}

async function run(options: Options): Promise<number> {
  const clients = await connect({ region: options.region, consumerProfile: options.consumer?.profile });
  try {
    const runName = `smoke-${randomBytes(4).toString("hex")}`;
    for (const line of intent(clients, options, runName)) say(line);
    if (!options.yes && !(await agreed())) return 1;
    return await perform(clients, options, runName);
  } finally {
    clients.close();
  }
}

async function perform(clients: Clients, options: Options, runName: string): Promise<number> {
  const startedAt = new Date().toISOString();
  const made = madeBy(options.notes, {
    run: runName,
    startedAt,
    region: clients.region,
    account: clients.account,
    consumerAccount: clients.consumerAccount,
    things: [],
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.consumer === undefined ? {} : { consumerProfile: options.consumer.profile }),
  });
  const ending = new AbortController();
  const interrupt = onInterrupt(ending, options);
  const steps = stepsOf({ say, signal: ending.signal, pollMs: options.waits.poll });
  const seen: Seen = { findings: noFindings(), latencies: [] };
  let because: string | undefined;
  try {
    await play({ clients, options, made, steps }, seen);
  } catch (error) {
    because = told(error);
    say(`\n${error instanceof Interrupted ? "Interrupted" : `Not as told: ${because}`}`);
  }
  await seen.caught?.end();
  if (seen.caught !== undefined && seen.connections !== undefined)
    sumUpNotifications({ caught: seen.caught, connections: seen.connections, latencies: seen.latencies, findings: seen.findings });
  const left = await tidy(clients, made, options);
  interrupt.forget();
  const path = report(clients, options, { made, steps, seen, because, left, startedAt });
  return because === undefined && left.length === 0 && path !== "" ? 0 : 1;
}

/** Ctrl-C ends the story, not the cleaning; a second one ends the program. */
function onInterrupt(ending: AbortController, options: Options): { forget(): void } {
  let times = 0;
  const onSignal = (): void => {
    times += 1;
    if (times === 1) {
      say("\nInterrupted: everything that was made is being removed. Once more to leave it.");
      ending.abort();
      return;
    }
    say(`\nLeft as it is. What was made is noted in ${options.notes}; remove it with: npm run smoke:aws -- --clean`);
    process.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    forget() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

async function tidy(clients: Clients, made: Made, options: Options): Promise<readonly string[]> {
  say("\nEverything is removed again");
  const left = await clean(clients, made, stepsOf({ say, signal: new AbortController().signal, pollMs: options.waits.poll }));
  if (left.length > 0) {
    say(`\nNot everything could be removed. It is noted in ${options.notes}; try again with: npm run smoke:aws -- --clean`);
    for (const line of left) say(`  ${line}`);
  }
  return left;
}

interface Done {
  readonly made: Made;
  readonly steps: Steps;
  readonly seen: Seen;
  readonly because: string | undefined;
  readonly left: readonly string[];
  readonly startedAt: string;
}

function report(clients: Clients, options: Options, { made, steps, seen, because, left, startedAt }: Done): string {
  const { run: runName } = made.note;
  const whole: Report = {
    format: "drawbridge-smoke/1",
    drawbridge: manifest.version,
    on: localEndpoint() ?? "AWS",
    region: clients.region,
    run: runName,
    startedAt,
    endedAt: new Date().toISOString(),
    accounts: clients.account === clients.consumerAccount ? 1 : 2,
    outcome: because === undefined ? "as told" : "not as told",
    ...(because === undefined ? {} : { because }),
    left,
    findings: seen.findings.all(),
    unasked: unasked(),
    steps: steps.done,
    raw: {
      notifications: seen.caught?.notifications ?? [],
      others: seen.caught?.others ?? [],
      trail: seen.caught?.trail ?? [],
      states: seen.connections?.states ?? [],
      answers: seen.connections?.answers ?? [],
      histories: seen.told?.histories ?? {},
      doctor: seen.told?.doctor ?? [],
    },
  };
  const words = options.keepIds ? {} : maskOf(clients, options, seen);
  const path = writeReport(options.out, whole, { words });
  say("");
  for (const line of pageOf(whole)) say(line);
  say(`\n${because === undefined ? "As told" : "Not as told"}. The findings are in ${path}: please send them back, see docs/smoke.md.`);
  return path;
}

/** What is somebody's own stays with them: accounts, and what the run was given to use. */
function maskOf(
  { account, consumerAccount }: Clients,
  { given, consumer, hostedZone }: Options,
  { zone }: Seen,
): Readonly<Record<string, string>> {
  const accounts = { [consumerAccount]: "000000000002", [account]: "000000000001" };
  const networks = [
    given?.loadBalancer.split(":loadbalancer/")[1],
    given?.vpc,
    ...(given?.subnets ?? []),
    consumer?.vpc,
    ...(consumer?.subnets ?? []),
  ];
  const zones = hostedZone === undefined ? [] : [hostedZone, zone?.name];
  return { ...accounts, ...Object.fromEntries([...networks, ...zones].flatMap((word) => (word === undefined ? [] : [[word, "(given)"]]))) };
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.error("Nobody is there to answer: say --yes to go on without a question.");
    return false;
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question("Go on? (yes/no) ");
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function cleanAll(options: Options): Promise<number> {
  const notes = leftBehind(options.notes);
  if (notes.length === 0) say(`Nothing is noted in ${options.notes}: no run left anything behind.`);
  let code = 0;
  for (const note of notes) {
    if (note.profile !== undefined) process.env["AWS_PROFILE"] = note.profile;
    const clients = await connect({ region: note.region, consumerProfile: options.consumer?.profile ?? note.consumerProfile });
    try {
      if (clients.account !== note.account || clients.consumerAccount !== note.consumerAccount)
        throw new Error(
          `${note.run} was run in account ${note.account}, and these credentials are of ${clients.account}: sign in there, then try again.`,
        );
      say(`${note.run}, begun ${note.startedAt}, in ${note.region}:`);
      if ((await tidy(clients, madeBy(options.notes, note), options)).length > 0) code = 1;
    } finally {
      clients.close();
    }
  }
  return code;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args, localEndpoint() !== undefined);
    if (options === "help") {
      say(help);
      return 0;
    }
    if (options.profile !== undefined) process.env["AWS_PROFILE"] = options.profile;
    if (options.region !== undefined) process.env["AWS_REGION"] = options.region;
    return await (options.clean ? cleanAll(options) : run(options));
  } catch (error) {
    console.error(`smoke:aws: ${told(error)}`);
    return error instanceof WrongUsage ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
