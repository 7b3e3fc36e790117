// The one way in which an approver's answer is recorded, from the page and from Slack alike: one at a time, and what it came to.

import type { Approver } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { Actor, Choice, ConnectionEvent, Scope } from "../events.ts";
import { Fault } from "../faults.ts";
import type { EndpointId } from "../ids.ts";
import { run, type LoopPorts, type Task } from "../loop/run.ts";
import type { VerdictPorts } from "../loop/verdicts.ts";
import { rawText } from "../masked.ts";
import type { AllowList, Ledger, Proofs } from "../ports.ts";
import { withAuthors } from "./known-authors.ts";
import { noteRefused } from "./note-refused.ts";
import { once } from "./once.ts";
import { prepare, type Prepared } from "./standing-entry.ts";

export interface TakePorts extends Omit<LoopPorts, "endpointServices" | "judging" | "approvers"> {
  readonly allowList: VerdictPorts["allowList"] & Pick<AllowList, "read">;
  readonly organizations: VerdictPorts["organizations"];
  readonly ledger: Pick<Ledger, "commit" | "head" | "history">;
  readonly proofs: Proofs;
}

export interface GivenAnswer {
  readonly endpoint: EndpointId;
  readonly question: string;
  /** Who answers, as it was proved. */
  readonly approver: Pick<Approver, "name" | "arn">;
  readonly channel: "link" | "slack";
  readonly choice: Choice;
  readonly scope?: Scope;
  /** Reject, and do not ask about the account for so many days. */
  readonly quietDays?: number;
  readonly reason?: string;
  /** How it came, for the log: `link with code, from 203.0.113.5`. */
  readonly source: string;
}

export type Taken =
  | { readonly kind: "decided" | "late"; readonly connection: Connection }
  /** It counts, and more approvers have to agree. */
  | { readonly kind: "counted"; readonly connection: Connection; readonly given: number; readonly quorum: number }
  | { readonly kind: "refused"; readonly connection: Connection; readonly why: string }
  /** Another answer is being recorded at this moment. */
  | { readonly kind: "busy"; readonly connection: Connection }
  /** The connection is not known, or its service no longer in care. */
  | { readonly kind: "gone" };

/** Longer than the function may run: who is cut off in the middle does not lock the question. */
const answeringSeconds = 20;
const triesMax = 3;

/** Of a thousand answers at once, one is taken to the record, and the others find it there. */
export async function takeAnswer(ports: TakePorts, answer: GivenAnswer): Promise<Taken> {
  const before = await recordOf(ports, answer);
  if (before === undefined) return { kind: "gone" };
  if (!isOpen(before, answer)) return late(ports, answer, before);
  if (!(await ports.proofs.claim("answering", answer.question, answeringSeconds))) {
    const now = (await recordOf(ports, answer)) ?? before;
    return isOpen(now, answer) ? { kind: "busy", connection: now } : late(ports, answer, now);
  }
  let taken: Taken | undefined;
  try {
    taken = await record(ports, answer, before);
    return taken;
  } finally {
    // What is settled stays claimed until the claim ends: nobody else has anything to record.
    if (taken?.kind !== "decided") await ports.proofs.release("answering", answer.question);
  }
}

/** It changes nothing, and is in the log unless it is the same person's again: who presses a thousand times is told of once. */
async function late(ports: TakePorts, answer: GivenAnswer, before: Connection): Promise<Taken> {
  const { name } = answer.approver;
  let taken: Taken = { kind: "late", connection: before };
  const decided = "decision" in before && before.decision.by.kind === "approver" && before.decision.by.name === name;
  const note = async (): Promise<boolean> => {
    taken = await commit(ports, answer, before, undefined);
    // A service that is released tells of nothing; once it is taken up again, it does.
    return taken.kind !== "gone";
  };
  if (!decided) await once(ports.proofs, `${answer.question}#${name}`, note, "late-answer");
  return taken;
}

/** The press of somebody who is no approver: it decides nothing, and the log tells once of each person and question. */
export async function noteStranger(
  ports: Pick<TakePorts, "clock" | "connections" | "ledger" | "proofs">,
  { endpoint, question, choice, source }: Pick<GivenAnswer, "endpoint" | "question" | "choice" | "source">,
): Promise<void> {
  const note = async (): Promise<void> => {
    const isNoted = await noteRefused(ports, {
      endpoint,
      choice,
      by: { kind: "outside" },
      cause: "stranger",
      why: `no approver is known by ${source}`,
      source: { kind: "answer", raw: rawText(source) },
    });
    if (!isNoted) throw new Fault("Contended", "the connection's story", "others commit to it at this moment", true);
  };
  await once(ports.proofs, `${question}#${source}`, note, "stranger");
}

