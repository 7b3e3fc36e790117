// The command redrive: what was set aside in the deployment's queues, why, and back to work with it.

import type { Taken } from "../lib/aws/set-aside-queue.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { isEvent, type StoredEvent } from "../lib/ledger.ts";
import type { Told } from "../lib/operator/history.ts";
import { explain, isSetAsideQueue, waysBack, type Explained, type SetAsideQueue } from "../lib/operator/set-aside.ts";
import { nearest } from "../lib/nearest.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { stored } from "./audit-stream.ts";
import { Failure, ToldFailure, wrongUsage } from "./failure.ts";
import { harmless, moment } from "./render.ts";
import { table } from "./table.ts";
import { openSender, type Sender } from "./sender.ts";

/** Taken up in one run; repeat the command for more. */
const takenMax = 1000;

const redrive: Command = {
  name: "redrive",
  operands: "[<queue>]",
  summary: "show what was set aside after it failed, and send it back to work",
  more: "Without a queue: how many messages each holds. With one: each message and why it is there; with --yes they go back, and each is removed only when it is under way. Safe to repeat: whatever is done twice changes nothing. Your AWS credentials need the rights of the stack's OperatorPolicy.",
  options: yes,
  examples: ["drawbridge redrive", "drawbridge redrive AdmitDeadLetters", "drawbridge redrive PublishFailures --yes"],
  async run(call) {
    const [given] = operandsOf(call, this, 0, 1);
    const queue = given === undefined ? undefined : queueNamed(given);
    const deployment = await call.api.get<DeploymentShown>("/deployment");
    const sender = await openSender(deployment);
    if (queue === undefined) return overview(call, deployment, sender);
    await oneQueue(call, queue, deployment, sender);
  },
};

function queueNamed(given: string): SetAsideQueue {
  const names = Object.keys(waysBack);
  const name = names.find((known) => known.toLowerCase() === given.toLowerCase());
  if (name !== undefined && isSetAsideQueue(name)) return name;
  const near = nearest(given, names);
  throw wrongUsage(
    `${given} is not a queue of last resort`,
    near === undefined ? `give one of ${names.join(", ")}` : `did you mean ${near}?`,
  );
}

async function overview(call: Call, deployment: DeploymentShown, sender: Sender): Promise<void> {
  const names = Object.keys(waysBack).filter(isSetAsideQueue);
  const items = await Promise.all(names.map(async (queue) => ({ queue, messages: await sender.messages.count(urlOf(deployment, queue)) })));
  const held = items.filter(({ messages }) => messages > 0);
  call.result({ items }, () =>
    held.length === 0
      ? "Nothing was set aside."
      : table(
          [{ head: "QUEUE" }, { head: "MESSAGES", right: true }],
          held.map(({ queue, messages }) => [queue, String(messages)]),
          call.terminal,
        ),
  );
}

interface Looked extends Explained {
  readonly id: string;
  readonly sent?: string;
  /** What kept it from going back. */
  readonly failure?: string;
}

async function oneQueue(call: Call, queue: SetAsideQueue, deployment: DeploymentShown, sender: Sender): Promise<void> {
  const url = urlOf(deployment, queue);
  const taken = await sender.messages.take(url, takenMax);
  const looked = await lookInto(queue, deployment, taken);
  const left = new Set(taken);
  try {
    if (call.given.flag("yes"))
      for (const [message, its] of looked) {
        const failure = await back(call, deployment, sender, message, its);
        if (failure !== undefined) looked.set(message, { ...its, failure });
        else {
          await sender.messages.remove(url, message);
          left.delete(message);
        }
      }
  } finally {
    await sender.messages.giveBack(url, [...left]);
  }
  report(call, queue, [...looked.values()], taken.length - left.size);
}

