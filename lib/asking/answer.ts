// What `answer` does: shows a question to whoever holds its link, and takes the answer that a person deliberately gives.

import type { Connection } from "../connection.ts";
import { decisionOf, type Choice } from "../events.ts";
import { oneLine, visible } from "../harmless.ts";
import type { Instant } from "../ids.ts";
import { connectionSubject, type StoredEvent } from "../ledger.ts";
import { run, type LoopPorts } from "../loop/run.ts";
import type { AllowList, Keys, Ledger, Proofs } from "../ports.ts";
import { guard, isGuarded } from "../web/guard.ts";
import { readLink, type Link } from "../web/links.ts";
import { known, type Known } from "./profile.ts";

export interface AnswerPorts extends Omit<LoopPorts, "endpointServices"> {
  readonly allowList: Pick<AllowList, "read">;
  readonly ledger: Pick<Ledger, "commit" | "history" | "search">;
  readonly proofs: Proofs;
  readonly keys: Keys;
}

/** What the page shows. */
export type View = { readonly kind: "unknown" } | { readonly kind: "expired"; readonly since: Instant } | OpenView | SettledView;

interface About extends Known {
  readonly now: Instant;
  readonly connection: Connection;
}

export interface OpenView extends About {
  readonly kind: "open";
  readonly connection: Extract<Connection, { status: "asking" }>;
  /** What was decided about this account before, newest first. */
  readonly earlier: readonly StoredEvent[];
  readonly guard: string;
  readonly entered: Pick<Form, "choice" | "reason">;
  /** Why the form that was sent in decided nothing. */
  readonly complaints: readonly Complaint[];
}

export interface SettledView extends About {
  readonly kind: "settled";
  /** `now`: by the answer just given; `late`: an answer came after it. */
  readonly settled: "now" | "late" | "before";
  /** This connection's events, oldest first. */
  readonly history: readonly StoredEvent[];
}

export interface Complaint {
  readonly about: "form" | "choice" | "reason" | "confirm" | "answer";
  readonly text: string;
}

/** The fields as a browser sends them. */
export interface Form {
  readonly guard?: string;
  readonly choice?: string;
  readonly reason?: string;
  readonly confirm?: string;
}

export const reasonCharactersMax = 500;
/** Longer than the function may run: who is cut off in the middle does not lock the question. */
const answeringSeconds = 20;
const eventsReadMax = 100;
const earlierMax = 6;

/** The page for this link. Changes nothing. */
export async function page(ports: AnswerPorts, token: string): Promise<View> {
  const found = await find(ports, token);
  if ("kind" in found) return found;
  return isOpen(found.connection, found.link) ? open(ports, token, found.connection) : settled(ports, found.connection, "before");
}

/** Takes the answer of a form. With anything amiss the page comes again, and nothing is decided. */
export async function answer(ports: AnswerPorts, token: string, form: Form, from: string): Promise<View> {
  const found = await find(ports, token);
  if ("kind" in found) return found;
  const { connection, link } = found;
  if (!isOpen(connection, link)) return settled(ports, connection, "late");
  const complaints = await examine(ports, token, form, connection);
  const choice = choiceOf(form);
  if (complaints.length > 0 || choice === undefined) return open(ports, token, connection, form, complaints);
  return decide(ports, { token, form, connection, link, choice, from });
}

interface Given {
  readonly token: string;
  readonly form: Form;
  readonly connection: Extract<Connection, { status: "asking" }>;
  readonly link: Link;
  readonly choice: Choice;
  readonly from: string;
}

/** One answer at a time: of a thousand at once, one is taken to the record, and the others find it there. */
async function decide(ports: AnswerPorts, given: Given): Promise<View> {
  const { token, form, connection, link } = given;
  const mine = await ports.proofs.claim("answering", link.question, answeringSeconds);
  if (!mine) {
    const now = await find(ports, token);
    if ("kind" in now) return now;
    if (!isOpen(now.connection, link)) return settled(ports, now.connection, "late");
    return open(ports, token, connection, form, [busy]);
  }
  let view: View | undefined;
  try {
    view = await commit(ports, given);
    return view;
  } finally {
    // What is settled stays claimed until the claim ends: nobody else has anything to record.
    if (view?.kind !== "settled") await ports.proofs.release("answering", link.question);
  }
}

