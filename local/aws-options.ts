// What local AWS may be asked for, and what it hands back once it is up.
import type { Assumptions } from "./assumptions.ts";
import type { Judged } from "./authorize.ts";
import type { DataPath } from "./data-path/data-path.ts";
import type { Faults } from "./faults.ts";
import type { Invocation } from "./functions/runtime.ts";
import type { Letter } from "./inbox.ts";
import type { Members } from "./members.ts";
import type { Credentials } from "./identities.ts";
import type { Clock, Role } from "./service.ts";
import type { LocalSlack } from "./slack.ts";
import type { Ec2Service } from "./services/ec2.ts";
import type { Stack } from "./template/standing.ts";
import type { Declared } from "./template/workshop.ts";

export interface Delays {
  /** From accepted to available, in milliseconds; 0 to end of deletion for `deleted`. */
  readonly available: number;
  readonly deleted: number;
  /** From an API call to its CloudTrail event. */
  readonly trail: number;
  /** The waits before the second and third attempt of an asynchronous invocation. */
  readonly asyncRetry: readonly number[];
  /** The first wait before a stream's batch is tried again. */
  readonly streamRetry: number;
  /** The first wait before EventBridge tries a target again. */
  readonly ruleRetry: number;
}

export interface LocalAwsOptions {
  /** A packaged CloudFormation template; the project's own by default. */
  readonly templatePath?: string;
  /** The template itself, instead of a file. */
  readonly template?: Members;
  /** Folders that hold the functions' zips by the last part of their S3 key. */
  readonly artifacts?: readonly string[];
  /** No stack at the start: it is deployed over the wire. */
  readonly bare?: boolean;
  /** Whether the account has a CloudTrail trail; it has, unless told otherwise. */
  readonly hasTrail?: boolean;
  readonly account?: string;
  readonly region?: string;
  readonly stackName?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly apiPort?: number;
  readonly inboxPort?: number;
  readonly clock?: Clock;
  readonly parameters?: Readonly<Record<string, string>>;
  /** A hosted zone that is there before the stack; its id becomes the stack's parameter HostedZoneIds. */
  readonly zoneName?: string;
  /** A private one besides, associated with a VPC of the account; it comes second in the parameter. */
  readonly privateZoneName?: string;
  readonly delays?: Partial<Delays>;
  readonly assumptions?: Partial<Assumptions>;
  /** Email subscriptions need no confirmation; true by default. */
  readonly confirmSubscriptions?: boolean;
  readonly processesMax?: number;
  /** What local AWS itself has to say. */
  readonly log?: (line: string) => void;
  /** Each call over the wire, with its caller. */
  readonly trace?: (line: string) => void;
  /** What functions print. */
  readonly print?: (functionName: string, line: string) => void;
  /** Everything that IAM is asked about roles and services, with its answer. Of one local AWS per process. */
  readonly onDemand?: (judged: Judged) => void;
}

export interface LocalAws {
  /** The endpoint of every service. */
  readonly aws: string;
  readonly api: string;
  /** The page; with `.json` at its end, the letters. */
  readonly inbox: string;
  readonly slackWebhook: string;
  /** Slack as an app with a bot token has it: what it posted, who is told what, and buttons to press. */
  readonly slack: LocalSlack;
  readonly account: string;
  readonly region: string;
  /** The newest stack that is up; throws when there is none. */
  readonly stack: Stack;
  /** Of the zone that was asked for, else empty. */
  readonly zoneId: string;
  readonly privateZoneId: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Name or logical id of a function. */
  readonly invoke: (functionName: string, payload?: unknown) => Promise<Invocation>;
  /** Calls any action as an account, or with an access key and its rights, without the wire: for preparing a world. */
  readonly call: (service: string, action: string, input: Members, as?: string) => Promise<Members>;
  /** What is kept and does nothing here: alarms, dashboards, log groups. */
  readonly held: readonly Declared[];
  readonly faults: Faults;
  /** The function's processes die at once, as those that run out of memory do. */
  readonly crash: (functionName: string) => void;
  /** How often each action was called over the wire: `ec2:AcceptVpcEndpointConnections` → 3. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** How often this endpoint id was in an AcceptVpcEndpointConnections. */
  readonly acceptsOf: (endpointId: string) => number;
  /** Has an alarm of the stack go off, by its logical id: nothing here watches metrics. */
  readonly ring: (alarm: string) => Promise<void>;
  /** Has it stop. */
  readonly calm: (alarm: string) => void;
  /** Keys of a role that no stack made: a deployer, with the policies it is given. */
  readonly issue: (role: Role, session: string) => Credentials;
  /** For tests: puts a connection into a state that no call leads to (`failed`, `expired`, `partial`). */
  readonly forceState: Ec2Service["force"];
  /** How a process gets into a VPC, and what names and addresses are in it. */
  readonly dataPath: DataPath;
  readonly logs: (functionName: string) => readonly string[];
  readonly letters: readonly Letter[];
  /** Resolves when nothing is in flight; delayed messages and schedules do not count. */
  readonly idle: () => Promise<void>;
  readonly close: () => Promise<void>;
}
