// What holds a connection: removal, expiry and later entries, each at once, after a grace period, or never.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryId, judge, type Consumer, type Entry, type Judgement, type Removed } from "../../lib/allow-list.ts";
import type { Disconnect } from "../../lib/disconnect.ts";
import { staysThough } from "../../lib/holding.ts";
import { instant, milliseconds, type Instant } from "../../lib/ids.ts";
import { saidOf, written } from "../../lib/said-entry.ts";
import type { Service } from "../../lib/service.ts";
import { acme, approver, asking, endpoint, given, inCare, look, minute, operator, requested, service, shows, type Life } from "./given.ts";

const hour = (hours: number): Instant => minute(60 * hours);
const key = { service, principal: `account#${acme}` } as const;
const author = "arn:aws:iam::111111111111:user/alice";
const entry = (more: Partial<Entry> = {}): Entry => ({
  ...key,
  verdict: "accept",
  conditions: {},
  version: 3,
  author,
  at: minute(-60),
  ...more,
});
const gone = (disconnect?: Disconnect, at = hour(1)): Removed => ({
  ...key,
  version: 4,
  removed: { at, by: author, ...(disconnect === undefined ? {} : { disconnect }) },
});

const consumer: Consumer = { service, endpoint, account: acme, region: "eu-west-1", ipAddressType: "ipv4" };
const verdict = (entries: readonly Entry[], now: Instant, counter?: string): Judgement =>
  judge(entries, { ...consumer, ...(counter === undefined ? {} : { counter }) }, now, { counts: new Map() });

interface List {
  readonly entries?: readonly Entry[];
  readonly holder?: Entry | Removed;
  readonly under?: Service;
}

/** The sweep's look at a connection at this time, under this list. */
function swept(life: Life, now: Instant, { entries = [], holder, under = inCare }: List): Life {
  const standing = holder ?? entries.find((one) => entryId(one) === entryId(key));
  return life.when(look, {
    now,
    seen: shows("available"),
    judgement: verdict(entries, now, life.connection?.counter),
    service: under,
    ...(standing === undefined ? {} : { holder: standing }),
  });
}

const letIn = (by: Entry): Life =>
  requested.when(look, { seen: shows("pendingAcceptance"), judgement: verdict([by], minute(0)) }).when(look, { seen: shows("available") });
const live = letIn(entry());
const byPeople = asking
  .when({ kind: "answered", question: "question-1", choice: "approve", by: approver })
  .when(look, { seen: shows("available") });
const adopted = given().when(look, { seen: shows("available", { createdAt: minute(-120) }) });

