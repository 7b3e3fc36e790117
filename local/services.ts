// Every service of local AWS, made and wired to each other.
import type { Assumptions } from "./assumptions.ts";
import { withTrail } from "./cloudtrail.ts";
import type { Delays } from "./aws-options.ts";
import type { FaultSwitches } from "./faults.ts";
import type { FunctionRuntime } from "./functions/runtime.ts";
import type { Identities } from "./identities.ts";
import type { Inbox } from "./inbox.ts";
import type { InFlight } from "./in-flight.ts";
import type { Call, Clock, Demand, Role, Service } from "./service.ts";
import { createMappings, type Mappings } from "./functions/mappings.ts";
import { createCloudFormation, type CloudFormationService } from "./services/cloudformation.ts";
import { createTrails } from "./services/cloudtrail-trails.ts";
import { createCloudWatch, type CloudWatchService } from "./services/cloudwatch.ts";
import { createDynamoDb, type DynamoDbService } from "./services/dynamodb.ts";
import { createDataPath, type DataPath } from "./data-path/data-path.ts";
import { createElb, type ElbService } from "./services/elb.ts";
import { createEc2, type Ec2Service, type Notification } from "./services/ec2.ts";
import { createEvents, type EventsService } from "./services/events.ts";
import { createFirehose, type Firehose } from "./services/firehose.ts";
import { createIam, type IamService } from "./services/iam.ts";
import { createKms } from "./services/kms.ts";
import { createLambda } from "./services/lambda.ts";
import { createLogs, type LogsService } from "./services/logs.ts";
import { createOrganizations } from "./services/organizations.ts";
import { createRoute53, publicTextAt, type Route53Service } from "./services/route53.ts";
import { createBuckets, type Buckets } from "./services/s3-buckets.ts";
import { createSecretsManager } from "./services/secretsmanager.ts";
import { createSns, type SnsService } from "./services/sns.ts";
import { createSqs, type SqsService } from "./services/sqs.ts";
import { createSsm } from "./services/ssm.ts";
import { createSts } from "./services/sts.ts";

export interface Services {
  readonly all: readonly Service[];
  readonly sqs: SqsService;
  readonly sns: SnsService;
  readonly events: EventsService;
  readonly dynamodb: DynamoDbService;
  readonly ec2: Ec2Service;
  readonly elb: ElbService;
  readonly iam: IamService;
  readonly logs: LogsService;
  readonly route53: Route53Service;
  readonly dataPath: DataPath;
  readonly cloudformation: CloudFormationService;
  readonly cloudwatch: CloudWatchService;
  readonly buckets: Buckets;
  readonly firehose: Firehose;
  readonly mappings: Mappings;
  readonly lambda: Service;
  /** The calls that CloudTrail recorded, lost events included. */
  readonly recorded: readonly Call[];
  readonly close: () => Promise<void>;
}

export interface ServicesOptions {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly identities: Identities;
  readonly inFlight: InFlight;
  readonly inbox: Inbox;
  readonly faults: FaultSwitches;
  readonly functions: FunctionRuntime;
  readonly assumptions: Partial<Assumptions>;
  readonly confirmSubscriptions: boolean;
  readonly hasTrail: () => boolean;
  /** Throws AccessDenied when the role may not. */
  readonly demand: (role: Role, demands: readonly Demand[]) => Promise<void>;
  readonly log: (line: string) => void;
}

export async function createServices(options: ServicesOptions): Promise<Services> {
  const { region, clock, delays, inFlight, log, functions } = options;
  const sqs = createSqs({ region, clock });
  const buckets = createBuckets(clock);
  const firehose = createFirehose({ buckets, identities: options.identities, demand: options.demand, log });
  const sns = createSns({
    region,
    clock,
    inbox: options.inbox,
    inFlight,
    toQueue: sqs.deliver,
    toFunction: functions.deliver,
    confirmSubscriptions: options.confirmSubscriptions,
    log,
  });
  const events = createEvents({
    region,
    clock,
    inFlight,
    toQueue: sqs.deliver,
    toFunction: functions.deliver,
    toStream: (principal, roleArn, streamArn, record) => firehose.deliver(principal, roleArn, streamArn, record),
    toTopic: (principal, topicArn, message) => sns.publishAs(principal, topicArn, { Message: message }),
    fault: options.faults.deliveryFails,
    retryMs: delays.ruleRetry,
    ...(options.assumptions.rateRuleFirstTick === undefined ? {} : { firstTick: options.assumptions.rateRuleFirstTick }),
    log,
  });
  const dynamodb = await createDynamoDb({ region, clock });
  const ec2 = createEc2({
    region,
    clock,
    delays,
    assumptions: options.assumptions,
    notify: notifier(options, sns),
    textAt: (name) => publicTextAt(route53.zones, name),
  });
  const mappings = createMappings();
  const cloudformation = createCloudFormation({ clock, inFlight, buckets, region });
  const cloudwatch = createCloudWatch(cloudformation, clock);
  const elb = createElb({ region, clock, ec2: ec2.state });
  const logs = createLogs({ clock, region });
  const route53 = createRoute53({ clock, assumptions: options.assumptions });
  const lambda = createLambda(functions, mappings);
  const dataPath = createDataPath({
    clock,
    ec2: ec2.state,
    elb: elb.state,
    zones: route53.zones,
    write: (account, group, stream, message) => logs.write(account, group, stream, message),
    count: (count) => cloudwatch.put(count),
  });
  const recorded: Call[] = [];
  const trail = {
    clock,
    inFlight,
    region,
    delayMs: delays.trail,
    events: () => events,
    lost: options.faults.trailEventIsLost,
    record: (call: Call) => void recorded.push(call),
  };
  const iam = createIam(options.identities);
  const others = [
    iam,
    route53,
    elb,
    logs,
    createSecretsManager({ clock, region }),
    createSsm({ clock, region }),
    createKms({ clock, region }),
    createOrganizations(),
    createSts({ identities: options.identities, clock }),
    createTrails({ region, hasTrail: options.hasTrail }),
  ];
  return {
    all: [withTrail(ec2, trail), dynamodb, sqs, sns, events, cloudformation, cloudwatch, lambda, ...others],
    sqs,
    sns,
    events,
    dynamodb,
    ec2,
    elb,
    iam,
    logs,
    route53,
    dataPath,
    cloudformation,
    cloudwatch,
    buckets,
    firehose,
    mappings,
    lambda,
    recorded,
    async close() {
      events.close();
      sqs.close();
      await dataPath.close();
      await dynamodb.close();
    },
  };
}

/** PrivateLink publishes a connection notification, once unless a fault is asked for. */
function notifier(options: ServicesOptions, sns: SnsService): (notification: Notification) => void {
  return ({ topicArn, account, serviceArn, subject, message }) => {
    const times = options.faults.notificationTimes();
    if (times === 0) options.log(`vpce: the notification to ${topicArn} is lost, as asked for.`);
    const principal = { service: "vpce.amazonaws.com", sourceArn: serviceArn, sourceAccount: account };
    const publish = async (): Promise<void> => {
      const refusal = await sns.publishAs(principal, topicArn, { Subject: subject, Message: message });
      if (refusal !== undefined) options.log(`vpce: ${topicArn} did not take a notification: ${refusal.message}`);
    };
    for (let sent = 0; sent < times; sent += 1) void options.inFlight.track(publish());
  };
}
