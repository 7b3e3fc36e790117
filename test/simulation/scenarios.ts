// Lives that are told rather than drawn: the small cases in which every fault and every order is tried.

import { refer, type Entry } from "../../lib/allow-list.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import type { PolicyEvent } from "../../lib/events.ts";
import { accountId, endpointId, instant, serviceId, zoneId, type Instant } from "../../lib/ids.ts";
import { entrySubject, freezeSubject, type Change } from "../../lib/ledger.ts";
import type { Row } from "./ec2.ts";
import { entryId } from "./store.ts";
import { start } from "./given.ts";
import { clicked } from "./outsiders.ts";
import type { World } from "./world.ts";

export const service = serviceId("vpce-svc-00000000000000001");
export const endpoint = endpointId("vpce-00000000000000001");
const account = accountId("222222222222");
const zone = zoneId("Z0123456789ABCDEFGHIJ");
const operatorArn = "arn:aws:iam::111111111111:user/olga";

/** One service in care, enforced, with a zone. */
export function takeIntoCare(world: World, isPrivate = false): void {
  world.store.services.set(service, {
    service,
    mode: "enforce",
    outsideAccept: "keep",
    addedAt: instant(start),
    addedBy: operatorArn,
    version: 1,
    zone: { id: zone, name: "privatelink.example.com", ...(isPrivate ? { isPrivate } : {}) },
  });
  world.people.serviceIds.push(service);
  world.people.enforcedSince.set(service, 0);
  world.ec2.acceptanceRequired.set(service, true);
}

export function connect(world: World): Row {
  world.tell("consumer", () => `${account} creates ${endpoint}`);
  return world.ec2.create({ endpoint, service, account, createdAt: world.schedule.now, region: "eu-west-1", ipAddressType: "ipv4" });
}

const ruleKey = { service, principal: `account#${account}` } as const;
const changed = (at: Instant): Pick<PolicyEvent, "at" | "by" | "because"> => ({
  at,
  by: { kind: "operator", arn: operatorArn },
  because: { rule: "operator", detail: "an operator's change" },
});

/** The change of the account's entry to this verdict. */
export const ruled =
  (world: World, verdict: Entry["verdict"], conditions: Entry["conditions"] = {}, more: Pick<Entry, "vpc"> = {}) =>
  (expected: { seq: number; hash: string }): Change => {
    const key = ruleKey;
    const at = instant(world.schedule.now);
    const from = world.store.entries.get(entryId(key));
    const after: Entry = { ...key, verdict, conditions, version: expected.seq + 1, author: operatorArn, at, label: "acme", ...more };
    const common = changed(at);
    const entry = { ...key, version: after.version };
    return {
      of: "entry",
      key,
      after,
      expected,
      events: [
        from === undefined
          ? { ...common, type: "EntryAdded", entry, to: after }
          : { ...common, type: "EntryChanged", entry, from, to: after },
      ],
    };
  };

/** Its removal, and what that means for its connections. */
const removal =
  (world: World, disconnect: Disconnect) =>
  (expected: { seq: number; hash: string }, at: Instant): Change | undefined => {
    const from = world.store.entries.get(entryId(ruleKey));
    if (from === undefined) return undefined;
    const tombstone = { ...ruleKey, version: expected.seq + 1, removed: { at, by: operatorArn, disconnect } };
    return { of: "entry", key: ruleKey, expected, tombstone, events: [{ ...changed(at), type: "EntryRemoved", entry: refer(from), from }] };
  };

export const ruleSubject = entrySubject(service, `account#${account}`);

/** An entry lets it in and names it; later a reject entry puts it out. */
export function letInThenRevoked(world: World): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => connect(world));
  world.schedule.after(150_000, () => world.functions.api(ruleSubject, ruled(world, "reject")));
}

/** People are asked and approve; it is named, modified, and deleted by its owner. */
export function askedThenDeleted(world: World): void {
  takeIntoCare(world);
  world.people.wellMannered = true;
  world.schedule.after(5000, () => {
    const row = connect(world);
    world.schedule.after(130_000, () => world.ec2.modify(row));
    world.schedule.after(150_000, () => world.ec2.delete(row));
  });
}

/** So many that a listing has several pages; nobody is told of any of them. */
export function manyConnect(world: World, count: number): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => {
    for (let index = 1; index <= count; index += 1)
      world.ec2.create({
        endpoint: endpointId(`vpce-${String(index).padStart(17, "0")}`),
        service,
        account,
        createdAt: world.schedule.now,
      });
  });
}

/** No sooner has it a name than its owner deletes it, while the name is being made. */
export function letInThenGone(world: World): void {
  takeIntoCare(world);
  world.heard = (added) => {
    const row = world.ec2.rows.get(endpoint);
    if (row !== undefined && added.some(({ event }) => event.type === "NameAssigned"))
      world.schedule.after(20, () => world.ec2.delete(row));
  };
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => connect(world));
}

/** Two of three have to agree; later a reject entry puts it out. */
export function agreedByTwo(world: World): void {
  takeIntoCare(world);
  world.people.wellMannered = true;
  const kept = world.store.services.get(service);
  if (kept !== undefined) world.store.services.set(service, { ...kept, asking: { approvers: ["ann", "bob", "cleo"], quorum: 2 } });
  world.schedule.after(5000, () => connect(world));
  world.schedule.after(170_000, () => world.functions.api(ruleSubject, ruled(world, "reject")));
}

