// What `slack` does with a committed event, as an app: it asks with buttons, keeps each copy true, and tells the rest in the question's thread.

import { eachToItsEnd, inTurn } from "../asking/each-to-its-end.ts";
import { once } from "../asking/once.ts";
import { known, writerOf } from "../asking/profile.ts";
import { matterOf, noticeOf, recordOf, type Committed, type TellPorts } from "../asking/tell.ts";
import type { Connection } from "../connection.ts";
import { optional } from "../optional.ts";
import type { DrawbridgeEvent } from "../events.ts";
import { capital } from "../capital.ts";
import { Fault } from "../faults.ts";
import { oneLine } from "../harmless.ts";
import type { EndpointId } from "../ids.ts";
import { headline } from "../notices.ts";
import { plainly } from "../plain-words.ts";
import type { Approvers, Slips } from "../ports.ts";
import { sentence } from "../wording.ts";
import { copiesOf, keepCopy, type Copy } from "./copies.ts";
import { lineMessage, newsMessage, settledMessage } from "./message.ts";
import { outcomeOf } from "./outcome.ts";
import { noting } from "./reach.ts";
import type { Bot } from "./secret.ts";
import { buttonsMessage, mentionedOf, openMessage, questionNotice, shownOf, type Open, type Shown } from "./shown.ts";
import { userRefused, type Place, type SlackApi, type SlackMessage } from "./web-api.ts";

export interface ConversationPorts extends TellPorts {
  readonly approvers: Approvers;
  readonly slips: Pick<Slips, "put" | "ofKind" | "remove">;
  readonly api: SlackApi;
  readonly bot: Pick<Bot, "channel" | "directMessages">;
  readonly warn: (message: string, keys: Readonly<Record<string, unknown>>) => void;
}

/** Safe to repeat: what was posted is not posted again, and what is changed is changed to what the record says now. */
export async function converse(ports: ConversationPorts, told: Committed): Promise<void> {
  const connection = await recordOf(ports, told);
  if (connection === undefined) return tellAlone(ports, told);
  const open = isOpen(connection, told["question"]) ? connection : undefined;
  await inTurn([
    ...(open === undefined ? [] : [() => ask(ports, told, open)]),
    // After it was asked: who decided meanwhile may have found no copy to change.
    () => refresh(ports, told, connection.endpoint),
    ...(told.type === "ApprovalRequested" ? [] : [() => tellInThread(ports, told, connection)]),
  ]);
}

const isOpen = (connection: Connection | undefined, question: unknown): connection is Open =>
  connection?.status === "asking" && connection.question.id === question;

// Asking

const asks: ReadonlySet<string> = new Set(["ApprovalRequested", "ApprovalEscalated"]);

async function ask(ports: ConversationPorts, told: Committed, connection: Open): Promise<void> {
  if (!asks.has(told.type)) return;
  const shown = await shownOf(ports, connection);
  const { id, at, because } = connection.question;
  const linkOnly = shown.asking.approvers.length === 0;
  await eachToItsEnd(placesToAsk(ports, told, shown), (to) =>
    postOnce(ports, told, to, async () => {
      const message = await openMessage(ports, told, connection, shown);
      const place = await noting(ports, to, () => ports.api.post(to, message));
      const copy = { ...place, to, endpoint: connection.endpoint, question: id, at, because, linkOnly, settled: false };
      await keepCopy(ports.slips, copy, ports.clock());
    }),
  );
}

/** Who is asked later, directly as well: the channel's copy is changed, and whoever was asked before has one. */
function placesToAsk({ bot }: ConversationPorts, told: Committed, shown: Shown): string[] {
  if (told.type === "ApprovalRequested") return [bot.channel, ...(bot.directMessages ? mentionedOf(shown) : [])];
  const to = told["to"] as readonly string[];
  const later = shown.askable.filter(({ name }) => to.includes(name) && !shown.asking.approvers.includes(name));
  return bot.directMessages ? later.map(({ slack }) => slack) : [];
}

/** One whom Slack does not know is warned of, and shows in the list of approvers: nobody else waits for them, and no retry can help. */
async function postOnce(
  { proofs, warn }: ConversationPorts,
  told: Committed,
  to: string,
  post: () => Promise<void>,
  matter = `${told.subject}#${String(told.seq)}`,
): Promise<void> {
  await once(proofs, `${matter}#slack#${to}`, async () => {
    try {
      await post();
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== userRefused) throw error;
      warn("Slack takes no message to an approver", { user: to, reason: error.message, connection: told.endpoint });
    }
  });
}

// Keeping copies true

const turnsMax = 5;

