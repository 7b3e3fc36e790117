// The endpoint service's permissions follow the list with each sweep: drift is healed, strangers' principals stay, all is logged.

import { beforeEach, describe, expect, test } from "vitest";
import type { PolicyEvent } from "../../lib/events.ts";
import { Fault } from "../../lib/faults.ts";
import { entrySubject, noHead, serviceSubject } from "../../lib/ledger.ts";
import { followList, permissionState } from "../../lib/loop/permissions.ts";
import { sweep, type SweepPorts } from "../../lib/loop/sweep.ts";
import type { Entry } from "../../lib/allow-list.ts";
import { acme, entry, noon, payments, service, serviceEvent } from "../contracts/samples.ts";
import { accountOf, serviceOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld, type Ports } from "../fakes/world.ts";

let world: FakeWorld;
let ports: Ports & SweepPorts;
const globex = accountOf(3);
const said = { at: noon, by: { kind: "drawbridge" }, because: { rule: "operator", detail: "asked for" } } as const;

beforeEach(async () => {
  world = fakeWorld(noon);
  ports = { ...world.ports(), permissions: world.ports() };
  world.ec2.addService(payments);
  const after = service(payments, 1, { permissions: "follow" });
  await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected: noHead });
});

async function write(account = acme, verdict: Entry["verdict"] | "gone" = "accept"): Promise<void> {
  const key = entry(account, 1);
  const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
  const after = entry(account, expected.seq + 1, verdict === "gone" ? {} : { verdict });
  const event: PolicyEvent =
    verdict === "gone"
      ? { ...said, type: "EntryRemoved", entry: after, from: after }
      : { ...said, type: "EntryAdded", entry: after, to: after };
  await ports.ledger.commit({ of: "entry", key, events: [event], expected, ...(verdict === "gone" ? {} : { after }) });
}
const allowed = () => ports.endpointServices.allowed(payments);
const told = () => world.tables.committed.flatMap(({ event }) => (event.type === "PermissionsFollowed" ? [event] : []));