/** It takes the only place of its entry, which is removed: a little later it is cut, and the place is free. */
export function heldThenRemoved(world: World): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept", { atMost: 1 })(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => connect(world));
  world.schedule.after(100_000, () => world.functions.api(ruleSubject, removal(world, { afterHours: 0.02 })));
}

/** A freeze comes, then its entry goes; a wider one would let it in if nothing were frozen, so it stays. */
export function frozenAndHeld(world: World): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  const wider = { service: "*", principal: "any" } as const;
  const after: Entry = { ...wider, verdict: "accept", conditions: {}, version: 1, author: operatorArn, at: instant(start) };
  const added: PolicyEvent = { ...changed(after.at), type: "EntryAdded", entry: refer(after), to: after };
  world.commitAtStart({ of: "entry", key: wider, after, expected: world.store.head(entrySubject("*", "any")), events: [added] });
  world.schedule.after(5000, () => connect(world));
  world.schedule.after(100_000, () =>
    world.functions.api(freezeSubject(service), (expected, at) => {
      const freeze = { id: service, at, by: operatorArn, reason: "an incident", version: expected.seq + 1 };
      return {
        of: "freeze",
        key: service,
        after: freeze,
        expected,
        events: [{ ...changed(at), type: "Frozen", service, reason: freeze.reason }],
      };
    }),
  );
  world.schedule.after(130_000, () => world.functions.api(ruleSubject, removal(world, "now")));
}

/** Listings miss it until it is taken for gone; it is back just as its name is removed. */
function lostThenFound(world: World): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => {
    const row = connect(world);
    world.schedule.after(70_000, () => {
      row.hiddenUntil = Infinity;
    });
    const back = (): void => {
      if (world.route53.at(zone, "acme.privatelink.example.com").length > 0) return world.schedule.after(50, back);
      row.hiddenUntil = world.schedule.now;
      world.delivery.notify(row, "Accept");
    };
    world.heard = (added) => {
      if (added.some(({ event }) => event.type === "ConnectionClosed")) world.schedule.after(50, back);
    };
  });
}

/** Its entry comes to reject it, then accepts again for some days; meanwhile somebody has accepted it in the console. */
function rejectedThenAcceptedOutside(world: World): void {
  takeIntoCare(world);
  world.commitAtStart(ruled(world, "accept")(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => {
    const row = connect(world);
    world.schedule.after(60_000, () => world.functions.api(ruleSubject, ruled(world, "reject")));
    world.schedule.after(100_000, () =>
      world.functions.api(ruleSubject, ruled(world, "accept", { expires: instant(start + 3 * 86_400_000) })),
    );
    // For so long after our reject AWS may still answer from before it.
    world.schedule.after(240_000, () => clicked(world, row, "accept"));
  });
}

/** No sooner does the log know of an accept in the console than listings show it waiting for a while; then its owner deletes it. */
function acceptedOutsideAndShownWaiting(world: World): void {
  takeIntoCare(world);
  world.schedule.after(5000, () => {
    const row = connect(world);
    world.schedule.after(50_000, () => {
      const before = world.schedule.now - 1;
      world.heard = (added) => {
        if (!added.some(({ event }) => event.type === "AcceptedOutside")) return;
        world.ec2.shownAsOf = before;
        world.schedule.after(75_000, () => {
          world.ec2.shownAsOf = undefined;
        });
      };
      clicked(world, row, "accept");
    });
    world.schedule.after(190_000, () => world.ec2.delete(row));
  });
}

/** Its VPC is let into the private zone, and somebody else takes it out. */
function putOutByOthers(world: World): void {
  const vpc = { id: "vpc-00000000000000001", region: "eu-west-1" };
  takeIntoCare(world, true);
  world.heard = (added) => {
    if (!added.some(({ event }) => event.type === "VpcAuthorized")) return;
    world.heard = undefined;
    world.schedule.after(30_000, () => world.besides.privateZones.putOut(vpc));
  };
  world.commitAtStart(ruled(world, "accept", {}, { vpc })(world.store.head(ruleSubject)));
  world.schedule.after(5000, () => connect(world));
}

export const scenarios = {
  "let in by an entry, then revoked": letInThenRevoked,
  "approved by people, then deleted": askedThenDeleted,
  "deleted while it is being named": letInThenGone,
  "agreed by two, then revoked": agreedByTwo,
  "held by a limited entry, then removed with grace": heldThenRemoved,
  "frozen, and held by a wider entry": frozenAndHeld,
  "lost from sight, then found while its name is removed": lostThenFound,
  "rejected by its entry, then accepted outside": rejectedThenAcceptedOutside,
  "accepted outside, and shown waiting": acceptedOutsideAndShownWaiting,
  "let into a private zone, and put out by others": putOutByOthers,
} as const;
export type Scenario = keyof typeof scenarios;

/** What a case has otherwise than the others. */
export const circumstances: Readonly<
  Partial<Record<Scenario, { readonly minutes?: number; readonly acceptsRejected?: true; readonly vpcs?: true }>>
> = {
  "lost from sight, then found while its name is removed": { minutes: 8 },
  "rejected by its entry, then accepted outside": { minutes: 6, acceptsRejected: true },
  "accepted outside, and shown waiting": { minutes: 6 },
  "let into a private zone, and put out by others": { vpcs: true },
};
