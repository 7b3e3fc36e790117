// The approval pages over HTTP: GET and HEAD show, POST acts, and only a form from our own page is taken.

import { act, page, type Acted, type AnswerPorts, type View, type Visitor } from "../asking/answer.ts";
import type { Form } from "../asking/form.ts";
import { actOnList, list, type ListPageView } from "../asking/list.ts";
import { browserOf, setCookie } from "./browser.ts";
import { reply, seeOther, type Page, type Reply } from "./layout.ts";
import { listPage } from "./list-page.ts";
import { outcomePage } from "./outcome-page.ts";
import { expiredPage, problemPage, unknownPage } from "./plain-pages.ts";
import { questionPage } from "./question-page.ts";

export interface Asked {
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  /** A form as an object of texts. */
  readonly body?: unknown;
  readonly sourceIp: string;
  readonly requestId: string;
}

interface Problem {
  readonly status: number;
  readonly message: string;
  readonly remedy?: string;
  readonly requestId: string;
}

const formBytesMax = 10 * 1024;
const paths = { question: "/a/{token}", list: "/q/{token}" };

type Route = (asked: Asked) => Promise<Reply>;

export function answerRoutes(ports: AnswerPorts, publicUrl: string): Readonly<Record<string, Route>> {
  const at = (asked: Asked): { token: string; visitor: Visitor; cookies: string[] } => {
    const browser = browserOf(asked.cookies, publicUrl, ports.newId);
    return {
      token: asked.parameters["token"] ?? "",
      visitor: { browser: browser.value, from: asked.sourceIp },
      cookies: browser.isNew ? [setCookie(publicUrl, browser.value)] : [],
    };
  };
  /** What was done is looked at by a GET, so that loading the page again does nothing a second time. */
  const posted =
    <Shown>(
      path: "a" | "q",
      act: (token: string, form: Form, visitor: Visitor) => Promise<Acted<Shown>>,
      show: (view: Shown) => Page,
    ): Route =>
    async (asked) => {
      const refusal = refused(asked, publicUrl);
      if (refusal !== undefined) return reply(refusal);
      const { token, visitor, cookies } = at(asked);
      const acted = await act(token, formOf(asked.body), visitor);
      if (acted.kind === "shown") return reply(show(acted.view), {}, cookies);
      const session = "session" in acted ? acted.session : undefined;
      return seeOther(`/${path}/${token}#${acted.at}`, session === undefined ? cookies : [setCookie(publicUrl, session)]);
    };
  return {
    [`GET ${paths.question}`]: async (asked) => {
      const { token, visitor, cookies } = at(asked);
      return reply(shown(await page(ports, token, visitor)), {}, cookies);
    },
    [`POST ${paths.question}`]: posted("a", (token, form, visitor) => act(ports, token, form, visitor), shown),
    [`GET ${paths.list}`]: async (asked) => {
      const { token, visitor, cookies } = at(asked);
      return reply(listed(await list(ports, token, visitor)), {}, cookies);
    },
    [`POST ${paths.list}`]: posted("q", (token, form, visitor) => actOnList(ports, token, form, visitor), listed),
    ...Object.fromEntries(
      Object.values(paths).flatMap((path) =>
        ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"].map((method) => [
          `${method} ${path}`,
          async (asked: Asked) => notAllowed(asked),
        ]),
      ),
    ),
  };
}

export const showProblem = ({ status, message, remedy, requestId }: Problem): Reply =>
  reply(problemPage(status, message, remedy, requestId));

function shown(view: View): Page {
  switch (view.kind) {
    case "unknown":
      return unknownPage;
    case "expired":
      return expiredPage(view.since);
    case "open":
      return questionPage(view);
    case "settled":
      return outcomePage(view);
  }
}

function listed(view: ListPageView): Page {
  switch (view.kind) {
    case "unknown":
      return unknownPage;
    case "expired":
      return expiredPage(view.since);
    case "list":
      return listPage(view);
  }
}

/** Why a POST is not read at all. */
function refused({ headers, body, requestId }: Asked, publicUrl: string): Page | undefined {
  const problem = (status: number, message: string): Page => problemPage(status, message, undefined, requestId);
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(headers["content-type"] ?? "")) return problem(415, "An answer comes as a form.");
  if (!fromOurPage(headers, publicUrl)) return problem(403, "The form was sent from another site.");
  if (bytesOf(body) > formBytesMax) return problem(413, "The form is too large.");
  return undefined;
}

/**
 * What a browser says of where a form was. Under `no-referrer` it says `Origin: null` even for our own page, and
 * old ones say nothing else: then the form's own seal has to do.
 */
function fromOurPage(headers: Asked["headers"], publicUrl: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  return origin === undefined || origin === "null" || origin === new URL(publicUrl).origin;
}

const bytesOf = (body: unknown): number => Buffer.byteLength(new URLSearchParams((body ?? {}) as Record<string, string>).toString());

const fields = ["guard", "do", "code", "choice", "days", "reason", "confirm"] as const satisfies readonly (keyof Form)[];

function formOf(body: unknown): Form {
  const given = (body ?? {}) as Form;
  return Object.fromEntries(fields.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}

const notAllowed = ({ method, requestId }: Asked): Reply =>
  reply(problemPage(405, `${method} is not possible here.`, undefined, requestId), {
    allow: "GET, HEAD, POST",
  });
