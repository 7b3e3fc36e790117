// EC2, as much of it as PrivateLink is: all accounts of one Region in one object, so that providers and consumers meet.

import { defaultAssumptions } from "../assumptions.ts";
import type { Assumptions } from "../assumptions.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock, Service } from "../service.ts";
import { createTokenBuckets } from "../token-bucket.ts";
import type { BucketSize } from "../token-bucket.ts";
import { connectionActions } from "./ec2-connections.ts";
import { ec2Demands } from "./ec2-demands.ts";
import { endpointServiceActions } from "./ec2-endpoint-services.ts";
import { endpointActions } from "./ec2-endpoints.ts";
import { flowLogActions } from "./ec2-flow-logs.ts";
import { groupActions } from "./ec2-groups.ts";
import { instanceActions } from "./ec2-instances.ts";
import { interfaceActions } from "./ec2-interfaces.ts";
import { refuseDryRun } from "./ec2-lists.ts";
import { ensureAccount, networkActions } from "./ec2-network.ts";
import { notificationActions, notificationsFor } from "./ec2-notifications.ts";
import type { Notification } from "./ec2-notifications.ts";
import { permissionActions } from "./ec2-permissions.ts";
import { routeActions } from "./ec2-routes.ts";
import { CONNECTION_STATES } from "./ec2-state.ts";
import type { Ec2State } from "./ec2-state.ts";
import { tagActions } from "./ec2-tags.ts";

export type { Notification } from "./ec2-notifications.ts";

export interface Ec2Options {
  readonly region: string;
  readonly clock: Clock;
  readonly delays: {
    /** `pending` → `available`, in milliseconds; 1500 is a good default. */
    readonly available: number;
    /** `deleting` → `deleted`. */
    readonly deleted: number;
  };
  /** Publishes on the provider's topic as `vpce.amazonaws.com`. */
  readonly notify: (notification: Notification) => void;
  readonly assumptions?: Partial<Assumptions>;
  /** The values of the text record at a public name; without it, every proof of a private DNS name counts as published. */
  readonly textAt?: (name: string) => readonly string[];
  /** AWS's token buckets; false for a test that is not about them. */
  readonly throttled?: boolean;
}

export interface Ec2Service extends Service {
  /** For tests only: puts a connection into a state that no call of the API leads to (`failed`, `expired`, `partial`). */
  force(vpcEndpointId: string, state: string): void;
  /** What load balancers and the data path stand on. */
  readonly state: Ec2State;
}

const ACTIONS = {
  ...endpointServiceActions,
  ...permissionActions,
  ...endpointActions,
  ...connectionActions,
  ...notificationActions,
  ...tagActions,
  ...networkActions,
  ...groupActions,
  ...routeActions,
  ...interfaceActions,
  ...instanceActions,
  ...flowLogActions,
};

export function createEc2(options: Ec2Options): Ec2Service {
  const state = emptyState(options);
  const buckets = createTokenBuckets(options.clock);
  const throttle = (call: Call): void => {
    if (options.throttled === false) return;
    if (!buckets.take(`${call.caller.account} ${call.action}`, bucketOf(call.action))) {
      throw new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
    }
  };
  return {
    state,
    signingName: "ec2",
    actions: new Set(Object.keys(ACTIONS)),
    demands(call) {
      // AWS counts refused calls too, so the bucket is asked before IAM is.
      throttle(call);
      return ec2Demands(state, call);
    },
    handle(call) {
      ensureAccount(state, call.caller.account);
      refuseDryRun(call);
      const action = ACTIONS[call.action];
      if (action === undefined) throw new AwsError("InvalidAction", `The action ${call.action} is not valid for this web service.`);
      return action(state, call);
    },
    force(vpcEndpointId, given) {
      const endpoint = state.endpoints.get(vpcEndpointId);
      const forced = CONNECTION_STATES.find((one) => one === given);
      if (endpoint === undefined) throw new Error(`there is no endpoint ${vpcEndpointId} to force into ${given}`);
      if (forced === undefined) throw new Error(`${given} is no state of a connection: it is one of ${CONNECTION_STATES.join(", ")}`);
      endpoint.callOff?.();
      endpoint.callOff = undefined;
      endpoint.state = forced;
    },
  };
}

function emptyState(options: Ec2Options): Ec2State {
  let sequence = 0;
  const state: Ec2State = {
    region: options.region,
    clock: options.clock,
    delays: options.delays,
    textAt: options.textAt,
    assumptions: { ...defaultAssumptions, ...options.assumptions },
    services: new Map(),
    endpoints: new Map(),
    notifications: new Map(),
    vpcs: new Map(),
    subnets: new Map(),
    groups: new Map(),
    routeTables: new Map(),
    interfaces: new Map(),
    instances: new Map(),
    connectEndpoints: new Map(),
    flowLogs: new Map(),
    balancers: new Map(),
    tokens: new Map(),
    next: () => (sequence += 1),
    tell(event, endpoint) {
      for (const notification of notificationsFor(state, event, endpoint)) options.notify(notification);
    },
  };
  return state;
}

/** Sizes of AWS's buckets, each per account, Region and action. */
function bucketOf(action: string): BucketSize {
  if (action.startsWith("Describe")) return { holds: 100, refillsPerSecond: 20 };
  if (/^(Accept|Reject)VpcEndpointConnections$|VpcEndpointServiceConfigurations?$/.test(action)) return { holds: 10, refillsPerSecond: 1 };
  if (/^(Create|Modify)VpcEndpoint$|^DeleteVpcEndpoints$/.test(action)) return { holds: 4, refillsPerSecond: 0.3 };
  return { holds: 50, refillsPerSecond: 5 };
}
