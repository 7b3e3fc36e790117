// Faults planted in what only some lives have: strangers, permissions that follow the list, units and organizations, private zones.

import type { BesidesSetup } from "./besides.ts";
import { one, type Mutant } from "./mutant.ts";

/** Shown by people who are no approvers, and press. */
const ofStrangers: readonly Mutant[] = [
  one(
    "asking/take-answer.ts",
    "a stranger's press leaves no mark",
    "const isNoted = await noteRefused(ports, {",
    "const isNoted = ((_: unknown) => true)({",
  ),
  one(
    "loop/attribute-service.ts",
    "CloudTrail's word on a service is told as often as it comes",
    "told.event.event === event)) return;",
    'told.event.event === "")) return;',
  ),
  one("messages.ts", "our own roles' calls on a service are taken for people's", "&& !ours(who, arn, ownRoles) ? {", "? {"),
  one(
    "asking/note-refused.ts",
    "a press that does not count closes the connection",
    "after: evolve(kept.connection, event), events: [event]",
    'after: { ...evolve(kept.connection, event), status: "closed", reason: "deleted" } as never, events: [event]',
  ),
];

const ofPermissions: readonly Mutant[] = [
  one(
    "permissions.ts",
    "an account that is rejected may ask",
    ".filter((account) => !rejected.has(account)).sort();",
    '.filter((account) => rejected.has(account) || account !== "").sort();',
  ),
  one("permissions.ts", "an account that some Regions reject may not ask", " && !isOfSome(conditions));", ");"),
  one(
    "permissions.ts",
    "an entry that has ended lets ask",
    "(expires === undefined || now < expires);",
    "(expires === undefined || now !== expires);",
  ),
  one(
    "permissions.ts",
    "who else may ask is taken away",
    "const stale = ours.filter(",
    "const stale = [...ours, ...allowed.accounts.map((account): Permit => ({ account }))].filter(",
  ),
  one(
    "permissions.ts",
    "whom others let ask is taken for our own",
    "add: wanted.filter((account) => !there.has(account)),",
    "add: wanted,",
  ),
  one(
    "permissions.ts",
    "what is to be taken back stays",
    "remove: stale.filter(({ account }) => there.has(account)).map(({ account }) => account),",
    "remove: [],",
  ),
  one(
    "permissions.ts",
    "an entry for everybody is overlooked",
    'verdict !== "reject" && !/^(endpoint|account)#/.test(principal)',
    'verdict !== "reject" && principal === "never"',
  ),
  one(
    "permissions.ts",
    "whom we let ask is forgotten while the call may be on its way",
    "milliseconds(now) - milliseconds(at) > restsMs",
    "milliseconds(now) !== 0",
  ),
  one("permissions.ts", "whom we let ask is never forgotten", "milliseconds(now) - milliseconds(at) > restsMs", "milliseconds(now) === 0"),
  one(
    "loop/permissions.ts",
    "nobody writes down whom we let ask",
    "for (const account of call.added) await permits.keep(service, { account, at: clock() });",
    "",
  ),
  one(
    "loop/permissions.ts",
    "permissions change before the log says so",
    'if (!(await record(ports, service, { type: "PermissionsFollowed", service, ...call }, detail))) return "rests";',
    'if (detail === "") return "rests";',
  ),
  one(
    "loop/permissions.ts",
    "only the service's own entries let ask",
    'for (const at of [service, "*"] as const) {',
    "for (const at of [service] as const) {",
  ),
  one("loop/permissions.ts", "only the first page of the list lets ask", "cursor = page.cursor;", "cursor = undefined;"),
  one("loop/sweep.ts", "permissions follow where nobody asked for it", 'ran.service.permissions !== "follow" || ', ""),
  one(
    "loop/sweep.ts",
    "permissions of an observed service follow",
    'ran.service.mode !== "enforce" || ports.permissions',
    "ports.permissions",
  ),
];

