// Faults planted in what decides: from what is known to what became true, and from there to what is lacking.

import { one, type Mutant } from "./mutant.ts";

export const mutantsOfTheCore: readonly Mutant[] = [
  // decide: people
  one("decide.ts", "an answer to another question counts", "connection.question.id === question;", "question !== undefined;"),
  one(
    "decide.ts",
    "an approver need not name the question",
    "if (!named && !(operator && question === undefined))",
    "if (!named && question !== undefined)",
  ),
  one(
    "decide.ts",
    "an approval goes past a reject entry",
    'if (choice === "approve" && known.judgement?.verdict === "reject")',
    'if (choice === "approve" && known.judgement === undefined)',
  ),
  one(
    "decide.ts",
    "an operator may answer what is over",
    'if (!open && !(operator && choice === "reject" && live))',
    "if (!open && !operator)",
  ),
  one("decide-seen.ts", "an answer of AWS is as old as its commit", "milliseconds(askedAt ?? now)", "milliseconds(now ?? askedAt)"),
  one(
    "decide.ts",
    "an operator's cut is not marked as one",
    '{ type: "ConnectionDenied", revokes: live, ...said }',
    '{ type: "ConnectionDenied", revokes: false, ...said }',
  ),
  one(
    "decide.ts",
    "an operator's cut of what was accepted outside is not marked as one",
    '(connection.status === "requested" && connection.acceptedOutside === true);',
    "false;",
  ),
  one(
    "decide.ts",
    "an answer that comes too late is dropped silently",
    "[refusedAnswer(known, choice, by, { cause, why })];",
    "[refusedAnswer(known, choice, by, { cause, why })].slice(1);",
  ),
  one("decide.ts", "every question has the same id", "question: known.nextQuestion, ...optional", 'question: "the question", ...optional'),
  one(
    "decide-asking.ts",
    "the decision does not name its question",
    '{ question: question.id, ...optional("reason", reason), ...optional("standing", standing) }',
    '{ ...optional("reason", reason), ...optional("standing", standing) }',
  ),
  // decide: the list
  one(
    "decide-holding.ts",
    "a reject entry does not revoke",
    "if (cut !== undefined && cut.due <= ground.now) return [revoke(connection, cut, ground.judgement, known)];",
    "",
  ),
  one(
    "decide-holding.ts",
    "a doubt revokes",
    "const cut = cutOf(connection, ground);",
    `const { verdict, because } = ground.judgement;
  const cut = verdict === "ask" ? { due: known.now, entry: { service: "*" as const, principal: "any", version: 1 }, because } : cutOf(connection, ground);`,
  ),
  one("decide.ts", "what AWS does not show waiting is decided too", "if (!waits(seen.observed.state)) return [];", ""),
  one(
    "decide.ts",
    "an entry does not answer the open question",
    'if (verdict === "ask") return waitFor(connection, known);',
    'if (verdict !== "reject") return [];',
  ),
  one(
    "decide.ts",
    "a rule's answer leaves the question open",
    "deny(judgement, known, false, connection.question.id),",
    "deny(judgement, known, false),",
  ),
  one(
    "decide.ts",
    "an observed service is decided like any other",
    'if (service.mode === "observe") return note(connection, judgement, known);',
    "",
  ),
  one("decide.ts", "doubt accepts", 'if (verdict === "ask") return ask(judgement, known);', ""),
  one(
    "decide.ts",
    "an enforced service keeps what was accepted outside",
    'return verdict === "accept" ? [approve(judgement, known)] : [deny(judgement, known, true)];',
    "return [approve(judgement, known)];",
  ),
  // decide: what AWS shows
  one(
    "decide-seen.ts",
    "what AWS will call otherwise one day is taken for adopted",
    'before && !waits(observed.state) && observed.state !== "unknown"',
    "before && !waits(observed.state)",
  ),
  one(
    "decide-seen.ts",
    "what was there before is not adopted",
    "observed.createdAt < known.service.addedAt;",
    "observed.createdAt > known.now;",
  ),
  one("decide-seen.ts", "gone after one listing", "< missingMinutes * 60) return [];", "< 0) return [];"),
  one("decide-seen.ts", "what is missing never ends", "< missingMinutes * 60) return [];", "< 1e9) return [];"),
  one(
    "decide-seen.ts",
    "what was missing is never found",
    "if (connection.missingSince === undefined) return compare(connection, seen.observed, known);",
    "if (connection.missingSince !== undefined) return [];",
  ),
  one(
    "decide-seen.ts",
    "every end is a deletion",
    'reason: state === "failed" || state === "expired" ? state : "deleted"',
    'reason: "deleted"',
  ),
  one(
    "decide-seen.ts",
    "an old answer undoes our reject",
    "> settleSeconds ? acceptedOutside(state, known) : [];",
    "> -1e9 ? acceptedOutside(state, known) : [];",
  ),
  one("decide-seen.ts", "an accept outside is always kept", 'const kept = known.service.outsideAccept === "keep";', "const kept = true;"),
  one("decide-seen.ts", "an accept outside is never kept", 'const kept = known.service.outsideAccept === "keep";', "const kept = false;"),
  one(
    "decide-seen.ts",
    "our reject counts as somebody else's",
    'return state === "rejected" ? [saw(known, { type: "ConnectionRejected" })] : [];',
    "return refusedOutside(state, known);",
  ),
  one(
    "decide-seen.ts",
    "available is not waited for",
    'if (state === "available") return [saw(known, { type: "ConnectionAvailable" })];',
    'if (isAccepted(state)) return [saw(known, { type: "ConnectionAvailable" })];',
  ),
  one("decide.ts", "the same caller is named again and again", "if (connection.attributed.includes(signal.event)) return [];", ""),
  one("decide.ts", "refusals are not counted", "const count = (trouble?.count ?? 0) + 1;", "const count = 1;"),
  one("names.ts", "a second name beside the first", "wanted && isNew && fits ?", 'connection.status === "connected" && fits ?'),
  one(
    "names.ts",
    "a name for what is not connected",
    'connection.status === "connected" && fitting(connection, service) === undefined;',
    "fitting(connection, service) === undefined;",
  ),
  // the record
  one(
    "connection.ts",
    "who was rejected is found accepted",
    'return { status: decision.verdict === "accept" ? "approved" : "denied", decision };',
    'return { status: "approved", decision };',
  ),
  one(
    "connection.ts",
    "the adopted are found as strangers",
    'return { status: adopted === true ? "adopted" : "requested" };',
    'return { status: "requested" };',
  ),
  one("connection.ts", "a name from before is trusted", "names: next.names.map(unmade) };", "names: next.names };"),
  one(
    "connection.ts",
    "a refusal is forgotten",
    "return { ...next, trouble: { effect, code, message, first, last: event.at, count } };",
    "return next;",
  ),
  one("connection.ts", "what is found stays missing", 'return without(next, "missingSince");', "return next;"),
  // plan
  one(
    "plan.ts",
    "an accept outside is carried out by us",
    'return connection.decision.by.kind === "outside" ? [] : [{ kind: "accept" }];',
    'return [{ kind: "accept" }];',
  ),
  one(
    "plan.ts",
    "only the waiting are rejected",
    'waits(state) || isAccepted(state) ? [{ kind: "reject" }] : [];',
    'waits(state) ? [{ kind: "reject" }] : [];',
  ),
  one(
    "plan.ts",
    "only the accepted are rejected",
    'waits(state) || isAccepted(state) ? [{ kind: "reject" }] : [];',
    'isAccepted(state) ? [{ kind: "reject" }] : [];',
  ),
  one("plan.ts", "an observed service is acted on", 'service.mode === "observe"', 'service.mode === ("never" as string)'),
  one(
    "plan.ts",
    "refusals do not rest",
    "const minutes = Math.min(2 ** (count - 1), backOffMinutesMax);",
    "const minutes = 0 * Math.min(count, backOffMinutesMax);",
  ),
  one(
    "plan.ts",
    "refusals rest ever the same",
    "const minutes = Math.min(2 ** (count - 1), backOffMinutesMax);",
    "const minutes = Math.min(1, count, backOffMinutesMax);",
  ),
  one("plan.ts", "names are never removed", 'connection.names.map((name) => ({ kind: "remove-name", name }));', "[];"),
];
