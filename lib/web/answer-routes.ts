// The approval page over HTTP: GET and HEAD show, POST decides, and only a form from our own page is taken.

import { answer, page, type AnswerPorts, type Form, type View } from "../asking/answer.ts";
import { reply, type Page, type Reply } from "./layout.ts";
import { outcomePage } from "./outcome-page.ts";
import { expiredPage, problemPage, unknownPage } from "./plain-pages.ts";
import { questionPage } from "./question-page.ts";

export interface Asked {
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
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
const path = "/a/{token}";

export function answerRoutes(ports: AnswerPorts, publicUrl: string): Readonly<Record<string, (asked: Asked) => Promise<Reply>>> {
  const others = ["PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => [`${method} ${path}`, async (asked: Asked) => notAllowed(asked)]);
  return {
    [`GET ${path}`]: async ({ parameters }) => reply(shown(await page(ports, parameters["token"] ?? ""))),
    [`POST ${path}`]: async (asked) => {
      const refusal = refused(asked, publicUrl);
      if (refusal !== undefined) return reply(refusal);
      const token = asked.parameters["token"] ?? "";
      return reply(shown(await answer(ports, token, formOf(asked.body), asked.sourceIp)));
    },
    ...Object.fromEntries(others),
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

function formOf(body: unknown): Form {
  const { guard, choice, reason, confirm } = (body ?? {}) as Form;
  return {
    ...(guard === undefined ? {} : { guard }),
    ...(choice === undefined ? {} : { choice }),
    ...(reason === undefined ? {} : { reason }),
    ...(confirm === undefined ? {} : { confirm }),
  };
}

const notAllowed = ({ method, requestId }: Asked): Reply =>
  reply(problemPage(405, `${method} is not possible here.`, undefined, requestId), {
    allow: "GET, HEAD, POST",
  });
