// Brings a service's private DNS name from wanted to verified, one step after the other, each in the log.

import { optional } from "../optional.ts";
import type { PolicyEvent } from "../events.ts";
import { explainError, Fault, Refused } from "../faults.ts";
import type { ServiceId } from "../ids.ts";
import { notBefore, serviceSubject } from "../ledger.ts";
import type { Clock, EndpointServices, Ledger, Services, Zones } from "../ports.ts";
import { nextStep, proofName, zoneFor, type PrivateDns, type PrivateDnsStep } from "../private-dns.ts";
import type { Service } from "../service.ts";

export interface PrivateDnsPorts {
  readonly clock: Clock;
  readonly services: Pick<Services, "get">;
  readonly ledger: Pick<Ledger, "commit" | "head">;
  readonly endpointServices: Pick<EndpointServices, "describe" | "setPrivateDnsName" | "verifyPrivateDnsName">;
  readonly zones: Pick<Zones, "list" | "prove" | "disprove">;
}

/** Set, tell, publish and ask: more steps than these follow only when AWS's state changes. */
const stepsMax = 6;

export async function followPrivateDns(ports: PrivateDnsPorts, id: ServiceId): Promise<void> {
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const facts = await ports.endpointServices.describe(id);
    const expected = await ports.ledger.head(serviceSubject(id));
    const service = await ports.services.get(id);
    if (service === undefined || facts === undefined || service.mode === "observe") return;
    const step = nextStep(service.privateDnsName, service.privateDns, facts.privateDns, ports.clock());
    if (step === undefined) return;
    const told = await take(ports, service, step).catch((error: unknown) => refusedBy(ports, service, error));
    if (told === "nothing new") continue;
    const { privateDns: before, ...rest } = service;
    const after: Service = { ...rest, ...optional("privateDns", told), version: expected.seq + 1 };
    const event: PolicyEvent = {
      type: "PrivateDnsChanged",
      service: id,
      ...optional("from", before),
      ...optional("to", told),
      at: notBefore(ports.clock(), expected),
      by: { kind: "drawbridge" },
      because: {
        rule: "names",
        detail: step.kind === "tell" ? `AWS shows ${told?.state ?? "no private DNS name"}` : "the operator wants it",
      },
      source: { kind: "dns" },
    };
    const head = await ports.ledger.commit({ of: "service", key: id, after, events: [event], expected });
    if (typeof head === "string") throw new Fault("Contended", id, "its settings changed meanwhile", true);
  }
}

/** What AWS refuses for good is told, and tried again after a rest. */
function refusedBy({ clock }: PrivateDnsPorts, { privateDnsName, privateDns }: Service, error: unknown): PrivateDns {
  if (error instanceof Fault ? error.retryable : !(error instanceof Refused)) throw error;
  const name = privateDnsName ?? privateDns?.name ?? "";
  const before = privateDns?.name === name ? privateDns : { name, state: "not set" };
  return { ...before, refused: { at: clock(), ...explainError(error) } };
}

/** Does the step; gives how far that brings us. Each is safe to repeat. */
async function take(
  ports: PrivateDnsPorts,
  { service, privateDns }: Service,
  step: PrivateDnsStep,
): Promise<PrivateDns | undefined | "nothing new"> {
  const { refused: _, ...before } = privateDns ?? {};
  const told = privateDns === undefined ? undefined : (before as PrivateDns);
  switch (step.kind) {
    case "set":
      if (told !== undefined && told.name !== step.name) await unpublish(ports, told);
      await ports.endpointServices.setPrivateDnsName(service, step.name);
      return "nothing new";
    case "tell":
      if (step.facts === undefined) return undefined;
      // The proof of another name, or a new proof of this one, has to be published anew.
      return told?.name === step.facts.name && told.proof?.value === step.facts.proof?.value ? { ...told, ...step.facts } : step.facts;
    case "publish": {
      if (told === undefined) return "nothing new";
      const zone = zoneFor(told.name, await ports.zones.list());
      if (zone !== undefined) await ports.zones.prove(zone.id, proofName(told.name, step.proof), step.proof.value);
      return { ...told, ...optional("zone", zone?.id), publishedAt: ports.clock() };
    }
    case "ask":
      await ports.endpointServices.verifyPrivateDnsName(service);
      return told === undefined ? "nothing new" : { ...told, askedAt: ports.clock() };
  }
}

/** Only our own value goes: other Regions and accounts may prove the same name beside it. */
async function unpublish({ zones }: PrivateDnsPorts, { name, proof, zone }: PrivateDns): Promise<void> {
  if (proof !== undefined && zone !== undefined) await zones.disprove(zone, proofName(name, proof), proof.value);
}