/** Until the record stays as it was while the copies were changed: of two who change them at once, the last one shows the truth. */
async function refresh(ports: ConversationPorts, told: Committed, endpoint: EndpointId): Promise<void> {
  let before: number | undefined;
  const changed = new Set<string>();
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const connection = (await ports.connections.load([endpoint])).get(endpoint)?.connection;
    if (connection === undefined || connection.seq === before) return;
    before = connection.seq;
    const all = await copiesOf(ports.slips, endpoint);
    // Who did what was done outside is known later than that it was done.
    const again = told.type === "Attributed" ? newestOf(all) : [];
    // One that somebody else has settled meanwhile may have been written over here.
    const copies = all.filter((copy) => !copy.settled || changed.has(copy.ts) || again.includes(copy));
    if (copies.length === 0) return;
    await eachToItsEnd(copies, async (copy) => {
      if (await change(ports, told, connection, copy)) changed.add(copy.ts);
    });
  }
}

/** Whether it was changed. */
async function change(ports: ConversationPorts, told: Committed, connection: Connection, copy: Copy): Promise<boolean> {
  if (outcomeOf(connection, copy.question) !== undefined) {
    const about = await known(ports, connection, ports.clock());
    const by = "decision" in connection ? connection.decision?.by : undefined;
    const beside = { since: [told as unknown as DrawbridgeEvent], ...optional("writer", by && writerOf(about, by)) };
    const outcome = outcomeOf(connection, copy.question, beside) ?? "";
    await ports.api.update(place(copy), settledMessage(questionNotice(about.profile, copy), outcome));
    await keepCopy(ports.slips, { ...copy, settled: true }, ports.clock());
    return true;
  }
  if (!isOpen(connection, copy.question) || copy.linkOnly) return false;
  // What has not changed since it was asked needs no change here.
  if ((connection.question.votes ?? []).length === 0 && connection.question.escalatedAt === undefined) return false;
  const done = await ports.api.update(place(copy), buttonsMessage(connection, await shownOf(ports, connection)));
  if (done === "gone") await keepCopy(ports.slips, { ...copy, settled: true }, ports.clock());
  return true;
}

const place = ({ channel, ts }: Copy): Place => ({ channel, ts });

// Telling

const askedAgain: ReadonlySet<string> = new Set(["ApprovalReminded", "ApprovalEscalated"]);

/** In the thread of the newest question about this connection, else by itself; once in each place. */
async function tellInThread(ports: ConversationPorts, told: Committed, connection: Connection): Promise<void> {
  if (askedAgain.has(told.type) && !isOpen(connection, told["question"])) return;
  const newest = newestOf(await copiesOf(ports.slips, connection.endpoint));
  const { mentioned, directly, why } = await calledTo(ports, told, connection, newest);
  const line = `${capital(oneLine(sentence(plainly(told as unknown as DrawbridgeEvent)), lineMax))}.`;
  const threads = newest.map(
    ({ channel, ts }) =>
      () =>
        tellOnce(ports, told, channel, lineMessage(line, mentioned, why), ts),
  );
  const alone = async (): Promise<void> => {
    const notice = await noticeOf(ports, told, connection);
    const message = notice.of === "news" ? newsMessage(notice, mentioned) : lineMessage(headline(notice), mentioned);
    await tellOnce(ports, told, ports.bot.channel, message);
  };
  const people = directly.map((user) => () => tellOnce(ports, told, user, lineMessage(line)));
  await eachToItsEnd([...(threads.length === 0 ? [alone] : threads), ...people], (tellThere) => tellThere());
}

function newestOf(copies: readonly Copy[]): readonly Copy[] {
  const [newest] = copies.toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return copies.filter(({ question }) => question === newest?.question);
}

interface Called {
  readonly mentioned: readonly string[];
  /** Those who have no copy of the question, and get a message of their own. */
  readonly directly: readonly string[];
  readonly why: "Asked" | "Told";
}

/** Who is called to it by name: those who are still asked; and every approver, when somebody decided past them. */
async function calledTo(ports: ConversationPorts, told: Committed, connection: Connection, copies: readonly Copy[]): Promise<Called> {
  if (askedAgain.has(told.type) && connection.status === "asking")
    return { mentioned: mentionedOf(await shownOf(ports, connection)), directly: [], why: "Asked" };
  if (told["breakGlass"] !== true) return { mentioned: [], directly: [], why: "Told" };
  const everybody = (await ports.approvers.all()).flatMap(({ slack }) => slack ?? []);
  const directly = ports.bot.directMessages ? everybody.filter((user) => !copies.some(({ to }) => to === user)) : [];
  return { mentioned: everybody, directly, why: "Told" };
}

const lineMax = 600;
/** What happens to a service, an entry or an approver. */
async function tellAlone(ports: ConversationPorts, told: Committed): Promise<void> {
  const event = told as unknown as DrawbridgeEvent;
  await tellOnce(ports, told, ports.bot.channel, newsMessage({ of: "news", event, ...optional("service", told.service) }));
}

/** A thread is told what becomes of its own connection; by itself, what concerns many connections is told once for all of them. */
const tellOnce = (ports: ConversationPorts, told: Committed, to: string, message: SlackMessage, thread?: string): Promise<void> =>
  postOnce(
    ports,
    told,
    to,
    async () => {
      await noting(ports, to, () => ports.api.post(to, message, thread));
    },
    thread === undefined ? matterOf(told) : undefined,
  );