describe("an entry that let a connection in is removed", () => {
  test("kept is the default, and says nothing", () => {
    expect(swept(live, hour(2), { holder: gone() }).last).toEqual([]);
    expect(swept(live, hour(2), { holder: gone("keep"), under: { ...inCare, onRemoval: "now" } }).last).toEqual([]);
  });

  test("now: it is cut at the next look, by the entry that was, and the plan rejects it", () => {
    const cut = swept(live, hour(1), { holder: gone("now") });
    expect(cut.last).toEqual(["ConnectionDenied"]);
    expect(cut.events.at(-1)).toMatchObject({
      revokes: true,
      because: { rule: "entry-removed" },
      by: { kind: "entry", entry: { ...key, version: 4 } },
    });
    expect(cut.plans(shows("available"), hour(1))).toEqual(["reject"]);
  });

  test("those whom it cuts are told the reason of the removal; where none was given, the cut has none", () => {
    const { removed, ...at } = gone("now");
    const cut = swept(live, hour(1), { holder: { ...at, removed: { ...removed, reason: "their contract ended" } } });
    expect(cut.events.at(-1)).toMatchObject({ type: "ConnectionDenied", reason: "their contract ended" });
    expect(swept(live, hour(1), { holder: gone("now") }).events.at(-1)).not.toHaveProperty("reason");
  });

  test("the service says where the command did not", () => {
    expect(swept(live, hour(1), { holder: gone(), under: { ...inCare, onRemoval: "now" } }).last).toEqual(["ConnectionDenied"]);
  });

  test("after a grace period: announced once, and cut at the very instant it ends", () => {
    const holder = gone({ afterHours: 24 });
    const told = swept(live, hour(2), { holder });
    expect(told.last).toEqual(["RevocationAnnounced"]);
    expect(told.events.at(-1)).toMatchObject({ due: hour(25), entry: { version: 4 }, because: { rule: "entry-removed" } });
    expect(swept(told, hour(3), { holder }).last).toEqual([]);
    expect(swept(told, instant(milliseconds(hour(25)) - 1), { holder }).last).toEqual([]);
    expect(swept(told, hour(25), { holder }).last).toEqual(["ConnectionDenied"]);
  });

  test("added again within the grace period, it is held again, and that is told", () => {
    const told = swept(live, hour(2), { holder: gone({ afterHours: 24 }) });
    const again = swept(told, hour(3), { entries: [entry({ version: 5, at: hour(3) })] });
    expect(again.last).toEqual(["RevocationWithdrawn"]);
    expect(swept(again, hour(26), { entries: [entry({ version: 5, at: hour(3) })] }).last).toEqual([]);
    expect(swept(again, hour(26), { holder: gone({ afterHours: 24 }, hour(4)) }).last).toEqual(["RevocationAnnounced"]);
  });

  test("a wider entry that accepts holds it", () => {
    const wider = entry({ principal: "any" });
    expect(swept(live, hour(2), { entries: [wider], holder: gone("now") }).last).toEqual([]);
  });

  test("a freeze holds what the list would accept", () => {
    const frozen = judge([entry({ principal: "any" })], consumer, hour(2), { frozen: "frozen" });
    expect(live.when(look, { now: hour(2), seen: shows("available"), judgement: frozen, holder: gone("now") }).last).toEqual([]);
  });

  test("nobody is cut because AWS Organizations does not answer", () => {
    const unknown = judge([], { ...consumer, organization: "unknown" }, hour(2), {
      units: { here: { entries: 1, rejects: 0 }, everywhere: { entries: 0, rejects: 0 } },
    });
    expect(live.when(look, { now: hour(2), seen: shows("available"), judgement: unknown, holder: gone("now") }).last).toEqual([]);
  });

  test("who was let in by people, outside, or before us is not cut", () => {
    const outside = requested.when(look, { seen: shows("available") });
    for (const life of [byPeople, outside, adopted]) expect(swept(life, hour(2), { holder: gone("now") }).last).toEqual([]);
  });
});

describe("an entry that let a connection in expires", () => {
  const until = (more: Partial<Entry> = {}): Entry => entry({ conditions: { expires: hour(10) }, ...more });
  const once = letIn(until());

  test("kept is the default; the expiry was announced once", () => {
    expect(once.events.filter(({ type }) => type === "ExpiryAnnounced")).toHaveLength(0);
    const told = swept(once, hour(1), { entries: [until()] });
    expect(told.last).toEqual(["ExpiryAnnounced"]);
    expect(told.events.at(-1)).toMatchObject({ expires: hour(10), cut: false });
    expect(swept(told, hour(9), { entries: [until()] }).last).toEqual([]);
    expect(swept(told, hour(10), { entries: [until()] }).last).toEqual([]);
  });

  test.each([
    ["the entry says now", until({ onExpiry: "now" }), inCare, hour(10)],
    ["the service says now", until(), { ...inCare, onExpiry: "now" }, hour(10)],
    ["after two hours", until({ onExpiry: { afterHours: 2 } }), inCare, hour(12)],
  ] as const)("%s: cut at that instant, and not before", (_, holder, under, due) => {
    const told = swept(once, hour(9), { entries: [holder], under });
    const before = swept(told, instant(milliseconds(due) - 1), { entries: [holder], under });
    expect(before.connection?.status).toBe("connected");
    expect(swept(before, due, { entries: [holder], under }).last).toEqual(["ConnectionDenied"]);
  });

  test("renewed in time it is held, and the new expiry is announced in its turn", () => {
    const told = swept(once, hour(9), { entries: [until({ onExpiry: "now" })] });
    const renewed = until({ onExpiry: "now", version: 4, conditions: { expires: hour(1000) } });
    const held = swept(told, hour(11), { entries: [renewed] });
    expect(held.last).toEqual([]);
    expect(swept(held, hour(1000 - 167), { entries: [renewed] }).last).toEqual(["ExpiryAnnounced"]);
  });

  test("the notice is as long as the service wants it", () => {
    const under = { ...inCare, expiryNoticeHours: 2 };
    expect(swept(once, hour(7), { entries: [until()], under }).last).toEqual([]);
    expect(swept(once, hour(8), { entries: [until()], under }).last).toEqual(["ExpiryAnnounced"]);
  });
});

