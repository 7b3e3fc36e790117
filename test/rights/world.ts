// The world of the stories: the packaged stack on local AWS, quick where AWS waits, with everything that IAM is asked written down.
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import type { Judged } from "../../local/authorize.ts";
import { wallClock } from "../../local/clock.ts";
import type { Clock } from "../../local/service.ts";
import { readTemplate } from "../../scripts/template.ts";
import { insisting, operator, until, type Keys } from "../stories/operator.ts";

export type { Keys } from "../stories/operator.ts";

type Members = Readonly<Record<string, unknown>>;

export interface World {
  readonly local: LocalAws;
  readonly zoneId: string;
  /** Calls AWS as an account that may do all at home. */
  aws(service: string, action: string, input: Members, account?: string): Promise<Members>;
  /** Runs the command as an operator; gives what it prints, throws when it is refused. */
  drawbridge(...words: string[]): Promise<string>;
  drawbridgeAs(keys: Keys, ...words: string[]): Promise<string>;
  /** An endpoint service with its tag, open to everybody. */
  offer(): Promise<Offered>;
  /** An endpoint of the account; gives its id. */
  connect(account: string, service: Offered): Promise<string>;
  /** The record's status. */
  statusOf(endpoint: string): Promise<string | undefined>;
  /** Lets the minute pass: the schedule fires. */
  tick(): Promise<void>;
  /** Time passes at once; what falls due with it waits for the next minute. */
  leap(seconds: number): void;
  now(): number;
  /** Waits until the connection stands so, with a sweep when signals alone do not do it. */
  becomes(endpoint: string, status: string): Promise<void>;
  until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  /** The messages that wait in a queue of the stack. */
  waiting(queue: string): Promise<number>;
  /** The physical id of a resource of the stack. */
  idOf(resource: string): string;
  arnOf(resource: string): string;
}

export interface Offered {
  readonly id: string;
  readonly name: string;
}

export const accounts = {
  provider: "111111111111",
  acme: "222222222222",
  unknown: "333333333333",
  barred: "444444444444",
  umbrella: "555555555555",
  /** Of the organization. */
  management: "999999999999",
} as const;
export const zoneName = "privatelink.example.com";
const region = "eu-west-1";

/** `change` is made to the template's resources, after what makes them quick. */
export async function openWorld(
  onDemand: (judged: Judged) => void,
  change: (resources: Members) => Members = (same) => same,
): Promise<World> {
  const clock = steppedClock();
  const local = await startLocalAws({
    template: await quickTemplate(change),
    account: accounts.provider,
    region,
    zoneName,
    privateZoneName: "payments.internal",
    clock,
    onDemand,
    parameters: {
      ApproverEmail: "approvers@payments.example",
      AlarmEmail: "on-call@payments.example",
      OrganizationsRoleArn: `arn:aws:iam::${accounts.management}:role/reads-accounts`,
    },
    delays: { available: 30, deleted: 30, trail: 30, asyncRetry: [10, 10], streamRetry: 1, ruleRetry: 10 },
    processesMax: 1,
  });
  return worldOf(local, clock);
}

interface SteppedClock extends Clock {
  readonly minute: () => void;
  readonly leap: (seconds: number) => void;
}

/** Timers of half a minute and more wait until somebody lets the minute pass. */
function steppedClock(): SteppedClock {
  const wall = wallClock();
  const held = new Set<() => void>();
  let ahead = 0;
  return {
    now: () => wall.now() + ahead,
    after(ms, work) {
      if (ms < 25_000) return wall.after(ms, work);
      held.add(work);
      return () => void held.delete(work);
    },
    minute() {
      const due = [...held];
      held.clear();
      for (const work of due) work();
    },
    leap: (seconds) => void (ahead += seconds * 1000),
  };
}

