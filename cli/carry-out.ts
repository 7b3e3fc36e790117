// Carrying a policy's plan out: in an order that lets nobody in too early, in batches, telling how far it is and where it stopped.

import { unsaid } from "../lib/grounds.ts";
import type { Outcome } from "../lib/operator/entry-batch.ts";
import { bodyBytesMax } from "../lib/operator/request-limits.ts";
import { settingsToSet, sizeOf, type PolicyPlan, type SaidService, type Settings } from "../lib/operator/policy.ts";
import type { Set } from "../lib/operator/service-settings.ts";
import type { Added } from "../lib/operator/services.ts";
import type { Service } from "../lib/service.ts";
import { pathOf } from "./client.ts";
import type { Call } from "./command.ts";
import { Failure } from "./failure.ts";
import { problemLines } from "./problem-lines.ts";
import type { Terminal } from "./terminal.ts";
import { packed, weighed } from "./weights.ts";

/** How many of each have been done. */
export interface Done {
  approvers: number;
  taken: number;
  released: number;
  services: number;
  enforced: number;
  added: number;
  changed: number;
  removed: number;
}

const batchSize = 200;
const batchesAtOnce = 4;

/**
 * People first, since others name them. A service that goes is let alone before entries change; one that comes is only observed until
 * its settings and entries are there. Then who is kept out, who is let in, what goes, and at last what is enforced.
 */
export async function carryOut(call: Call, plan: PolicyPlan, disconnect: string | undefined): Promise<Done> {
  const reason = call.given.text("reason") ?? unsaid.apply;
  const done: Done = { approvers: 0, taken: 0, released: 0, services: 0, enforced: 0, added: 0, changed: 0, removed: 0 };
  const steps = stepping(call.terminal, sizeOf(plan), done);
  try {
    await allSteps(call, plan, { disconnect, reason, step: steps.step, done });
  } catch (error) {
    throw steps.stopped(error);
  } finally {
    steps.end();
  }
  return done;
}

async function allSteps(call: Call, plan: PolicyPlan, writing: Writing): Promise<void> {
  const { api } = call;
  const { reason, step, done } = writing;
  const set = async ({ service, version }: Service, settings: Settings): Promise<void> => {
    const { problems } = await api.patch<Set>(pathOf("services", service), {
      ...settings,
      version,
      reason,
      confirm: true,
      checked: true,
    });
    // What a service that follows lacks is told at the end, when its entries are there.
    if (settings["permissions"] === "off") for (const line of problemLines(problems, call.terminal.aside)) call.terminal.err(line);
  };
  for (const { said } of plan.approvers.put)
    await step(`approver ${said.name}`, 1, async () => {
      const { name, ...rest } = said;
      await api.put(pathOf("approvers", name), { ...rest, reason, confirm: true });
      done.approvers += 1;
    });
  for (const { service, version } of plan.release)
    await step(service, 1, async () => {
      await api.delete(pathOf("services", service), { version: String(version), reason });
      done.released += 1;
    });
  for (const said of plan.take)
    await step(said.service, 1, async () => {
      const { service } = await api.post<Added>("/services", { ...taken(said), mode: "observe", reason });
      const settings = settingsToSet(said, service);
      if (Object.keys(settings).length > 0) await set(service, settings);
      done.taken += 1;
    });
  for (const { before, set: settings } of plan.services)
    await step(before.service, 1, async () => {
      await set(before, settings);
      done.services += 1;
    });
  await writeEntries(call, plan, writing);
  const enforce = (service: string): Promise<unknown> => api.post(pathOf("services", service, "enforce"), { reason });
  // Those were counted when they were taken.
  for (const { service } of plan.take.filter(({ mode }) => mode === "enforce"))
    await step(service, 0, async () => void (await enforce(service)));
  for (const { service } of plan.enforce)
    await step(service, 1, async () => {
      await enforce(service);
      done.enforced += 1;
    });
  for (const { name } of plan.approvers.remove)
    await step(`approver ${name}`, 1, async () => {
      await api.delete(pathOf("approvers", name), { reason });
      done.approvers += 1;
    });
}

