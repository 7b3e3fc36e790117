// The life of a connection, told as stories, and what must hold for every life.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { moves, states, type Status } from "../../lib/connection-states.ts";
import { evolve, replay, type Connection } from "../../lib/connection.ts";
import { decide, type Known, type Signal } from "../../lib/decide.ts";
import type { ConnectionEvent } from "../../lib/events.ts";
import { awsStates, type Seen } from "../../lib/observed.ts";
import { plan } from "../../lib/plan.ts";
import {
  absent,
  acme,
  approved,
  approver,
  asking,
  connected,
  denied,
  given,
  inCare,
  look,
  minute,
  operator,
  rejected,
  requested,
  says,
  shows,
} from "./given.ts";

const accepted = ["pending", "available", "partial"] as const;

describe("a consumer connects", () => {
  test("it is requested, and nothing is decided without the list's verdict", () => {
    expect(requested.last).toEqual(["ConnectionRequested"]);
    expect(requested.plans(shows("pendingAcceptance"))).toEqual([]);
  });

  test("an accept entry approves it, and the plan accepts it until AWS shows it", () => {
    expect(approved.last).toEqual(["ConnectionApproved"]);
    expect(approved.events.at(-1)).toMatchObject({ by: { kind: "entry", entry: { version: 3 } }, because: { rule: "entry" } });
    expect(approved.plans(shows("pendingAcceptance"))).toEqual(["accept"]);
    expect(approved.plans(shows("pending"))).toEqual(["look-again"]);
    expect(connected.last).toEqual(["ConnectionAvailable"]);
    expect(connected.plans(shows("available"))).toEqual(["assign-name"]);
  });

  test("a reject entry denies it, and the plan rejects it until AWS shows it", () => {
    expect(denied.last).toEqual(["ConnectionDenied"]);
    expect(denied.plans(shows("pendingAcceptance"))).toEqual(["reject"]);
    expect(rejected.last).toEqual(["ConnectionRejected"]);
    expect(rejected.plans(shows("rejected"))).toEqual([]);
  });

  test("without an entry people are asked once", () => {
    expect(asking.last).toEqual(["ApprovalRequested"]);
    expect(asking.when(look, { seen: shows("pendingAcceptance"), judgement: says("ask") }).last).toEqual([]);
  });

  test("the same signal three times decides once", () => {
    const once = approved.when(look, { seen: shows("pendingAcceptance"), judgement: says("accept") });
    expect(once.when(look, { seen: shows("pendingAcceptance"), judgement: says("accept") }).events).toEqual(approved.events);
  });

  test("seen in one look, requested and decided come together", () => {
    expect(given().when(look, { seen: shows("pendingAcceptance"), judgement: says("accept") }).last).toEqual([
      "ConnectionRequested",
      "ConnectionApproved",
    ]);
  });
});

describe("people answer", () => {
  const answer = (choice: "approve" | "reject", question = "question-1", by = approver): Signal => ({
    kind: "answered",
    question,
    choice,
    by,
    reason: "ticket 7",
  });

  test("approve and reject decide the open question, with who and why", () => {
    const yes = asking.when(answer("approve"));
    expect(yes.events.at(-1)).toMatchObject({
      type: "ConnectionApproved",
      by: approver,
      reason: "ticket 7",
      because: { rule: "approvers" },
    });
    expect(yes.plans(shows("pendingAcceptance"))).toEqual(["accept"]);
    expect(asking.when(answer("reject")).last).toEqual(["ConnectionDenied"]);
  });

  test("a second answer, another question's answer and an answer to nobody's question change nothing", () => {
    for (const life of [
      asking.when(answer("approve")).when(answer("reject")),
      asking.when(answer("approve", "question-2")),
      connected.when(answer("reject")),
    ]) {
      expect(life.last).toEqual(["AnswerRefused"]);
      expect(replay(life.events)?.status).toBe(replay(life.events.slice(0, -1))?.status);
    }
  });

  test("an answer cannot go past a reject entry that applies", () => {
    expect(asking.when(answer("approve"), { judgement: says("reject") }).last).toEqual(["AnswerRefused"]);
  });

  test("an operator decides without a question, and may cut a live connection; an approver may not", () => {
    const cut = { kind: "answered", choice: "reject", by: operator } as const;
    expect(requested.when({ ...cut, choice: "approve" }).last).toEqual(["ConnectionApproved"]);
    expect(connected.when(cut).events.at(-1)).toMatchObject({ type: "ConnectionDenied", revokes: true });
    expect(connected.when({ ...cut, by: approver }).last).toEqual(["AnswerRefused"]);
    expect(rejected.when(cut).last).toEqual(["AnswerRefused"]);
  });

  test("a rule that arrives answers the open question", () => {
    expect(asking.when(look, { seen: shows("pendingAcceptance"), judgement: says("accept") }).events.at(-1)).toMatchObject({
      type: "ConnectionApproved",
      question: "question-1",
    });
    expect(asking.when(look, { seen: shows("pendingAcceptance"), judgement: says("reject") }).last).toEqual(["ConnectionDenied"]);
  });
});

