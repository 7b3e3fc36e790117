// How a question, a reminder, and several questions at once read as mail to one approver.

import { anyApprover } from "../approver.ts";
import type { Connection } from "../connection.ts";
import { oneLine } from "../harmless.ts";
import type { Instant } from "../ids.ts";
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

/** What else waits for the same approver; more than that where it is not complete. */
export interface Others {
  readonly count: number;
  readonly complete: boolean;
}

/** A link is good for as long as the question stays open before it comes again. */
export async function questionMail(
  ports: QuestionMailPorts,
  approver: string,
  { connection, occasion }: Waiting,
  others: Others,
): Promise<Message> {
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
    way: { link, until: linkUntil, proof: asking.emailProof },
    ...(asking.quorum > 1 ? { quorum: asking.quorum, given: (question.votes ?? []).map(({ name }) => name) } : {}),
  });
  const all = [
    "",
    `With this one, ${counted(1, others)} connections wait for your approval. All of them:`,
    await listLink(ports, approver, linkUntil),
  ];
  return {
    subject: `${prefixes[occasion]}${subject}`,
    text: `${prefixes[occasion]}${[text, ...(others.count === 0 ? [] : all)].join("\n")}`,
    attributes: { ...attributes, type: types[occasion], approver },
  };
}

const counted = (here: number, { count, complete }: Others): string => `${String(here + count)}${complete ? "" : " or more"}`;

const listLink = async ({ keys, publicUrl }: QuestionMailPorts, approver: string, expires: Instant): Promise<string> =>
  listUrl(publicUrl, listToken(await keys.link(), { approver, expires }));

const listedMax = 20;

/** One message with one link to all of them, and to the others that are open. */
export async function digestMail(
  ports: QuestionMailPorts,
  approver: string,
  questions: readonly Waiting[],
  others: Others,
): Promise<Message> {
  const now = ports.clock();
  const abouts = await Promise.all(questions.slice(0, listedMax).map(async ({ connection }) => known(ports, connection, now)));
  const days = Math.max(1, ...abouts.map(({ asking }) => Math.ceil(asking.openDays)));
  const expires = linkExpiry(now, days);
  const lines = abouts.map(({ profile }, index) => {
    const at = questions[index]?.connection.question.at ?? now;
    const who = `account ${profile.account}${profile.name === undefined ? "" : ` (${oneLine(profile.name, 60)})`}`;
    return `  ${who} to ${profile.service}, ${profile.endpoint}, asked ${ago(at, now)}`;
  });
  const rest = questions.length - lines.length;
  const fresh = questions.filter(({ occasion }) => occasion === "asked").length;
  const all = `${counted(questions.length, others)} connections wait for your approval`;
  const headline = others.count > 0 && fresh > 0 ? `${all}, ${String(fresh)} of them new` : all;
  const proved = approver !== anyApprover && abouts.some(({ asking }) => asking.emailProof === "code");
  return {
    subject: headline,
    text: [
      `${headline}.`,
      "",
      ...lines,
      ...(rest > 0 ? [`  and ${String(rest)} more`] : []),
      ...(others.count > 0
        ? [`  and ${counted(0, others)} that ${others.count === 1 && others.complete ? "was" : "were"} open before`]
        : []),
      "",
      `See them and decide, until ${utc(expires)}:`,
      await listLink(ports, approver, expires),
      "",
      proved
        ? "Opening the link decides nothing. To decide, you have a code mailed from there: with it you answer them all."
        : "Opening the link decides nothing. Whoever has it can decide: do not pass it on.",
    ].join("\n"),
    attributes: { type: "ApprovalRequested", decision: "asked", approver },
  };
}
