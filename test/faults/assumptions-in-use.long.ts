// Open points of AWS that the main story never meets, each both ways where it counts: a private DNS name, acceptance switched off, a full zone.

import { afterEach, describe, expect, test } from "vitest";
import type { Assumptions } from "../../local/assumptions.ts";
import { accounts, openWorld, zoneName, type Offered, type World } from "./world.ts";

let world: World;
afterEach(() => world.local.close());

async function begin(assumptions: Partial<Assumptions>): Promise<Offered> {
  world = await openWorld({ assumptions });
  return world.inCare();
}

async function nothingSetAside(): Promise<void> {
  for (const queue of ["ObserveDeadLetters", "AdmitDeadLetters", "DnsDeadLetters", "PublishFailures", "NotifyFailures"])
    expect(await world.waiting(queue), queue).toEqual([]);
}

/** Lets the sweep come, each time some minutes later. */
async function swept<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 12; tries += 1) {
    await world.leap(120);
    await world.sweep();
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`Not within twelve sweeps: ${what}`);
}

describe.each([true, false])("privateDnsVerificationSucceeds: %s", (privateDnsVerificationSucceeds) => {
  test("the service's own name is told as it is, and consumers are let in all the same", async () => {
    const service = await begin({ privateDnsVerificationSucceeds });
    await world.drawbridge("services", "private-dns", service.id, "--name", `api.${zoneName}`);
    const state = privateDnsVerificationSucceeds ? "verified" : "failed";
    const said = await swept(`the name ${state}`, async () => {
      const text = await world.drawbridge("services", "private-dns", service.id);
      return new RegExp(state, "i").test(text) ? text : undefined;
    });
    expect(said).toContain(`api.${zoneName}`);
    await world.named(await world.connect(accounts.acme, service));
    await nothingSetAside();
  });
});

test("acceptEventOnAutomaticAcceptance, both ways: what AWS accepts by itself is recorded once, and the same", async () => {
  const types: string[][] = [];
  for (const acceptEventOnAutomaticAcceptance of [false, true]) {
    if (types.length > 0) await world.local.close();
    const service = await begin({ acceptEventOnAutomaticAcceptance });
    await world.aws("ec2", "ModifyVpcEndpointServiceConfiguration", { ServiceId: service.id, AcceptanceRequired: false });
    const endpoint = await world.connect(accounts.unknown, service);
    await swept("a record", async () => ((await world.statusOf(endpoint)) === undefined ? undefined : true));
    await world.leap(720);
    await world.sweep();
    types.push(await world.types(endpoint));
    expect(types.at(-1)?.length).toBeGreaterThan(0);
    await nothingSetAside();
  }
  expect(types[1]).toEqual(types[0]);
});

describe.each([6, 10_000])("zoneRecordsMax: %s", (zoneRecordsMax) => {
  test("a zone that is full keeps nobody from connecting, and says so", async () => {
    const service = await begin({ zoneRecordsMax });
    await world.named(await world.connect(accounts.acme, service));
    const second = await world.connect(accounts.unknown, service);
    await world.becomes(second, "asking");
    await world.drawbridge("approve", second, "--reason", "known");
    await world.becomes(second, "connected");
    const isFull = zoneRecordsMax < 10_000;
    const last = await swept("what became of the name", async () =>
      (await world.history(second)).find(({ type }) => type === (isFull ? "EffectFailed" : "NameMade")),
    );
    if (isFull) expect(last).toMatchObject({ effect: "make-name", message: expect.stringMatching(/limit|records/i) as string });
    expect(await world.statusOf(second)).toBe("connected");
    await nothingSetAside();
  });
});