async function record(ports: TakePorts, answer: GivenAnswer, before: Connection): Promise<Taken> {
  for (let tries = 1; ; tries += 1) {
    const standing = await standingFor(ports, answer, before);
    if (standing === "not possible") return turnAway(ports, answer, before);
    try {
      return await commit(ports, answer, before, standing);
    } catch (error) {
      // The entry has changed under this answer; with another head it goes through.
      if (standing === undefined || tries === triesMax || !(error instanceof Fault && error.code === "Contended")) throw error;
    }
  }
}

/** What cannot be written is not decided either; that it was wanted is in the log. */
async function turnAway(ports: TakePorts, answer: GivenAnswer, before: Connection): Promise<Taken> {
  await noteRefused(ports, {
    endpoint: before.endpoint,
    choice: answer.choice,
    by: actorOf(answer),
    cause: "entry-stands",
    why: notYours,
    source: { kind: "answer", raw: rawText(answer.source) },
  });
  return { kind: "refused", connection: before, why: notYours };
}

const notYours = "an entry for this account stands already, which only an operator can change; answer for this connection alone";

async function standingFor(ports: TakePorts, answer: GivenAnswer, before: Connection): Promise<Prepared | "not possible" | undefined> {
  const { choice, scope, quietDays, reason, approver } = answer;
  const lasting = choice === "approve" ? scope === "account" : quietDays !== undefined;
  if (!lasting) return undefined;
  const wish = {
    verdict: choice === "approve" ? "accept" : "reject",
    by: actorOf(answer),
    approver,
    source: { kind: "answer", raw: rawText(answer.source) },
    ...(choice === "reject" ? optional("days", quietDays) : {}),
    ...optional("reason", reason),
  } as const;
  return (await prepare(ports, before, wish, ports.clock())) ?? "not possible";
}

async function commit(ports: TakePorts, answer: GivenAnswer, before: Connection, standing: Prepared | undefined): Promise<Taken> {
  const { endpoint, question, choice, scope, reason } = answer;
  const committed: ConnectionEvent[] = [];
  const signal = {
    kind: "answered",
    question,
    choice,
    by: actorOf(answer),
    ...(choice === "approve" ? optional("scope", scope) : {}),
    ...optional("reason", reason),
    ...optional("standing", standing?.ref),
  } as const;
  const task: Task = { endpoint, signal, source: { kind: "answer", raw: rawText(answer.source) }, ...optional("also", standing?.change) };
  const ran = await run(withoutAws(ports, committed), { service: before.service, tasks: [task] });
  if (ran === undefined) return { kind: "gone" };
  const connection = ran.standings[0]?.kept.connection ?? before;
  const last = committed.at(-1);
  switch (last?.type) {
    case "ConnectionApproved":
    case "ConnectionDenied":
      return { kind: "decided", connection };
    case "ApprovalGiven":
      return { kind: "counted", connection, given: last.given, quorum: last.quorum };
    case "AnswerRefused":
      return isOpen(connection, answer) ? { kind: "refused", connection, why: last.why } : { kind: "late", connection };
    default:
      return { kind: "late", connection };
  }
}

const actorOf = ({ approver: { name, arn }, channel }: GivenAnswer): Extract<Actor, { kind: "approver" }> => ({
  kind: "approver",
  name,
  channel,
  ...optional("arn", arn),
});

async function recordOf({ connections }: TakePorts, { endpoint }: GivenAnswer): Promise<Connection | undefined> {
  return (await connections.load([endpoint])).get(endpoint)?.connection;
}

const isOpen = (connection: Connection, { question }: GivenAnswer): boolean =>
  connection.status === "asking" && connection.question.id === question;

/** A look at AWS is not this function's right; what AWS shows comes with the next signal. What is committed is kept in view. */
const withoutAws = (
  { clock, newId, services, connections, ledger, allowList, organizations }: TakePorts,
  committed: ConnectionEvent[],
): LoopPorts => ({
  clock,
  newId,
  services,
  connections,
  judging: { allowList: withAuthors(allowList, ledger), organizations },
  ledger: {
    commit: async (change) => {
      const head = await ledger.commit(change);
      if (typeof head !== "string" && change.of === "connection") committed.push(...change.events);
      return head;
    },
  },
});
