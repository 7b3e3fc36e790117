// The list of one approver's open questions, where one code opens the session in which all of them can be answered.

import type { Instant } from "../ids.ts";
import { guard, isGuarded } from "../web/guard.ts";
import { linkToken, readListLink, type ListLink } from "../web/links.ts";
import { accessToList, type Access } from "./access.ts";
import { done, instead, type Acted, type AnswerPorts, type CodeNote, type Visitor } from "./answer.ts";
import { noCode, staleOrCookieless, wrongCode, type Complaint } from "./complaints.ts";
import { isConfirmed, type Form } from "./form.ts";
import { openQuestions, type OpenQuestion } from "./open-questions.ts";
import { askForCode, endSession, enterCode } from "./proof.ts";

export type ListPageView = { readonly kind: "unknown" } | { readonly kind: "expired"; readonly since: Instant } | ListView;

export interface ListView {
  readonly kind: "list";
  readonly now: Instant;
  readonly approver: string;
  readonly access: Access;
  readonly questions: readonly (OpenQuestion & { readonly token: string })[];
  readonly complete: boolean;
  readonly guard: string;
  readonly note?: CodeNote;
  readonly complaints: readonly Complaint[];
}

/** Changes nothing. */
export async function list(ports: AnswerPorts, token: string, visitor: Visitor): Promise<ListPageView> {
  const read = readListLink(await ports.keys.link(), token, ports.clock());
  if (read === undefined) return { kind: "unknown" };
  if (read.state === "expired") return { kind: "expired", since: read.link.expires };
  return shown(ports, token, read.link, visitor);
}

export async function actOnList(ports: AnswerPorts, token: string, form: Form, visitor: Visitor): Promise<Acted<ListPageView>> {
  const view = await list(ports, token, visitor);
  if (view.kind !== "list") return instead(view);
  if (!isGuarded(await ports.keys.link(), content(token, visitor), form.guard ?? "", ports.clock()))
    return instead({ ...view, complaints: [staleOrCookieless] });
  if (form.do === "leave") {
    await endSession(ports, visitor.browser);
    return done;
  }
  if (view.access.kind !== "code") return instead(view);
  const { approver } = view.access;
  if (form.do === "enter") {
    const entered = await enterCode(ports, approver.name, visitor.browser, form.code ?? "");
    if (entered.kind === "session") return { ...done, session: entered.value };
    const complaints = [entered.kind === "none" ? noCode : wrongCode(entered.left)];
    return instead({ ...(await list(ports, token, visitor)), complaints } as ListPageView);
  }
  if (form.do !== "code" || approver.email === undefined) return instead(view);
  const asked = await askForCode(ports, { approver, browser: visitor.browser, confirmed: isConfirmed(form), from: visitor.from });
  if (asked.kind === "sent" || asked.kind === "there") return { kind: "done", at: "code" };
  return instead({ ...view, note: asked.kind === "confirm" ? "code-confirm" : "code-too-many" });
}

async function shown(ports: AnswerPorts, token: string, { approver, expires }: ListLink, visitor: Visitor): Promise<ListView> {
  const [keys, { items, complete }, access] = await Promise.all([
    ports.keys.link(),
    openQuestions(ports, approver),
    accessToList(ports, approver, visitor.browser),
  ]);
  const now = ports.clock();
  const questions = items.map((one) => ({
    ...one,
    token: linkToken(keys, { question: one.connection.question.id, endpoint: one.connection.endpoint, approver, expires }),
  }));
  return { kind: "list", now, approver, access, questions, complete, guard: guard(keys, content(token, visitor), now), complaints: [] };
}

const content = (token: string, { browser }: Visitor): string => `${token}\n${browser}`;