describe("a service whose permissions follow", () => {
  test("lets the list's accounts ask, takes back its own alone, and says so", async () => {
    world.ec2.letAsk(payments, globex, "arn:aws:iam::444444444444:role/admin");
    await write();
    await sweep(ports);
    expect(await allowed()).toEqual({ accounts: [acme, globex], others: ["arn:aws:iam::444444444444:role/admin"] });
    expect(await ports.permits.of(payments)).toEqual([{ account: acme, at: noon }]);
    expect(told()).toMatchObject([{ added: [acme], removed: [], by: { kind: "drawbridge" } }]);
    await sweep(ports);
    expect(told()).toHaveLength(1);
    await write(acme, "gone");
    await write(globex);
    await write(globex, "gone");
    await sweep(ports);
    expect((await allowed()).accounts).toEqual([globex]);
    expect(told().at(-1)).toMatchObject({ added: [], removed: [acme] });
    world.clock.advance(3601);
    await sweep(ports);
    expect(await ports.permits.of(payments)).toEqual([]);
    expect(told()).toHaveLength(2);
  });

  test("heals drift: what somebody took away is there again", async () => {
    await write();
    await sweep(ports);
    await ports.endpointServices.allow(payments, [], [acme]);
    expect((await permissionState(ports, payments)).changes).toEqual({ add: [acme], remove: [], forget: [] });
    await sweep(ports);
    expect((await allowed()).accounts).toEqual([acme]);
  });

  test("a failure half-way leaves nothing that would never be taken back", async () => {
    await write();
    const failing: Ports["endpointServices"] = {
      ...ports.endpointServices,
      allow: () => Promise.reject(new Fault("RequestLimitExceeded", "ec2:ModifyVpcEndpointServicePermissions", "slower", true)),
    };
    await expect(followList({ ...ports, endpointServices: failing }, payments)).rejects.toThrow(Fault);
    // The log says what was about to be asked, and that it was refused; it is asked again when it has rested.
    const story = () => world.tables.committed.filter(({ event }) => event.type.startsWith("Permissions")).map(({ event }) => event);
    expect(story()).toMatchObject([
      {
        type: "PermissionsFollowed",
        added: [acme],
        removed: [],
        because: { detail: "1 to be added, 0 to be removed, as the allow-list says" },
      },
      { type: "PermissionsFailed", added: [acme], removed: [], code: "RequestLimitExceeded", count: 1 },
    ]);
    await followList({ ...ports, endpointServices: failing }, payments);
    expect(story()).toHaveLength(2);
    world.clock.advance(61);
    await expect(followList({ ...ports, endpointServices: failing }, payments)).rejects.toThrow(Fault);
    expect(story().at(-1)).toMatchObject({ type: "PermissionsFailed", count: 2, first: noon });
    await write(acme, "gone");
    await followList(ports, payments);
    // The call may still arrive.
    await ports.endpointServices.allow(payments, [acme], []);
    await followList(ports, payments);
    expect((await allowed()).accounts).toEqual([]);
    world.clock.advance(3601);
    await followList(ports, payments);
    expect(await ports.permits.of(payments)).toEqual([]);
  });

  test("nothing is asked of AWS that the log does not say already, whoever changes the service at the same moment", async () => {
    await write();
    let asked = 0;
    const meanwhile = async (): Promise<void> => {
      const expected = await ports.ledger.head(serviceSubject(payments));
      const after = service(payments, expected.seq + 1, { permissions: "follow" });
      await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
    };
    let changes = 3;
    const ledger: Ports["ledger"] = {
      ...ports.ledger,
      commit: async (change) => {
        if (changes-- > 0) await meanwhile();
        return ports.ledger.commit(change);
      },
    };
    const watched: Ports["endpointServices"] = {
      ...ports.endpointServices,
      allow: async (...given) => {
        asked += 1;
        expect(told()).toMatchObject([{ added: [acme] }]);
        return ports.endpointServices.allow(...given);
      },
    };
    await followList({ ...ports, ledger, endpointServices: watched }, payments);
    expect(asked).toBe(1);
    await write(globex);
    changes = 99;
    await expect(followList({ ...ports, ledger, endpointServices: watched }, payments)).rejects.toThrow("Contended");
    expect(asked).toBe(1);
    expect((await allowed()).accounts).toEqual([acme]);
  });

  test("of many accounts each stands in the log, in the event of its call", async () => {
    const many = Array.from({ length: 120 }, (_, index) => accountOf(100 + index));
    for (const account of many) await write(account);
    await sweep(ports);
    expect(told().map(({ added }) => added.length)).toEqual([50, 50, 20]);
    expect(told().flatMap(({ added }) => added)).toEqual(many);
  });

  test("where the list cannot say who, nothing changes", async () => {
    await write();
    await sweep(ports);
    const anyone: Entry = { ...entry(acme, 1), principal: "any", verdict: "ask" };
    await ports.ledger.commit({
      of: "entry",
      key: anyone,
      after: anyone,
      events: [{ ...said, type: "EntryAdded", entry: anyone, to: anyone }],
      expected: noHead,
    });
    await write(acme, "gone");
    await sweep(ports);
    expect((await allowed()).accounts).toEqual([acme]);
    expect((await permissionState(ports, payments)).wanted).toHaveProperty("cannot");
  });

  test("a service that is only observed, and one that does not follow, are left alone", async () => {
    await write();
    for (const more of [{ mode: "observe", permissions: "follow" }, { permissions: "off" }] as const) {
      const expected = await ports.ledger.head(serviceSubject(payments));
      const after = service(payments, expected.seq + 1, more);
      await ports.ledger.commit({ of: "service", key: payments, after, events: [serviceEvent(payments)], expected });
      await sweep(ports);
      expect((await allowed()).accounts).toEqual([]);
    }
  });
});

describe("the sweep's time", () => {
  test("what it does not do for comes first in the minutes that follow: every service has its turn", async () => {
    const ids = [1, 2, 3, 4].map(serviceOf);
    for (const id of ids) {
      world.ec2.addService(id);
      await ports.ledger.commit({ of: "service", key: id, after: service(id), events: [serviceEvent(id)], expected: noHead });
    }
    const swept = new Map<string, number>();
    for (let minute = 0; minute < 5; minute += 1) {
      let begun = 0;
      const result = await sweep(ports, { leftMs: () => (begun++ < 2 ? 50_000 : 1000) });
      expect(result).toHaveLength(5);
      for (const { service: id, left } of result) if (left !== true) swept.set(id, (swept.get(id) ?? 0) + 1);
      world.clock.advance(60);
    }
    expect([...swept.values()]).toEqual([2, 2, 2, 2, 2]);
  });

  test("several at once come to the same", async () => {
    await write();
    const result = await sweep(ports, { servicesAtOnce: 4, leftMs: () => 50_000 });
    expect(result).toMatchObject([{ service: payments, connections: 0 }]);
  });
});
