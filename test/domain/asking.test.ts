// How people decide together: enough of the right ones agree, nobody decides about what they wrote, and time does its part.

import { describe, expect, test } from "vitest";
import type { Finding, Judgement } from "../../lib/allow-list.ts";
import type { Approver } from "../../lib/approver.ts";
import { isIdentity, mayBeSame } from "../../lib/approver.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import type { Connection } from "../../lib/connection.ts";
import type { Signal } from "../../lib/decide.ts";
import type { Actor, Choice } from "../../lib/events.ts";
import type { Service } from "../../lib/service.ts";
import { acme, asking, inCare, look, minute, requested, says, service, shows, type Life } from "./given.ts";
import { volume } from "../volume.ts";

const names = ["ann", "bob", "cem", "dee", "eve"] as const;
const arnOf = (name: string): string => `arn:aws:iam::111111111111:user/${name}`;
const open = { seen: shows("pendingAcceptance") };

const set = (settings: AskingSettings): Service => ({ ...inCare, asking: settings });
const answers = (name: string, choice: Choice = "approve", more: Partial<Extract<Signal, { kind: "answered" }>> = {}): Signal => ({
  kind: "answered",
  question: "question-1",
  choice,
  by: { kind: "approver", name, channel: "link", arn: arnOf(name) },
  ...more,
});
const byOperator = (arn: string, more: Partial<Extract<Signal, { kind: "answered" }>> = {}): Signal => ({
  kind: "answered",
  choice: "approve",
  by: { kind: "operator", arn },
  ...more,
});
/** The list asks, by an entry about the account that these wrote. */
const wrote = (...authors: readonly string[]): Judgement => {
  const entry = { service, principal: `account#${acme}`, version: 3 };
  const finding: Finding = { entry, verdict: "ask", checks: [], outcome: "applies", decides: true, authors };
  return says("ask", { entry, findings: [finding] });
};
/** The same of a unit's entry: it decides, or the account's own does, which nobody wrote who is asked. */
const byUnit = (author: string, decides: boolean): Judgement => {
  const finding: Finding = {
    entry: { service, principal: "ou#ou-ab12-11111111", version: 1 },
    verdict: "ask",
    checks: [],
    outcome: "applies",
    decides,
    authors: [author],
  };
  const { findings, ...account } = wrote();
  return decides ? says("ask", { entry: finding.entry, findings: [finding] }) : { ...account, findings: [...findings, finding] };
};
const status = (life: Life): Connection["status"] | undefined => life.connection?.status;

/** All ways to pick some of these, in every order. */
function* arrangements<T>(items: readonly T[], most: number): Generator<readonly T[]> {
  yield [];
  if (most === 0) return;
  for (const [index, first] of items.entries())
    for (const rest of arrangements(
      items.filter((_, at) => at !== index),
      most - 1,
    ))
      yield [first, ...rest];
}

/** Each of these for each of so many places. */
function* assignments<T>(items: readonly T[], places: number): Generator<readonly T[]> {
  if (places === 0) yield [];
  else for (const first of items) for (const rest of assignments(items, places - 1)) yield [first, ...rest];
}

