// What `answer` does: shows a question to whoever holds its link, lets an approver prove who they are, and takes the answer they deliberately give.

import { countedVotes } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import { decisionOf } from "../events.ts";
import type { Instant } from "../ids.ts";
import { connectionSubject, isOfConnection, type StoredOfConnection } from "../ledger.ts";
import { optional } from "../optional.ts";
import type { Connections, Keys, Ledger, Services } from "../ports.ts";
import { guard, isGuarded } from "../web/guard.ts";
import { readLink, type Link } from "../web/links.ts";
import { accessLate, accessTo, type Access, type AccessPorts } from "./access.ts";
import { busy, noCode, notInCare, notProved, refused, stale, staleOrCookieless, wrongCode, type Complaint } from "./complaints.ts";
import { withAuthors } from "./known-authors.ts";
import { daysOf, isConfirmed, reasonCharactersMax, reasonOf, wishOf, type Form, type Wish } from "./form.ts";
import { offersOf, type Offers } from "./offers.ts";
import { known, type Known, type ProfilePorts } from "./profile.ts";
import { askForCode, endSession, enterCode } from "./proof.ts";
import { quietDaysMax } from "./standing-entry.ts";
import { takeAnswer, type GivenAnswer, type TakePorts } from "./take-answer.ts";

export interface AnswerPorts extends TakePorts, AccessPorts {
  readonly allowList: ProfilePorts["allowList"];
  readonly services: Pick<Services, "get" | "all">;
  readonly connections: Pick<Connections, "load" | "ofService" | "asking">;
  readonly ledger: Pick<Ledger, "commit" | "head" | "history" | "search">;
  readonly proofs: TakePorts["proofs"];
  readonly keys: Keys;
}

/** Who is at the page: a browser, by the secret in its cookie, and where it is. */
export interface Visitor {
  readonly browser: string;
  readonly from: string;
}

/** What the page shows. */
export type View = { readonly kind: "unknown" } | { readonly kind: "expired"; readonly since: Instant } | OpenView | SettledView;

interface About extends Known {
  readonly now: Instant;
  readonly connection: Connection;
}

export interface OpenView extends About {
  readonly kind: "open";
  readonly connection: Asked;
  readonly access: Access;
  /** The approvers whose agreement counts so far. */
  readonly agreed: readonly { readonly name: string; readonly at: Instant }[];
  /** Which lasting answers there are. */
  readonly offers: Offers;
  /** What was decided about this account before, newest first. */
  readonly earlier: readonly StoredOfConnection[];
  readonly guard: string;
  readonly entered: Form;
  /** What the form that was sent in came to, where it did not decide. */
  readonly note?: "code-sent" | "code-confirm" | "code-too-many" | "signed-in" | "signed-out" | "counted";
  /** Why the form that was sent in decided nothing. */
  readonly complaints: readonly Complaint[];
}

export interface SettledView extends About {
  readonly kind: "settled";
  /** `now`: by the answer just given; `late`: an answer came after it. */
  readonly settled: "now" | "late" | "before";
  /** This connection's events, oldest first. */
  readonly history: readonly StoredOfConnection[];
}

/** What a person types to have one more code mailed. */
export const codeWord = "code";
const eventsReadMax = 100;
const earlierMax = 6;

type Asked = Extract<Connection, { status: "asking" }>;

/** What came of a form: the page to show, and the browser's new secret when a session was opened. */
export interface Acted {
  readonly view: View;
  readonly session?: string;
}

/** The page for this link. Changes nothing. */
export async function page(ports: AnswerPorts, token: string, visitor: Visitor): Promise<View> {
  const found = await find(ports, token);
  if ("kind" in found) return found;
  const { connection, link } = found;
  return isOpen(connection, link) ? open(ports, { token, link, visitor, connection }) : settled(ports, connection, "before");
}

