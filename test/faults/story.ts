// The main story as AWS may play it: every connection ends where it should, whatever AWS leaves undocumented.

import { expect } from "vitest";
import type { Assumptions } from "../../local/assumptions.ts";
import { approve, linkTo } from "./letters.ts";
import { accounts, openWorld, zoneName, type Members, type World } from "./world.ts";

/**
 * Each open point of AWS the other way round from local AWS's default; one that is added there must be turned here.
 * The times are long beside the functions' and short beside a person's.
 */
export const turned: { readonly [Name in keyof Assumptions]: Assumptions[Name] } = {
  vpcsNeedNotExist: false,
  servicesOpenUntilPermissionsSet: false,
  vpcEndpointIdFilterWorks: false,
  dnsEntriesWhilePendingAcceptance: true,
  wrongStateCode: "Client.SomethingNobodyHasSeen",
  acceptAgainSucceeds: true,
  acceptAfterRejectSucceeds: true,
  pendingAcceptanceExpiresMs: 24 * 60 * 60 * 1000,
  deletedStayListedMs: 0,
  deleteEventForEveryState: false,
  acceptEventOnAutomaticAcceptance: true,
  consumerTagsOnConnections: true,
  privateDnsVerificationSucceeds: false,
  notificationForm: "text",
  zoneBusyMs: 2000,
  zoneRecordsMax: 5000,
  endpointNamesResolveElsewhere: true,
  rateRuleFirstTick: 1,
};

/** Throws what is not as it should be. */
export async function tellUnder(assumptions: Partial<Assumptions>): Promise<"as it should end"> {
  const world = await openWorld({ assumptions });
  try {
    await tell(world, assumptions);
    return "as it should end";
  } finally {
    await world.local.close();
  }
}

async function tell(world: World, assumptions: Partial<Assumptions>): Promise<void> {
  const service = await world.inCare();
  const acme = await world.connect(accounts.acme, service);
  await world.named(acme);
  expect(await world.types(acme)).toEqual(["ConnectionRequested", "ConnectionApproved", "ConnectionAvailable", "NameAssigned", "NameMade"]);

  const unknown = await world.connect(accounts.unknown, service);
  await world.becomes(unknown, "asking");
  expect((await approve(linkTo(world, unknown))).status).toBe(200);
  await world.becomes(unknown, "connected");

  const barred = await world.connect(accounts.barred, service);
  await world.becomes(barred, "rejected");
  expect(await world.types(barred)).toEqual(["ConnectionRequested", "ConnectionDenied", "ConnectionRejected"]);

  await overAgain(world, service.id, { acme, unknown, barred });
  await expires(world, await world.connect(accounts.unknown, service), assumptions.pendingAcceptanceExpiresMs !== undefined);

  await world.aws("ec2", "DeleteVpcEndpoints", { VpcEndpointIds: [acme] }, accounts.acme);
  await swept(world, "the connection is closed, and its name gone", async () => (await world.types(acme)).includes("NameRemoved"));
  expect(await world.statusOf(acme)).toBe("closed");
  expect(await recordsOf(world, acme)).toEqual([]);
  for (const queue of ["ObserveDeadLetters", "AdmitDeadLetters", "DnsDeadLetters", "PublishFailures", "NotifyFailures", "SlackFailures"])
    expect(await world.waiting(queue), queue).toEqual([]);
}

/** Every message comes once more, and somebody accepts what was rejected: nothing moves, or moves back. */
async function overAgain(world: World, service: string, ends: Readonly<Record<"acme" | "unknown" | "barred", string>>): Promise<void> {
  const before = await Promise.all([world.types(ends.acme), world.types(ends.unknown)]);
  for (const queue of ["ObserveQueue", "AdmitQueue", "DnsQueue"])
    await world.send(queue, { look: { service, endpoints: Object.values(ends), why: "look-again" } });
  await world.leap(150);
  expect(await Promise.all([world.types(ends.acme), world.types(ends.unknown)])).toEqual(before);
  await world.aws("ec2", "AcceptVpcEndpointConnections", { ServiceId: service, VpcEndpointIds: [ends.barred] });
  await swept(world, "the barred one is rejected again", async () => {
    const status = await world.statusOf(ends.barred);
    return status === "rejected" && (await world.onAws(ends.barred)) === "rejected";
  });
}

/** Nobody answers for two days. */
async function expires(world: World, endpoint: string, does: boolean): Promise<void> {
  await world.becomes(endpoint, "asking");
  await world.leap(2 * 24 * 60 * 60);
  await world.sweep();
  expect(await world.statusOf(endpoint)).toBe(does ? "closed" : "asking");
}

/** Lets the sweep come, each time a minute later. */
async function swept(world: World, what: string, look: () => Promise<boolean>): Promise<void> {
  for (let minutes = 0; minutes < 10; minutes += 1) {
    await world.leap(60);
    await world.sweep();
    if (await look()) return;
  }
  throw new Error(`Not within ten sweeps: ${what}`);
}

async function recordsOf(world: World, endpoint: string): Promise<readonly Members[]> {
  const { ResourceRecordSets } = await world.aws("route53", "ListResourceRecordSets", { HostedZoneId: world.local.zoneId });
  const sets = ResourceRecordSets as readonly Members[];
  return sets.filter((set) => JSON.stringify(set).includes(endpoint) || String(set["Name"]).startsWith(`acme.${zoneName}`));
}
