// The world of the faults: the packaged stack on local AWS, with a clock that leaps, and eyes for logs, records and dead letters.

import type { CallFault, Injected } from "../../local/call-faults.ts";
import type { Assumptions } from "../../local/assumptions.ts";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import { readTemplate } from "../../scripts/template.ts";
import { insisting, operator } from "../stories/operator.ts";
import { leapingClock } from "./leaping-clock.ts";

export type Members = Readonly<Record<string, unknown>>;
export type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: Members }>>;

export const accounts = { provider: "111111111111", acme: "222222222222", unknown: "333333333333", barred: "444444444444" } as const;
export const zoneName = "privatelink.example.com";
const region = "eu-west-1";

export interface Offered {
  readonly id: string;
  readonly name: string;
}

export interface StoredEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** A line that a function logged, as it wrote it. */
export type Line = Members;

export interface World {
  readonly local: LocalAws;
  /** Calls AWS as an account that may do all at home, past every fault. */
  aws(service: string, action: string, input: Members, account?: string): Promise<Members>;
  /** Runs the command as an operator; throws what it complains of. */
  drawbridge(...words: string[]): Promise<string>;
  offer(): Promise<Offered>;
  /** In care with names, with an entry that accepts acme and one that bars the barred. */
  inCare(): Promise<Offered>;
  connect(account: string, service: Offered): Promise<string>;
  /** What EC2 shows of it. */
  onAws(endpoint: string): Promise<string | undefined>;
  statusOf(endpoint: string): Promise<string | undefined>;
  history(endpoint: string): Promise<StoredEvent[]>;
  /** The kinds of its events, in order. */
  types(endpoint: string): Promise<string[]>;
  becomes(endpoint: string, status: string): Promise<void>;
  /** Until its name is made. */
  named(endpoint: string): Promise<void>;
  /** Lets time pass, ten seconds at a time and when nothing is under way, until it is so. */
  eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  /** When nothing is under way any more, so much time passes, and what falls due runs to its end. */
  leap(seconds: number): Promise<void>;
  /** The sweep's minute has come, and with it what waits to be mailed: it does not come by itself here, so that a test shows what mends without it. */
  sweep(): Promise<void>;
  /** Has calls of the functions go wrong, until the fault is lifted or `mend` is called. */
  refuse(fault: CallFault): Injected;
  mend(): void;
  /** Puts a message into a queue of the stack. */
  send(queue: string, body: unknown): Promise<void>;
  /** The bodies that wait in a queue of the stack. */
  waiting(queue: string): Promise<string[]>;
  /** The function's own lines at this level. */
  logged(functionName: string, level?: "ERROR" | "WARN" | "INFO"): Line[];
  idOf(resource: string): string;
}

export interface Changes {
  readonly resources?: (resources: Resources) => Resources;
  readonly assumptions?: Partial<Assumptions>;
  /** Of the stack. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export async function openWorld({ resources = (same) => same, assumptions = {}, parameters = {} }: Changes = {}): Promise<World> {
  const clock = leapingClock();
  const template = await readTemplate();
  const local = await startLocalAws({
    template: { ...template, Resources: resources(quick(template.Resources)) },
    account: accounts.provider,
    region,
    zoneName,
    clock,
    assumptions,
    parameters: { ApproverEmail: "approvers@payments.example", ...parameters },
    delays: { available: 20, deleted: 20, trail: 20, streamRetry: 1, ruleRetry: 10 },
    processesMax: 1,
  });
  return worldOf(local, (seconds) => {
    clock.leap(seconds);
  });
}

/** Batches are not gathered and no sweep comes by itself; all other wiring is the deployed one. */
function quick(resources: Resources): Resources {
  return Object.fromEntries(
    Object.entries(resources).map(([id, resource]) => {
      if (id === "SweepSchedule" || id === "CheckpointSchedule")
        return [id, { ...resource, Properties: { ...resource.Properties, State: "DISABLED" } }];
      if (resource.Type !== "AWS::Lambda::EventSourceMapping") return [id, resource];
      const { MaximumBatchingWindowInSeconds: window, BatchSize, ...rest } = resource.Properties ?? {};
      return [id, { ...resource, Properties: { ...rest, BatchSize: window === undefined ? BatchSize : 10 } }];
    }),
  );
}

/** The template with these properties of these resources set. */
export const setting =
  (changes: Readonly<Record<string, Members>>) =>
  (resources: Resources): Resources =>
    Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => [id, { ...resource, Properties: { ...resource.Properties, ...changes[id] } }]),
    );

