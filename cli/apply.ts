// The commands apply and export: the policy as one file, with a plan before anything is done.

import type { Entry } from "../lib/allow-list.ts";
import type { Approver } from "../lib/approver.ts";
import type { Connection } from "../lib/connection.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import type { Outcome } from "../lib/operator/entry-batch.ts";
import type { Outlook } from "../lib/operator/outlook.ts";
import type { PolicyPlan, SaidEntry } from "../lib/operator/policy.ts";
import type { Service } from "../lib/service.ts";
import { pathOf } from "./client.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { confirm, confirmCuts } from "./confirm.ts";
import { endGiven } from "./entry-options.ts";
import { Failure, ToldFailure } from "./failure.ts";
import { disconnecting, followWords, showOutlook } from "./outlook.ts";
import { planText } from "./plan-text.ts";

const apply: Command = {
  name: "apply",
  operands: "<policy.yml>",
  summary: "make the policy what a file says, after showing what that changes",
  more: "A part that the file leaves out (services, approvers, entries) stays as it is; in a part that it has, what it does not name is removed. A file with a mistake changes nothing. If it stops half-way, it says where: repeat it, and it goes on.",
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
    const [{ readPolicy }, { planPolicy, isNothing }] = await Promise.all([
      import("./policy-file.ts"),
      import("../lib/operator/policy.ts"),
    ]);
    const read = readPolicy(text, file);
    const { policy } = read;
    const settings = await settingsThere(call);
    const entries = policy.entries === undefined ? [] : await everything<Entry>(call, "/entries");
    read.check({ ...settings, entries, now: new Date().toISOString() });
    const plan = planPolicy(policy, { ...settings, approvers: settings.approvers ?? [], entries }, !given.flag("keep-others"));
    const nothing = isNothing(plan);
    const outlook = nothing ? undefined : await foresee(call, plan, disconnect);
    if (given.flag("check")) return checked(call, plan, outlook, nothing);
    if (nothing) return call.result({ changed: false, plan }, () => "Nothing to do: the policy is as the file says.");
    terminal.err(planText(plan, terminal));
    const cut = showOutlook(outlook, terminal).cut.length;
    const question = `Do this?${cut === 0 ? "" : ` It cuts ${String(cut)} ${cut === 1 ? "connection" : "connections"}.`}`;
    await (cut === 0 ? confirm(call, question) : confirmCuts(call, cut, question));
    const done = await carryOut(call, plan, disconnect);
    call.result({ changed: true, plan, ...(outlook === undefined ? {} : { outlook }), done }, () => doneWords(done, outlook));
  },
};

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
}

async function settingsThere({ api }: Pick<Call, "api">): Promise<Settings> {
  const [deployment, approvers] = await Promise.all([api.get<DeploymentShown>("/deployment"), approversThere(api)]);
  return { services: deployment.services, organizations: deployment.organizations, ...(approvers === undefined ? {} : { approvers }) };
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

async function everything<T>({ api }: Pick<Call, "api">, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<{ items: T[]; cursor?: string }>(path, { limit: "1000", cursor });
    items.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined);
  return items;
}

// What would follow

/** Asked about in one go; of a longer plan, only what can concern a connection there is. */
const askedMax = 2000;

async function foresee(call: Call, plan: PolicyPlan, disconnect: string | undefined): Promise<Outlook> {
  const puts = [...plan.add, ...plan.change.map(({ said }) => said)];
  const all = puts.length + plan.remove.length;
  const matters = all <= askedMax ? (): boolean => true : await connected(call);
  const put = puts.filter(matters);
  const remove = plan.remove.filter(matters).map(({ service, principal }) => ({ service, principal, disconnect }));
  const services = plan.services.map(({ before: { service }, set }) => ({ service, ...set }));
  return call.api.post<Outlook>("/entries/preview", { put, remove, services });
}

