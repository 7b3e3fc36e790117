// A policy as a YAML file: read with every mistake named by line and column, and written so that it reads the same.

import * as v from "valibot";
import { isMap, LineCounter, parseDocument, stringify, type Document } from "yaml";
import { entryId, type Entry } from "../lib/allow-list.ts";
import type { Approver } from "../lib/approver.ts";
import { BadInput, Refused } from "../lib/faults.ts";
import { faultAmong, faultOf } from "../lib/operator/asking-together.ts";
import { disconnectText } from "../lib/operator/disconnect-given.ts";
import { checkSaid } from "../lib/operator/entries.ts";
import { policyFile } from "../lib/operator/inputs.ts";
import { approverSaid, byPlace, settingsOf, type Policy, type SaidService } from "../lib/operator/policy.ts";
import { principalWords } from "../lib/operator/principals.ts";
import type { Preview } from "../lib/operator/service-survey.ts";
import { saidOf, saysTheSame } from "../lib/said-entry.ts";
import type { Service } from "../lib/service.ts";
import { nearest } from "../lib/nearest.ts";
import { Mistakes } from "./failure.ts";
import { faultsOf, valueOf, type Wrong } from "./yaml-faults.ts";
import { offsetOf, type Path } from "./yaml-places.ts";

/** What there is, and when the file is read. */
export interface Known {
  readonly now: string;
  readonly organizations: boolean;
  readonly services: readonly Service[];
  /** Absent where the deployment knows of none. */
  readonly approvers?: readonly Approver[];
  readonly entries: readonly Entry[];
  /** Whether entries go that the file does not name. */
  readonly removing: boolean;
  /** Of services that the file takes into care, enforces, or whose zone it names anew. */
  readonly surveys: ReadonlyMap<string, Pick<Preview, "obstacles">>;
}

export interface PolicyRead {
  readonly policy: Policy;
  /** Throws what cannot be as things are. */
  check(known: Known): void;
}

const wrongMax = 20;

/** Every mistake is told at once; with one, nothing of the file counts. What the file says by itself is read without the network. */
export function readPolicy(text: string, file: string): PolicyRead {
  const lines = new LineCounter();
  // Every value is read as text, so that 012345678901 stays an account.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, schema: "failsafe", merge: true });
  const broken = faultsOf(document);
  if (broken.length > 0) throw told(broken, file, lines);
  const given = valueOf(document);
  if ("wrong" in given) throw told([given.wrong], file, lines);
  if (!isMap(document.contents)) throw told([{ offset: 0, message: "give services, approvers or entries" }], file, lines);
  const result = v.safeParse(policyFile, given.value);
  if (!result.success)
    throw told(
      result.issues.map((issue) => wrongOf(issue, document)),
      file,
      lines,
    );
  const policy = policyOf(result.output);
  return {
    policy,
    check(known) {
      const wrong = semantic(policy, known, document);
      if (wrong.length > 0) throw told(wrong, file, lines);
    },
  };
}

function told(wrong: readonly Wrong[], file: string, lines: LineCounter): Mistakes {
  const sorted = [...wrong].sort((a, b) => a.offset - b.offset);
  const shown = sorted.slice(0, wrongMax).map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${String(line)}:${String(col)}: ${message}`;
  });
  const more = sorted.length > wrongMax ? [`… and ${String(sorted.length - wrongMax)} more`] : [];
  return new Mistakes("BadPolicy", [...shown, ...more], "nothing was changed");
}

function wrongOf(issue: v.BaseIssue<unknown>, document: Document): Wrong {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const unknown = issue.type === "strict_object" && issue.expected === "never";
  const ofKey = unknown || issue.path?.at(-1)?.origin === "key";
  const name = path.join(".");
  const value = issue.input === undefined || typeof issue.input === "object" ? "" : ` ${JSON.stringify(issue.input)}`;
  return {
    offset: offsetOf(document, path, ofKey),
    message: unknown ? unknownField(path, issue.message) : `${name}:${value} ${issue.message}`,
  };
}

function unknownField(path: Path, message: string): string {
  const known = /there are (.+)$/.exec(message)?.[1]?.split(", ") ?? [];
  const near = nearest(String(path.at(-1)), known);
  return `there is no field ${path.join(".")}; ${near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`}`;
}

function policyOf({ services, released, approvers, entries }: v.InferOutput<typeof policyFile>): Policy {
  return {
    ...(services === undefined
      ? {}
      : { services: Object.entries(services).map(([service, said]) => withoutNull({ ...said, service }) as unknown as SaidService) }),
    ...(released === undefined ? {} : { released }),
    ...(approvers === undefined ? {} : { approvers: Object.entries(approvers).map(([name, said]) => ({ ...said, name })) }),
    ...(entries === undefined ? {} : { entries }),
  };
}

const withoutNull = (members: object): object => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));