describe("what happens outside Drawbridge", () => {
  test.each(accepted)("AWS shows %s while we have not accepted: recorded as outside, kept", (state) => {
    const life = asking.when(look, { seen: shows(state) });
    expect(life.last[0]).toBe("AcceptedOutside");
    expect(life.events.find(({ type }) => type === "AcceptedOutside")).toMatchObject({ by: { kind: "outside" }, kept: true });
  });

  test("what was accepted outside is never accepted by us", () => {
    expect(asking.when(look, { seen: shows("pending") }).plans(shows("pendingAcceptance"))).toEqual([]);
  });

  test("a service that enforces asks the list: only an accept entry keeps it", () => {
    const enforcing = { ...inCare, outsideAccept: "enforce" } as const;
    const seen = shows("available");
    expect(asking.when(look, { seen, service: enforcing, judgement: says("ask") }).last).toEqual(["AcceptedOutside", "ConnectionDenied"]);
    expect(asking.when(look, { seen, service: enforcing, judgement: says("accept") }).last).toEqual([
      "AcceptedOutside",
      "ConnectionApproved",
    ]);
    expect(
      asking
        .when(look, { seen, service: enforcing })
        .when(look, { seen, service: enforcing, judgement: says("ask") })
        .plans(seen, minute(1), enforcing),
    ).toEqual(["reject"]);
  });

  test("a reject entry is enforced in any case, adopted connections too", () => {
    const adopted = given().when(look, { seen: shows("available", { createdAt: minute(-600) }) });
    expect(adopted.last).toEqual(["ConnectionAdopted"]);
    for (const life of [adopted, connected, approved, asking.when(look, { seen: shows("available") })]) {
      expect(life.when(look, { seen: shows("available"), judgement: says("ask") }).connection?.status).not.toBe("denied");
      const cut = life.when(look, { seen: shows("available"), judgement: says("reject") });
      expect(cut.connection?.status).toBe("denied");
      expect(cut.plans(shows("available"))).toContain("reject");
    }
  });

  test("what was rejected before Drawbridge came is recorded as such, and is nobody's news", () => {
    const old = given().when(look, { seen: shows("rejected", { createdAt: minute(-600) }) });
    expect(old.last).toEqual(["ConnectionAdopted", "ConnectionRejected"]);
    expect(old.plans(shows("rejected"))).toEqual([]);
  });

  test("rejected outside ends it, and CloudTrail's word is added once", () => {
    const life = connected.when(look, { seen: shows("rejected") });
    expect(life.last).toEqual(["RejectedOutside"]);
    const told: Signal = { kind: "attributed", action: "reject", arn: "arn:aws:iam::111111111111:user/mallory", event: "e-1" };
    expect(life.when(told).last).toEqual(["Attributed"]);
    expect(life.when(told).when(told).last).toEqual([]);
  });

  test("after our reject, an old answer of AWS is not taken for an accept outside", () => {
    expect(rejected.when(look, { seen: shows("available"), now: minute(1) }).last).toEqual([]);
    expect(rejected.when(look, { seen: shows("available"), now: minute(5) }).last).toEqual(["AcceptedOutside", "ConnectionAvailable"]);
  });

  test("an answer is as old as its question, however long it took", () => {
    expect(rejected.when(look, { seen: shows("available"), askedAt: minute(1), now: minute(5) }).last).toEqual([]);
    const missing = connected.when(look, { seen: absent });
    expect(missing.when(look, { seen: absent, askedAt: minute(1), now: minute(4) }).last).toEqual([]);
  });
});

