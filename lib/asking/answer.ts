// What `answer` does: shows a question to whoever holds its link, lets an approver prove who they are, and takes the answer they deliberately give.

import { countedVotes } from "../asking-policy.ts";
import type { Connection } from "../connection.ts";
import type { Instant } from "../ids.ts";
import { connectionSubject, isOfConnection, type StoredOfConnection } from "../ledger.ts";
import type { Connections, Keys, Services } from "../ports.ts";
import { guard, isGuarded } from "../web/guard.ts";
import { optional } from "../optional.ts";
import { readLink, type Link } from "../web/links.ts";
import { accessLate, accessTo, type Access, type AccessPorts } from "./access.ts";
import { busy, noCode, notInCare, notProved, refused, stale, staleOrCookieless, wrongCode, type Complaint } from "./complaints.ts";
import { earlierOf, type Earlier } from "./earlier.ts";
import { examine, hasDigits, isConfirmed, reasonOf, wishOf, type Form, type Wish } from "./form.ts";
import { withAuthors } from "./known-authors.ts";
import { offersOf, type Offers } from "./offers.ts";
import { othersOf, type Others } from "./others.ts";
import { known, type Known, type ProfilePorts } from "./profile.ts";
import { askForCode, endSession, enterCode } from "./proof.ts";
import { takeAnswer, type GivenAnswer, type Taken, type TakePorts } from "./take-answer.ts";

export interface AnswerPorts extends TakePorts, AccessPorts {
  readonly allowList: ProfilePorts["allowList"];
  readonly services: Pick<Services, "get" | "all">;
  readonly connections: Pick<Connections, "load" | "ofService" | "ofAccount" | "asking">;
  readonly proofs: TakePorts["proofs"];
  readonly keys: Keys;
  readonly wait: (milliseconds: number) => Promise<void>;
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
  /** The other connections of this account. */
  readonly earlier: Earlier;
  readonly guard: string;
  readonly entered: Form;
  /** What the form that was sent in came to, where it did not decide. */
  readonly note?: CodeNote;
  /** Why the form that was sent in decided nothing. */
  readonly complaints: readonly Complaint[];
}

/** Why no code was mailed. */
export type CodeNote = "code-confirm" | "code-too-many";

export interface SettledView extends About {
  readonly kind: "settled";
  /** `own`: by the answer of whom this link was made for; `late`: an answer came after it, which it is not. */
  readonly settled: "own" | "late" | "before";
  /** What else waits for who is signed in here. */
  readonly others?: Others;
  /** This connection's events, oldest first. */
  readonly history: readonly StoredOfConnection[];
}

const eventsReadMax = 100;

type Asked = Extract<Connection, { status: "asking" }>;

/**
 * What came of a form: what it lacked, to be shown in its place; or it was done, and the page itself shows it, whenever it
 * is loaded. `session` is the browser's new secret when one was opened, `at` the part of the page to look at.
 */
export type Acted<Shown = View> =
  | { readonly kind: "shown"; readonly view: Shown }
  | { readonly kind: "done"; readonly at: "decide" | "code"; readonly session?: string };

export const done = { kind: "done", at: "decide" } as const satisfies Acted<never>;
export const instead = <Shown>(view: Shown): Acted<Shown> => ({ kind: "shown", view });

/** The page for this link. Changes nothing. */
export async function page(ports: AnswerPorts, token: string, visitor: Visitor): Promise<View> {
  const found = await find(ports, token);
  if ("kind" in found) return found;
  const { connection, link } = found;
  return isOpen(connection, link) ? open(ports, { token, link, visitor, connection }) : settled(ports, { link, visitor, connection });
}

/** Does what a form wants. With anything amiss the page comes again, and nothing is decided. */
export async function act(ports: AnswerPorts, token: string, form: Form, visitor: Visitor): Promise<Acted> {
  const found = await find(ports, token);
  if ("kind" in found) return instead(found);
  const { connection, link } = found;
  if (!isOpen(connection, link)) {
    await noteLate(ports, { token, link, visitor, connection, form });
    return afterwards(ports, { link, visitor, connection }, form);
  }
  const at: At = { token, link, visitor, connection, form };
  const view = await open(ports, at);
  if (!isGuarded(await ports.keys.link(), guarded(token, visitor, view.access), form.guard ?? "", ports.clock()))
    return instead(complain(view, [view.access.kind === "link" ? stale : staleOrCookieless]));
  switch (form.do) {
    case "code":
      return mailCode(ports, at, view);
    case "enter":
      return signIn(ports, at, view);
    case "leave":
      await endSession(ports, visitor.browser);
      return done;
    default:
      return answer(ports, at, view);
  }
}

interface At {
  readonly token: string;
  readonly link: Link;
  readonly visitor: Visitor;
  readonly connection: Asked;
  readonly form: Form;
}

async function mailCode(ports: AnswerPorts, { form, visitor }: At, view: OpenView): Promise<Acted> {
  if (view.access.kind !== "code" || view.access.approver.email === undefined) return instead(view);
  const { approver } = view.access;
  const asked = await askForCode(ports, { approver, browser: visitor.browser, confirmed: isConfirmed(form), from: visitor.from });
  if (asked.kind === "confirm") return instead({ ...view, note: "code-confirm" });
  if (asked.kind === "too-many") return instead({ ...view, note: "code-too-many" });
  return { kind: "done", at: "code" };
}

async function signIn(ports: AnswerPorts, at: At, view: OpenView): Promise<Acted> {
  if (view.access.kind !== "code") return instead(view);
  const entered = await enterCode(ports, view.access.approver.name, at.visitor.browser, at.form.code ?? "");
  if (entered.kind === "session") return { ...done, session: entered.value };
  // How many tries are left may be how many codes are waiting: none.
  const again = await open(ports, { ...at, form: {} });
  return instead(complain(again, [entered.kind === "none" ? noCode : wrongCode(entered.left)]));
}