/** Batches are not waited for, and no throttle: admit gives up when it has less than 20 seconds left after its wait. */
async function quickTemplate(change: (resources: Members) => Members): Promise<Members> {
  const template = await readTemplate();
  const resources = Object.entries(template.Resources).map(([id, resource]): [string, unknown] => {
    if (id === "AdmitLambdaFunction") return [id, { ...resource, Properties: { ...resource.Properties, Timeout: 21 } }];
    if (resource.Type !== "AWS::Lambda::EventSourceMapping") return [id, resource];
    const { MaximumBatchingWindowInSeconds: window, BatchSize, ...rest } = resource.Properties ?? {};
    return [id, { ...resource, Properties: { ...rest, BatchSize: window === undefined ? BatchSize : 10 } }];
  });
  return { ...template, Resources: change(Object.fromEntries(resources)) };
}

function worldOf(local: LocalAws, clock: SteppedClock): World {
  const aws: World["aws"] = (service, action, input, account = accounts.provider) => local.call(service, action, input, account);
  const resource = (id: string): LocalAws["stack"]["resources"][number] => {
    const found = local.stack.resources.find(({ logicalId }) => logicalId === id);
    if (found === undefined) throw new Error(`The stack has no ${id}.`);
    return found;
  };
  const record = async (endpoint: string): Promise<Members | undefined> => {
    const { Item } = await aws("dynamodb", "GetItem", {
      TableName: resource("ConnectionsTable").physicalId,
      Key: { endpoint: { S: endpoint } },
      ConsistentRead: true,
    });
    return Item as Members | undefined;
  };
  const statusOf = async (endpoint: string): Promise<string | undefined> => {
    const status = (await record(endpoint))?.["status"] as { readonly S: string } | undefined;
    return status?.S;
  };
  const tick = async (): Promise<void> => {
    clock.minute();
    await local.idle();
  };
  return {
    local,
    zoneId: local.zoneId,
    aws,
    drawbridge: insisting(operator(local, accounts.provider)),
    drawbridgeAs: (keys, ...words) => insisting(operator(local, keys))(...words),
    offer: () => offer(aws),
    connect: async (account, service) => {
      const made = await aws("ec2", "CreateVpcEndpoint", connecting(service), account);
      return String((made["VpcEndpoint"] as Members)["VpcEndpointId"]);
    },
    statusOf,
    tick,
    leap: (seconds) => clock.leap(seconds),
    now: () => clock.now(),
    async becomes(endpoint, status) {
      for (let sweeps = 0; ; sweeps += 1) {
        await local.idle();
        const now = await statusOf(endpoint);
        if (now === status) return local.idle();
        if (sweeps > 20) throw new Error(`${endpoint} is ${now ?? "not there"}, not ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 40));
        await tick();
      }
    },
    until: patiently,
    waiting: async (queue) => {
      const { Attributes } = await aws("sqs", "GetQueueAttributes", {
        QueueUrl: resource(queue).physicalId,
        AttributeNames: ["ApproximateNumberOfMessages"],
      });
      return Number((Attributes as Members)["ApproximateNumberOfMessages"]);
    },
    idOf: (id) => resource(id).physicalId,
    arnOf: (id) => String(resource(id).attributes["Arn"]),
  };
}

const connecting = (service: Offered): Members => ({
  VpcEndpointType: "Interface",
  VpcId: "vpc-0b0b0b0b0b0b0b0b0",
  ServiceName: service.name,
});

/** Route 53 takes few calls a second, and the functions need theirs. */
const patiently = <T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> =>
  until(look, 150).catch((error: unknown) => {
    throw new Error(`Not seen: ${what}`, { cause: error });
  });

async function offer(aws: World["aws"]): Promise<Offered> {
  const made = await aws("ec2", "CreateVpcEndpointServiceConfiguration", {
    AcceptanceRequired: true,
    NetworkLoadBalancerArns: [`arn:aws:elasticloadbalancing:${region}:${accounts.provider}:loadbalancer/net/payments/50dc6c495c0c9188`],
    TagSpecifications: [{ ResourceType: "vpc-endpoint-service", Tags: [{ Key: "drawbridge", Value: "" }] }],
  });
  const { ServiceId, ServiceName } = made["ServiceConfiguration"] as Members;
  return { id: String(ServiceId), name: String(ServiceName) };
}
