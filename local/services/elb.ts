// Elastic Load Balancing, as much of it as stands behind an endpoint service: Network Load Balancers that forward TCP to target groups.

import type { Clock, Service } from "../service.ts";
import type { Ec2State } from "./ec2-state.ts";
import { balancerActions } from "./elb-balancers.ts";
import { listenerActions } from "./elb-listeners.ts";
import type { ElbAction, ElbState } from "./elb-state.ts";
import { targetActions } from "./elb-targets.ts";

export interface ElbService extends Service {
  readonly state: ElbState;
}

const ACTIONS: Readonly<Record<string, ElbAction>> = { ...balancerActions, ...listenerActions, ...targetActions };

export function createElb(options: { readonly region: string; readonly clock: Clock; readonly ec2: Ec2State }): ElbService {
  const state: ElbState = { ...options, targetGroups: new Map(), probe: () => Promise.resolve(undefined) };
  return {
    state,
    signingName: "elasticloadbalancing",
    actions: new Set(Object.keys(ACTIONS)),
    demands: (call) => [{ action: `elasticloadbalancing:${call.action}`, resource: "*" }],
    handle: (call) => ACTIONS[call.action]?.(state, call),
  };
}