const ofUnits: readonly Mutant[] = [
  one(
    "allow-list.ts",
    "what Organizations does not say is overlooked",
    'if (consumer.organization !== "unknown") return [];',
    'if (consumer.service !== "*") return [];',
  ),
  one(
    "allow-list.ts",
    "a unit's reject entry in doubt is overlooked",
    "doubted: { rejects: marks === undefined || marks.rejects > 0 }",
    "doubted: { rejects: marks === undefined }",
  ),
  one("allow-list.ts", "an organization's entries are not read", "...(member === undefined ? [] : [`org#${member.id}` as const]),", ""),
  one("allow-list.ts", "the farthest unit comes first", "...(member?.units ?? []).map(", "...(member?.units ?? []).toReversed().map("),
  one(
    "loop/verdicts.ts",
    "entries for units at every service are not asked about",
    "units.here.entries > 0 || units.everywhere.entries > 0",
    "units.here.entries > 0",
  ),
  one("ledger.ts", "a unit's entry that comes to reject is not marked", "rejects: rejects(after) - rejects(before) };", "rejects: 0 };"),
  one(
    "holding.ts",
    "somebody is cut because Organizations does not answer",
    'findings.some(({ entry }) => entry.principal === "ou#?");',
    'findings.some(({ entry }) => entry.principal === "any#?");',
  ),
];

const ofPrivateZones: readonly Mutant[] = [
  one(
    "vpcs.ts",
    "a VPC is not let in",
    'return there.made ? others : [...others, { kind: "authorize-vpc", grant: there }];',
    "return others;",
  ),
  one(
    "vpcs.ts",
    "a VPC is never put out",
    'grant === there ? [] : [{ kind: "withdraw-vpc", grant }]',
    'grant === there || grant.made ? [] : [{ kind: "withdraw-vpc", grant }]',
  ),
  one("vpcs.ts", "a VPC is let into a public zone", "zone?.isPrivate !== true || ", "zone === undefined || "),
  one(
    "vpcs.ts",
    "a VPC stays when its connection ends",
    'if (connection.status !== "connected" || zone?.',
    'if (!("decision" in connection) || zone?.',
  ),
  one(
    "decide.ts",
    "another VPC in the entry is not noticed",
    "(decision.vpc === undefined || !sameVpc(vpc, decision.vpc))",
    "decision.vpc === undefined",
  ),
  one(
    "decide.ts",
    "an entry that no longer names a VPC is not noticed",
    "vpc === undefined && decision.vpc !== undefined && judgement.entry !== undefined",
    "vpc === undefined && decision.vpc !== undefined && judgement.entry?.version === 0",
  ),
  one(
    "loop/vpcs.ts",
    "a VPC is put out with the first of its endpoints",
    "else if (!(await isShared(ports, endpoint, grant)))",
    'else if (!(await isShared(ports, endpoint, grant)) || kind === "withdraw-vpc")',
  ),
  one(
    "loop/vpcs.ts",
    "a VPC is let in before the log says so",
    "if (intents.length > 0) await run(",
    "if (intents.length > 99) await run(",
  ),
  one(
    "loop/put-off.ts",
    "each reason puts off a look of its own",
    "if (seconds === undefined) return wake.dns(look);",
    "if (seconds !== 0) return wake.dns(look, seconds);",
  ),
  one(
    "loop/vpcs.ts",
    "a VPC that another service needs is put out",
    "of await ports.services.all())",
    "of (await ports.services.all()).slice(0, 1))",
  ),
  one(
    "loop/vpcs.ts",
    "what the index shows closed needs no VPC",
    "(one.endpoint === endpoint ? [] : [one.endpoint])",
    '(one.endpoint === endpoint || one.status === "closed" ? [] : [one.endpoint])',
  ),
  one(
    "loop/vpcs.ts",
    "a VPC follows a plan from before",
    "one.grant.zone === zone && (await isStill(ports, ran, one))",
    "one.grant.zone === zone",
  ),
  one(
    "loop/vpcs.ts",
    "a VPC is believed to be let in for ever",
    "const lost = compare ? await unlisted(ports, ran) : [];",
    "const lost = compare && ran.standings.length === 0 ? await unlisted(ports, ran) : [];",
  ),
];

const inLives = (besides: BesidesSetup, those: readonly Mutant[]): Mutant[] => those.map((mutant) => ({ ...mutant, lives: { besides } }));

export const mutantsOfBesides: readonly Mutant[] = [
  ...inLives({ strangers: true }, ofStrangers),
  ...inLives({ permissions: true }, ofPermissions),
  ...inLives({ units: "asked" }, ofUnits),
  ...inLives({ vpcs: true }, ofPrivateZones),
  one(
    "connection.ts",
    "a name that is wanted again is trusted",
    "(firstLabels(next, event.label).includes(firstOf(name)) ? unmade(name) : name)",
    "name",
  ),
];