function worldOf(local: LocalAws, leapOn: (seconds: number) => void): World {
  const aws: World["aws"] = (service, action, input, account = accounts.provider) => local.call(service, action, input, account);
  const idOf = (id: string): string => {
    const found = local.stack.resources.find(({ logicalId }) => logicalId === id);
    if (found === undefined) throw new Error(`The stack has no ${id}.`);
    return found.physicalId;
  };
  const leap = async (seconds: number): Promise<void> => {
    await local.idle();
    leapOn(seconds);
    await local.idle();
  };
  const eventually: World["eventually"] = async (what, look) => {
    for (let passed = 0; passed < 1800; passed += 10) {
      await local.idle();
      const found = await look();
      if (found !== undefined) return found;
      // A moment for what EC2 does by itself.
      await new Promise((resolve) => setTimeout(resolve, 25));
      leapOn(10);
    }
    throw new Error(`Not within half an hour of local AWS's time: ${what}`);
  };
  const statusOf = async (endpoint: string): Promise<string | undefined> => {
    const input = { TableName: idOf("ConnectionsTable"), Key: { endpoint: { S: endpoint } }, ConsistentRead: true };
    const { Item } = await aws("dynamodb", "GetItem", input);
    return plain(Item as Members | undefined)?.["status"] as string | undefined;
  };
  const history = async (endpoint: string): Promise<StoredEvent[]> => {
    const { Items } = await aws("dynamodb", "Query", {
      TableName: idOf("AuditLogTable"),
      KeyConditionExpression: "subject = :subject",
      ExpressionAttributeValues: { ":subject": { S: `connection#${endpoint}` } },
      ConsistentRead: true,
    });
    return (Items as Members[]).map((item) => plain(item)?.["event"] as StoredEvent);
  };
  const faults: Injected[] = [];
  const drawbridge = insisting(operator(local, accounts.provider));
  const offer = (): Promise<Offered> => offered(aws);
  return {
    local,
    aws,
    drawbridge,
    offer,
    async inCare() {
      const service = await offer();
      await drawbridge("services", "add", service.id, "--zone", zoneName, "--yes");
      await drawbridge("allow", accounts.acme, "--service", service.id, "--name", "acme");
      await drawbridge("deny", accounts.barred, "--service", service.id);
      await local.idle();
      return service;
    },
    connect: (account, service) => connected(aws, account, service, leapOn),
    async onAws(endpoint) {
      const { VpcEndpointConnections } = await aws("ec2", "DescribeVpcEndpointConnections", {});
      const shown = (VpcEndpointConnections as Members[]).find(({ VpcEndpointId }) => VpcEndpointId === endpoint);
      return shown?.["VpcEndpointState"] as string | undefined;
    },
    statusOf,
    history,
    types: async (endpoint) => (await history(endpoint)).map(({ type }) => type),
    becomes: async (endpoint, status) => {
      let last: string | undefined;
      const reached = async (): Promise<true | undefined> => ((last = await statusOf(endpoint)) === status ? true : undefined);
      await eventually(`${endpoint} is ${status}`, reached).catch((error: unknown) => {
        throw new Error(`${String(error)}; it is ${last ?? "not there"}`);
      });
      await local.idle();
    },
    named: async (endpoint) => {
      const made = async (): Promise<true | undefined> => (await history(endpoint)).some(({ type }) => type === "NameMade") || undefined;
      await eventually(`${endpoint} has its name`, made);
      await local.idle();
    },
    eventually,
    leap,
    async sweep() {
      await local.invoke("sweep");
      await local.invoke("notify", { source: "aws.events", "detail-type": "Scheduled Event" });
      await local.idle();
    },
    refuse(fault) {
      const injected = local.faults.refuse(fault);
      faults.push(injected);
      return injected;
    },
    mend: () => faults.splice(0).forEach(({ lift }) => lift()),
    send: async (queue, body) => {
      await aws("sqs", "SendMessage", { QueueUrl: idOf(queue), MessageBody: typeof body === "string" ? body : JSON.stringify(body) });
    },
    waiting: async (queue) => {
      const reply = await aws("sqs", "ReceiveMessage", { QueueUrl: idOf(queue), MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
      return ((reply["Messages"] ?? []) as Members[]).map(({ Body }) => String(Body));
    },
    logged: (name, level = "ERROR") => {
      const lines = local.logs(name).flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
      return lines.filter((line) => line["level"] === level);
    },
    idOf,
  };
}

async function connected(aws: World["aws"], account: string, service: Offered, leapOn: (seconds: number) => void): Promise<string> {
  const { Vpcs } = await aws("ec2", "DescribeVpcs", {}, account);
  const [vpc] = Vpcs as Members[];
  const input = { VpcEndpointType: "Interface", VpcId: vpc?.["VpcId"], ServiceName: service.name };
  const make = (): Promise<Members> => aws("ec2", "CreateVpcEndpoint", input, account);
  const made = await make().catch((error: unknown) => {
    if (!(error instanceof Error) || !/limit exceeded/i.test(error.message)) throw error;
    // EC2 gains one such call in three seconds.
    leapOn(15);
    return make();
  });
  return String((made["VpcEndpoint"] as Members)["VpcEndpointId"]);
}

async function offered(aws: World["aws"]): Promise<Offered> {
  const made = await aws("ec2", "CreateVpcEndpointServiceConfiguration", {
    AcceptanceRequired: true,
    NetworkLoadBalancerArns: [`arn:aws:elasticloadbalancing:${region}:${accounts.provider}:loadbalancer/net/payments/50dc6c495c0c9188`],
    TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags: [{ Key: "drawbridge", Value: "" }] }],
  });
  const { ServiceId, ServiceName } = made["ServiceConfiguration"] as Members;
  await aws("ec2", "ModifyVpcEndpointServicePermissions", { ServiceId, AddAllowedPrincipals: ["*"] });
  return { id: String(ServiceId), name: String(ServiceName) };
}

/** A row without DynamoDB's types. */
function plain(item: Members | undefined): Members | undefined {
  return item === undefined ? undefined : Object.fromEntries(Object.entries(item).map(([name, value]) => [name, untyped(value)]));
}

function untyped(value: unknown): unknown {
  const [[type, inner] = ["NULL", true]] = Object.entries(value as Members);
  if (type === "M") return plain(inner as Members);
  if (type === "L") return (inner as unknown[]).map(untyped);
  return type === "N" ? Number(inner) : inner;
}
