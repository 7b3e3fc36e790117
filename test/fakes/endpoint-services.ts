// EC2 in memory: endpoint services with their connections, which a story makes, moves and removes.

import { BadInput, Fault } from "../../lib/faults.ts";
import { isAccountId, type AccountId, type EndpointId, type ServiceId } from "../../lib/ids.ts";
import { isAccepted, type AwsState, type Observed } from "../../lib/observed.ts";
import type { Clock, EndpointServices, Outcome, ServiceFacts } from "../../lib/ports.ts";

export interface FakeEndpointServices {
  readonly port: EndpointServices;
  /** Every call that changes something, in order. */
  readonly calls: readonly {
    readonly action: "accept" | "reject";
    readonly service: ServiceId;
    readonly endpoints: readonly EndpointId[];
  }[];
  readonly notifications: ReadonlyMap<string, { readonly service: ServiceId; readonly topic: string }>;
  addService(service: ServiceId, facts?: Partial<ServiceFacts>): void;
  /** Somebody lets these ask to connect, past Drawbridge. */
  letAsk(service: ServiceId, ...principals: readonly string[]): void;
  /** A consumer creates an endpoint: it waits for acceptance unless said otherwise. */
  connect(wanted: Pick<Observed, "endpoint" | "service" | "account"> & Partial<Observed>): void;
  /** AWS moves it on, or somebody does who does not ask us. */
  move(endpoint: EndpointId, state: AwsState): void;
  /** What was accepted becomes available, with its name. */
  settle(): void;
  /** It is not listed any more. */
  forget(endpoint: EndpointId): void;
  /** From now on AWS refuses this id; nothing takes that back. */
  refuse(endpoint: EndpointId, failure: NonNullable<Outcome["failure"]> | undefined): void;
  /** The next call of any kind throws this. */
  failNext(fault: Fault): void;
}

