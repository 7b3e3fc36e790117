// The faults we plant in our own code: each a text found exactly once in one file, and what stands there instead.

import { readFileSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import type { System } from "./world.ts";

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly edits: readonly (readonly [find: string, replace: string])[];
}

const root = new URL("../../", import.meta.url);
const one = (file: string, name: string, find: string, replace: string): Mutant => ({
  name,
  file: `lib/${file}`,
  edits: [[find, replace]],
});

export const mutants: readonly Mutant[] = [
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
    'if (known.judgement?.verdict === "reject")',
    "if (known.judgement === undefined)",
  ),
  one(
    "decide.ts",
    "an operator may answer what is over",
    'if (!open && !(operator && choice === "reject" && live))',
    "if (!open && !operator)",
  ),
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
    '[stamp(known, { type: "AnswerRefused", choice, why }, by, ruled(by, why))];',
    '[stamp(known, { type: "AnswerRefused", choice, why }, by, ruled(by, why))].slice(1);',
  ),
  one("decide.ts", "every question has the same id", "question: known.nextQuestion, ...optional", 'question: "the question", ...optional'),
  one("decide.ts", "the decision does not name its question", "{ question: connection.question.id } : {}),", "{} : {}),"),
  // decide: the list
  one("decide.ts", "a reject entry does not revoke", "if (cut !== undefined && cut.due <= known.now) return [revoke(cut, known)];", ""),
  one(
    "decide.ts",
    "a doubt revokes",
    "const cut = cutOf(connection, ground);",
    `const { verdict, because } = ground.judgement;
  const cut = verdict === "ask" ? { due: known.now, entry: { service: "*" as const, principal: "any", version: 1 }, because } : cutOf(connection, ground);`,
  ),
  one("decide.ts", "what AWS does not show waiting is decided too", "if (!waits(seen.observed.state)) return [];", ""),
  one(
    "decide.ts",
    "an entry does not answer the open question",
    'if (verdict === "ask") return [];',
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
    "decide.ts",
    "what AWS will call otherwise one day is taken for adopted",
    'before && !waits(observed.state) && observed.state !== "unknown"',
    "before && !waits(observed.state)",
  ),
  one(
    "decide.ts",
    "what was there before is not adopted",
    "observed.createdAt < known.service.addedAt;",
    "observed.createdAt > known.now;",
  ),
  one("decide.ts", "gone after one listing", "if (minutes < missingMinutes) return [];", "if (minutes < 0) return [];"),
  one("decide.ts", "what is missing never ends", "if (minutes < missingMinutes) return [];", "if (minutes < 1e9) return [];"),
  one(
    "decide.ts",
    "what was missing is never found",
    "if (connection.missingSince === undefined) return compare(connection, seen.observed, known);",
    "if (connection.missingSince !== undefined) return [];",
  ),
  one("decide.ts", "every end is a deletion", 'reason: state === "failed" || state === "expired" ? state : "deleted"', 'reason: "deleted"'),
  one(
    "decide.ts",
    "an old answer undoes our reject",
    "return settled ? acceptedOutside(state, known) : [];",
    "return acceptedOutside(state, known);",
  ),
  one("decide.ts", "an accept outside is always kept", 'const kept = known.service.outsideAccept === "keep";', "const kept = true;"),
  one("decide.ts", "an accept outside is never kept", 'const kept = known.service.outsideAccept === "keep";', "const kept = false;"),
  one(
    "decide.ts",
    "our reject counts as somebody else's",
    'return state === "rejected" ? [saw(known, { type: "ConnectionRejected" })] : [];',
    "return refusedOutside(state, known);",
  ),
  one(
    "decide.ts",
    "available is not waited for",
    'if (state === "available") return [saw(known, { type: "ConnectionAvailable" })];',
    'if (isAccepted(state)) return [saw(known, { type: "ConnectionAvailable" })];',
  ),
  one("decide.ts", "the same caller is named again and again", "if (connection.attributed.includes(signal.event)) return [];", ""),
  one("decide.ts", "refusals are not counted", "const count = (trouble?.count ?? 0) + 1;", "const count = 1;"),
  one(
    "names.ts",
    "a second name beside the first",
    'connection.status === "connected" && fitting(connection, service) === undefined;',
    'connection.status === "connected";',
  ),
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
  one(
    "connection.ts",
    "a name from before is trusted",
    "names: next.names.map(unmade) };",
    "names: next.names };",
  ),
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
  one("plan.ts", "an observed service is acted on", 'return service.mode === "observe" ? [] : [', "return ["),
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
  // the loop
  one(
    "loop/run.ts",
    "what is found again is not judged",
    '(record?.status === "closed" && (shown === undefined || isOver(shown.state)));',
    'record?.status === "closed";',
  ),
  one(
    "loop/run.ts",
    "who comes second gives up",
    'if (head === "conflict") return { endpoint, again: tasks.slice(index) };',
    'if (head === "conflict") return { endpoint, again: [] };',
  ),
  one(
    "loop/run.ts",
    "who comes second forgets its message",
    'if (head === "conflict") return { endpoint, again: tasks.slice(index) };',
    'if (head === "conflict") return { endpoint, again: tasks.slice(index + 1) };',
  ),
  one(
    "loop/run.ts",
    "the plan is of the record as it was",
    "plan(kept.connection, seen, service, ports.clock());",
    "plan((before ?? kept).connection, seen, service, ports.clock());",
  ),
  one(
    "loop/run.ts",
    "a message may name another service",
    "if (before !== undefined && before.connection.service !== service.service) return { endpoint, again: [] };",
    "",
  ),
  one("loop/run.ts", "only the first page is held", "cursor = page.cursor;", "cursor = undefined;"),
  one("loop/run.ts", "names of the closed are forgotten", 'status !== "closed" || names.length > 0', 'status !== "closed"'),
  one(
    "loop/run.ts",
    "what is done and gone is looked at again and again",
    "if (isFinal(kept, listing?.get(endpoint)) && late.delete(endpoint)) records.set(endpoint, kept);",
    "if (kept === undefined) late.delete(endpoint);",
  ),
  one("loop/run.ts", "what AWS lists and nobody asked about is passed over", "...held, ...(listing?.keys() ?? [])", "...held"),
  one(
    "loop/run.ts",
    "what we hold and AWS does not list is passed over",
    "[...held, ...(listing?.keys() ?? [])]",
    "[...(listing?.keys() ?? [])]",
  ),
  one("loop/batch.ts", "two messages about one connection are one", 'signal.kind !== "look" || (', "("),
  one(
    "loop/batch.ts",
    "what fails is taken for done",
    "for (const id of about.keys()) failures.set(id, { error });",
    "if (about.size > 1e9) throw error;",
  ),
  one(
    "loop/batch.ts",
    "a caller that comes too early is forgotten",
    "if (about.has(id) && isUntold(wanted, ran))",
    'if (id === "" && isUntold(wanted, ran))',
  ),
  one(
    "loop/observe.ts",
    "observe does not wake admit",
    "pieces(undecided, undecidedPerMessage)",
    "pieces(undecided.slice(undecided.length), undecidedPerMessage)",
  ),
  one(
    "loop/admit.ts",
    "200 is taken for success",
    "(reached(effect, now.get(outcome.endpoint)) ? { endpoint: outcome.endpoint } : outcome)",
    "(reached(effect, now.get(outcome.endpoint)) || now.size > 0 ? { endpoint: outcome.endpoint } : outcome)",
  ),
  one(
    "loop/admit.ts",
    "what AWS had no time for is taken for done",
    "const settled = answers.filter(({ later }) => later === undefined);",
    "const settled = answers;",
  ),
  one("loop/admit.ts", "refusals are not told", "failure !== undefined || troubled.has(endpoint)", "troubled.has(endpoint)"),
  one(
    "loop/admit.ts",
    "the planned are accepted and the rejected with them",
    "effects.some(({ kind }) => kind === effect)",
    "effects.length > 0",
  ),
  one("loop/look-again.ts", "looking never ends", "attempt: attempts + 1", "attempt: attempts"),
  one("loop/sweep.ts", "the sweep does not wake admit", "await hand((look) => wake.admit(look), onAws);", ""),
  one("loop/sweep.ts", "the sweep does not wake dns", "await hand((look) => wake.dns(look), onNames);", ""),
  one(
    "loop/sweep.ts",
    "acceptance switched on again is not noticed",
    "off === (service.acceptanceOffSince !== undefined)) return;",
    "!off || service.acceptanceOffSince !== undefined) return;",
  ),
  one(
    "loop/publish.ts",
    "what the bus refuses is dropped",
    "left = refused.flatMap(({ index }) => tried[index] ?? []);",
    "left = refused.flatMap(({ index }) => tried[index] ?? []).slice(1);",
  ),
  one(
    "loop/publish.ts",
    "what cannot be put is dropped",
    "for (const { subject, seq } of left) await undelivered.put({ subject, seq, reason });",
    'if (reason === "never") await undelivered.put({ subject: "", seq: 0, reason });',
  ),
  // names
  one(
    "loop/names.ts",
    "a zone is changed without its fence",
    "await zones.change(zone, [...remove, ...fence], [...create, next]);",
    'remove.length + create.length === 0 ? "done" : await zones.change(zone, remove, create);',
  ),
  {
    name: "the plan from before the lease is carried out",
    file: "lib/loop/names.ts",
    edits: [
      ["inZone(ports, ran, zone, await fence(ports, zone, its[0]?.name.fqdn), endpoints)", "inZone(ports, ran, zone, await fence(ports, zone, its[0]?.name.fqdn), its)"],
      ["  endpoints: readonly EndpointId[],\n  present?: Present,", "  planned: readonly Job[] | readonly EndpointId[],\n  present?: Present,"],
      [
        "const jobs = (await jobsNow(ports, ran, endpoints)).filter(({ name }) => name.zone === zone);",
        'const jobs = planned.flatMap((job) => (typeof job === "string" ? [] : [job]));',
      ],
    ],
  },
  one("loop/names.ts", "what stands in the way is removed", "ports.zones.change(zone, remove, create);", "ports.zones.change(zone, there, create);"),
  one(
    "loop/names.ts",
    "a stranger's record is taken over",
    "return { code: clash, message:",
    "if (name.was === undefined) await ports.zones.change(zone, there, create);\n  if (name.fqdn === zone) return { code: clash, message:",
  ),
  one("loop/names.ts", "a refused name is not told", "if (failure?.code === clash)", "if (failure !== undefined) return [];\n    if (failure?.code === clash)"),
  one("loop/names.ts", "only the plain label is tried", "choicesOf(standing)[choice]", "choicesOf(standing)[0]"),
  one("names.ts", "nobody gets the plain label", "return [label, ", "return ["),
  one(
    "names.ts",
    "the label of the entry is not used",
    "const wanted = connection.decision?.label ?? connection.account;",
    "const wanted = connection.account;",
  ),
  // the list
  one("allow-list.ts", "a reject entry waits its turn", "const deciding = rejecting ?? found[0];", "const deciding = found[0];"),
  one(
    "allow-list.ts",
    "a reject entry needs no condition to hold",
    'entry.verdict === "reject" && outcome === "applies"',
    'entry.verdict === "reject" && outcome !== undefined',
  ),
  one(
    "allow-list.ts",
    "doubt falls through to a wider entry",
    "const deciding = rejecting ?? found[0];",
    'const deciding = rejecting ?? found.find(({ outcome }) => outcome === "applies");',
  ),
  one("allow-list.ts", "what is not known holds", '"condition-unknown" : "applies"', '"applies" : "applies"'),
  one(
    "allow-list.ts",
    "a failing condition is overlooked",
    'if (checks.some(({ result }) => result === "fails"))',
    "if (checks.length > 9)",
  ),
  one("allow-list.ts", "entries for every service are not read", '([consumer.service, "*"] as const)', "([consumer.service] as const)"),
  one("allow-list.ts", "every service comes before this one", '([consumer.service, "*"] as const)', '(["*", consumer.service] as const)'),
  one("conditions/expires.ts", "entries never expire", 'now < until ? "holds" : "fails"', '"holds"'),
  one("conditions/not-before.ts", "entries speak before their time", 'now >= from ? "holds" : "fails"', '"holds"'),
  one("conditions/regions.ts", "a Region that is not known holds", 'result: "unknown"', 'result: "holds"'),
  // messages, the log
  one("messages.ts", "our own calls are somebody else's", "return ownRoles.some(", "return ownRoles.length > 99 && ownRoles.some("),
  one("messages.ts", "a call that failed is told as done", 'detail["errorCode"] === undefined &&', ""),
  one(
    "messages.ts",
    "a look that names nothing is dropped",
    "if (!readable) throw new Unreadable(",
    'if (typeof service !== "string") throw new Unreadable(',
  ),
  one("ledger.ts", "events are not chained", "previous = stored.hash;", "previous = head.hash;"),
  one(
    "ledger.ts",
    "a name is claimed for ever",
    'release: events.flatMap((event) => (event.type === "NameRemoved" ? [event.fqdn] : [])),',
    "release: [],",
  ),
  one(
    "ledger.ts",
    "a name is not claimed",
    'claim: events.flatMap((event) => (event.type === "NameAssigned" ? [event.name.fqdn] : [])),',
    "claim: [],",
  ),
];

/** The file with the fault in it. Throws when the text is not there exactly once: then the mutant must be written anew. */
export function changedText(mutant: Mutant): { readonly path: string; readonly text: string } {
  const path = new URL(mutant.file, root).pathname;
  let text = readFileSync(path, "utf8");
  for (const [find, replace] of mutant.edits) {
    const parts = text.split(find);
    if (parts.length !== 2)
      throw new Error(
        `${mutant.file} holds ${JSON.stringify(find)} ${String(parts.length - 1)} times, not once: the mutant "${mutant.name}" cannot be planted`,
      );
    text = parts.join(replace);
  }
  return { path, text };
}

/** The system with one fault planted. */
export async function planted(mutant: Mutant): Promise<System> {
  const { path, text } = changedText(mutant);
  const plant: Plugin = {
    name: "plant",
    setup: (builder) => builder.onLoad({ filter: /\.ts$/ }, (args) => (args.path === path ? { contents: text, loader: "ts" } : undefined)),
  };
  const built = await build({
    entryPoints: [new URL("system.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node24",
    plugins: [plant],
    logLevel: "silent",
  });
  const code = built.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as System;
}