async function connected(call: Call): Promise<(entry: Pick<SaidEntry, "principal">) => boolean> {
  const connections = await everything<Connection>(call, "/connections");
  const theirs = new Set<string>(connections.flatMap(({ endpoint, account }) => [`endpoint#${endpoint}`, `account#${account}`]));
  return ({ principal }) => theirs.has(principal) || !/^(endpoint|account)#/.test(principal);
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

// Carrying it out

interface Done {
  readonly approvers: number;
  readonly services: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

const batchSize = 200;
const batchesAtOnce = 4;

/** People first, since others name them; then settings, then who is kept out, who is let in, and at last what goes. */
async function carryOut(call: Call, plan: PolicyPlan, disconnect: string | undefined): Promise<Done> {
  const { api } = call;
  const reason = call.given.text("reason") ?? "drawbridge apply";
  const done = { approvers: 0, services: 0, added: 0, changed: 0, removed: 0 };
  const puts = [
    ...plan.add.map((said) => ({ ...said, version: 0 })),
    ...plan.change.map(({ before, said }) => ({ ...said, version: before.version })),
  ].toSorted((a, b) => rank[a.verdict] - rank[b.verdict]);
  const total = plan.approvers.put.length + plan.approvers.remove.length + plan.services.length + puts.length + plan.remove.length;
  const step = stepping(call, total, done);
  for (const { said } of plan.approvers.put)
    await step(`approver ${said.name}`, 1, async () => {
      const { name, ...rest } = said;
      await api.put(pathOf("approvers", name), { ...rest, reason });
      done.approvers += 1;
    });
  for (const { before, set } of plan.services)
    await step(before.service, 1, async () => {
      await api.patch(pathOf("services", before.service), { ...set, version: before.version, reason, confirm: true });
      done.services += 1;
    });
  const send = (what: string, bodies: readonly { readonly size: number; readonly body: object }[]): Promise<void> =>
    inParallel(bodies, ({ size, body }) =>
      step(what, size, async () => take(await api.post<{ items: Outcome[] }>("/entries/batch", { ...body, reason, confirm: true }), done)),
    );
  for (const verdict of ["reject", "ask", "accept"] as const)
    await send(
      "the entries",
      sliced(puts.filter((put) => put.verdict === verdict)).map((put) => ({ size: put.length, body: { put } })),
    );
  const drops = plan.remove.map(({ service, principal, version }) => ({ service, principal, version, disconnect }));
  await send(
    "the removals",
    sliced(drops).map((remove) => ({ size: remove.length, body: { remove } })),
  );
  for (const { name } of plan.approvers.remove)
    await step(`approver ${name}`, 1, async () => {
      await api.delete(pathOf("approvers", name), { reason });
      done.approvers += 1;
    });
  return done;
}
const rank = { reject: 0, ask: 1, accept: 2 } as const;

function take({ items }: { readonly items: readonly Outcome[] }, done: { added: number; changed: number; removed: number }): void {
  for (const { done: what } of items) if (what !== "nothing" && what !== "refused") done[what] += 1;
  const refused = items.find((item) => item.done === "refused");
  if (refused !== undefined) throw new Failure(1, refused.code ?? "Refused", refused.message ?? "an entry was refused");
}

/** Tells how far it is, and where it stopped. */
function stepping({ terminal }: Call, total: number, done: Done): (what: string, size: number, work: () => Promise<void>) => Promise<void> {
  let told = 0;
  let passed = 0;
  const began = Date.now();
  return async (what, size, work) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { approvers, services, added, changed, removed } = done;
      throw new Failure(
        1,
        error.code,
        `Stopped at ${what} after ${String(approvers + services + added + changed + removed)} of ${String(total)} changes: ${error.message}`,
        `${error.code === "VersionClash" ? "somebody else changed it meanwhile: look at the plan again" : (error.remedy ?? "mend that")}; repeat the command, and it goes on from there`,
      );
    }
    passed += size;
    if (total > batchSize && (passed === total || passed - told >= total / 20)) {
      told = passed;
      terminal.err(
        `${String(passed)} of ${String(total)}, ${String(Math.round((passed * 1000) / Math.max(1, Date.now() - began)))} a second`,
      );
    }
  };
}

const sliced = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / batchSize) }, (_, index) => items.slice(index * batchSize, (index + 1) * batchSize));

/** The first that fails ends it, when those under way are through. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  let failed = false;
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && !failed; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: batchesAtOnce }, lane));
  const lost = ended.find((one) => one.status === "rejected");
  if (lost !== undefined) throw lost.reason;
}

function doneWords({ approvers, services, added, changed, removed }: Done, outlook: Outlook | undefined): string {
  const parts = [
    [added, "added"],
    [changed, "changed"],
    [removed, "removed"],
  ] as const;
  const entries = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${String(count)} ${what}`])).join(", ");
  return [
    `Done: entries ${entries === "" ? "as they were" : entries}${services === 0 ? "" : `; ${String(services)} of the services set`}${approvers === 0 ? "" : `; ${String(approvers)} of the approvers changed`}.`,
    ...(outlook === undefined ? [] : [`What follows: ${followWords(outlook)}.`]),
  ].join("\n");
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
