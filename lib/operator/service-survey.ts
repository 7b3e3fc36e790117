// What stands in the way of taking a service into care, and what taking it would mean for its connections.

import { optional } from "../optional.ts";
import type { Verdict } from "../events.ts";
import { Refused } from "../faults.ts";
import type { AccountId, EndpointId, Instant, ServiceId, ZoneId } from "../ids.ts";
import { isAccepted, waits, type AwsState } from "../observed.ts";
import { verdicts } from "../loop/verdicts.ts";
import type { ServiceFacts } from "../ports.ts";
import type { Service } from "../service.ts";
import type { OperatorPorts } from "./operator.ts";
import { previewedService, read } from "./inputs.ts";
import { outlook } from "./outlook.ts";

export interface Zone {
  readonly id: ZoneId;
  readonly name: string;
  readonly isPrivate?: true;
}

/** A service as AWS shows it, and every reason not to take it into care as it is. */
export interface Survey {
  readonly facts?: ServiceFacts;
  readonly zone?: Zone;
  readonly obstacles: readonly Refused[];
}

/** The tag that lets Drawbridge's roles act on a service; its value does not matter. */
const tag = "drawbridge";

export async function survey(ports: OperatorPorts, service: ServiceId, wantedZone: string | undefined): Promise<Survey> {
  const [facts, zone] = await Promise.all([
    ports.endpointServices.describe(service),
    wantedZone === undefined ? undefined : zoneAt(ports, wantedZone),
  ]);
  return {
    ...optional("facts", facts),
    ...(zone === undefined || zone instanceof Refused ? {} : { zone }),
    obstacles: [...obstaclesOf(service, facts), ...(zone instanceof Refused ? [zone] : [])],
  };
}

/** Why AWS's own settings of the service do not let us do our work. */
export function obstaclesOf(service: ServiceId, facts: ServiceFacts | undefined): Refused[] {
  if (facts === undefined)
    return [
      new Refused(
        "NotFound",
        `AWS does not know ${service} in this account and Region`,
        "check the id with: aws ec2 describe-vpc-endpoint-service-configurations, in the account and Region of this deployment",
      ),
    ];
  return [
    ...(facts.acceptanceRequired
      ? []
      : [
          new Refused(
            "AcceptanceNotRequired",
            `${service} lets everybody in: acceptance is not required`,
            `switch it on with: aws ec2 modify-vpc-endpoint-service-configuration --service-id ${service} --acceptance-required`,
          ),
        ]),
    ...(tag in facts.tags
      ? []
      : [
          new Refused(
            "TagMissing",
            `${service} has no tag ${tag}, without which Drawbridge may not act on it`,
            `set it with: aws ec2 create-tags --resources ${service} --tags Key=${tag},Value=`,
          ),
        ]),
  ];
}

/** The deployment's zones, with their names as far as Route 53 knows them. */
export async function zonesOf(
  ports: Pick<OperatorPorts, "zones" | "deployment">,
): Promise<{ id: ZoneId; name?: string; isPrivate?: boolean }[]> {
  const there = new Map((await ports.zones.list()).map((zone) => [zone.id, zone]));
  return ports.deployment.zones.map((id) => there.get(id) ?? { id });
}

