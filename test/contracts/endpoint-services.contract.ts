// What EC2 promises about endpoint services, as far as Drawbridge relies on it.

import { describe, expect, test } from "vitest";
import { BadInput } from "../../lib/faults.ts";
import type { AccountId, EndpointId, ServiceId } from "../../lib/ids.ts";
import type { AwsState, Observed } from "../../lib/observed.ts";
import type { EndpointServices } from "../../lib/ports.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";

export interface EndpointServicesUnderTest {
  readonly port: EndpointServices;
  /** The provider makes a service with acceptance required and the tag. */
  readonly service: () => Promise<ServiceId>;
  /** A consumer makes an endpoint. */
  readonly endpoint: (service: ServiceId, account: AccountId) => Promise<EndpointId>;
  /** The consumer deletes it. */
  readonly remove: (endpoint: EndpointId, account: AccountId) => Promise<void>;
  /** What is pending becomes available. */
  readonly settle: () => Promise<void>;
}

export function endpointServicesContract(name: string, setup: () => Promise<EndpointServicesUnderTest>): void {
  describe(`${name}: who may ask`, () => {
    test("accounts are added and taken back, as often as it is said; what else is there stays apart", async () => {
      const { port, service } = await setup();
      const id = await service();
      expect(await port.allowed(id)).toEqual({ accounts: [], others: [] });
      await port.allow(id, [accountOf(3), accountOf(2)], []);
      await port.allow(id, [accountOf(2)], [accountOf(4)]);
      expect(await port.allowed(id)).toEqual({ accounts: [accountOf(2), accountOf(3)], others: [] });
      await port.allow(id, [accountOf(5)], [accountOf(2)]);
      await port.allow(id, [], []);
      expect(await port.allowed(id)).toEqual({ accounts: [accountOf(3), accountOf(5)], others: [] });
      await expect(port.allowed("" as ServiceId)).rejects.toThrow(BadInput);
    });
  });

  describe(`${name}: connections`, () => {
    test("are listed for their service alone, with owner and state", async () => {
      const { port, service, endpoint } = await setup();
      const [one, two] = [await service(), await service()];
      const mine = await endpoint(one, accountOf(2));
      await endpoint(two, accountOf(3));
      expect(await port.connections(one)).toEqual([
        {
          endpoint: mine,
          service: one,
          account: accountOf(2),
          state: "pendingAcceptance",
          region: "eu-west-1",
          ipAddressType: "ipv4",
          createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
        },
      ]);
      expect(await port.connections(serviceOf(0xdead))).toEqual([]);
      await expect(port.connections("" as ServiceId)).rejects.toThrow(BadInput);
    });

    test("that are accepted become available, with the Regional name of the endpoint", async () => {
      const { port, service, endpoint, settle } = await setup();
      const id = await service();
      const accepted = await endpoint(id, accountOf(2));
      expect(await port.accept(id, [accepted])).toEqual([{ endpoint: accepted }]);
      expect(stateOf(await port.connections(id), accepted)).toMatch(/^(pending|available)$/);
      await settle();
      const [shown] = await port.connections(id);
      expect(shown?.state).toBe("available");
      expect(shown?.dns?.name).toMatch(new RegExp(`^${accepted}-[0-9a-z]+\\.${id}\\.eu-west-1\\.vpce\\.amazonaws\\.com$`));
      expect(shown?.dns?.zone).toMatch(/^Z/);
    });

    test("that wait or are available can be rejected", async () => {
      const { port, service, endpoint, settle } = await setup();
      const id = await service();
      const [waiting, connected] = [await endpoint(id, accountOf(2)), await endpoint(id, accountOf(3))];
      await port.accept(id, [connected]);
      await settle();
      expect(await port.reject(id, [waiting, connected])).toEqual([{ endpoint: waiting }, { endpoint: connected }]);
      expect((await port.connections(id)).map(({ state }) => state)).toEqual(["rejected", "rejected"]);
    });

    test("are decided one by one: an id that AWS refuses does not keep the others from theirs", async () => {
      const { port, service, endpoint } = await setup();
      const id = await service();
      const [good, rejected] = [await endpoint(id, accountOf(2)), await endpoint(id, accountOf(3))];
      await port.reject(id, [rejected]);
      const outcomes = await port.accept(id, [rejected, good, endpointOf(0xdead)]);
      expect(outcomes.map(({ endpoint }) => endpoint)).toEqual([rejected, good, endpointOf(0xdead)]);
      expect(outcomes[1]).toEqual({ endpoint: good });
      expect(outcomes[0]?.failure?.code).toMatch(/./);
      expect(outcomes[2]?.failure?.code).toMatch(/NotFound$/);
      expect(stateOf(await port.connections(id), good)).toMatch(/^(pending|available)$/);
    });

    test("are many, and still few calls", async () => {
      const { port, service, endpoint } = await setup();
      const id = await service();
      const endpoints = await Promise.all(Array.from({ length: 230 }, () => endpoint(id, accountOf(2))));
      expect(await port.accept(id, [])).toEqual([]);
      const outcomes = await port.accept(id, endpoints);
      expect(outcomes).toEqual(endpoints.map((one) => ({ endpoint: one })));
      expect(await port.connections(id)).toHaveLength(230);
    });

    test("that their consumer deletes are shown as gone, or not at all", async () => {
      const { port, service, endpoint, remove } = await setup();
      const id = await service();
      const gone = await endpoint(id, accountOf(2));
      await remove(gone, accountOf(2));
      expect([undefined, "deleting", "deleted"]).toContain(stateOf(await port.connections(id), gone));
    });
  });

  describe(`${name}: services`, () => {
    test("are described, or not known", async () => {
      const { port, service } = await setup();
      const id = await service();
      expect(await port.describe(id)).toMatchObject({
        service: id,
        serviceName: `com.amazonaws.vpce.eu-west-1.${id}`,
        acceptanceRequired: true,
        state: "Available",
        tags: { drawbridge: "yes" },
        regions: ["eu-west-1"],
      });
      expect(await port.describe(serviceOf(0xdead))).toBeUndefined();
    });

    test("get a private DNS name with its proof, which AWS verifies, and lose it again", async () => {
      const { port, service, settle } = await setup();
      const id = await service();
      await port.setPrivateDnsName(id, "api.example.com");
      const shown = (await port.describe(id))?.privateDns;
      expect(shown).toMatchObject({ name: "api.example.com", state: "pendingVerification" });
      expect(shown?.proof?.label).toMatch(/^_[a-z0-9]+/);
      expect(shown?.proof?.value).toMatch(/^vpce:/);
      await port.verifyPrivateDnsName(id);
      await settle();
      expect((await port.describe(id))?.privateDns?.state).toBe("verified");
      await port.setPrivateDnsName(id, undefined);
      expect((await port.describe(id))?.privateDns).toBeUndefined();
      await expect(port.verifyPrivateDnsName(id)).rejects.toThrow(/InvalidParameter/);
    });

    test("get one notification to a topic, however often it is asked for", async () => {
      const { port, service } = await setup();
      const id = await service();
      const topic = "arn:aws:sns:eu-west-1:111111111111:connections";
      expect(await port.notification(id, topic)).toBeUndefined();
      const made = await port.notify(id, topic);
      expect(await port.notify(id, topic)).toBe(made);
      expect(await port.notification(id, topic)).toBe(made);
      expect(await port.notification(id, `${topic}-other`)).toBeUndefined();
      await port.stopNotifying(made);
      await port.stopNotifying(made);
      expect(await port.notification(id, topic)).toBeUndefined();
    });
  });
}

const stateOf = (listing: readonly Observed[], endpoint: EndpointId): AwsState | undefined =>
  listing.find((one) => one.endpoint === endpoint)?.state;
