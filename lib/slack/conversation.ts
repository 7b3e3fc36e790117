// What `slack` does with a committed event, as an app: it asks with buttons, keeps each copy true, and tells the rest in the question's thread.

import { askedNow, askingOf, barred, countedVotes, type Asking } from "../asking-policy.ts";
import { once } from "../asking/once.ts";
import { known } from "../asking/profile.ts";
import { noticeOf, recordOf, type Committed, type TellPorts } from "../asking/tell.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { DrawbridgeEvent } from "../events.ts";
import { oneLine } from "../harmless.ts";
import type { EndpointId } from "../ids.ts";
import { headline, type Notice, type Profile } from "../notices.ts";
import type { Approvers, Slips } from "../ports.ts";
import { sentence } from "../wording.ts";
import { copiesOf, keepCopy, type Copy } from "./copies.ts";
import { lineMessage, linkMessage, newsMessage, questionMessage, settledMessage } from "./message.ts";
import { outcomeOf } from "./outcome.ts";
import { noting } from "./reach.ts";
import type { Bot } from "./secret.ts";
import type { Place, SlackApi, SlackMessage } from "./web-api.ts";

export interface ConversationPorts extends TellPorts {
  readonly approvers: Approvers;
  readonly slips: Pick<Slips, "put" | "ofKind" | "remove">;
  readonly api: SlackApi;
  readonly bot: Pick<Bot, "channel" | "directMessages">;
}

type Asked = Extract<Connection, { status: "asking" }>;

/** Safe to repeat: what was posted is not posted again, and what is changed is changed to what the record says now. */
export async function converse(ports: ConversationPorts, told: Committed): Promise<void> {
  const connection = await recordOf(ports, told);
  if (connection === undefined) return tellAlone(ports, told);
  const { endpoint } = connection;
  if (told.type === "ApprovalRequested") {
    if (isOpen(connection, told["question"])) await ask(ports, told, connection);
    // Decided while it was being asked: the one who decided may have found no copy to change.
    return refresh(ports, endpoint);
  }
  await refresh(ports, endpoint);
  await tellInThread(ports, told, connection);
}

const isOpen = (connection: Connection | undefined, question: unknown): connection is Asked =>
  connection?.status === "asking" && connection.question.id === question;

// Asking

async function ask(ports: ConversationPorts, told: Committed, connection: Asked): Promise<void> {
  const shown = await shownOf(ports, connection);
  const direct = ports.bot.directMessages ? shown.mentioned : [];
  for (const to of [ports.bot.channel, ...direct])
    await once(ports.proofs, `${told.subject}#${String(told.seq)}#slack#${to}`, async () => {
      const message = await openMessage(ports, told, connection, shown);
      const place = await noting(ports, to, () => ports.api.post(to, message));
      await keep(ports, connection, place, shown.asking.approvers.length === 0);
    });
}

/** With nobody named there is nobody whose press could count: the message leads to the page, as mail does. */
async function openMessage(ports: ConversationPorts, told: Committed, connection: Asked, shown: Shown): Promise<SlackMessage> {
  if (shown.asking.approvers.length > 0) return asked(connection, shown);
  const notice = await noticeOf(ports, told, connection);
  return notice.of === "question" ? linkMessage(notice) : newsMessage(notice);
}

const keep = (ports: ConversationPorts, { endpoint, question }: Asked, place: Place, linkOnly: boolean): Promise<void> => {
  const { id, at, because } = question;
  return keepCopy(ports.slips, { ...place, endpoint, question: id, at, because, linkOnly, settled: false }, ports.clock());
};

function asked(connection: Asked, { notice, asking, mentioned }: Shown): SlackMessage {
  const { endpoint, account, question } = connection;
  const agreed = countedVotes(asking, question, question.votes ?? []);
  return questionMessage(notice, {
    question: question.id,
    endpoint,
    account,
    mentioned,
    accountAnswers: asking.accountAnswers,
    ...(asking.quorum === 1
      ? {}
      : {
          progress: `${String(agreed.length)} of ${String(asking.quorum)} agree${agreed.length === 0 ? "" : `: ${agreed.map(({ name }) => name).join(", ")}`}`,
        }),
  });
}

interface Shown {
  readonly notice: Notice;
  readonly profile: Profile;
  readonly asking: Asking;
  /** Slack's ids of those who may answer now. */
  readonly mentioned: readonly string[];
}