/** What each part allows by itself, but not together with the rest, or not here. */
function semantic(policy: Policy, known: Known, document: Document): Wrong[] {
  const { services = [], approvers, entries = [], released = [] } = policy;
  const wrong: Wrong[] = [];
  const at = (path: Path, ofKey: boolean, message: string): void => void wrong.push({ offset: offsetOf(document, path, ofKey), message });
  const inCare = new Set<string>(["*", ...known.services.map(({ service }) => service), ...services.map(({ service }) => service)]);
  for (const service of released) inCare.delete(service);
  const outOfCare = (service: string): string =>
    released.some((one) => one === service)
      ? `${service} is to be released, and no entry can speak of it; its entries wait for the day it is taken up again`
      : `${service} is not in Drawbridge's care; name it under services to take it into care`;
  const people = approvers === undefined ? known.approvers?.map(({ name }) => name) : approvers.map(({ name }) => name);
  const unknownPeople = (path: Path, names: readonly string[] = []): void => {
    if (people === undefined) return;
    for (const [index, name] of names.entries())
      if (!people.includes(name))
        at([...path, index], false, `${name} is not an approver; there ${people.length === 0 ? "are none" : `are ${people.join(", ")}`}`);
  };
  for (const said of services) {
    const { service, asking } = said;
    if (released.includes(service)) at(["services", service], true, `${service} stands under released too: say one of them`);
    for (const [field, message] of careMistakes(said, known)) at(["services", service, ...field], field.length === 0, message);
    unknownPeople(["services", service, "asking", "approvers"], asking?.approvers);
    unknownPeople(["services", service, "asking", "escalateTo"], asking?.escalateTo);
  }
  const care = careAfter(policy, known);
  const named = new Set(entries.map(entryId));
  const staying = policy.entries === undefined || !known.removing ? known.entries.filter((entry) => !named.has(entryId(entry))) : [];
  for (const service of services) {
    const fault = faultOf(service, staying);
    if (fault !== undefined) at(["services", service.service, "asking"], false, `services.${service.service}.asking: ${fault.remedy}`);
  }
  const seen = new Map<string, number>();
  const there = new Map(known.entries.map((one) => [entryId(one), one]));
  for (const [index, entry] of entries.entries()) {
    const path = ["entries", index] as const;
    const first = seen.get(entryId(entry));
    if (first !== undefined)
      at(
        [...path, "principal"],
        false,
        `${principalWords(entry.principal)} at ${entry.service} stands above already, as entry ${String(first + 1)}`,
      );
    else seen.set(entryId(entry), index);
    if (!inCare.has(entry.service)) at([...path, "service"], false, outOfCare(entry.service));
    unknownPeople([...path, "asking", "approvers"], entry.asking?.approvers);
    unknownPeople([...path, "asking", "escalateTo"], entry.asking?.escalateTo);
    const fault = faultAmong(entry, care);
    if (fault !== undefined) at([...path, "asking", fault.field], false, `entries.${String(index)}.asking.${fault.field}: ${fault.remedy}`);
    // An entry that has expired meanwhile may go on standing in the file.
    const before = there.get(entryId(entry));
    if (before !== undefined && saysTheSame(before, entry)) continue;
    try {
      checkSaid(entry, known.now, known);
    } catch (error) {
      if (error instanceof BadInput) at([...path, ...error.field.split(".")], false, `entries.${String(index)}.${error.message}`);
      else if (error instanceof Refused) at([...path, "principal"], false, `${error.message}; ${error.remedy}`);
      else throw error;
    }
  }
  return wrong;
}

