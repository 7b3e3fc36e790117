// What the makers of resources work with, and what they hand back.
import type { Mappings } from "../functions/mappings.ts";
import type { Count } from "../services/cloudwatch-metrics.ts";
import type { FunctionRuntime } from "../functions/runtime.ts";
import type { StreamRecord } from "../functions/stream-mapping.ts";
import type { HttpApi } from "../http-api.ts";
import type { Identities } from "../identities.ts";
import type { InFlight } from "../in-flight.ts";
import type { Members } from "../members.ts";
import type { Caller, Clock, Demand, Role } from "../service.ts";
import type { ManagedPolicies } from "../services/iam.ts";
import type { Firehose } from "../services/firehose.ts";
import type { Buckets } from "../services/s3-buckets.ts";
import type { Queue } from "../services/sqs-queue.ts";

export interface StackPlace {
  readonly name: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
}

/** One resource of the template, its properties worked out. */
export interface Declared {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Members;
}

/** What `Ref` gives, what `Fn::GetAtt` gives by name, and what an update of the stack can do with it. */
export interface Made {
  readonly ref: string;
  readonly attributes?: Members;
  /** Changes it where it is. A change for which AWS makes a new one, by its own specification, does not come here. */
  readonly change?: (declared: Declared) => Made | Promise<Made>;
  /** Takes it away; without this, there is nothing to take away. */
  readonly remove?: () => unknown;
  /** How it differs from what it was declared as; without this, CloudFormation cannot read it. */
  readonly drift?: () => Promise<Drift>;
}

/** The names of the properties that somebody changed, or that it is there no more. */
export type Drift = "gone" | readonly string[];

export type Maker = (declared: Declared, workshop: Workshop) => Made | Promise<Made>;
export type Makers = Readonly<Record<string, Maker>>;

export interface Workshop {
  readonly stack: StackPlace;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly identities: Identities;
  readonly functions: FunctionRuntime;
  readonly httpApi: HttpApi;
  /** Calls an action of a service as the stack's account. */
  call(service: string, action: string, input: Members): Promise<Members>;
  /** The same with a role's rights. */
  callAs(role: Role, service: string, action: string, input: Members): Promise<unknown>;
  /** Throws AccessDenied when whoever has the stack made may not. */
  ask(demands: readonly Demand[]): Promise<void>;
  /** Throws AccessDenied when the role may not. */
  demand(role: Role, demands: readonly Demand[]): Promise<void>;
  callerOf(role: Role): Caller;
  queue(arn: string): Queue | undefined;
  changes(tableName: string, listener: (record: StreamRecord) => void): () => void;
  /** Unpacks a function's code (`Code` of the template) and gives the folder. */
  code(functionName: string, code: Members): string;
  /** `stack-LogicalId-1A2B3C4D5E6F`, as CloudFormation names what has no name. */
  physicalName(logicalId: string, lengthMax?: number): string;
  readonly policies: ManagedPolicies;
  /** What one maker leaves for another: integrations. */
  readonly memory: Map<string, unknown>;
  /** What the resource was given and local AWS only keeps: alarms, dashboards, log groups. Ends with what is returned. */
  keep(declared: Declared): () => void;
  readonly buckets: Buckets;
  readonly firehose: Firehose;
  readonly mappings: Mappings;
  /** A figure for CloudWatch. */
  measure(count: Count): void;
  onClose(work: () => Promise<void> | void): void;
  /** Whose rights the stack is made with, from now on. */
  actAs(caller: Caller): void;
  /** Closes what is still open when the stack is gone. */
  end(): Promise<void>;
  log(line: string): void;
  /** The wait before a stream's batch is tried again. */
  readonly streamRetryMs: number;
}

/** A maker refuses: AWS would roll the stack back. */
export function refuse(declared: Declared, why: string): never {
  throw new Error(`${declared.logicalId} (${declared.type}): ${why}`);
}
