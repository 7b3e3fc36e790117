// The commands apply and export: the policy as one file, with a plan before anything is done.

import type { Entry } from "../lib/allow-list.ts";
import type { Approver } from "../lib/approver.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import type { Outlook } from "../lib/operator/fates.ts";
import type { Problem } from "../lib/operator/permission-drift.ts";
import type { Policy, PolicyPlan } from "../lib/operator/policy.ts";
import type { Preview } from "../lib/operator/service-survey.ts";
import type { Shown } from "../lib/operator/services.ts";
import type { Service } from "../lib/service.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { confirm, confirmCuts } from "./confirm.ts";
import { carryOut, doneWords } from "./carry-out.ts";
import { endGiven } from "./entry-options.ts";
import { everything } from "./everything.ts";
import { Failure, ToldFailure } from "./failure.ts";
import { foresee } from "./foresee.ts";
import { disconnecting, followWords, showOutlook } from "./outlook.ts";
import { planText } from "./plan-text.ts";
import { problemLines } from "./problem-lines.ts";

const apply: Command = {
  name: "apply",
  operands: "<policy.yml>",
  summary: "make the policy what a file says, after showing what that changes",
  more: "A part that the file leaves out (services, approvers, entries) stays as it is. In entries and approvers, what the file does not name is removed; a service goes only when released names it. A file with a mistake changes nothing. If it stops half-way, it says where: repeat it, and it goes on.",
  options: {
    check: { help: "change nothing; exit code 1 when something would change, for pull requests" },
    "keep-others": { help: "remove nothing that the file does not name" },
    ...disconnecting("what becomes of connections whose entry is removed (keep unless told, or as the service says)"),
    reason: { value: "TEXT", help: "why, for the log" },
    ...yes,
  },
  examples: [
    "drawbridge apply policy.yml",
    "drawbridge apply policy.yml --check",
    'drawbridge apply policy.yml --reason "release 42" --yes',
  ],
  async run(call) {
    const [file = ""] = operandsOf(call, this, 1);
    const { given, terminal } = call;
    const disconnect = endGiven(given, "disconnect");
    const text = await textOf(file);
    const [{ readPolicy }, { planPolicy, sizeOf }] = await Promise.all([import("./policy-file.ts"), import("../lib/operator/policy.ts")]);
    const read = readPolicy(text, file);
    const { policy } = read;
    const settings = await settingsThere(call);
    const entries = policy.entries === undefined && policy.services === undefined ? [] : await everything<Entry>(call, "/entries");
    const surveys = await surveysOf(call, policy, settings.services);
    const removing = !given.flag("keep-others");
    read.check({ ...settings, entries, surveys, removing, now: new Date().toISOString() });
    const plan = planPolicy(policy, { ...settings, approvers: settings.approvers ?? [], entries }, removing);
    const nothing = sizeOf(plan) === 0;
    const outlook = nothing ? undefined : await foresee(call, plan, disconnect);
    if (given.flag("check")) return checked(call, plan, outlook, nothing);
    if (nothing) return call.result({ changed: false, plan }, () => "Nothing to do: the policy is as the file says.");
    terminal.err(planText(plan, terminal.aside));
    const cut = showOutlook(outlook, terminal).cut.length;
    const question = `Do this?${cut === 0 ? "" : ` It cuts ${String(cut)} ${cut === 1 ? "connection" : "connections"}.`}`;
    await (cut === 0 ? confirm(call, question) : confirmCuts(call, cut, question));
    const done = await carryOut(call, plan, disconnect);
    for (const line of problemLines(await lastingDrift(call, plan), terminal.aside)) terminal.err(line);
    call.result({ changed: true, plan, ...(outlook === undefined ? {} : { outlook }), done }, () =>
      [doneWords(done), ...(outlook === undefined ? [] : [`What follows: ${followWords(outlook)}.`])].join("\n"),
    );
  },
};

