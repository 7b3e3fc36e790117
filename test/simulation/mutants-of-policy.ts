// Faults planted in policy and approvals: ends, limits, freezes, quorums, reminders, and answers that last.

import { one, type Mutant } from "./mutant.ts";

/** Shown by entries that are edited without another meaning. */
const renamed = (...fault: readonly [name: string, find: string, replace: string]): Mutant => ({
  ...one("said-entry.ts", ...fault),
  lives: { besides: { renames: true } },
});

export const mutantsOfPolicy: readonly Mutant[] = [
  // what holds a connection
  one(
    "holding.ts",
    "a reject entry's grace lets in who waits",
    "liveSince(connection) <= since && isIn ?",
    "liveSince(connection) <= since ?",
  ),
  one(
    "holding.ts",
    "a removed entry cuts whom people let in",
    'if (connection.status === "adopted" || connection.decision.by.kind !== "entry") return [];\n  if (judgement',
    'if (connection.status === "adopted") return [];\n  if (judgement',
  ),
  one("holding.ts", "a freeze cuts", ' || judgement.because.rule === "frozen"', ""),
  renamed("an edit begins a grace anew", "runsOn ? (before.since ?? before.at) : undefined", "undefined"),
  renamed("a second edit begins a grace anew", "(before.since ?? before.at)", "before.at"),
  renamed("who is newly kept out is given no time", "canonical(grip(before)) === canonical(grip(said))", "before.verdict === said.verdict"),
  one("holding.ts", "an ask entry cuts who came after it", "if (liveSince(connection) > deciding.since) return [];", ""),
  one(
    "holding.ts",
    "an entry's end counts before it has come",
    "if (expires === undefined || now < expires) return undefined;",
    "if (expires === undefined) return undefined;",
  ),
  one("decide.ts", "what is lost is judged by another moment than the list", "now: known.judgedAt ?? known.now", "now: known.now"),
  one("holding.ts", "another's clock is waited for", 'return disconnect === "now" && since > now ? now : due;', "return due;"),
  one(
    "holding.ts",
    "an expiry is told of whoever an entry held once",
    'if (by.kind !== "entry" || entryId(by.entry) !== entryId(holder)) return undefined;',
    "",
  ),
  one("holding.ts", "an entry's word on its expiry is overlooked", "entry.onExpiry ?? service.onExpiry", "service.onExpiry"),
  one("decide-holding.ts", "an end is not foretold", "...foretell(connection, ground, cut, known),", ""),
  one(
    "decide-holding.ts",
    "an end that does not come is not taken back",
    "if (revocation === undefined || !isSafe(connection, ground)) return [];",
    "if (revocation === undefined || ground.now !== revocation.due) return [];",
  ),
  one(
    "decide-holding.ts",
    "a cut is told of as if it had not been ahead",
    'optional("announced", told ? revocation.due : undefined)',
    'optional("announced", undefined)',
  ),
  one(
    "allow-list.ts",
    "a verdict does not tell what it beat",
    "findings: findings.map(({ entry, verdict, outcome, decides, checks, author, at, name }) => ({",
    "findings: findings.filter(({ decides }) => decides).map(({ entry, verdict, outcome, decides, checks, author, at, name }) => ({",
  ),
  one(
    "holding.ts",
    "a cut does not say why its entry was removed",
    "endWords(holder, disconnect) }, reason);",
    "endWords(holder, disconnect) });",
  ),
  one("decide-holding.ts", "a cut does not say its entry's reason", '...optional("reason", reason),', ""),
  // limits and freezes
  one("decide.ts", "a place is not given back", "return ends ? { ...event, counter: connection.counter } : event;", "return event;"),
  one(
    "decide-holding.ts",
    "what a new limit finds is not counted",
    '...(counter === undefined ? [] : [did(known, { type: "ConnectionCounted", counter }, held)]),',
    "",
  ),
  one("ledger.ts", "a limit is only looked at", "add(event.counter, 1, event.atMost);", "add(event.counter, 1);"),
  one("allow-list.ts", "an accept takes no place", 'return { ...said, ...limit, verdict: "accept"', 'return { ...said, verdict: "accept"'),
  one("conditions/at-most.ts", "a limit lets one more in", "own || count < most", "own || count <= most"),
  one("allow-list.ts", "a freeze is overlooked", "if (circumstances.frozen !== undefined)", 'if (circumstances.frozen === "never")'),
  one(
    "allow-list.ts",
    "a reject entry in doubt is overlooked",
    'one.outcome === "condition-unknown" && (',
    'one.outcome === "condition-unknown" && one.decides && (',
  ),
  // approvals
  one("decide-asking.ts", "one agreement is enough", "if (names.length < asking.quorum) {", "if (names.length < 1) {"),
  one("asking-policy.ts", "who wrote the entry decides too", "authors: named ? [...new Set(", "authors: !named ? [...new Set("),
  one("asking-policy.ts", "whoever answers is an approver", "if (!askedNow(asking, question).includes(name))", 'if (name === "")'),
  one("asking-policy.ts", "who cannot be told from the author decides", "if (arn === undefined)", 'if (name === "")'),
  one(
    "decide-asking.ts",
    "an operator breaks the glass by approving",
    "if (answer.breakGlass === true) {",
    'if (by.kind === "operator") {',
  ),
  one(
    "decide.ts",
    "an operator goes before the approvers",
    'known.judgement?.verdict === "ask" &&',
    'known.judgement?.verdict === "accept" &&',
  ),
  one("decide-asking.ts", "a question is escalated again and again", "question.escalatedAt === undefined && ", ""),
  one("decide-asking.ts", "a question is never escalated", "asking.escalateTo.length > 0 && ", "asking.escalateTo.length > 9 && "),
  one(
    "decide-asking.ts",
    "people are reminded at every look",
    "const reminds = due > (question.reminded ?? 0);",
    "const reminds = due > 0;",
  ),
  one("decide-asking.ts", "nobody is reminded", "const reminds = due > (question.reminded ?? 0);", "const reminds = due > 1000;"),
  one("decide-asking.ts", "silence never rejects", "if (over && couldBeReached(", "if (over && now < question.at && couldBeReached("),
  one("decide-asking.ts", "silence rejects whom nobody was asked about", "if (over && couldBeReached(", "if (over || couldBeReached("),
  one(
    "asking/standing-entry.ts",
    "an answer writes its entry though it decides nothing",
    "one.standing !== undefined)",
    'one.standing !== undefined || one.type !== "ConnectionApproved")',
  ),
  one(
    "asking/standing-entry.ts",
    "an answer replaces an operator's entry",
    'entry === undefined || entry.verdict === "ask"',
    'entry === undefined || entry.verdict !== "ask"',
  ),
];