/** Does what a form wants. With anything amiss the page comes again, and nothing is decided. */
export async function act(ports: AnswerPorts, token: string, form: Form, visitor: Visitor): Promise<Acted> {
  const found = await find(ports, token);
  if ("kind" in found) return { view: found };
  const { connection, link } = found;
  if (!isOpen(connection, link)) return { view: await answerLate(ports, { token, link, visitor, connection, form }) };
  const at: At = { token, link, visitor, connection, form };
  const view = await open(ports, at);
  if (!isGuarded(await ports.keys.link(), guarded(token, visitor, view.access), form.guard ?? "", ports.clock()))
    return { view: complain(view, [view.access.kind === "link" ? stale : staleOrCookieless]) };
  switch (form.do) {
    case "code":
      return mailCode(ports, at, view);
    case "enter":
      return signIn(ports, at, view);
    case "leave":
      await endSession(ports, visitor.browser);
      return { view: { ...(await open(ports, at)), note: "signed-out" } };
    default:
      return { view: await answer(ports, at, view) };
  }
}

interface At {
  readonly token: string;
  readonly link: Link;
  readonly visitor: Visitor;
  readonly connection: Asked;
  readonly form?: Form;
}

async function mailCode(ports: AnswerPorts, at: At, view: OpenView): Promise<Acted> {
  if (view.access.kind !== "code" || view.access.approver.email === undefined) return { view };
  const confirmed = (at.form?.confirm ?? "").trim().toLowerCase() === codeWord;
  const asked = await askForCode(ports, {
    approver: view.access.approver,
    browser: at.visitor.browser,
    confirmed,
    from: at.visitor.from,
  });
  if (asked.kind === "confirm") return { view: { ...view, note: "code-confirm" } };
  if (asked.kind === "too-many") return { view: { ...view, note: "code-too-many" } };
  return { view: { ...view, access: { ...view.access, until: asked.until }, note: "code-sent" } };
}

async function signIn(ports: AnswerPorts, at: At, view: OpenView): Promise<Acted> {
  if (view.access.kind !== "code") return { view };
  const entered = await enterCode(ports, view.access.approver.name, at.visitor.browser, at.form?.code ?? "");
  if (entered.kind === "session") {
    const visitor = { ...at.visitor, browser: entered.value };
    const { form: _, ...again } = at;
    return { view: { ...(await open(ports, { ...again, visitor })), note: "signed-in" }, session: entered.value };
  }
  const { form: _, ...again } = at;
  return { view: complain(await open(ports, again), [entered.kind === "none" ? noCode : wrongCode(entered.left)]) };
}

/** Takes the answer of somebody who may give it. */
async function answer(ports: AnswerPorts, at: At, view: OpenView): Promise<View> {
  const { access } = view;
  const form = at.form ?? {};
  if (access.kind !== "link" && access.kind !== "session")
    return complain(view, [access.kind === "code" ? notProved : { about: "answer", text: access.why }]);
  const complaints = examine(form, view);
  const wish = wishOf(form);
  if (complaints.length > 0 || wish === undefined) return complain(view, complaints);
  const taken = await takeAnswer(ports, answerOf(at, access.approver, wish, access.kind));
  switch (taken.kind) {
    case "gone":
      return complain(view, [notInCare]);
    case "busy":
      return complain(view, [busy]);
    case "decided":
      return settled(ports, taken.connection, "now");
    case "late":
      return settled(ports, taken.connection, "late");
    case "counted":
      return isOpen(taken.connection, at.link)
        ? { ...(await open(ports, { token: at.token, link: at.link, visitor: at.visitor, connection: taken.connection })), note: "counted" }
        : settled(ports, taken.connection, "before");
    case "refused":
      return complain(view, [refused(taken.why)]);
  }
}

/** Nothing is decided any more. An answer that would have counted as deliberate, by somebody who has proved who they are, is in the log. */
async function answerLate(ports: AnswerPorts, at: Omit<At, "connection"> & { readonly connection: Connection }): Promise<View> {
  const { token, link, visitor, connection, form = {} } = at;
  const { asking } = await known(ports, connection, ports.clock());
  const access = await accessLate(ports, link.approver, visitor.browser, asking);
  const wish = decidesNothing.has(form.do ?? "") ? undefined : wishOf(form);
  const isMeant =
    wish !== undefined &&
    (access.kind === "session" || (access.kind === "link" && isConfirmed(form, connection))) &&
    isGuarded(await ports.keys.link(), guarded(token, visitor, access), form.guard ?? "", ports.clock());
  if (isMeant) await takeAnswer(ports, answerOf(at, access.approver, wish, access.kind));
  const now = (await ports.connections.load([link.endpoint])).get(link.endpoint)?.connection ?? connection;
  return settled(ports, now, "late");
}