/** What the file leaves of endpoint services' permissions that no sweep puts right. */
async function lastingDrift({ api }: Pick<Call, "api">, { take, services, add, change, remove }: PolicyPlan): Promise<Problem[]> {
  const touched = new Set<string>([
    ...take.map(({ service }) => service),
    ...services.map(({ before }) => before.service),
    ...[...add, ...remove, ...change.map(({ said }) => said)].map(({ service }) => service),
  ]);
  const { items } = await api.get<{ items: Service[] }>("/services");
  const followers = items.filter(({ service, permissions }) => permissions === "follow" && (touched.has(service) || touched.has("*")));
  const shown = await Promise.all(followers.map(({ service }) => api.get<Shown>(pathOf("services", service))));
  return shown.flatMap(({ problems }) => problems.filter(({ heals }) => heals !== true));
}

async function textOf(file: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    throw new Failure(2, "NoFile", `${file} cannot be read (${typeof code === "string" ? code : String(error)})`, "give the policy's file");
  }
}

interface Settings {
  readonly services: readonly Service[];
  readonly approvers?: readonly Approver[];
  readonly organizations: boolean;
  readonly zones: DeploymentShown["zones"];
}

async function settingsThere({ api }: Pick<Call, "api">): Promise<Settings> {
  const [deployment, approvers] = await Promise.all([api.get<DeploymentShown>("/deployment"), approversThere(api)]);
  const { services, organizations, zones } = deployment;
  return { services, organizations, zones, ...(approvers === undefined ? {} : { approvers }) };
}

/** What AWS and the deployment say of services that the file takes into care, enforces, or whose zone it names anew. */
async function surveysOf({ api }: Pick<Call, "api">, { services = [] }: Policy, inCare: readonly Service[]): Promise<Map<string, Preview>> {
  const { isZone, none } = await import("../lib/operator/policy.ts");
  const there = new Map(inCare.map((service) => [service.service, service]));
  const asked = services.filter(({ service, zone, mode }) => {
    const before = there.get(service);
    return (
      before === undefined || before.mode !== (mode ?? before.mode) || (zone !== undefined && zone !== none && !isZone(before.zone, zone))
    );
  });
  const surveys = new Map<string, Preview>();
  for (const { service, zone } of asked)
    surveys.set(
      service,
      await api.get<Preview>(pathOf("services", service, "preview"), { zone: zone === undefined || zone === none ? undefined : zone }),
    );
  return surveys;
}

/** A deployment that is older than approvers has none to tell of. */
async function approversThere(api: Call["api"]): Promise<readonly Approver[] | undefined> {
  try {
    return (await api.get<{ items: Approver[] }>("/approvers")).items;
  } catch (error) {
    if (error instanceof Failure && error.code === "NotDrawbridge") return undefined;
    throw error;
  }
}

function checked(call: Call, plan: PolicyPlan, outlook: Outlook | undefined, nothing: boolean): void {
  call.result({ changed: !nothing, plan, ...(outlook === undefined ? {} : { outlook }) }, () =>
    nothing
      ? "Nothing would change."
      : `${planText(plan, call.terminal)}\nWhat would follow: ${outlook === undefined ? "-" : followWords(outlook)}.`,
  );
  if (nothing) return;
  showOutlook(outlook, call.terminal);
  throw new ToldFailure(1, "WouldChange", "The policy is not as the file says", "apply the file without --check");
}

const exported: Command = {
  name: "export",
  operands: "",
  summary: "print the policy as the file that apply takes",
  more: "Applying what it prints changes nothing.",
  options: {},
  examples: ["drawbridge export > policy.yml", "drawbridge export --json | jq '.entries | length'"],
  async run(call) {
    operandsOf(call, this, 0);
    const [{ policyDocument, writtenPolicy }, settings, entries] = await Promise.all([
      import("./policy-file.ts"),
      settingsThere(call),
      everything<Entry>(call, "/entries"),
    ]);
    const inCare = new Set<string>(["*", ...settings.services.map(({ service }) => service)]);
    const document = policyDocument({ ...settings, entries: entries.filter(({ service }) => inCare.has(service)) });
    call.result(document, () => writtenPolicy(document).trimEnd());
  },
};

export const policyCommands: readonly Command[] = [apply, exported];