async function shownOf(ports: ConversationPorts, connection: Asked): Promise<Shown> {
  const { question } = connection;
  const [{ profile, judgement }, service, approvers] = await Promise.all([
    known(ports, connection, ports.clock()),
    ports.services.get(connection.service),
    ports.approvers.all(),
  ]);
  const asking = askingOf(service ?? {}, judgement);
  const names = askedNow(asking, question);
  // Nobody is called to a question that their answer would not count for.
  const mentioned = approvers.flatMap((one) =>
    one.slack !== undefined && names.includes(one.name) && barred(asking, question, one) === undefined ? [one.slack] : [],
  );
  return { notice: questionNotice(profile, question), profile, asking, mentioned };
}

/** The facts alone; there is no link in them. */
const questionNotice = (profile: Profile, { at, because }: Pick<Copy, "at" | "because">): Notice => ({
  of: "question",
  profile,
  at,
  because,
  link: "",
  linkUntil: at,
});

// Keeping copies true

const turnsMax = 5;

/** Until the record stays as it was while the copies were changed: of two who change them at once, the last one shows the truth. */
async function refresh(ports: ConversationPorts, endpoint: EndpointId): Promise<void> {
  let before: number | undefined;
  const changed = new Set<string>();
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const connection = (await ports.connections.load([endpoint])).get(endpoint)?.connection;
    if (connection === undefined || connection.seq === before) return;
    before = connection.seq;
    // One that somebody else has settled meanwhile may have been written over here.
    const copies = (await copiesOf(ports.slips, endpoint)).filter(({ settled, ts }) => !settled || changed.has(ts));
    if (copies.length === 0) return;
    for (const copy of copies) if (await change(ports, connection, copy)) changed.add(copy.ts);
  }
}

/** Whether it was changed. */
async function change(ports: ConversationPorts, connection: Connection, copy: Copy): Promise<boolean> {
  const outcome = outcomeOf(connection, copy.question);
  if (outcome !== undefined) {
    const { profile } = await known(ports, connection, ports.clock());
    await ports.api.update(place(copy), settledMessage(questionNotice(profile, copy), outcome));
    await keepCopy(ports.slips, { ...copy, settled: true }, ports.clock());
    return true;
  }
  if (!isOpen(connection, copy.question) || copy.linkOnly) return false;
  // What has not changed since it was asked needs no change here.
  if ((connection.question.votes ?? []).length === 0 && connection.question.escalatedAt === undefined) return false;
  const done = await ports.api.update(place(copy), asked(connection, await shownOf(ports, connection)));
  if (done === "gone") await keepCopy(ports.slips, { ...copy, settled: true }, ports.clock());
  return true;
}

const place = ({ channel, ts }: Copy): Place => ({ channel, ts });

// Telling

const askedAgain: ReadonlySet<string> = new Set(["ApprovalReminded", "ApprovalEscalated"]);

/** In the thread of the newest question about this connection, else by itself; once in each place. */
async function tellInThread(ports: ConversationPorts, told: Committed, connection: Connection): Promise<void> {
  const copies = (await copiesOf(ports.slips, connection.endpoint)).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const newest = copies.filter(({ question }) => question === copies[0]?.question);
  const open = askedAgain.has(told.type) ? isOpen(connection, told["question"]) : true;
  if (!open) return;
  const mentioned = askedAgain.has(told.type) && connection.status === "asking" ? (await shownOf(ports, connection)).mentioned : [];
  if (newest.length === 0) {
    const notice = await noticeOf(ports, told, connection);
    await tellOnce(ports, told, ports.bot.channel, notice.of === "news" ? newsMessage(notice) : lineMessage(headline(notice), mentioned));
    return;
  }
  const line = `${capital(oneLine(sentence(told as unknown as DrawbridgeEvent), lineMax))}.`;
  for (const { channel, ts } of newest) await tellOnce(ports, told, channel, lineMessage(line, mentioned), ts);
}

const lineMax = 600;
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** What happens to a service, an entry or an approver. */
async function tellAlone(ports: ConversationPorts, told: Committed): Promise<void> {
  const event = told as unknown as DrawbridgeEvent;
  await tellOnce(ports, told, ports.bot.channel, newsMessage({ of: "news", event, ...optional("service", told.service) }));
}

const tellOnce = async (ports: ConversationPorts, told: Committed, to: string, message: SlackMessage, thread?: string): Promise<void> => {
  await once(ports.proofs, `${told.subject}#${String(told.seq)}#slack#${to}`, async () => {
    await noting(ports, to, () => ports.api.post(to, message, thread));
  });
};