const decidesNothing: ReadonlySet<string> = new Set(["code", "enter", "leave"]);

const answerOf = (
  { link, visitor, form = {} }: Pick<At, "link" | "visitor" | "form">,
  approver: GivenAnswer["approver"],
  wish: Wish,
  kind: "link" | "session",
): GivenAnswer => ({
  endpoint: link.endpoint,
  question: link.question,
  approver,
  channel: "link",
  ...wish,
  ...optional("reason", reasonOf(form) === "" ? undefined : reasonOf(form)),
  source: `${kind === "link" ? "link" : "link and code"}, from ${visitor.from}`,
});

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

async function open(ports: AnswerPorts, { token, link, visitor, connection, form = {} }: At): Promise<OpenView> {
  const now = ports.clock();
  const [about, keys, recent] = await Promise.all([
    known({ ...ports, allowList: withAuthors(ports.allowList, ports.ledger) }, connection, now),
    ports.keys.link(),
    ports.ledger.search({ by: "account", value: connection.account }, { limit: eventsReadMax }),
  ]);
  const access = await accessTo(ports, link.approver, visitor.browser, about.asking, connection.question);
  const own = connectionSubject(connection.endpoint);
  const earlier = recent.items
    .filter(isOfConnection)
    .filter(({ subject, event }) => subject !== own && ["accepted", "rejected"].includes(decisionOf(event) ?? ""));
  return {
    ...about,
    kind: "open",
    connection,
    now,
    access,
    agreed: countedVotes(about.asking, connection.question, connection.question.votes ?? []),
    offers: offersOf(about),
    complaints: [],
    earlier: earlier.slice(0, earlierMax),
    guard: guard(keys, guarded(token, visitor, access), now),
    entered: form,
  };
}

/** Where a code proves who it is, the form belongs to the browser that was shown it. */
const guarded = (token: string, { browser }: Visitor, { kind }: Access): string => (kind === "link" ? token : `${token}\n${browser}`);

async function settled(ports: AnswerPorts, connection: Connection, how: SettledView["settled"]): Promise<SettledView> {
  const now = ports.clock();
  const [about, history] = await Promise.all([
    known(ports, connection, now),
    ports.ledger.history(connectionSubject(connection.endpoint), { limit: eventsReadMax }),
  ]);
  return { kind: "settled", settled: how, ...about, connection, now, history: history.items.filter(isOfConnection) };
}

// What a form must hold

function examine(form: Form, { access, offers, connection }: OpenView): Complaint[] {
  const complaints: Complaint[] = [];
  const wish = wishOf(form);
  if (wish === undefined) complaints.push({ about: "choice", text: "Choose one of the answers." });
  else if ((wish.scope === "account" && !offers.account) || (wish.quietDays !== undefined && !offers.quiet))
    complaints.push({ about: "choice", text: "That answer is not offered any more. Choose another." });
  if (form.choice === "reject-quiet" && daysOf(form) === undefined)
    complaints.push({ about: "days", text: `Give a number of days from 1 to ${String(quietDaysMax)}.` });
  if (reasonOf(form).length > reasonCharactersMax)
    complaints.push({
      about: "reason",
      text: `Shorten the reason to ${String(reasonCharactersMax)} characters; it has ${String(reasonOf(form).length)}.`,
    });
  if (access.kind === "link" && !isConfirmed(form, connection))
    complaints.push({
      about: "confirm",
      text: "Type the last four digits of the account number to confirm.",
    });
  return complaints;
}

const complain = (view: OpenView, complaints: readonly Complaint[]): OpenView => ({ ...view, complaints });

const isOpen = (connection: Connection, { question }: Link): connection is Asked =>
  connection.status === "asking" && connection.question.id === question;