/** What POST /services takes; the rest of what is said is set when it is there. */
const taken = ({ service, zone, outsideAccept }: SaidService): object => ({
  service,
  ...(zone === undefined || zone === "none" ? {} : { zone }),
  ...(outsideAccept === undefined ? {} : { outsideAccept }),
});

interface Writing {
  readonly disconnect: string | undefined;
  readonly reason: string;
  readonly step: Step;
  readonly done: Done;
}

async function writeEntries({ api }: Call, plan: PolicyPlan, { disconnect, reason, step, done }: Writing): Promise<void> {
  const puts = [
    ...plan.add.map((said) => ({ ...said, version: 0 })),
    ...plan.change.map(({ before, said }) => ({ ...said, version: before.version })),
  ];
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
}

function take({ items }: { readonly items: readonly Outcome[] }, done: Done): void {
  for (const { done: what } of items) if (what !== "nothing" && what !== "refused") done[what] += 1;
  const refused = items.find((item) => item.done === "refused");
  if (refused !== undefined) throw new Failure(1, refused.code ?? "Refused", refused.message ?? "an entry was refused");
}

type Step = (what: string, size: number, work: () => Promise<void>) => Promise<void>;

interface Steps {
  readonly step: Step;
  /** The failure that ended them, with where that was: to be asked when nothing is under way any more. */
  stopped(error: unknown): unknown;
  end(): void;
}

/** Tells how far it is, and where it stopped. The first Ctrl-C lets what is under way be done, and begins nothing more. */
function stepping(terminal: Terminal, total: number, done: Done): Steps {
  let told = 0;
  let passed = 0;
  let interrupted = false;
  let failedAt: string | undefined;
  const began = Date.now();
  const end = terminal.onInterrupt(() => {
    interrupted = true;
    terminal.err("Stopping as soon as what is under way is done. Interrupted again, it ends at once and cannot say where.");
  });
  const step: Step = async (what, size, work) => {
    try {
      if (interrupted) throw new Failure(1, "Interrupted", "it was interrupted");
      await work();
    } catch (error) {
      failedAt ??= what;
      throw error;
    }
    passed += size;
    if (total > batchSize && (passed === total || passed - told >= total / 20)) {
      told = passed;
      terminal.err(
        `${String(passed)} of ${String(total)}, ${String(Math.round((passed * 1000) / Math.max(1, Date.now() - began)))} a second`,
      );
    }
  };
  const stopped = (error: unknown): unknown => {
    if (!(error instanceof Failure) || failedAt === undefined) return error;
    const made = Object.values(done).reduce((sum: number, one: number) => sum + one, 0);
    return new Failure(
      1,
      error.code,
      `Stopped at ${failedAt} after ${String(made)} of ${String(total)} changes: ${error.message}`,
      remedyOf(error),
    );
  };
  return { step, stopped, end };
}

const goesOn = "repeat the command, and it goes on from there";

function remedyOf({ code, remedy = "mend that" }: Failure): string {
  if (code === "Interrupted") return goesOn;
  return `${code === "VersionClash" ? "somebody else changed it meanwhile: look at the plan again" : remedy}; ${goesOn}`;
}

const besidesBytes = 4096;
const sliced = <T>(items: readonly T[]): T[][] =>
  packed(
    items.map((item) => weighed(item, [item])),
    { items: batchSize, bytes: bodyBytesMax - besidesBytes },
  );

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

export function doneWords({ approvers, taken: come, released, services, enforced, added, changed, removed }: Done): string {
  const told = (parts: readonly (readonly [number, string])[]): string =>
    parts.flatMap(([count, what]) => (count === 0 ? [] : [`${String(count)} ${what}`])).join(", ");
  const entries = told([
    [added, "added"],
    [changed, "changed"],
    [removed, "removed"],
  ]);
  const care = told([
    [come, "taken into care"],
    [services, "set"],
    [enforced, "enforced"],
    [released, "released"],
  ]);
  return `Done: entries ${entries === "" ? "as they were" : entries}${care === "" ? "" : `; services ${care}`}${approvers === 0 ? "" : `; ${String(approvers)} of the approvers changed`}.`;
}