describe("a quorum", () => {
  test("every sequence of answers by fewer than k who may, the author among them, never accepts; with k it does (exhaustive; n up to 5 in the long run)", () => {
    let sequences = 0;
    for (let n = 1; n <= volume(4, 5); n += 1) {
      const people = names.slice(0, n);
      for (let k = 1; k <= n; k += 1)
        for (const author of [undefined, ...people])
          for (const order of arrangements(people, n)) {
            sequences += 1;
            const facts = {
              ...open,
              service: set({ approvers: people, quorum: k }),
              judgement: author === undefined ? says("ask") : wrote(arnOf(author)),
            };
            let life = asking;
            for (const name of order) {
              life = life.when(answers(name), facts);
              // Who answers twice is one person all the same.
              if (status(life) === "asking") life = life.when(answers(name), facts);
            }
            const may = order.filter((name) => name !== author).length;
            expect(status(life), `n ${String(n)}, k ${String(k)}, author ${author ?? "nobody"}, ${order.join(" ")}`).toBe(
              may >= k ? "approved" : "asking",
            );
          }
    }
    expect(sequences).toBeGreaterThan(volume(1400, 9000));
  });

  test("the same however each answers and whatever entry bears on it: by an identity or without, by the command, by an account's or a unit's entry (exhaustive)", () => {
    const ways: Readonly<Record<string, (name: string) => Signal>> = {
      identity: (name) => answers(name),
      nameless: (name) => answers(name, "approve", { by: { kind: "approver", name, channel: "slack" } }),
      command: (name) => byOperator(arnOf(name), { as: name }),
    };
    const entries: Readonly<Record<string, (author: string) => Judgement>> = {
      "the account's": (author) => wrote(arnOf(author)),
      "a unit's, which decides": (author) => byUnit(arnOf(author), true),
      "a unit's, beside the account's": (author) => byUnit(arnOf(author), false),
    };
    let lives = 0;
    for (let n = 1; n <= volume(4, 5); n += 1)
      for (const chosen of assignments(Object.keys(ways), n))
        for (let k = 1; k <= n; k += 1)
          for (const author of [undefined, "zoe", ...names.slice(0, n)])
            for (const [entry, judged] of Object.entries(entries).slice(0, author === undefined ? 1 : 3)) {
              lives += 1;
              const bears = author !== undefined && entry !== "a unit's, beside the account's";
              const facts = {
                ...open,
                service: set({ approvers: names.slice(0, n), quorum: k }),
                judgement: author === undefined ? says("ask") : judged(author),
              };
              let [life, may] = [asking, 0];
              for (const [index, way] of chosen.entries()) {
                const name = names[index] ?? "";
                if (!bears || (name !== author && way !== "nameless")) may += 1;
                life = life.when(ways[way]?.(name) ?? look, facts);
                const told = `k ${String(k)}, ${chosen.join(" ")}, ${entry} by ${author ?? "nobody"}`;
                if (status(life) !== (may >= k ? "approved" : "asking")) expect.fail(`${told}: ${String(status(life))} after ${name}`);
                if (may >= k) break;
              }
            }
    expect(lives).toBeGreaterThan(volume(5000, 20_000));
  });

  test("two names of one IAM identity are one person; who has none counts only where nobody wrote an entry", () => {
    const facts = { ...open, service: set({ approvers: ["ann", "ann2", "cem"], quorum: 2 }), judgement: says("ask") };
    const twice = (name: string): Signal =>
      answers(name, "approve", { by: { kind: "approver", name, channel: "slack", arn: arnOf("ann") } });
    expect(status(asking.when(twice("ann"), facts).when(twice("ann2"), facts))).toBe("asking");
    const nameless: Actor = { kind: "approver", name: "cem", channel: "link" };
    expect(status(asking.when(twice("ann"), facts).when(answers("cem", "approve", { by: nameless }), facts))).toBe("approved");
    const life = asking.when(answers("cem", "approve", { by: nameless }), { ...facts, judgement: wrote(arnOf("zoe")) });
    expect(life.last).toEqual(["AnswerRefused"]);
  });

  test("an agreement that no longer counts when the last one comes is not counted", () => {
    const two = { ...open, judgement: says("ask"), service: set({ approvers: names.slice(0, 3), quorum: 2 }) };
    const one = asking.when(answers("ann"), two);
    expect(one.last).toEqual(["ApprovalGiven"]);
    expect(one.events.at(-1)).toMatchObject({ given: 1, quorum: 2 });
    expect(status(one.when(answers("bob"), { ...two, service: set({ approvers: ["bob", "cem"], quorum: 2 }) }))).toBe("asking");
    expect(status(one.when(answers("bob"), { ...two, judgement: wrote(arnOf("ann")) }))).toBe("asking");
    const done = one.when(answers("bob"), two);
    expect(done.events.at(-1)).toMatchObject({ type: "ConnectionApproved", approvers: ["ann", "bob"], by: { name: "bob" } });
    expect(done.events.at(-1)?.because.detail).toBe("ann and bob agreed, 2 of 2 needed");
  });

  test("agreements that are enough by now decide at the next look; those that do not count, or nobody is named for, never", () => {
    const of = (settings: AskingSettings, judgement = says("ask")) => ({ ...open, judgement, service: set(settings) });
    const two = of({ approvers: ["ann", "bob"], quorum: 2 });
    const one = asking.when(answers("ann", "approve", { scope: "account" }), {
      ...two,
      service: set({ ...two.service.asking, accountAnswers: true }),
    });
    expect(one.when(look, two).last).toEqual([]);
    const done = one.when(look, of({ approvers: ["ann", "bob"] }));
    expect(done.last).toEqual(["ConnectionApproved"]);
    expect(done.events.at(-1)).toMatchObject({
      question: "question-1",
      approvers: ["ann"],
      by: { kind: "drawbridge" },
      because: { rule: "approvers", detail: "ann agreed, 1 of 1 needed" },
    });
    // Nobody spoke of the account who could write its entry now.
    expect(done.events.at(-1)).not.toHaveProperty("standing");
    expect(status(one.when(look, of({ approvers: ["bob"] })))).toBe("asking");
    expect(status(one.when(look, of({})))).toBe("asking");
    expect(status(one.when(look, of({ approvers: ["ann", "bob"] }, wrote(arnOf("ann")))))).toBe("asking");
    expect(status(one.when(look, of({ approvers: ["ann", "bob"] }, says("reject"))))).toBe("denied");
    // Nor where AWS no longer waits.
    expect(status(one.when(look, { ...of({ approvers: ["ann", "bob"] }), seen: shows("deleted") }))).toBe("closed");
  });

  test("one rejection decides, and a stranger's answer nothing", () => {
    const facts = { ...open, judgement: says("ask"), service: set({ approvers: names.slice(0, 3), quorum: 3 }) };
    expect(asking.when(answers("ann"), facts).when(answers("bob", "reject"), facts).last).toEqual(["ConnectionDenied"]);
    expect(asking.when(answers("zoe"), facts).events.at(-1)).toMatchObject({
      type: "AnswerRefused",
      why: "zoe is not an approver of this question",
    });
    expect(asking.when(answers("zoe", "reject"), facts).last).toEqual(["AnswerRefused"]);
  });

  test("an operator agrees as the approver with their identity, and alone only where one is enough", () => {
    const facts = { ...open, judgement: says("ask"), service: set({ approvers: names.slice(0, 2), quorum: 2 }) };
    expect(asking.when(byOperator(arnOf("zoe")), facts).last).toEqual(["AnswerRefused"]);
    const one = asking.when(byOperator(arnOf("ann"), { as: "ann" }), facts);
    expect(one.last).toEqual(["ApprovalGiven"]);
    expect(status(one.when(answers("ann"), facts))).toBe("asking");
    expect(status(one.when(answers("bob"), facts))).toBe("approved");
    expect(status(asking.when(byOperator(arnOf("zoe")), { ...facts, service: set({ approvers: ["ann"] }) }))).toBe("approved");
    expect(
      status(asking.when(byOperator(arnOf("zoe")), { ...facts, service: set({ approvers: ["ann"] }), judgement: wrote(arnOf("zoe")) })),
    ).toBe("asking");
  });

  test("no answer is taken while it is not known who wrote the entry", () => {
    const entry = { service, principal: `account#${acme}`, version: 3 };
    const finding: Finding = { entry, verdict: "ask", checks: [], outcome: "applies", decides: true, author: arnOf("zoe") };
    const facts = { ...open, judgement: says("ask", { entry, findings: [finding] }), service: set({ approvers: ["ann"] }) };
    expect(asking.when(answers("ann"), facts).last).toEqual(["AnswerRefused"]);
    expect(asking.when(answers("ann", "reject"), facts).last).toEqual(["AnswerRefused"]);
    expect(status(asking.when(answers("ann"), { ...facts, service: set({}) }))).toBe("approved");
    const one = asking.when(answers("ann"), { ...facts, judgement: says("ask"), service: set({ approvers: ["ann", "bob"], quorum: 2 }) });
    expect(one.when(look, facts).last).toEqual([]);
  });

  test("no operator is quicker than the question", () => {
    const facts = { ...open, judgement: says("ask"), service: set({ approvers: names.slice(0, 2), quorum: 2 }) };
    expect(requested.when(byOperator(arnOf("zoe")), facts).last).toEqual(["AnswerRefused", "ApprovalRequested"]);
  });

  test("break-glass is one operator alone, with a reason, and stands out", () => {
    const facts = { ...open, judgement: wrote(arnOf("zoe")), service: set({ approvers: names.slice(0, 2), quorum: 2 }) };
    const life = asking.when(byOperator(arnOf("zoe"), { breakGlass: true, reason: "payments are down" }), facts);
    expect(life.events.at(-1)).toMatchObject({
      type: "ConnectionApproved",
      breakGlass: true,
      because: { rule: "break-glass", detail: "payments are down" },
    });
    // Before anybody was asked, too.
    const early = requested.when(byOperator(arnOf("zoe"), { breakGlass: true, reason: "payments are down" }), facts);
    expect(early.events.at(-1)).toMatchObject({ breakGlass: true, because: { rule: "break-glass", detail: "payments are down" } });
    expect(
      asking.when(byOperator(arnOf("zoe"), { breakGlass: true }), { ...facts, judgement: says("reject") }).events.map(({ type }) => type),
    ).toContain("AnswerRefused");
  });

  test("an entry for the account is written only when all who agreed spoke of it", () => {
    const facts = { ...open, judgement: says("ask"), service: set({ approvers: names.slice(0, 2), quorum: 2, accountAnswers: true }) };
    const standing = { service, principal: `account#${acme}`, version: 4 } as const;
    const account = (name: string): Signal => answers(name, "approve", { scope: "account", standing });
    expect(asking.when(account("ann"), facts).when(account("bob"), facts).events.at(-1)).toMatchObject({ standing });
    expect(
      asking
        .when(answers("ann", "approve", { scope: "once" }), facts)
        .when(account("bob"), facts)
        .events.at(-1),
    ).not.toHaveProperty("standing");
    expect(asking.when(account("ann"), { ...facts, service: set({ approvers: ["ann"] }) }).last).toEqual(["AnswerRefused"]);
  });
});

