// Who operates Drawbridge, and what the operators' use-cases ask of the outside.

import type { Actor } from "../events.ts";
import { Fault } from "../faults.ts";
import type { ZoneId } from "../ids.ts";
import type { SlackTrial } from "../slack/try-out.ts";
import type {
  AllowList,
  Approvers,
  Clock,
  Connections,
  EndpointServices,
  Ledger,
  NewId,
  Organizations,
  People,
  Permits,
  Services,
  Subscriptions,
  Wake,
  Zones,
} from "../ports.ts";

/** The person of the signed request, by their IAM ARN. */
export type Operator = Extract<Actor, { kind: "operator" }>;

export interface OperatorPorts {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly services: Services;
  readonly connections: Connections;
  readonly ledger: Ledger;
  readonly endpointServices: Pick<EndpointServices, "connections" | "describe" | "notify" | "notification" | "stopNotifying" | "allowed">;
  readonly permits: Permits;
  readonly allowList: AllowList;
  readonly organizations: Organizations;
  readonly zones: Pick<Zones, "name" | "list">;
  readonly approvers: Approvers;
  readonly subscriptions: Subscriptions;
  /** Of the decisions topic, each filtered to its own account. */
  readonly contacts: Pick<Subscriptions, "subscribe" | "confirm">;
  readonly people: Pick<People, "approvers">;
  readonly slack: SlackTrial;
  readonly wake: Pick<Wake, "admit">;
  readonly deployment: Deployment;
}

/** What the deployment itself says. */
export interface Deployment {
  readonly stage: string;
  readonly version: string;
  /** The topic on which AWS tells of connections. */
  readonly topic: string;
  /** The hosted zones that may hold names. */
  readonly zones: readonly ZoneId[];
  /** Its bus, and its queues by their names in the template: for whoever sends back what was set aside. */
  readonly bus: string;
  readonly queues: Readonly<Record<string, string>>;
  /** Where the log's checkpoints are kept, and the key that signs them. */
  readonly checkpoints?: { readonly bucket: string; readonly key: string };
  /** Who is asked where no approvers are named. */
  readonly mailbox?: string;
  /** Whether a role may look accounts up in AWS Organizations. */
  readonly organizations?: boolean;
}

const triesMax = 6;

/** Reads and commits again when somebody else committed in between; `attempt` reads its head before anything else. */
export async function untilCommitted<T>(what: string, attempt: () => Promise<T | "conflict">): Promise<T> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const result = await attempt();
    if (result !== "conflict") return result;
  }
  throw new Fault("Contended", what, `changed under ${String(triesMax)} commits; repeat the command`, true);
}

/** The command's own ground in the log. */
export const byOperator = (by: Operator, detail: string) =>
  ({ by, because: { rule: "operator", detail }, source: { kind: "api" } }) as const;