/** Takes the answer of somebody who may give it. */
async function answer(ports: AnswerPorts, at: At, view: OpenView): Promise<Acted> {
  const { access } = view;
  const { form, link, visitor } = at;
  if (access.kind !== "link" && access.kind !== "session")
    return instead(complain(view, [access.kind === "code" ? notProved : { about: "answer", text: access.why }]));
  const complaints = examine(form, view);
  const wish = wishOf(form);
  if (complaints.length > 0 || wish === undefined) return instead(complain(view, complaints));
  const taken = await inTurn(ports, answerOf(at, access.approver, wish, access.kind));
  switch (taken.kind) {
    case "gone":
      return instead(complain(view, [notInCare]));
    case "busy":
      return instead(complain(view, [busy]));
    case "decided":
    case "counted":
      return done;
    case "late":
      return afterwards(ports, { link, visitor, connection: taken.connection }, form);
    case "refused": {
      // What was refused is not chosen again by the page itself.
      const { choice: _, ...entered } = form;
      return instead(complain({ ...view, entered }, [refused(taken.why)]));
    }
  }
}

const answerOf = (
  { link, visitor, form }: Pick<At, "link" | "visitor" | "form">,
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

const turnWaits = [100, 200, 400, 800] as const;

/** Another answer that is being recorded is waited for: who presses twice is not told that nothing was decided. */
async function inTurn(ports: AnswerPorts, answer: GivenAnswer): Promise<Taken> {
  let taken = await takeAnswer(ports, answer);
  for (const milliseconds of turnWaits) {
    if (taken.kind !== "busy") break;
    await ports.wait(milliseconds);
    taken = await takeAnswer(ports, answer);
  }
  return taken;
}

/** Nothing is decided any more. An answer that would have been a deliberate one, by somebody who has proved who they are, is in the log. */
async function noteLate(ports: AnswerPorts, at: Omit<At, "connection"> & { readonly connection: Connection }): Promise<void> {
  const { token, link, visitor, connection, form } = at;
  const wish = decidesNothing.has(form.do ?? "") ? undefined : wishOf(form);
  if (wish === undefined) return;
  const { asking } = await known(ports, connection, ports.clock());
  const access = await accessLate(ports, link.approver, visitor.browser, asking);
  if (access.kind !== "session" && !(access.kind === "link" && hasDigits(form, connection))) return;
  if (!isGuarded(await ports.keys.link(), guarded(token, visitor, access), form.guard ?? "", ports.clock())) return;
  await takeAnswer(ports, answerOf(at, access.approver, wish, access.kind));
}
const decidesNothing: ReadonlySet<string> = new Set(["code", "enter", "leave"]);

/** An answer to what is settled: where it says just what was decided through this link, it is that answer again. */
async function afterwards(
  ports: AnswerPorts,
  at: Omit<At, "form" | "token" | "connection"> & { readonly connection: Connection },
  form: Form,
): Promise<Acted> {
  const view = await settled(ports, at);
  return view.settled === "own" && isWished(view, wishOf(form)) ? done : instead({ ...view, settled: "late" });
}

function isWished({ history }: SettledView, wish: Wish | undefined): boolean {
  const event = history.findLast(({ event: { type } }) => type === "ConnectionApproved" || type === "ConnectionDenied")?.event;
  if (wish === undefined || (event?.type !== "ConnectionApproved" && event?.type !== "ConnectionDenied")) return false;
  const lasting = wish.scope === "account" || wish.quietDays !== undefined;
  return (wish.choice === "approve") === (event.type === "ConnectionApproved") && lasting === (event.standing !== undefined);
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
  { token, link, visitor, connection, form = {} }: Omit<At, "form"> & Partial<Pick<At, "form">>,
): Promise<OpenView> {
  const now = ports.clock();
  const [about, keys, earlier] = await Promise.all([
    known({ ...ports, allowList: withAuthors(ports.allowList, ports.ledger) }, connection, now),
    ports.keys.link(),
    earlierOf(ports, connection),
  ]);
  const access = await accessTo(ports, link.approver, visitor.browser, about.asking, connection.question);
  return {
    ...about,
    kind: "open",
    connection,
    now,
    access,
    agreed: countedVotes(about.asking, connection.question, connection.question.votes ?? []),
    offers: offersOf(about),
    complaints: [],
    earlier,
    guard: guard(keys, guarded(token, visitor, access), now),
    entered: form,
  };
}

/** Where a code proves who it is, the form belongs to the browser that was shown it. */
const guarded = (token: string, { browser }: Visitor, { kind }: Access): string => (kind === "link" ? token : `${token}\n${browser}`);

async function settled(
  ports: AnswerPorts,
  { link, visitor, connection }: { readonly link: Link; readonly visitor: Visitor; readonly connection: Connection },
): Promise<SettledView> {
  const now = ports.clock();
  const [about, history, others] = await Promise.all([
    known(ports, connection, now),
    ports.ledger.history(connectionSubject(connection.endpoint), { limit: eventsReadMax }),
    othersOf(ports, link, visitor.browser),
  ]);
  const by = "decision" in connection ? connection.decision?.by : undefined;
  const own = by?.kind === "approver" && by.name === link.approver;
  return {
    kind: "settled",
    settled: own ? "own" : "before",
    ...about,
    connection,
    now,
    history: history.items.filter(isOfConnection),
    ...optional("others", others),
  };
}

const complain = (view: OpenView, complaints: readonly Complaint[]): OpenView => ({ ...view, complaints });

const isOpen = (connection: Connection, { question }: Link): connection is Asked =>
  connection.status === "asking" && connection.question.id === question;