async function commit(ports: AnswerPorts, given: Given): Promise<View> {
  const { token, form, connection, link, choice, from } = given;
  const reason = reasonOf(form);
  const ran = await run(withoutAws(ports), {
    service: connection.service,
    tasks: [
      {
        endpoint: connection.endpoint,
        signal: {
          kind: "answered",
          question: link.question,
          choice,
          by: { kind: "approver", name: link.approver, channel: "link" },
          ...(reason === "" ? {} : { reason }),
        },
        source: { kind: "answer", raw: `link, from ${from}` },
      },
    ],
  });
  const standing = ran?.standings[0];
  if (standing === undefined) return open(ports, token, connection, form, [notInCare]);
  const after = standing.kept.connection;
  if (isOpen(after, link)) {
    const view = await open(ports, token, after, form);
    return { ...view, complaints: [refused(view.judgement.because.detail)] };
  }
  const decided = standing.events.includes("ConnectionApproved") || standing.events.includes("ConnectionDenied");
  return settled(ports, after, decided ? "now" : "late");
}

/** The connection this link is about, or the page that says why there is none. */
async function find(
  ports: AnswerPorts,
  token: string,
): Promise<{ readonly connection: Connection; readonly link: Link } | Extract<View, { kind: "unknown" | "expired" }>> {
  const read = readLink(await ports.keys.link(), token, ports.clock());
  if (read === undefined) return { kind: "unknown" };
  const { state, link } = read;
  if (state === "expired") return { kind: "expired", since: link.expires };
  const connection = (await ports.connections.load([link.endpoint])).get(link.endpoint)?.connection;
  return connection === undefined ? { kind: "unknown" } : { connection, link };
}

async function open(
  ports: AnswerPorts,
  token: string,
  connection: Extract<Connection, { status: "asking" }>,
  form: Form = {},
  complaints: readonly Complaint[] = [],
): Promise<OpenView> {
  const now = ports.clock();
  const [about, keys, recent] = await Promise.all([
    known(ports, connection, now),
    ports.keys.link(),
    ports.ledger.search({ by: "account", value: connection.account }, { limit: eventsReadMax }),
  ]);
  const own = connectionSubject(connection.endpoint);
  const earlier = recent.items.filter(
    ({ subject, event }) => subject !== own && ["accepted", "rejected"].includes(decisionOf(event) ?? ""),
  );
  return {
    ...about,
    kind: "open",
    connection,
    now,
    complaints,
    earlier: earlier.slice(0, earlierMax),
    guard: guard(keys, token, now),
    entered: {
      ...(form.choice === undefined ? {} : { choice: form.choice }),
      ...(form.reason === undefined ? {} : { reason: form.reason }),
    },
  };
}

async function settled(ports: AnswerPorts, connection: Connection, how: SettledView["settled"]): Promise<SettledView> {
  const now = ports.clock();
  const [about, history] = await Promise.all([
    known(ports, connection, now),
    ports.ledger.history(connectionSubject(connection.endpoint), { limit: eventsReadMax }),
  ]);
  return { kind: "settled", settled: how, ...about, connection, now, history: history.items };
}

// What a form must hold

async function examine(ports: AnswerPorts, token: string, form: Form, { account }: Connection): Promise<Complaint[]> {
  const complaints: Complaint[] = [];
  if (!isGuarded(await ports.keys.link(), token, form.guard ?? "", ports.clock()))
    complaints.push({
      about: "form",
      text: "This page had been open for too long. Look at the facts again, then decide.",
    });
  if (choiceOf(form) === undefined) complaints.push({ about: "choice", text: "Choose to approve or to reject." });
  if (reasonOf(form).length > reasonCharactersMax)
    complaints.push({
      about: "reason",
      text: `Shorten the reason to ${String(reasonCharactersMax)} characters; it has ${String(reasonOf(form).length)}.`,
    });
  if ((form.confirm ?? "").replaceAll(/\s/g, "") !== account.slice(-4))
    complaints.push({
      about: "confirm",
      text: "Type the last four digits of the account number to confirm.",
    });
  return complaints;
}

const choiceOf = ({ choice }: Form): Choice | undefined => (choice === "approve" || choice === "reject" ? choice : undefined);

/** On one line, so that no reader of the log takes a part of it for a line of its own. */
const reasonOf = ({ reason = "" }: Form): string => oneLine(visible(reason), Infinity);

const busy: Complaint = {
  about: "answer",
  text: "Another answer is being recorded at this moment. Load this page again in a few seconds.",
};
const notInCare: Complaint = {
  about: "answer",
  text: "Drawbridge no longer looks after this service, so nothing was decided. Ask whoever operates it.",
};
const refused = (why: string): Complaint => ({
  about: "answer",
  text: `Approving is not possible: a reject entry applies (${oneLine(why, 300)}). It has to be changed on the allow-list first; you can reject.`,
});

const isOpen = (connection: Connection, { question }: Link): connection is Extract<Connection, { status: "asking" }> =>
  connection.status === "asking" && connection.question.id === question;

/** A look at AWS is not this function's right; what AWS shows comes with the next signal. */
const withoutAws = (ports: AnswerPorts): LoopPorts => {
  const { clock, newId, services, connections, ledger, allowList } = ports;
  return { clock, newId, services, connections, ledger, allowList };
};
