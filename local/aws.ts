// Local AWS put together: the services, the stack of a packaged template, and the three ports people and programs use.
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ringer } from "./alarms.ts";
import type { Delays, LocalAws, LocalAwsOptions } from "./aws-options.ts";
import { authorize, inRegion, judgements, type Judged } from "./authorize.ts";
import { createCode } from "./functions/code.ts";
import { createRuntime, type FunctionRuntime } from "./functions/runtime.ts";
import { createFaults, type FaultSwitches } from "./faults.ts";
import { startFront } from "./http-front.ts";
import { startHttpApi, type HttpApi } from "./http-api.ts";
import { createIdentities, type Identities } from "./identities.ts";
import { startInbox } from "./inbox.ts";
import { dataPathDoor } from "./data-path/door.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { createInProcess, type InProcess } from "./in-process.ts";
import type { Members } from "./members.ts";
import { createServices, type Services } from "./services.ts";
import { lambdaDoor } from "./lambda-door.ts";
import { s3Door } from "./s3-door.ts";
import type { Caller, Clock } from "./service.ts";
import { createStack } from "./template/stack.ts";
import type { Stack } from "./template/standing.ts";
import { asTemplate, readTemplate, type Template } from "./template/template.ts";
import type { Declared, Workshop } from "./template/workshop.ts";
import { physicalNames } from "./template/physical-name.ts";
import { wallClock } from "./clock.ts";

export type { LocalAws, LocalAwsOptions } from "./aws-options.ts";

const TEMPLATE = ".serverless/cloudformation-template-update-stack.json";
const DELAYS: Delays = { available: 1_500, deleted: 500, trail: 300, asyncRetry: [60_000, 120_000], streamRetry: 200, ruleRetry: 1_000 };

interface Ground {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly log: (line: string) => void;
  readonly identities: Identities;
  readonly inFlight: InFlight;
  readonly faults: FaultSwitches;
}