/** The services as they will be: what the file leaves out of one is as usual. */
function careAfter({ services = [], released = [] }: Policy, known: Known): Pick<Service, "service" | "asking">[] {
  const after = new Map<string, Pick<Service, "service" | "asking">>([...known.services, ...services].map((one) => [one.service, one]));
  for (const service of released) after.delete(service);
  return [...after.values()];
}

/** What keeps a service from being taken into care, or handled, as the file says; each with the field that is wrong. */
function careMistakes({ service, mode, zone }: SaidService, { services, surveys }: Known): [Path, string][] {
  const before = services.find((its) => its.service === service);
  const obstacles = surveys.get(service)?.obstacles ?? [];
  const told = obstacles
    .filter(({ code }) => before?.mode !== "enforce" || code === "ZoneNotAllowed")
    .map(({ code, message, remedy }): [Path, string] => [code === "ZoneNotAllowed" ? ["zone"] : [], `${message}; ${remedy}`]);
  return [
    ...told,
    ...(before === undefined && (zone === undefined || mode === undefined)
      ? [[[], `${service} is not in care yet: to take it in, say mode (enforce or observe) and zone (or none)`] as [Path, string]]
      : []),
    ...(before?.mode === "enforce" && mode === "observe"
      ? [[["mode"], `${service} is enforced already; to stop accepting, freeze it: drawbridge freeze ${service}`] as [Path, string]]
      : []),
  ];
}

// Written

/** The policy as a plain value: what the file holds, and what `--json` prints. */
export function policyDocument(present: {
  readonly services: readonly Service[];
  readonly approvers?: readonly Approver[];
  readonly entries: readonly Entry[];
  readonly zones: readonly { readonly name?: string }[];
}): Readonly<Record<string, unknown>> {
  const { services, approvers, entries, zones } = present;
  /** By its name, unless several are called so. */
  const zoneWord = (zone: Service["zone"]): string | undefined =>
    zone !== undefined && zones.filter(({ name }) => name === zone.name).length > 1 ? zone.id : zone?.name;
  return {
    services: Object.fromEntries(
      services.map((service) => [service.service, settingsDocument(settingsOf(service, zoneWord(service.zone)))]),
    ),
    ...(approvers === undefined
      ? {}
      : {
          approvers: Object.fromEntries(approvers.map(approverSaid).map(({ name, ...said }) => [name, said])),
        }),
    entries: entries.toSorted(byPlace).map(entryDocument),
  };
}

const ends = ["onRemoval", "onReject", "onExpiry", "disconnect"] as const;

const settingsDocument = ({ service: _service, ...said }: SaidService): object => withEnds(said);

function entryDocument(entry: Entry): object {
  const { service, principal, verdict, name, conditions, ...rest } = withEnds(saidOf(entry)) as ReturnType<typeof saidOf>;
  return {
    service,
    principal: principalWords(principal),
    verdict,
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions: withTimes(conditions) }),
    ...rest,
  };
}

/** As people write times: `2026-12-31`, `2026-12-31T18:00:00Z`. */
const withTimes = (conditions: object): object =>
  Object.fromEntries(
    Object.entries(conditions).map(([field, value]) => [
      field,
      typeof value === "string"
        ? value.replace(/(T00:00:00)?\.000Z$/, (_, midnight?: string) => (midnight === undefined ? "Z" : ""))
        : value,
    ]),
  );

const withEnds = (said: object): object =>
  Object.fromEntries(
    Object.entries(said).map(([field, value]) => [field, (ends as readonly string[]).includes(field) ? disconnectText(value) : value]),
  );

export function writtenPolicy(document: Readonly<Record<string, unknown>>): string {
  return `${head}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

const head = `# yaml-language-server: $schema=docs/policy.schema.json
# What Drawbridge lets in. Change it, look with \`drawbridge apply policy.yml --check\`, then apply it; see docs/policy.md.`;