describe("the end", () => {
  test.each([
    ["deleting", "deleted"],
    ["deleted", "deleted"],
    ["failed", "failed"],
    ["expired", "expired"],
  ] as const)("AWS shows %s: closed as %s, and its name goes", (state, reason) => {
    const named = connected
      .when({
        kind: "name-assigned",
        name: { fqdn: "acme.privatelink.example.com", zone: inCare.zone!.id, target: { name: "x", zone: "Z1" }, types: ["A"], made: false },
      })
      .when({ kind: "name-made", fqdn: "acme.privatelink.example.com" });
    const life = named.when(look, { seen: shows(state) });
    expect(life.events.at(-1)).toMatchObject({ type: "ConnectionClosed", reason });
    expect(life.plans(shows(state))).toEqual(["remove-name"]);
  });

  test("a consumer's modification does not cut the name", () => {
    expect(connected.when(look, { seen: shows("pending") }).last).toEqual([]);
    expect(connected.plans(shows("partial"))).not.toContain("remove-name");
  });

  test("missing from two complete listings, minutes apart, it has vanished; found again, its decision holds", () => {
    const missing = connected.when(look, { seen: absent });
    expect(missing.last).toEqual(["ConnectionMissing"]);
    expect(missing.when(look, { seen: absent, now: minute(1) }).last).toEqual([]);
    const gone = missing.when(look, { seen: absent, now: minute(4) });
    expect(gone.events.at(-1)).toMatchObject({ type: "ConnectionClosed", reason: "vanished" });
    expect(gone.when(look, { seen: shows("available"), now: minute(9) }).connection?.status).toBe("connected");
    expect(missing.when(look, { seen: shows("available"), now: minute(1) }).connection).not.toHaveProperty("missingSince");
  });
});

describe("effects that AWS refuses", () => {
  const failed: Signal = { kind: "settled", effect: "accept", failure: { code: "InvalidState", message: "no" } };

  test("each try is counted, rests longer each time, and its end is told", () => {
    const once = approved.when(failed);
    expect(once.plans(shows("pendingAcceptance"), minute(0.5))).toEqual([]);
    expect(once.plans(shows("pendingAcceptance"), minute(1))).toEqual(["accept"]);
    const thrice = once.when(failed).when(failed);
    expect(thrice.events.at(-1)).toMatchObject({ type: "EffectFailed", count: 3, first: minute(0) });
    expect(thrice.plans(shows("pendingAcceptance"), minute(3.9))).toEqual([]);
    const well = thrice.when({ kind: "settled", effect: "accept" });
    expect(well.last).toEqual(["EffectRecovered"]);
    expect(well.connection).not.toHaveProperty("trouble");
  });
});

describe("a service that is only observed", () => {
  const observed = { ...inCare, mode: "observe" } as const;

  test("logs each verdict once, does nothing, and decides anew when enforced", () => {
    const noted = given().when(look, { seen: shows("pendingAcceptance"), service: observed, judgement: says("accept") });
    expect(noted.last).toEqual(["ConnectionRequested", "VerdictNoted"]);
    expect(noted.when(look, { seen: shows("pendingAcceptance"), service: observed, judgement: says("accept") }).last).toEqual([]);
    expect(noted.when(look, { seen: shows("pendingAcceptance"), service: observed, judgement: says("ask") }).last).toEqual([
      "VerdictNoted",
    ]);
    expect(noted.plans(shows("pendingAcceptance"), minute(1), observed)).toEqual([]);
    expect(noted.when(look, { seen: shows("pendingAcceptance"), judgement: says("accept") }).last).toEqual(["ConnectionApproved"]);
  });

  test("an approver's answer to a question from before is refused", () => {
    const life = asking.when({ kind: "answered", question: "question-1", choice: "approve", by: approver }, { service: observed });
    expect(life.last).toEqual(["AnswerRefused"]);
    expect(life.connection?.status).toBe("asking");
  });

  test("a connection seen as accepted by then is not refused", () => {
    expect(denied.plans(shows("available"), minute(1), observed)).toEqual([]);
  });
});