describe("who is the same person", () => {
  const role = "arn:aws:sts::111111111111:assumed-role/Admin/";
  test("a role is one for whoever assumes it, but for single sign-on's", () => {
    expect(mayBeSame(`${role}ann`, `${role}bob`)).toBe(true);
    expect(mayBeSame(`${role}ann`, "arn:aws:iam::111111111111:role/team/Admin")).toBe(true);
    expect(mayBeSame(`${role}ann`, "arn:aws:iam::222222222222:role/Admin")).toBe(false);
    const sso = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/";
    expect(mayBeSame(`${sso}ann@example.com`, `${sso}bob@example.com`)).toBe(false);
    expect(mayBeSame(`${sso}ann@example.com`, `${sso}ann@example.com`)).toBe(true);
    // Entered by its role alone, it may be any of them.
    const itself = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_0123456789abcdef";
    expect(mayBeSame(`${sso}ann@example.com`, itself)).toBe(true);
    expect(mayBeSame(itself, `${sso}bob@example.com`)).toBe(true);
    expect(mayBeSame(arnOf("ann"), arnOf("bob"))).toBe(false);
  });
});

describe("whose identity it is", () => {
  const role = "arn:aws:iam::111111111111:role/team/Admin";
  const session = (name: string, account = "111111111111") => `arn:aws:sts::${account}:assumed-role/Admin/${name}`;
  test.each([
    ["the one on record", arnOf("ann"), arnOf("ann"), true],
    ["another user", arnOf("ann"), arnOf("bob"), false],
    ["whoever assumed the role on record", role, session("zoe"), true],
    ["a role of that name in another account", role, session("zoe", "222222222222"), false],
    ["the session on record", session("ann"), session("ann"), true],
    ["another session of its role", session("ann"), session("mallory"), false],
    ["the role of a session on record", session("ann"), role, false],
    ["a user beside a user", arnOf("ann"), session("ann"), false],
  ])("%s", (_, onRecord, caller, is) => {
    expect(isIdentity(onRecord, caller)).toBe(is);
  });
});

