// Freezes: nothing is accepted automatically at a service, or anywhere, until an operator lifts them.

import type { PolicyEvent } from "../events.ts";
import type { Freeze } from "../freeze.ts";
import { Refused } from "../faults.ts";
import { unsaid } from "../grounds.ts";
import type { ServiceId } from "../ids.ts";
import { freezeSubject, notBefore } from "../ledger.ts";
import type { Outlook } from "./fates.ts";
import { froze, read, unfroze } from "./inputs.ts";
import { byOperator, untilCommitted, type Operator, type OperatorPorts } from "./operator.ts";
import { outlook } from "./outlook.ts";
import { inCare } from "./services.ts";

export interface Frozen {
  readonly freeze: Freeze;
  readonly changed: boolean;
  /** With `preview`: what lifting it would come to for those who wait. */
  readonly outlook?: Outlook;
}

export const list = async (ports: OperatorPorts): Promise<{ items: Freeze[] }> => ({ items: await ports.allowList.freezes() });

/** Freezing what is frozen changes nothing: the first reason stands. */
export async function freeze(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Frozen> {
  const { id, reason } = read(froze, input);
  if (id !== "*") await inCare(ports, id);
  return untilCommitted(words(id), async () => {
    const expected = await ports.ledger.head(freezeSubject(id));
    const there = await freezeAt(ports, id);
    if (there !== undefined) return { freeze: there, changed: false };
    const at = notBefore(ports.clock(), expected);
    const after: Freeze = { id, at, by: actor.arn, reason, version: expected.seq + 1 };
    const event: PolicyEvent = { type: "Frozen", ...(id === "*" ? {} : { service: id }), reason, at, ...byOperator(actor, reason) };
    const head = await ports.ledger.commit({ of: "freeze", key: id, after, events: [event], expected });
    return typeof head === "string" ? "conflict" : { freeze: after, changed: true };
  });
}

/** What asked people while it was frozen is judged anew: `admit` is woken. With `preview` nothing is lifted. */
export async function unfreeze(ports: OperatorPorts, actor: Operator, input: unknown): Promise<Frozen> {
  const { id, reason, preview } = read(unfroze, input);
  if (preview) return { freeze: await existing(ports, id), changed: true, outlook: await outlook(ports, { unfrozen: [id] }) };
  const lifted = await untilCommitted(words(id), async () => {
    const expected = await ports.ledger.head(freezeSubject(id));
    const there = await existing(ports, id);
    const event: PolicyEvent = {
      type: "Unfrozen",
      ...(id === "*" ? {} : { service: id }),
      at: notBefore(ports.clock(), expected),
      ...byOperator(actor, reason ?? unsaid.unfreeze),
    };
    const head = await ports.ledger.commit({ of: "freeze", key: id, events: [event], expected });
    return typeof head === "string" ? "conflict" : { freeze: there, changed: true };
  });
  const services = id === "*" ? (await ports.services.all()).map(({ service }) => service) : [id];
  await Promise.all(services.map((service) => ports.wake.admit({ service, why: "entry-changed" })));
  return lifted;
}

async function existing(ports: OperatorPorts, id: ServiceId | "*"): Promise<Freeze> {
  const there = await freezeAt(ports, id);
  if (there !== undefined) return there;
  throw new Refused(
    "NotFound",
    id === "*" ? "There is no freeze of all services" : `${id} is not frozen by itself`,
    "see what is frozen with: drawbridge freezes",
  );
}

const freezeAt = async (ports: OperatorPorts, id: ServiceId | "*"): Promise<Freeze | undefined> =>
  (await ports.allowList.freezes()).find((freeze) => freeze.id === id);
const words = (id: ServiceId | "*"): string => (id === "*" ? "Every service" : id);