/** By id, or by name with or without the final dot. */
async function zoneAt(ports: OperatorPorts, wanted: string): Promise<Zone | Refused> {
  const zones = await zonesOf(ports);
  const id = wanted.replace(/^\/hostedzone\//, "");
  const name = wanted.toLowerCase().replace(/\.$/, "");
  const named = zones.flatMap(({ id: at, name: called, isPrivate }): Zone[] =>
    called === undefined ? [] : [{ id: at, name: called, ...(isPrivate === true ? { isPrivate } : {}) }],
  );
  const found = named.filter((zone) => zone.id === id || zone.name.toLowerCase() === name);
  const [zone] = found;
  if (zone !== undefined && found.length === 1) return zone;
  const those = zones.map((zone) => `${zone.name ?? "(not found in Route 53)"} (${zone.id})`).join(", ");
  if (found.length > 1)
    return new Refused("ZoneNotAllowed", `Several zones of this deployment are called ${name}`, `give the id of one of: ${those}`);
  return new Refused(
    "ZoneNotAllowed",
    `Zone ${wanted} is not among this deployment's zones`,
    zones.length === 0
      ? "this deployment has none: deploy it again with the parameter HostedZoneIds"
      : `give one of: ${those}; or deploy again with it in the parameter HostedZoneIds`,
  );
}

/** What adding the service would come to, connection by connection. Nothing is written. */
export interface Preview {
  readonly service: ServiceId;
  readonly facts?: ServiceFacts;
  readonly zone?: Zone;
  readonly inCare?: Service;
  readonly obstacles: readonly {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  }[];
  /** `cut` counts those among the adopted that a reject entry ends, at once or later. */
  readonly counts: {
    readonly adopted: number;
    readonly cut: number;
    readonly waiting: number;
    readonly accept: number;
    readonly ask: number;
    readonly reject: number;
    readonly over: number;
  };
  /** At most a hundred, those that change something first. */
  readonly connections: readonly Foreseen[];
}

export interface Foreseen {
  readonly endpoint: EndpointId;
  readonly account: AccountId;
  readonly state: AwsState;
  readonly region?: string;
  readonly becomes: "adopted" | "waits" | "over";
  readonly verdict: Verdict;
  readonly because: string;
  /** That it is cut, and when; absent when that is at once. */
  readonly cut?: { readonly due?: Instant };
}

const shownMax = 100;

export async function preview(ports: OperatorPorts, input: unknown): Promise<Preview> {
  const { service, zone } = read(previewedService, input);
  const [found, inCare] = await Promise.all([survey(ports, service, zone), ports.services.get(service)]);
  const foreseen = found.facts === undefined ? [] : await foresee(ports, enforced(service, inCare, ports.clock()));
  const count = (which: (one: Foreseen) => boolean): number => foreseen.filter(which).length;
  const waiting = (verdict: Verdict): number => count((one) => one.becomes === "waits" && one.verdict === verdict);
  return {
    service,
    ...optional("facts", found.facts),
    ...optional("zone", found.zone),
    ...optional("inCare", inCare),
    obstacles: found.obstacles.map(({ code, message, remedy }) => ({ code, message, remedy })),
    counts: {
      adopted: count(({ becomes }) => becomes === "adopted"),
      cut: count(({ cut }) => cut !== undefined),
      waiting: count(({ becomes }) => becomes === "waits"),
      accept: waiting("accept"),
      ask: waiting("ask"),
      reject: waiting("reject"),
      over: count(({ becomes }) => becomes === "over"),
    },
    connections: foreseen.sort((a, b) => weight(b) - weight(a)).slice(0, shownMax),
  };
}

/** As it would be if decisions were carried out. */
const enforced = (service: ServiceId, inCare: Service | undefined, now: Instant): Service => ({
  ...(inCare ?? { service, outsideAccept: "keep", addedAt: now, addedBy: "", version: 1 }),
  mode: "enforce",
});

/** Who is cut is said by the loop itself. */
async function foresee(ports: OperatorPorts, would: Service): Promise<Foreseen[]> {
  const [shown, { cut }] = await Promise.all([ports.endpointServices.connections(would.service), outlook(ports, { services: [would] })]);
  const rulings = await verdicts(ports, shown);
  const cuts = new Map(cut.map((fate) => [fate.endpoint, fate]));
  return shown.flatMap(({ endpoint, account, state, region }) => {
    const judgement = rulings.get(endpoint)?.judgement;
    if (judgement === undefined) return [];
    const becomes = waits(state) ? "waits" : isAccepted(state) ? "adopted" : "over";
    const fate = becomes === "adopted" ? cuts.get(endpoint) : undefined;
    return [
      {
        endpoint,
        account,
        state,
        ...optional("region", region),
        becomes,
        verdict: judgement.verdict,
        because: fate?.because ?? judgement.because.detail,
        ...optional("cut", fate && optional("due", fate.due)),
      },
    ];
  });
}

const weight = ({ becomes, verdict, cut }: Foreseen): number => {
  if (becomes === "over") return 0;
  return (becomes === "waits" ? 2 : 1) + (verdict === "reject" || cut !== undefined ? 2 : 0);
};