describe("a reject entry comes", () => {
  const reject = (more: Partial<Entry> = {}): Entry => entry({ verdict: "reject", version: 5, at: hour(1), ...more });

  test.each([
    ["accepted by an entry", live],
    ["accepted by people", byPeople],
    ["adopted", adopted],
  ])("it cuts at once who is %s", (_, life) => {
    expect(swept(life, hour(1), { entries: [reject()] }).last).toEqual(["ConnectionDenied"]);
  });

  test("keep: new ones are rejected, the live ones stay", () => {
    expect(swept(live, hour(2), { entries: [reject({ disconnect: "keep" })] }).last).toEqual([]);
    expect(
      requested.when(look, { seen: shows("pendingAcceptance"), judgement: verdict([reject({ disconnect: "keep" })], hour(2)) }).last,
    ).toEqual(["ConnectionDenied"]);
  });

  test("after a grace period: announced, then cut", () => {
    const rule = reject({ disconnect: { afterHours: 4 } });
    const told = swept(adopted, hour(2), { entries: [rule] });
    expect(told.last).toEqual(["RevocationAnnounced"]);
    expect(swept(told, hour(5), { entries: [rule] }).last).toEqual(["ConnectionDenied"]);
  });

  test("edited without another meaning, it cuts when it would have cut, and nobody is told twice", () => {
    const rule = reject({ disconnect: { afterHours: 4 } });
    const told = swept(adopted, hour(2), { entries: [rule] });
    const renamed = written({ ...saidOf(rule), name: "acme" }, rule, { version: 6, author, at: hour(3) });
    expect(swept(told, hour(4), { entries: [renamed] }).last).toEqual([]);
    expect(swept(told, instant(milliseconds(hour(5)) - 1), { entries: [renamed] }).last).toEqual([]);
    expect(swept(told, hour(5), { entries: [renamed] }).last).toEqual(["ConnectionDenied"]);
    const longer = written({ ...saidOf(rule), disconnect: { afterHours: 5 } }, renamed, { version: 7, author, at: hour(4) });
    const again = swept(told, hour(4), { entries: [longer] });
    expect(again.events.at(-1)).toMatchObject({ type: "RevocationAnnounced", due: hour(9), entry: { version: 7 } });
  });

  test("keep speaks of those that were there: who was accepted later past Drawbridge is cut", () => {
    const outside = requested.when(look, { now: hour(3), seen: shows("available") });
    expect(swept(outside, hour(3), { entries: [reject({ disconnect: "keep" })] }).last).toEqual(["ConnectionDenied"]);
  });

  test("an approval that AWS has not been told yet is not let through for the grace of those who are in", () => {
    const approvedOnly = requested.when(look, { seen: shows("pendingAcceptance"), judgement: verdict([entry()], minute(0)) });
    for (const disconnect of ["keep", { afterHours: 4 }] as const) {
      const judgement = verdict([reject({ disconnect })], hour(2));
      const denied = approvedOnly.when(look, { now: hour(2), seen: shows("pendingAcceptance"), judgement });
      expect(denied.last).toEqual(["ConnectionDenied"]);
      expect(denied.plans(shows("pendingAcceptance"), hour(2))).toEqual(["reject"]);
    }
  });

  test("of two that apply, the one that cuts first counts", () => {
    const entries = [reject({ disconnect: "keep" }), reject({ service: "*", principal: "any" })];
    expect(swept(live, hour(2), { entries }).last).toEqual(["ConnectionDenied"]);
  });

  test("one that begins later cuts when it begins", () => {
    const rule = reject({ conditions: { notBefore: hour(6) } });
    expect(swept(live, hour(5), { entries: [rule] }).last).toEqual([]);
    expect(swept(live, hour(6), { entries: [rule] }).last).toEqual(["ConnectionDenied"]);
  });
});

