// A service's settings, changed: what an end means for its connections, whom to ask, whether permissions follow the list.

import type { PolicyEvent } from "../events.ts";
import { BadInput } from "../faults.ts";
import { canonical } from "../canonical.ts";
import { unsaid } from "../grounds.ts";
import { notBefore, serviceSubject } from "../ledger.ts";
import { optional } from "../optional.ts";
import type { Service } from "../service.ts";
import { askingEntries, checkService } from "./asking-together.ts";
import { foreseen } from "./cuts.ts";
import type { Outlook } from "./fates.ts";
import { read, setService } from "./inputs.ts";
import { checkApprovers } from "./known-approvers.ts";
import { byOperator, untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";
import { outlook } from "./outlook.ts";
import { lastingDrift, type Problem } from "./permission-drift.ts";
import { survey } from "./service-survey.ts";
import { inCare, refuseOtherVersion } from "./services.ts";

export interface Set {
  readonly service: Service;
  readonly changed: boolean;
  readonly before?: Service;
  /** What follows for the connections there are; absent when nobody looked. */
  readonly outlook?: Outlook;
  /** What of the endpoint service's permissions no sweep puts right, where they were to be changed. */
  readonly problems?: readonly Problem[];
}

/** Changes what is given and leaves the rest; `null` takes a setting back to the usual. */
export async function set(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Set> {
  const { service: id, version, reason, confirm, preview, checked, zone: wantedZone, ...said } = read(setService, input);
  await checkApprovers(ports, { "asking.approvers": said.asking?.approvers, "asking.escalateTo": said.asking?.escalateTo });
  const zone = await zoneOf(ports, id, wantedZone);
  const put = await untilCommitted(id, async (): Promise<Set | "conflict"> => {
    const expected = await ports.ledger.head(serviceSubject(id));
    const before = await inCare(ports, id);
    if (version !== undefined) await refuseOtherVersion(ports, before, version);
    const wanted = settingsOver(before, { ...said, ...(zone === undefined ? {} : { zone }) });
    if (canonical(wanted) === canonical(before)) return { service: before, changed: false };
    if (canonical({ asking: wanted.asking }) !== canonical({ asking: before.asking }))
      checkAsking(before, wanted, checked ? [] : await askingEntries(ports, wanted));
    const after: Service = { ...wanted, version: expected.seq + 1 };
    const done = { service: after, changed: true, before };
    if (preview) return { ...done, outlook: await outlook(ports, { services: [after] }) };
    const follows = await foreseen(ports, { services: [after] }, confirm);
    const event: PolicyEvent = {
      type: "ServiceChanged",
      service: id,
      from: before,
      to: after,
      at: notBefore(ports.clock(), expected),
      ...byOperator(actor, reason ?? unsaid.setService),
    };
    const head = await ports.ledger.commit({ of: "service", key: id, after, events: [event], expected });
    return typeof head === "string" ? "conflict" : { ...done, ...optional("outlook", follows) };
  });
  if (said.permissions === undefined) return put;
  const problems = await lastingDrift(ports, put.service, put.before);
  return problems.length === 0 ? put : { ...put, problems };
}

/** What was set before and is not spoken of now may be what stands in the way. */
function checkAsking(before: Service, wanted: Service, entries: Parameters<typeof checkService>[1]): void {
  const { quorum, approvers = [] } = wanted.asking ?? {};
  if (approvers.length === 0 && quorum !== undefined && quorum > 1 && quorum === before.asking?.quorum)
    throw new BadInput("asking.quorum", quorum, "it was set before, and nobody is named now; take it back as well: --quorum usual");
  checkService(wanted, entries);
}

async function zoneOf(ports: OperatorPorts, id: Service["service"], wanted: string | null | undefined): Promise<Service["zone"] | null> {
  if (wanted === undefined || wanted === null) return wanted;
  const { zone, obstacles } = await survey(ports, id, wanted);
  if (zone !== undefined) return zone;
  throw obstacles.find(({ code }) => code === "ZoneNotAllowed") ?? new BadInput("zone", wanted, "give a zone of this deployment");
}

/** What is `null` is left out, and means the usual again. */
export function settingsOver(before: Service, said: { readonly [Key in keyof Service]?: Service[Key] | null | undefined }): Service {
  const merged = { ...before, ...said };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined)) as unknown as Service;
}