/** Each with why it is there: as it says itself, or as the log of the function says that failed on it. */
async function lookInto(queue: SetAsideQueue, deployment: DeploymentShown, taken: readonly Taken[]): Promise<Map<Taken, Looked>> {
  const { to, by } = waysBack[queue];
  const isFunctions = by === "observe" || by === "admit" || by === "dns" || by === "answer";
  const { reasonsOf } = await import("./redrive-reasons.ts");
  const reasons = isFunctions && to.endsWith("Queue") ? await reasonsOf(deployment, by, taken) : new Map<string, string>();
  return new Map(
    taken.map((message): [Taken, Looked] => [
      message,
      {
        id: message.id,
        ...(message.sent === undefined ? {} : { sent: message.sent }),
        ...explain(queue, message, reasons.get(message.id)),
      },
    ]),
  );
}

/** Sends one message back to work; gives what kept it from going. */
async function back(
  { api }: Call,
  { queues }: DeploymentShown,
  sender: Sender,
  { body }: Taken,
  { again }: Explained,
): Promise<string | undefined> {
  if (again === undefined) return "nobody can tell where it belongs; look at it in the queue itself";
  try {
    switch (again.kind) {
      case "nothing":
        return undefined;
      case "message":
        await sender.messages.send(queues[again.queue] ?? "", body);
        return undefined;
      case "event":
        return await sender.tell(again.type, again.detail);
      case "stored":
        return await sender.tellStored((await everything(api, { subject: again.subject })).filter(({ seq }) => seq === again.seq));
      case "span":
        return await sender.tellStored(await everything(api, { from: again.from, to: again.to }));
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function everything(api: Call["api"], query: Readonly<Record<string, string>>): Promise<StoredEvent[]> {
  const items: StoredEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<{ items: Told[]; cursor?: string }>("/audit", { ...query, oldestFirst: "true", limit: "1000", cursor });
    items.push(...page.items.map(stored).filter(isEvent));
    ({ cursor } = page);
  } while (cursor !== undefined);
  return items;
}

function report(call: Call, queue: SetAsideQueue, items: readonly Looked[], moved: number): void {
  const failed = items.filter(({ failure }) => failure !== undefined);
  const { terminal, given } = call;
  const verb = waysBack[queue].to === "nowhere" ? "Removed" : "Sent back";
  call.result({ queue, moved, items }, () =>
    [
      items.length === 0 ? `${queue} is empty.` : messagesTable(items, terminal),
      ...(items.length === 0
        ? []
        : ["", given.flag("yes") ? `${verb}: ${String(moved)} of ${String(items.length)}.` : advice(queue, items.length)]),
    ].join("\n"),
  );
  if (failed.length > 0)
    throw new ToldFailure(
      1,
      "NotRedriven",
      `${String(failed.length)} of ${String(items.length)} stay in ${queue}: ${failed[0]?.failure ?? ""}`,
      "mend that, then repeat the command",
    );
}

const advice = (queue: SetAsideQueue, count: number): string =>
  waysBack[queue].to === "nowhere"
    ? `A lost minute is made good by the next sweep. Remove the ${String(count)} with: drawbridge redrive ${queue} --yes`
    : `When the reason is gone, send the ${String(count)} back with: drawbridge redrive ${queue} --yes`;

const messagesTable = (items: readonly Looked[], terminal: Call["terminal"]): string =>
  table(
    [{ head: "SET ASIDE (UTC)" }, { head: "WHAT", breaks: true }, { head: "WHY", breaks: true }],
    items.map(({ sent, what, why, failure }) => [
      sent === undefined ? "-" : moment(sent),
      harmless(what),
      harmless(failure === undefined ? why : `${why}; not sent back: ${failure}`),
    ]),
    terminal,
  );

function urlOf({ queues }: DeploymentShown, queue: SetAsideQueue): string {
  const url = queues[queue];
  if (url === undefined)
    throw new Failure(1, "NoSuchQueue", `The deployment does not tell of ${queue}`, "deploy this version of Drawbridge first");
  return url;
}

export const redriveCommands: readonly Command[] = [redrive];