export function fakeEndpointServices(clock: Clock): FakeEndpointServices {
  const services = new Map<ServiceId, ServiceFacts>();
  const rows = new Map<EndpointId, Observed>();
  const refusals = new Map<EndpointId, NonNullable<Outcome["failure"]>>();
  const principals = new Map<ServiceId, Set<string>>();
  const notifications = new Map<string, { service: ServiceId; topic: string }>();
  const calls: { action: "accept" | "reject"; service: ServiceId; endpoints: readonly EndpointId[] }[] = [];
  const faults: Fault[] = [];
  const called = (service: ServiceId): void => {
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    if ((service as string) === "") throw new BadInput("service", service, "an empty id would mean every service of the account");
  };
  const at = (endpoint: EndpointId): Observed => {
    const row = rows.get(endpoint);
    if (row === undefined) throw new Error(`the story has no endpoint ${endpoint}`);
    return row;
  };
  const decide =
    (action: "accept" | "reject") =>
    async (service: ServiceId, endpoints: readonly EndpointId[]): Promise<Outcome[]> => {
      if (endpoints.length === 0) return [];
      called(service);
      calls.push({ action, service, endpoints: [...endpoints] });
      return endpoints.map((endpoint) => {
        const failure = refusals.get(endpoint) ?? wrongState(action, service, rows.get(endpoint));
        if (failure !== undefined) return { endpoint, failure };
        rows.set(endpoint, { ...at(endpoint), state: action === "accept" ? "pending" : "rejected" });
        return { endpoint };
      });
    };
  const port: EndpointServices = {
    connections: async (service) => {
      called(service);
      return structuredClone([...rows.values()].filter((row) => row.service === service));
    },
    accept: decide("accept"),
    reject: decide("reject"),
    describe: async (service) => {
      called(service);
      return structuredClone(services.get(service));
    },
    notify: async (service, topic) => {
      called(service);
      const there = [...notifications].find(([, one]) => one.service === service && one.topic === topic);
      if (there !== undefined) return there[0];
      if (!services.has(service))
        throw new Fault(
          "InvalidVpcEndpointServiceId.NotFound",
          "ec2:CreateVpcEndpointConnectionNotification",
          `${service} does not exist`,
          false,
        );
      const id = `vpce-nfn-${String(notifications.size + 1).padStart(17, "0")}`;
      notifications.set(id, { service, topic });
      return id;
    },
    notification: async (service, topic) => {
      called(service);
      return [...notifications].find(([, one]) => one.service === service && one.topic === topic)?.[0];
    },
    stopNotifying: async (id) => {
      notifications.delete(id);
    },
    setPrivateDnsName: async (service, name) => {
      called(service);
      const { privateDns: _, ...facts } = services.get(service) ?? notThere(service);
      const proof = { label: `_proof${String(services.size)}`, value: `vpce:proof-of-${String(name)}` };
      services.set(service, name === undefined ? facts : { ...facts, privateDns: { name, state: "pendingVerification", proof } });
    },
    verifyPrivateDnsName: async (service) => {
      called(service);
      const facts = services.get(service) ?? notThere(service);
      if (facts.privateDns === undefined)
        throw new Fault("InvalidParameter", "ec2:StartVpcEndpointServicePrivateDnsVerification", "no private DNS name", false);
      services.set(service, { ...facts, privateDns: { ...facts.privateDns, state: "verified" } });
    },
    allowed: async (service) => {
      called(service);
      const all = [...(principals.get(service) ?? [])].sort();
      return { accounts: all.filter(isAccountId), others: all.filter((one) => !isAccountId(one)) };
    },
    allow: async (service, add, remove) => {
      called(service);
      const there = principals.get(service) ?? new Set();
      for (const account of remove) there.delete(account);
      for (const account of add) there.add(account);
      principals.set(service, there);
    },
  };
  return {
    port,
    calls,
    notifications,
    addService: (service, facts = {}) => {
      services.set(service, {
        service,
        serviceName: `com.amazonaws.vpce.eu-west-1.${service}`,
        acceptanceRequired: true,
        state: "Available",
        tags: { drawbridge: "yes" },
        regions: ["eu-west-1"],
        ...facts,
      });
    },
    letAsk: (service, ...more) => void principals.set(service, new Set([...(principals.get(service) ?? []), ...more])),
    connect: (wanted) => {
      rows.set(wanted.endpoint, { state: "pendingAcceptance", region: "eu-west-1", ipAddressType: "ipv4", createdAt: clock(), ...wanted });
    },
    move: (endpoint, state) => rows.set(endpoint, { ...at(endpoint), state }),
    settle: () => {
      for (const row of rows.values())
        if (row.state === "pending") rows.set(row.endpoint, { ...row, state: "available", dns: nameOf(row) });
    },
    forget: (endpoint) => rows.delete(endpoint),
    refuse: (endpoint, failure) => {
      if (failure === undefined) refusals.delete(endpoint);
      else refusals.set(endpoint, failure);
    },
    failNext: (fault) => faults.push(fault),
  };
}

function notThere(service: ServiceId): never {
  throw new Fault("InvalidVpcEndpointServiceId.NotFound", "ec2:ModifyVpcEndpointServiceConfiguration", `${service} does not exist`, false);
}

/** AWS's codes for a wrong state are not documented; these are the likeliest. */
function wrongState(action: "accept" | "reject", service: ServiceId, row: Observed | undefined): Outcome["failure"] {
  if (row === undefined || row.service !== service)
    return { code: "InvalidVpcEndpointId.NotFound", message: "the endpoint does not exist at this service" };
  const fits = row.state === "pendingAcceptance" || (action === "reject" && isAccepted(row.state));
  return fits ? undefined : { code: "InvalidState", message: `the endpoint is ${row.state}` };
}

const nameOf = ({ endpoint, service }: Observed): { name: string; zone: string } => ({
  name: `${endpoint}-abcd1234.${service}.eu-west-1.vpce.amazonaws.com`,
  zone: "Z38GZ743OKFT7T",
});

/** Ids for stories: `service(1)`, `endpoint(1)`, `account(2)` is 222222222222. */
export const serviceOf = (number: number): ServiceId => `vpce-svc-${number.toString(16).padStart(17, "0")}` as ServiceId;
export const endpointOf = (number: number): EndpointId => `vpce-${number.toString(16).padStart(17, "0")}` as EndpointId;
export const accountOf = (digit: number): AccountId => String(digit).repeat(12).slice(0, 12) as AccountId;
