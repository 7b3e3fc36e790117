// What waits to be mailed to an approver: the first within seconds, and what follows at most once in some minutes, so that a burst is few messages.

import { anyApprover } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { instant, milliseconds, type EndpointId } from "../ids.ts";
import type { Approvers, Connections, People, Proofs, Services, Slip, Slips } from "../ports.ts";
import { eachToItsEnd } from "./each-to-its-end.ts";
import { openQuestions, type QuestionsPorts } from "./open-questions.ts";
import { outcomeMail, outcomesMail } from "./outcome-mail.ts";
import { digestMail, questionMail, type Occasion } from "./question-mail.ts";
import { readable } from "./readable.ts";
import type { Committed, TellPorts } from "./tell.ts";

export interface MailPorts extends TellPorts {
  readonly services: Pick<Services, "get" | "all">;
  readonly connections: Pick<Connections, "load" | "asking">;
  readonly allowList: TellPorts["allowList"] & QuestionsPorts["allowList"];
  readonly approvers: Pick<Approvers, "get">;
  readonly slips: Slips;
  readonly proofs: Proofs;
  readonly people: Pick<People, "approvers">;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Questions and outcomes go out apart, and each at its own pace. */
type Sort = "question" | "outcome";
const sorts: readonly Sort[] = ["question", "outcome"];

/** So long a first message gathers what comes with it. */
const gatherMs = 3000;
/** And so long the next one of its sort waits: AWS lets an account make four endpoints at once, and then one each three seconds. */
const betweenMinutes = 3;
/** Longer than the function may run, shorter than Lambda waits before it tries again: who died half-way gets another try. */
const leaseSeconds = 45;
/** Longer than any queue keeps an event that somebody may send again. */
const keptDays = 15;
const minute = 60_000;
const day = 24 * 60 * minute;

/**
 * Puts down what an event means for these approvers, and mails it with whatever else waits for them; `waits`: all of it is left to
 * whoever gathers already, or to the minute in which its time has come.
 */
export async function mailTo(
  ports: MailPorts,
  { subject, seq }: Committed,
  names: readonly string[],
  data: Slip["data"],
): Promise<"sent" | "waits" | "sent before"> {
  const id = `${subject}#${String(seq)}`;
  const fresh: string[] = [];
  for (const name of names) {
    if ((await ports.slips.get("mailed", `${id}#${name}`)) !== undefined) continue;
    await ports.slips.put({ kind: waiting(name), id, until: after(ports, keptDays * day), data });
    fresh.push(name);
  }
  const mailed = await eachToItsEnd(fresh, (name) => mailWaiting(ports, name));
  return fresh.length === 0 ? "sent before" : mailed.includes(true) ? "sent" : "waits";
}

/** Each minute: what waited for its time, and what somebody died over. */
export async function mailDue(ports: MailPorts & { readonly approvers: Pick<Approvers, "all"> }): Promise<void> {
  const names = (await ports.approvers.all()).map(({ name }) => name);
  await eachToItsEnd([anyApprover, ...names], (name) => mailWaiting(ports, name));
}

/** Who was mailed a question about this endpoint, and has not heard yet how it ended. */
export const mailedAbout = async ({ slips }: Pick<MailPorts, "slips">, endpoint: EndpointId): Promise<readonly Slip[]> =>
  slips.ofKind(asked(endpoint));
export const forget = async ({ slips }: Pick<MailPorts, "slips">, endpoint: EndpointId, marks: readonly Slip[]): Promise<void> =>
  slips.remove(
    asked(endpoint),
    marks.map(({ id }) => id),
  );

/** They stay marked, and this is noted of them. */
export async function remember({ slips }: Pick<MailPorts, "slips">, marks: readonly Slip[], noted: Slip["data"]): Promise<void> {
  for (const mark of marks) await slips.put({ ...mark, data: { ...mark.data, ...noted } });
}

/**
 * One at a time mails to an approver, and gathers before it does. Whatever comes was put down first: who finds another at it, or the time
 * not come, leaves it to the minute. Gives whether it mailed.
 */
async function mailWaiting(ports: MailPorts, name: string): Promise<boolean> {
  if ((await due(ports, name)).length === 0 || !(await ports.proofs.claim("mailing", name, leaseSeconds))) return false;
  try {
    await ports.wait(gatherMs);
    const marks = await due(ports, name);
    for (const sort of sorts)
      await mailAll(
        ports,
        name,
        sort,
        marks.filter((mark) => sortOf(mark) === sort),
      );
    return marks.length > 0;
  } finally {
    await ports.proofs.release("mailing", name);
  }
}

/** What waits for them, without the sorts of which they had a message minutes ago. */
async function due({ slips }: MailPorts, name: string): Promise<readonly Slip[]> {
  const marks = await slips.ofKind(waiting(name));
  const there = sorts.filter((sort) => marks.some((mark) => sortOf(mark) === sort));
  const resting = await Promise.all(there.map(async (sort) => ((await slips.get(paced(sort), name)) === undefined ? [] : [sort])));
  return marks.filter((mark) => !resting.flat().includes(sortOf(mark)));
}

/** Sends what there is to send of one sort, and then puts down that it is sent: who dies in between sends it again. */
async function mailAll(ports: MailPorts, name: string, sort: Sort, marks: readonly Slip[]): Promise<void> {
  if (marks.length === 0) return;
  if ((await send[sort](ports, name, marks)) === "sent")
    await ports.slips.put({ kind: paced(sort), id: name, until: after(ports, betweenMinutes * minute), data: {} });
  const until = after(ports, keptDays * day);
  for (const { id } of marks) await ports.slips.put({ kind: "mailed", id: `${id}#${name}`, until, data: {} });
  await ports.slips.remove(
    waiting(name),
    marks.map(({ id }) => id),
  );
}

async function mailQuestions(ports: MailPorts, name: string, marks: readonly Slip[]): Promise<"sent" | "nothing"> {
  const records = await ports.connections.load([...new Set(marks.map(({ data }) => data["endpoint"] as EndpointId))]);
  const open = marks.flatMap(({ data }) => {
    const connection = records.get(data["endpoint"] as EndpointId)?.connection;
    if (!isOpen(connection, data["question"])) return [];
    // Whoever has agreed meanwhile, such as in Slack, is not asked again.
    const agreed = (connection.question.votes ?? []).some((vote) => vote.name === name);
    return agreed ? [] : [{ connection, occasion: data["occasion"] as Occasion }];
  });
  const questions = [...new Map(open.map((one) => [one.connection.endpoint, one])).values()];
  const [only] = questions;
  if (only === undefined) return "nothing";
  // Before the mail, so that whoever has it also hears how it ended.
  for (const { connection } of questions)
    await ports.slips.put({
      kind: asked(connection.endpoint),
      id: `${connection.question.id}#${name}`,
      until: after(ports, keptDays * day),
      data: { approver: name },
    });
  const here = new Set(questions.map(({ connection }) => connection.question.id));
  const others = await othersBeside(ports, name, here);
  await ports.people.approvers(
    questions.length === 1 ? await questionMail(ports, name, only, others) : await digestMail(ports, name, questions, others),
  );
  return "sent";
}

/** What else waits is beside the point of the mail: where it cannot be read, the mail goes without. */
async function othersBeside(ports: MailPorts, name: string, here: ReadonlySet<string>): Promise<{ complete: boolean; count: number }> {
  const open = await readable(openQuestions(ports, name));
  if (open === undefined) return { complete: true, count: 0 };
  const { items, complete } = open;
  return { complete, count: items.filter(({ connection, agreed }) => !agreed && !here.has(connection.question.id)).length };
}

async function mailOutcomes(ports: MailPorts, name: string, marks: readonly Slip[]): Promise<"sent" | "nothing"> {
  const told = marks.flatMap(({ data }) => (data["outcome"] === undefined ? [] : [JSON.parse(data["outcome"]) as Committed]));
  // Of one connection the last word: what was done outside, and who did it, are known one after the other.
  const inOrder = told.toSorted((a, b) => a.seq - b.seq);
  const outcomes = [...new Map(inOrder.map((one) => [one.subject, one])).values()];
  const [only] = outcomes;
  if (only === undefined) return "nothing";
  await ports.people.approvers(outcomes.length === 1 ? await outcomeMail(ports, name, only) : await outcomesMail(ports, name, outcomes));
  return "sent";
}

function isOpen(connection: Connection | undefined, question: string | undefined): connection is Extract<Connection, { status: "asking" }> {
  return connection?.status === "asking" && connection.question.id === question;
}

const send: Readonly<Record<Sort, (ports: MailPorts, name: string, marks: readonly Slip[]) => Promise<"sent" | "nothing">>> = {
  question: mailQuestions,
  outcome: mailOutcomes,
};

const sortOf = ({ data }: Slip): Sort => (data["outcome"] === undefined ? "question" : "outcome");
const after = ({ clock }: Pick<MailPorts, "clock">, ms: number): Slip["until"] => instant(milliseconds(clock()) + ms);
const waiting = (name: string): string => `to-mail#${name}`;
const paced = (sort: Sort): string => `mailed-lately#${sort}`;
const asked = (endpoint: EndpointId): string => `asked-by-mail#${endpoint}`;