describe("an ask entry comes", () => {
  const ask = (more: Partial<Entry> = {}): Entry => entry({ verdict: "ask", version: 5, at: hour(1), ...more });

  test("it keeps who is connected, unless it says otherwise; and never cuts who was not let in by an entry", () => {
    expect(swept(live, hour(2), { entries: [ask()] }).last).toEqual([]);
    expect(swept(live, hour(2), { entries: [ask({ disconnect: "now" })] }).last).toEqual(["ConnectionDenied"]);
    expect(swept(byPeople, hour(2), { entries: [ask({ disconnect: "now" })] }).last).toEqual([]);
    expect(swept(adopted, hour(2), { entries: [ask({ disconnect: "now" })] }).last).toEqual([]);
  });
});

describe("limits", () => {
  const limited = entry({ conditions: { atMost: 2 } });
  const counter = entryId(limited);

  test("an approval takes a place, and every end gives it back", () => {
    const held = letIn(limited);
    expect(held.connection?.counter).toBe(counter);
    expect(held.events.find(({ type }) => type === "ConnectionApproved")).toMatchObject({ counter, atMost: 2 });
    for (const end of [
      held.when(look, { seen: shows("deleted") }),
      held.when(look, { seen: shows("rejected") }),
      held.when({ kind: "answered", choice: "reject", by: operator }),
    ]) {
      expect(end.events.at(-1)).toMatchObject({ counter });
      expect(end.connection?.counter).toBeUndefined();
    }
  });

  test("a limit that comes later counts who is there, once", () => {
    const counted = swept(live, hour(1), { entries: [limited] });
    expect(counted.last).toEqual(["ConnectionCounted"]);
    expect(swept(counted, hour(2), { entries: [limited] }).last).toEqual([]);
    expect(swept(byPeople, hour(1), { entries: [limited] }).last).toEqual([]);
  });

  test("the connection that is counted holds its own place", () => {
    const full = { counts: new Map([[counter, 2]]) };
    expect(judge([limited], { ...consumer, counter }, minute(0), full).verdict).toBe("accept");
    expect(judge([limited], consumer, minute(0), full).verdict).toBe("ask");
    expect(judge([limited], consumer, minute(0), { counts: new Map([[counter, 1]]) }).verdict).toBe("accept");
    expect(judge([limited], consumer, minute(0)).verdict).toBe("ask");
  });

  test("a place given back and taken anew is counted once more", () => {
    const missed = letIn(limited)
      .when(look, { seen: { listed: false } })
      .when(look, { now: minute(5), seen: { listed: false } });
    expect(missed.connection?.counter).toBeUndefined();
    expect(swept(missed, minute(6), { entries: [limited] }).last).toContain("ConnectionCounted");
  });
});