describe("the table of moves", () => {
  test("every move leads to a state, and every state can be reached and left or ends", () => {
    const targets = (move: unknown, from: string): string[] => (move === "same" ? [from] : Array.isArray(move) ? move : [String(move)]);
    const reached = new Set<string>();
    for (const [from, row] of Object.entries(moves))
      for (const move of Object.values(row)) for (const to of targets(move, from)) reached.add(to);
    expect([...reached].filter((to) => to !== "none").sort()).toEqual(Object.keys(states).sort());
  });

  test("what is not in the table throws", () => {
    const odd: ConnectionEvent = {
      type: "ConnectionAvailable",
      at: minute(0),
      by: { kind: "aws" },
      because: { rule: "observed", detail: "" },
    };
    expect(() => evolve(undefined, odd)).toThrow("cannot");
    expect(() => evolve(denied.connection, odd)).toThrow("denied");
  });
});

describe("for every life", () => {
  const seenArb: fc.Arbitrary<Seen> = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...awsStates, "unknown" as const).map((state) => shows(state)) },
    { weight: 1, arbitrary: fc.constant(absent) },
  );
  const signalArb: fc.Arbitrary<Signal> = fc.oneof(
    { weight: 4, arbitrary: fc.constant(look) },
    fc.record({
      kind: fc.constant("answered" as const),
      question: fc.constantFrom("question-0", "question-1", "question-2", "question-3"),
      choice: fc.constantFrom("approve" as const, "reject" as const),
      by: fc.constantFrom(approver, operator),
    }),
    fc.constant<Signal>({ kind: "settled", effect: "accept", failure: { code: "X", message: "x" } }),
    fc.constant<Signal>({ kind: "settled", effect: "accept" }),
    fc.constant<Signal>({ kind: "attributed", action: "accept", arn: "arn", event: "e" }),
  );
  const stepArb = fc.record({
    signal: signalArb,
    seen: fc.option(seenArb, { nil: undefined }),
    verdict: fc.option(fc.constantFrom("accept" as const, "ask" as const, "reject" as const), { nil: undefined }),
    minutes: fc.integer({ min: 0, max: 10 }),
    outsideAccept: fc.constantFrom("keep" as const, "enforce" as const),
    mode: fc.constantFrom("enforce" as const, "enforce" as const, "observe" as const),
  });

  test("what decide says is legal, its history replays to the record, and deciding twice adds nothing", () => {
    fc.assert(
      fc.property(fc.array(stepArb, { maxLength: 30 }), (steps) => {
        let now = 0;
        let connection: Connection | undefined;
        const history: ConnectionEvent[] = [];
        for (const [index, { signal, seen, verdict, minutes, outsideAccept, mode }] of steps.entries()) {
          now += minutes;
          const known: Known = {
            now: minute(now),
            source: { kind: "sweep" },
            service: {
              ...inCare,
              outsideAccept,
              mode,
            },
            nextQuestion: `question-${String(index)}`,
            ...(seen === undefined ? {} : { seen }),
            ...(verdict === undefined ? {} : { judgement: says(verdict) }),
          };
          const events = decide(connection, signal, known);
          connection = events.reduce<Connection | undefined>(evolve, connection);
          history.push(...events);
          expect(decide(connection, look, known).filter(({ type }) => type !== "ConnectionAvailable")).toEqual([]);
          if (connection === undefined) continue;
          expect(replay(history)).toEqual(connection);
          expect(connection.seq).toBe(history.length);
          const effects = seen === undefined ? [] : plan(connection, seen, known.service, known.now).map(({ kind }) => kind);
          if (effects.includes("accept")) {
            const granted = history.findLast(({ type }) => type === "ConnectionApproved" || type === "ConnectionDenied");
            expect(granted?.type).toBe("ConnectionApproved");
          }
          expect(connection.account).toBe(acme);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("after a reject verdict no plan ever accepts", () => {
    const lives: Record<Status, Connection | undefined> = {
      requested: requested.connection,
      asking: asking.connection,
      approved: approved.connection,
      connected: connected.connection,
      denied: denied.connection,
      rejected: rejected.connection,
      adopted: undefined,
      closed: undefined,
    };
    for (const connection of Object.values(lives)) {
      const events = decide(connection, look, {
        now: minute(0),
        source: { kind: "bus" },
        service: inCare,
        nextQuestion: "q",
        seen: shows("pendingAcceptance"),
        judgement: says("reject"),
      });
      const after = events.reduce<Connection | undefined>(evolve, connection);
      expect(after === undefined ? [] : plan(after, shows("pendingAcceptance"), inCare, minute(0)).map(({ kind }) => kind)).not.toContain(
        "accept",
      );
    }
  });
});