export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const ground: Ground = {
    account: options.account ?? "111111111111",
    region: options.region ?? "eu-west-1",
    clock: options.clock ?? wallClock(),
    delays: { ...DELAYS, ...options.delays },
    log: options.log ?? (() => undefined),
    identities: createIdentities(),
    inFlight: createInFlight(),
    faults: createFaults(),
  };
  const closers: (() => Promise<void> | void)[] = [];
  const folders: string[] = [];
  const close = async (): Promise<void> => {
    // All at once: a poller waits for a function that is about to be ended.
    await Promise.all(
      closers
        .splice(0)
        .reverse()
        .map(async (closer) => closer()),
    );
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await start(options, ground, { closers, folders, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(options: LocalAwsOptions, ground: Ground, end: Ending): Promise<LocalAws> {
  const { closers } = end;
  const { account, region, clock, identities, inFlight, log } = ground;
  if (options.onDemand !== undefined) closers.push(listen(options.onDemand));
  const inbox = await startInbox({ port: options.inboxPort ?? 0, clock });
  closers.push(inbox.close);
  const httpApi = await startHttpApi({ port: options.apiPort ?? 0, clock, identities, log });
  closers.push(httpApi.close);
  inbox.slack.connect(`${httpApi.url}/slack/interactions`);
  let services: Services | undefined;
  let endpoint = "";
  const inside = createInProcess({ services: () => services?.all ?? [], identities, region });
  const functions = createRuntime({
    clock,
    inFlight,
    identities,
    place: () => ({ region, endpoint }),
    callAs: inside.asRole,
    demand: inside.demand,
    processesMax: options.processesMax ?? 4,
    asyncRetryMs: ground.delays.asyncRetry,
    print(functionName, line, stream) {
      services?.logs.write(account, `/aws/lambda/${functionName}`, stream, line);
      options.print?.(functionName, line);
    },
  });
  httpApi.connect(functions);
  services = await createServices({
    ...ground,
    functions,
    inbox,
    assumptions: options.assumptions ?? {},
    confirmSubscriptions: options.confirmSubscriptions ?? true,
    hasTrail: () => options.hasTrail ?? true,
    demand: inside.demand,
  });
  closers.push(services.close, functions.close);
  const counts = new Map<string, number>();
  const calls = services.recorded;
  const front = await startFront({
    services: services.all.filter((service) => service.signingName !== "lambda"),
    identities,
    port: options.port ?? 0,
    region,
    log,
    ...(options.trace === undefined ? {} : { trace: options.trace }),
    other: doors(
      dataPathDoor(services.dataPath),
      lambdaDoor(services.lambda, identities, region, log),
      s3Door({ buckets: services.buckets, identities, region, faults: ground.faults.calls, log }),
    ),
    faults: ground.faults.calls,
    counts: (service, action) => void counts.set(`${service}:${action}`, (counts.get(`${service}:${action}`) ?? 0) + 1),
  });
  closers.push(() => front.close());
  endpoint = front.url;
  services.sqs.useUrl(front.url);

  const zoneId = options.zoneName === undefined ? "" : await makeZone(options.zoneName, inside, account);
  const ownVpc = { VPC: { VPCRegion: region, VPCId: "vpc-0a0a0a0a0a0a0a0a0" } };
  const privateZoneId = options.privateZoneName === undefined ? "" : await makeZone(options.privateZoneName, inside, account, ownVpc);
  const zoneIds = [zoneId, privateZoneId].filter((id) => id !== "").join(",");
  const held: Declared[] = [];
  const workshop = {
    ...ground,
    functions,
    httpApi,
    inside,
    services,
    held,
    end,
    artifacts: options.artifacts ?? [packaged("dist"), packaged(".serverless")],
  };
  const { cloudformation } = services;
  const root = identities.caller(account);
  cloudformation.connect((name, caller) => openWorkshop(workshop, name, caller));
  if (options.bare !== true) {
    const template =
      options.template === undefined ? readTemplate(options.templatePath ?? packaged(TEMPLATE)) : asTemplate(options.template);
    const shop = openWorkshop(workshop, options.stackName ?? "drawbridge-local", root);
    cloudformation.add(await createStack(template, parametersOf(template, options, zoneIds), shop), shop);
    void functions.prestart();
  }

  const current = (): Stack => {
    const stack = cloudformation.latest();
    if (stack === undefined) throw new Error("No stack is up on this local AWS.");
    return stack;
  };
  const nameOf = (name: string): string =>
    current().resources.find((one) => one.logicalId === name || one.logicalId === `${capital(name)}LambdaFunction`)?.physicalId ?? name;
  return {
    aws: front.url,
    api: httpApi.url,
    inbox: inbox.url,
    slackWebhook: inbox.slackWebhook,
    slack: inbox.slack,
    account,
    region,
    get stack() {
      return current();
    },
    zoneId,
    privateZoneId,
    get outputs() {
      return Object.fromEntries(current().outputs.map((output) => [output.key, output.value]));
    },
    issue(role, session) {
      identities.registerRole(role);
      return identities.issue(role, session);
    },
    invoke: (name, payload = {}) => functions.invoke(nameOf(name), payload),
    call: (service, action, input, as = account) => inside.asAccount(as, service, action, input),
    held,
    faults: ground.faults,
    crash: (name) => functions.crash(nameOf(name)),
    counts: () => Object.fromEntries(counts),
    acceptsOf: (endpointId) =>
      calls.filter((call) => call.action === "AcceptVpcEndpointConnections" && JSON.stringify(call.input).includes(`"${endpointId}"`))
        .length,
    ring: ringer({ account, region, held, topics: services.sns, ringing: services.cloudwatch.ringing, now: () => clock.now() }),
    calm: (alarm) => void services.cloudwatch.ringing.delete(alarm),
    forceState: (endpointId, state) => services.ec2.force(endpointId, state),
    dataPath: services.dataPath,
    logs: (name) => functions.logs(nameOf(name)),
    letters: inbox.letters,
    idle: inFlight.idle,
    close: end.close,
  };
}

function listen(onDemand: (judged: Judged) => void): () => void {
  const listener = (message: unknown): void => onDemand(message as Judged);
  judgements.subscribe(listener);
  return () => {
    judgements.unsubscribe(listener);
  };
}

/** What has to end with local AWS, and what to remove after that. */
interface Ending {
  readonly closers: (() => Promise<void> | void)[];
  readonly folders: string[];
  readonly close: () => Promise<void>;
}

interface WorkshopParts extends Ground {
  readonly functions: FunctionRuntime;
  readonly httpApi: HttpApi;
  readonly inside: InProcess;
  readonly services: Services;
  readonly held: Declared[];
  readonly end: Ending;
  readonly artifacts: readonly string[];
}

/** Where one stack is made, with the rights of whoever has it made. */
function openWorkshop(parts: WorkshopParts, name: string, caller: Caller): Workshop {
  const { region, services, inside } = parts;
  const { account } = caller;
  let maker = caller;
  const open: (() => Promise<void> | void)[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(open.splice(0).map(async (close) => close()));
  };
  parts.end.closers.push(end);
  const folder = mkdtempSync(join(tmpdir(), "local-aws-"));
  parts.end.folders.push(folder);
  return {
    stack: { name, id: `arn:aws:cloudformation:${region}:${account}:stack/${name}/${globalThis.crypto.randomUUID()}`, account, region },
    clock: parts.clock,
    inFlight: parts.inFlight,
    identities: parts.identities,
    functions: parts.functions,
    httpApi: parts.httpApi,
    call: (service, action, input) => inside.asCaller(maker, service, action, input),
    ask: (demands) => authorize(maker, inRegion(region, demands)),
    callAs: inside.asRole,
    demand: inside.demand,
    callerOf: inside.callerOf,
    queue: services.sqs.queue,
    changes: (tableName, listener) => services.dynamodb.changes(tableName, listener),
    code: createCode(folder, parts.artifacts, services.buckets),
    physicalName: physicalNames(name),
    policies: services.iam.managed,
    memory: new Map(),
    keep(declared) {
      parts.held.push(declared);
      return () => void parts.held.splice(parts.held.indexOf(declared), 1);
    },
    buckets: services.buckets,
    firehose: services.firehose,
    mappings: services.mappings,
    measure: (count) => services.cloudwatch.put(count),
    onClose: (work) => void open.push(work),
    actAs: (next) => void (maker = next),
    end,
    log: parts.log,
    streamRetryMs: parts.delays.streamRetry,
  };
}

/** The first door that knows the request answers it. */
function doors(...all: readonly Door[]): Door {
  return (request, response) => all.some((door) => door(request, response));
}
type Door = (request: IncomingMessage, response: ServerResponse) => boolean;

async function makeZone(Name: string, inside: InProcess, account: string, more: Members = {}): Promise<string> {
  const answer = await inside.asAccount(account, "route53", "CreateHostedZone", { Name, CallerReference: `local-aws ${Name}`, ...more });
  const zone = answer["HostedZone"] as Members;
  return String(zone["Id"]).replace("/hostedzone/", "");
}

function parametersOf(template: Template, options: LocalAwsOptions, zoneId: string): Readonly<Record<string, string>> {
  const zones = zoneId !== "" && "HostedZoneIds" in template.parameters ? { HostedZoneIds: zoneId } : {};
  return { ...zones, ...options.parameters };
}

/** A file of the project, wherever the program was started from. */
function packaged(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
