// Faults planted in what carries out: the loop, names, the allow-list, messages and the log.

import { one, type Mutant } from "./mutant.ts";

export const mutantsOfTheLoop: readonly Mutant[] = [
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
  one("loop/run.ts", "names of the closed are forgotten", "(connection) => !isDone(connection)", '({ status }) => status !== "closed"'),
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
    "off === (service.acceptanceOffSince !== undefined)) return",
    "!off || service.acceptanceOffSince !== undefined) return",
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
    "loop/zone-turn.ts",
    "a zone is changed without its fence",
    "await zones.change(zone, [...remove, ...fence], [...create, next]);",
    'remove.length + create.length === 0 ? "done" : await zones.change(zone, remove, create);',
  ),
  {
    name: "the plan from before the lease is carried out",
    file: "lib/loop/names.ts",
    edits: [
      [
        "inZone(ports, ran, zone, await fence(ports, zone, its[0]?.name.fqdn), endpoints)",
        "inZone(ports, ran, zone, await fence(ports, zone, its[0]?.name.fqdn), its)",
      ],
      [
        "  endpoints: readonly EndpointId[],\n  present?: Present,",
        "  planned: readonly Job[] | readonly EndpointId[],\n  present?: Present,",
      ],
      [
        "const jobs = (await jobsNow(ports, ran, endpoints)).filter(({ name }) => name.zone === zone);",
        'const jobs = planned.flatMap((job) => (typeof job === "string" ? [] : [job]));',
      ],
    ],
  },
  one(
    "loop/refused-name.ts",
    "what stands in the way is removed",
    "ports.zones.change(zone, remove, create);",
    "ports.zones.change(zone, there, create);",
  ),
  one(
    "loop/refused-name.ts",
    "a stranger's record is taken over",
    "return { code: clash, message:",
    "if (name.was === undefined) await ports.zones.change(zone, there, create);\n  if (name.fqdn === zone) return { code: clash, message:",
  ),
  one(
    "loop/names.ts",
    "a refused name is not told",
    "if (failure?.code === clash)",
    "if (failure !== undefined) return [];\n    if (failure?.code === clash)",
  ),
  one("loop/names.ts", "only the plain label is tried", "choicesOf(standing)[choice]", "choicesOf(standing)[0]"),
  one("names.ts", "a name by the label of before is given", "wanted && isNew && fits ?", "wanted && isNew ?"),
  one("names.ts", "nobody gets the plain label", "return [label, ", "return ["),
  one("names.ts", "the label of the entry is not used", "firstLabels(connection, connection.decision?.label)", "firstLabels(connection)"),
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
  one("ledger.ts", "a slow clock writes into the past", "at !== undefined && at > now ? at : now", "now"),
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