describe("time", () => {
  const hours = (count: number) => minute(count * 60);
  const at = (count: number, settings: AskingSettings = {}, approvers: readonly Approver[] = []) => ({
    ...open,
    now: hours(count),
    judgement: says("ask"),
    service: set({ approvers: ["ann", "bob"], ...settings }),
    approvers,
  });
  const ann: Approver = { name: "ann", email: "ann@example.com", addedAt: minute(-60), version: 1 };

  test("reminds after 4 hours, 1 day and 3 days, and whenever the week is over again; once each", () => {
    let life = asking;
    const reminded: number[] = [];
    for (let hour = 1; hour <= 24 * 22; hour += 1) {
      life = life.when(look, at(hour));
      if (life.last.includes("ApprovalReminded")) reminded.push(hour);
      expect(life.last.filter((type) => type !== "ApprovalReminded")).toEqual([]);
    }
    expect(reminded).toEqual([4, 24, 72, 168, 336, 504]);
  });

  test("reminds once for several that were missed", () => {
    const life = asking.when(look, at(80));
    expect(life.events.at(-1)).toMatchObject({ type: "ApprovalReminded", reminder: 3 });
    expect(life.when(look, at(81)).last).toEqual([]);
  });

  test("asks the next ones, who may answer from then on", () => {
    const next = { escalateTo: ["eve"], escalateAfterHours: 6 };
    expect(asking.when(answers("eve"), at(5, next)).last).toContain("AnswerRefused");
    const life = asking.when(look, at(6, next));
    expect(life.last).toEqual(["ApprovalEscalated", "ApprovalReminded"]);
    expect(life.when(look, at(7, next)).last).toEqual([]);
    expect(status(life.when(answers("eve"), at(7, next)))).toBe("approved");
  });

  test("silence keeps asking, or rejects, but never when no message can have reached anybody", () => {
    const rejects = { silence: "reject", openDays: 2, remindHours: [] } as const;
    expect(status(asking.when(look, at(48)))).toBe("asking");
    expect(status(asking.when(look, at(47.9, rejects, [{ ...ann, reachableSince: minute(-30) }])))).toBe("asking");
    expect(asking.when(look, at(48, rejects, [{ ...ann, reachableSince: minute(-30) }])).events.at(-1)).toMatchObject({
      type: "ConnectionDenied",
      because: { rule: "silence", detail: expect.stringContaining("nobody answered within 2 days") as string },
    });
    for (const people of [[], [ann], [{ ...ann, reachableSince: minute(30) }], [{ ...ann, name: "zoe", reachableSince: minute(-30) }]]) {
      const life = asking.when(look, at(48, rejects, people));
      expect(life.last).toEqual(["ApprovalReminded"]);
      expect(life.events.at(-1)?.because.detail).toContain("no approver could be reached");
      // Whoever is reached by that reminder has the whole time again; then silence counts.
      expect(status(life.when(look, at(95.9, rejects, people)))).toBe("asking");
      const late = people[0]?.reachableSince !== undefined && people[0].name === "ann";
      expect(status(life.when(look, at(96, rejects, people)))).toBe(late ? "denied" : "asking");
    }
  });

  test("passes for one consumer as their entry says, and as the service says where the entry is silent", () => {
    const by = (count: number, said: AskingSettings) => ({
      ...at(count, { openDays: 9 }, [{ ...ann, reachableSince: minute(-30) }]),
      judgement: says("ask", { asking: said }),
    });
    expect(asking.when(look, by(2, { remindHours: [2] })).events.at(-1)).toMatchObject({ type: "ApprovalReminded", reminder: 1 });
    expect(asking.when(look, by(4, { remindHours: [] })).last).toEqual([]);
    expect(asking.when(look, by(1, { remindHours: [], escalateTo: ["eve"], escalateAfterHours: 1 })).events.at(-1)).toMatchObject({
      to: ["eve"],
    });
    expect(status(asking.when(look, by(48, { silence: "reject", openDays: 2 })))).toBe("denied");
    expect(status(asking.when(look, by(48, { silence: "reject" })))).toBe("asking");
    expect(asking.when(answers("ann", "approve", { scope: "account" }), by(1, { accountAnswers: true })).last).toEqual([
      "ConnectionApproved",
    ]);
  });

  test("does nothing where AWS no longer waits, or the list meanwhile answers", () => {
    expect(asking.when(look, { ...at(200), seen: { listed: false } }).last).toEqual(["ConnectionMissing"]);
    expect(asking.when(look, { ...at(200), seen: shows("deleted") }).last).toEqual(["ConnectionClosed"]);
    expect(asking.when(look, { ...at(200), judgement: says("accept") }).last).toEqual(["ConnectionApproved"]);
  });
});
