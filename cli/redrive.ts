// The command redrive: what was set aside in the deployment's queues, why, and back to work with it.

import type { Taken } from "../lib/aws/set-aside-queue.ts";
import type { DeploymentShown } from "../lib/operator/deployment.ts";
import { isEvent, type StoredEvent } from "../lib/ledger.ts";
import {
  explain,
  heldMinutes,
  heldWords,
  isSetAsideQueue,
  waysBack,
  type Explained,
  type SetAsideQueue,
} from "../lib/operator/set-aside.ts";
import { nearest } from "../lib/nearest.ts";
import { operandsOf, yes, type Call, type Command } from "./command.ts";
import { rowsOf, type Query } from "./audit-stream.ts";
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
  const items = await Promise.all(
    names.map(async (queue) => {
      const { waiting, held } = await sender.messages.count(urlOf(deployment, queue));
      return { queue, messages: waiting, held };
    }),
  );
  const filled = items.filter(({ messages, held }) => messages + held > 0);
  call.result({ items }, () => {
    if (filled.length === 0) return "Nothing was set aside.";
    const columns = [{ head: "QUEUE" }, { head: "MESSAGES", right: true }, { head: "HELD", right: true }] as const;
    const rows = filled.map(({ queue, messages, held }) => [queue, String(messages), String(held)]);
    const note = filled.some(({ held }) => held > 0) ? [`HELD are ${heldWords}.`] : [];
    return [table(columns, rows, call.terminal), ...note].join("\n");
  });
}

interface Looked extends Explained {
  readonly id: string;
  readonly sent?: string;
  /** What kept it from going back. */
  failure?: string;
}

async function oneQueue(call: Call, queue: SetAsideQueue, deployment: DeploymentShown, sender: Sender): Promise<void> {
  const url = urlOf(deployment, queue);
  const { messages } = sender;
  let interrupted = false;
  const end = call.terminal.onInterrupt(() => {
    interrupted = true;
    call.terminal.err(
      `Giving back what it holds. Interrupted again, it ends at once, and that is back within ${String(heldMinutes)} minutes.`,
    );
  });
  try {
    const { held } = await messages.count(url);
    const taken = await messages.take(url, takenMax, () => interrupted);
    const left = new Set(taken);
    let looked: ReadonlyMap<Taken, Looked>;
    try {
      looked = await lookInto(queue, deployment, taken);
      for (const [message, its] of call.given.flag("yes") ? looked : []) {
        if (interrupted) break;
        const failure = await back(call, deployment, sender, message, its);
        if (failure !== undefined) its.failure = failure;
        else {
          await messages.remove(url, message);
          left.delete(message);
        }
      }
    } finally {
      await messages.giveBack(url, [...left]);
    }
    report(call, queue, [...looked.values()], { moved: taken.length - left.size, held, interrupted });
  } finally {
    end();
  }
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
        return await sender.tellStored((await eventsOf(api, { subject: again.subject })).filter(({ seq }) => seq === again.seq));
      case "span":
        return await sender.tellStored(await eventsOf(api, { from: again.from, to: again.to }));
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const eventsOf = async (api: Call["api"], query: Query): Promise<StoredEvent[]> => (await rowsOf(api, query)).filter(isEvent);

interface Moves {
  readonly moved: number;
  /** By somebody else, when this began. */
  readonly held: number;
  readonly interrupted: boolean;
}

function report(call: Call, queue: SetAsideQueue, items: readonly Looked[], { moved, held, interrupted }: Moves): void {
  const failed = items.filter(({ failure }) => failure !== undefined);
  const { terminal, given } = call;
  const verb = waysBack[queue].to === "nowhere" ? "Removed" : "Sent back";
  const others = held === 0 ? [] : [`${String(held)} ${held === 1 ? "message is" : "messages are"} ${heldWords}.`];
  call.result({ queue, moved, held, items }, () => {
    if (items.length === 0) return held === 0 ? `${queue} is empty.` : `${queue}: ${others.join("")}`;
    const done = given.flag("yes") ? `${verb}: ${String(moved)} of ${String(items.length)}.` : advice(queue, items.length);
    return [messagesTable(items, terminal), "", done, ...others].join("\n");
  });
  const stay = `${String(items.length - moved)} of ${String(items.length)} stay in ${queue}`;
  if (interrupted) throw new ToldFailure(1, "Interrupted", `Interrupted: ${stay}`, "repeat the command");
  if (failed.length > 0)
    throw new ToldFailure(1, "NotRedriven", `${stay}: ${failed[0]?.failure ?? ""}`, "mend that, then repeat the command");
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
