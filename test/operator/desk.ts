// An operator at work on a deployment in memory: every use-case by its route, and admit run when it is woken.

import { Fault } from "../../lib/faults.ts";
import { admit } from "../../lib/loop/admit.ts";
import { instant, milliseconds, zoneId, type ServiceId } from "../../lib/ids.ts";
import type { Deployment, Operator, OperatorPorts } from "../../lib/operator/operator.ts";
import { operatorRoutes } from "../../lib/operator/routes.ts";
import { slackTrial, type SlackTrial } from "../../lib/slack/try-out.ts";
import { createSlack, type SlackSide } from "../../local/slack.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

export const service = serviceOf(1);
export const endpoint = endpointOf(1);
export const acme = accountOf(2);
export const zone = zoneId("Z0123456789ABCDEFGHIJ");
export const alice: Operator = { kind: "operator", arn: "arn:aws:iam::111111111111:user/alice" };
export const bob: Operator = { kind: "operator", arn: "arn:aws:sts::111111111111:assumed-role/Ops/bob" };

export interface Desk {
  readonly world: FakeWorld;
  readonly ports: OperatorPorts;
  /** Calls a use-case by its route. */
  readonly ask: <T = Record<string, never>>(route: string, input?: object, who?: Operator) => Promise<T>;
  /** Runs admit over the whole service. */
  readonly admit: (which?: ServiceId) => Promise<void>;
  /** Creates an endpoint this many minutes ago. */
  readonly connect: (number: number, account?: number, minutesAgo?: number) => void;
  readonly types: () => string[];
  readonly slack: DeskSlack;
}

/** Slack without the wire, and what stands in its secret. */
export interface DeskSlack {
  readonly side: SlackSide;
  /** As an operator puts it there; nothing at first. */
  readonly put: (secret: string) => void;
  readonly configure: (more?: object) => void;
  /** It gives no answer from now on. */
  readonly stall: () => void;
}

function deskSlack(world: FakeWorld): DeskSlack & { readonly trial: SlackTrial } {
  const side = createSlack("http://127.0.0.1:4568", { now: () => Date.parse(world.clock.now()) } as never, () => undefined);
  let secret = "{}";
  let stalled = false;
  return {
    side,
    put: (text) => void (secret = text),
    configure: (more = {}) => void (secret = JSON.stringify({ ...(JSON.parse(side.secret()) as object), ...more })),
    stall: () => void (stalled = true),
    trial: slackTrial({
      clock: world.clock.now,
      slips: world.slips.port,
      secret: async () => secret,
      wait: async () => undefined,
      post: async (url, json, { bearer = "" } = {}) => {
        if (stalled) throw new Fault("NoAnswer", url.host, "timeout", true);
        const reply = side.handle(url.pathname, { authorization: `Bearer ${bearer}` }, json);
        return { status: reply?.status ?? 404, text: JSON.stringify(reply?.json) };
      },
    }),
  };
}

export function desk(deployment: Partial<Deployment> = {}): Desk {
  const world = fakeWorld();
  world.ec2.addService(service);
  world.zones.addZone(zone, "privatelink.example.com");
  const slack = deskSlack(world);
  const ports: OperatorPorts = {
    ...world.ports(),
    slack: slack.trial,
    deployment: {
      stage: "test",
      version: "0.1.0",
      topic: "arn:aws:sns:eu-west-1:111111111111:connections",
      zones: [zone],
      bus: "drawbridge",
      queues: {},
      ...deployment,
    },
  };
  return {
    world,
    ports,
    slack,
    async ask<T>(route: string, input: object = {}, who: Operator = alice) {
      const useCase = operatorRoutes[route];
      if (useCase === undefined) throw new Error(`no route ${route}`);
      return (await useCase(ports, who, input)) as T;
    },
    async admit(which = service) {
      const failed = await admit(world.ports(), [
        { id: "1", wanted: { services: [which], endpoints: [], signal: { kind: "look" }, source: { kind: "bus" }, attempt: 0 } },
      ]);
      if (failed.length > 0) throw failed[0]?.error;
    },
    connect(number, account = 2, minutesAgo = 0) {
      const createdAt = instant(milliseconds(world.clock.now()) - minutesAgo * 60_000);
      world.ec2.connect({ endpoint: endpointOf(number), service, account: accountOf(account), createdAt });
    },
    types: () => world.tables.committed.map(({ event }) => event.type),
  };
}

/** A desk with the service in care already. */
export async function inCare(mode: "enforce" | "observe" = "enforce", deployment: Partial<Deployment> = {}): Promise<Desk> {
  const at = desk(deployment);
  await at.ask("POST /services", { service, zone, mode });
  at.world.clock.advance(1);
  return at;
}