describe("why a connection goes on though the list would not let it in", () => {
  const why = (life: Life, { entries = [], holder, under = inCare }: List, now = hour(2)): string | undefined => {
    if (life.connection === undefined) throw new Error("no connection");
    const standing = holder ?? entries.find((one) => entryId(one) === entryId(key));
    const judgement = verdict(entries, now, life.connection.counter);
    return staysThough(life.connection, { judgement, service: under, now, ...(standing === undefined ? {} : { holder: standing }) });
  };
  const later = { version: 5, at: hour(1) };

  test.each<[string, Life, List, RegExp]>([
    ["its entry was removed", live, { holder: gone() }, /^the entry for account 222222222222 was removed at .*: its connections are kept$/],
    ["its entry expired", live, { entries: [entry({ conditions: { expires: hour(2) } })] }, /expired at .*: its connections are kept$/],
    ["its entry left nothing", live, {}, /^the entry that let it in is gone/],
    [
      "an ask entry came",
      live,
      { entries: [entry({ ...later, verdict: "ask" })] },
      /ask, version 5: who was connected before it came is kept$/,
    ],
    [
      "its entry was narrowed",
      live,
      { entries: [entry({ ...later, conditions: { regions: ["us-east-1"] } })] },
      /; a condition that fails later cuts nobody$/,
    ],
    [
      "a reject entry spares it",
      live,
      { entries: [entry({ ...later, verdict: "reject", disconnect: "keep" })] },
      /reject, version 5: who was connected before/,
    ],
    [
      "its account left the unit",
      letIn(entry()),
      { holder: entry({ principal: "ou#ou-abcd-12345678" }) },
      /^ou ou-abcd-12345678 at vpce-svc-.*: accept, version 3 let it in, and speaks of its account no more/,
    ],
    ["people accepted it", byPeople, {}, /^people accepted it, and a reject entry alone cuts it$/],
    ["it is adopted", adopted, {}, /^it was there before Drawbridge, and a reject entry alone cuts it$/],
    ["it was accepted outside", requested.when(look, { seen: shows("available") }), {}, /^it was accepted outside Drawbridge, and/],
  ])("%s", (_, life, list, words) => {
    expect(why(life, list)).toMatch(words);
    expect(swept(life, hour(2), list).last).toEqual([]);
  });

  test.each<[string, Life, List]>([
    ["the list accepts it", live, { entries: [entry()] }],
    ["it is cut", live, { holder: gone("now") }],
    ["it is to be cut", live, { holder: gone({ afterHours: 24 }) }],
    ["it waits", asking, {}],
    ["the service is only observed", adopted, { under: { ...inCare, mode: "observe" } }],
  ])("nothing is said where %s", (_, life, list) => {
    expect(why(life, list)).toBeUndefined();
  });
});

describe("for every removal", () => {
  const disconnects = fc.oneof(
    fc.constantFrom("keep" as const, "now" as const),
    fc.record({ afterHours: fc.integer({ min: 1, max: 100 }) }),
  );

  test("nobody is cut before the time, and nobody lives on past it", () => {
    fc.assert(
      fc.property(disconnects, fc.integer({ min: 0, max: 200 }), (disconnect, hours) => {
        const life = swept(live, hour(1 + hours), { holder: gone(disconnect) });
        const graceHours = disconnect === "now" ? 0 : typeof disconnect === "object" ? disconnect.afterHours : Infinity;
        expect(life.last.includes("ConnectionDenied")).toBe(hours >= graceHours);
      }),
    );
  });
});

describe("what the simulation found", () => {
  test("an old answer of AWS, which shows it waiting still, takes nobody's grace away", () => {
    const grace = entry({ verdict: "reject", disconnect: { afterHours: 24 }, at: hour(1), version: 4 });
    const old = live.when(look, { now: hour(2), seen: shows("pendingAcceptance"), judgement: verdict([grace], hour(2)), holder: grace });
    expect(old.last).toEqual(["RevocationAnnounced"]);
  });

  test("whose record's clock is ahead is held as the list is judged, and cut once that moment has come", () => {
    const holder = entry({ principal: "any", conditions: { expires: hour(3) }, onExpiry: "now" });
    const own = entry({ conditions: { notBefore: hour(4) } });
    const letInByAnyone = requested
      .when(look, { seen: shows("pendingAcceptance"), judgement: verdict([holder], minute(0)) })
      .when(look, { seen: shows("available") });
    const at = (judgedAt: Instant): Life =>
      letInByAnyone.when(look, { now: hour(5), judgedAt, seen: shows("available"), judgement: verdict([own, holder], judgedAt), holder });
    expect(at(hour(2)).connection?.status).toBe("connected");
    expect(at(hour(3)).last).toEqual(["ConnectionDenied"]);
    expect(at(hour(4)).connection?.status).toBe("connected");
  });

  test("now is now, where the clock of whoever removed the entry is ahead", () => {
    expect(swept(live, hour(1), { holder: gone("now", minute(70)) }).last).toEqual(["ConnectionDenied"]);
  });
});
