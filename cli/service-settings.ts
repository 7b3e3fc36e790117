// The command services set: what an end means for connections, whom to ask, whether permissions follow the list.

import type { AskingSettings } from "../lib/asking-policy.ts";
import type { Set } from "../lib/operator/service-settings.ts";
import type { Shown } from "../lib/operator/services.ts";
import { askingGiven, askingOptions, type AskingGiven } from "./asking-options.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { endGiven } from "./entry-options.ts";
import { wrongUsage } from "./failure.ts";
import { followWords, foreseen, noneTouched } from "./outlook.ts";
import { problemLines } from "./problem-lines.ts";
import { prose } from "./render.ts";
import { settingsLines } from "./settings-words.ts";

const example = "vpce-svc-0123456789abcdef0";

const usual = {
  approvers: "--approver none: whoever has the link",
  quorum: "1",
  openDays: "7",
  remindHours: "4, 24 and 72",
  escalateTo: "nobody",
  escalateAfterHours: "24",
  silence: "keep",
  emailProof: "code",
  accountAnswers: "no",
};

const set: Command = {
  name: "services set",
  operands: "<service-id>",
  summary: "change a service's settings; what is not given stays",
  more: "With the word usual an option takes its setting back to what is usual.",
  options: {
    "on-removal": { value: "WHEN", help: "now, 24h, 7d or keep: what becomes of connections when their entry is removed (keep)" },
    "on-reject": { value: "WHEN", help: "the same, of connections that stand when a reject entry comes (now)" },
    "on-expiry": { value: "WHEN", help: "the same, of connections when their entry expires (keep)" },
    "expiry-notice": { value: "HOURS", help: "how long before an expiry approvers are told (168)" },
    outside: { value: "keep|enforce", help: "what an accept outside Drawbridge means: keep it, or decide anew" },
    permissions: { value: "off|follow", help: "whether the endpoint service's own permissions follow the allow-list" },
    zone: { value: "ZONE", help: "the hosted zone of consumers' names, by id or name" },
    "no-names": { help: "give consumers no names from now on" },
    ...askingOptions(usual),
    reason: { value: "TEXT", help: "why, for the log" },
    ...yes,
  },
  examples: [
    `drawbridge services set ${example} --on-removal 24h --on-expiry 7d`,
    `drawbridge services set ${example} --approver ann --approver ben --quorum 2`,
    `drawbridge services set ${example} --permissions follow`,
    `drawbridge services set ${example} --on-removal usual`,
  ],
  async run(call) {
    const [service = ""] = operandsOf(call, this, 1);
    const given = settingsGiven(call);
    const people = askingGiven(call);
    if (Object.keys(given).length === 0 && people === undefined)
      throw wrongUsage("there is nothing to set", `see drawbridge ${this.name} --help`);
    const before = people === undefined ? undefined : (await call.api.get<Shown>(pathOf("services", service))).service;
    const body = {
      ...given,
      ...(before === undefined ? {} : { version: before.version, asking: askingOver(before.asking, people ?? {}) }),
      reason: call.given.text("reason"),
    };
    const done = await foreseen(call, (how) => call.api.patch<Set>(pathOf("services", service), { ...body, ...how }));
    call.result(done, () => setWords(done, call.terminal));
  },
};

/** `usual` takes a setting back. */
function settingsGiven({ given }: Call): Record<string, unknown> {
  const text = (name: string): string | null | undefined => (given.text(name) === "usual" ? null : given.text(name));
  const end = (name: string): string | null | undefined => (given.text(name) === "usual" ? null : endGiven(given, name));
  if (given.text("zone") !== undefined && given.flag("no-names")) throw wrongUsage("give --zone or --no-names, not both");
  const body = {
    onRemoval: end("on-removal"),
    onReject: end("on-reject"),
    onExpiry: end("on-expiry"),
    expiryNoticeHours: text("expiry-notice"),
    outsideAccept: given.text("outside") === "usual" ? "keep" : given.text("outside"),
    permissions: given.text("permissions") === "usual" ? "off" : given.text("permissions"),
    zone: given.flag("no-names") ? null : given.text("zone"),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function askingOver(before: AskingSettings | undefined, given: AskingGiven): AskingGiven | null {
  const merged = Object.entries({ ...before, ...given }).filter(([, value]) => value !== null);
  return merged.length === 0 ? null : Object.fromEntries(merged);
}

function setWords({ service, changed, outlook, problems }: Set, terminal: Call["terminal"]): string {
  if (!changed) return [`Nothing changed, ${service.service} is set so already.`, ...problemLines(problems, terminal)].join("\n");
  const follows = outlook === undefined ? noneTouched : followWords(outlook);
  return [
    `${service.service} is set:`,
    ...[zoneWords(service), ...settingsLines(service)].map((line) => prose(`- ${line}`, terminal, 2)),
    `What follows: ${follows}.`,
    ...problemLines(problems, terminal),
  ].join("\n");
}

const zoneWords = ({ zone }: Set["service"]): string =>
  zone === undefined ? "consumers get no names" : `names are made in ${zone.name} (${zone.id})`;

export const settingsCommands: readonly Command[] = [set];
