// How a question, a reminder, and several questions at once read as mail to one approver.

import { anyApprover } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { oneLine } from "../harmless.ts";
import { asMail } from "../notices.ts";
import type { Clock, Keys, Message } from "../ports.ts";
import { linkExpiry, linkToken, linkUrl, listToken, listUrl } from "../web/links.ts";
import { ago, utc } from "../when.ts";
import { known, type ProfilePorts } from "./profile.ts";

export type Occasion = "asked" | "reminded" | "escalated";

export interface QuestionMailPorts extends ProfilePorts {
  readonly clock: Clock;
  readonly keys: Keys;
  readonly publicUrl: string;
}

interface Waiting {
  readonly connection: Extract<Connection, { status: "asking" }>;
  readonly occasion: Occasion;
}

const prefixes: Readonly<Record<Occasion, string>> = { asked: "", reminded: "Still open: ", escalated: "Nobody has answered yet: " };
const types: Readonly<Record<Occasion, string>> = {
  asked: "ApprovalRequested",
  reminded: "ApprovalReminded",
  escalated: "ApprovalEscalated",
};

/** A link is good for as long as the question stays open before it comes again. */
export async function questionMail(ports: QuestionMailPorts, approver: string, { connection, occasion }: Waiting): Promise<Message> {
  const now = ports.clock();
  const { profile, asking } = await known(ports, connection, now);
  const { question, endpoint } = connection;
  const linkUntil = linkExpiry(now, Math.max(1, Math.ceil(asking.openDays)));
  const token = linkToken(await ports.keys.link(), { question: question.id, endpoint, approver, expires: linkUntil });
  const link = linkUrl(ports.publicUrl, token);
  const { subject, text, attributes } = asMail({
    of: "question",
    profile,
    at: question.at,
    because: question.because,
    link,
    linkUntil,
    proof: asking.emailProof,
    ...(asking.quorum > 1 ? { quorum: asking.quorum, given: (question.votes ?? []).map(({ name }) => name) } : {}),
  });
  return {
    subject: `${prefixes[occasion]}${subject}`,
    text: `${prefixes[occasion]}${text}`,
    attributes: { ...attributes, type: types[occasion], approver },
  };
}

const listedMax = 20;

/** One message with one link to all of them. */
export async function digestMail(ports: QuestionMailPorts, approver: string, questions: readonly Waiting[]): Promise<Message> {
  const now = ports.clock();
  const abouts = await Promise.all(questions.slice(0, listedMax).map(async ({ connection }) => known(ports, connection, now)));
  const days = Math.max(1, ...abouts.map(({ asking }) => Math.ceil(asking.openDays)));
  const expires = linkExpiry(now, days);
  const link = listUrl(ports.publicUrl, listToken(await ports.keys.link(), { approver, expires }));
  const lines = abouts.map(({ profile }, index) => {
    const at = questions[index]?.connection.question.at ?? now;
    const who = `account ${profile.account}${profile.name === undefined ? "" : ` (${oneLine(profile.name, 60)})`}`;
    return `  ${who} to ${profile.service}, ${profile.endpoint}, asked ${ago(at, now)}`;
  });
  const rest = questions.length - lines.length;
  const proved = approver !== anyApprover && abouts.some(({ asking }) => asking.emailProof === "code");
  return {
    subject: `${String(questions.length)} connections wait for your approval`,
    text: [
      `${String(questions.length)} connections wait for your approval.`,
      "",
      ...lines,
      ...(rest > 0 ? [`  and ${String(rest)} more`] : []),
      "",
      `See them and decide, until ${utc(expires)}:`,
      link,
      "",
      proved
        ? "Opening the link decides nothing. To decide, you have a code mailed from there: with it you answer them all."
        : "Opening the link decides nothing. Whoever has it can decide: do not pass it on.",
    ].join("\n"),
    attributes: { type: "ApprovalRequested", decision: "asked", approver },
  };
}
