// A question put to approvers, in a world in memory, with the page as API Gateway reaches it.

import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { Entry } from "../../lib/allow-list.ts";
import type { Approver } from "../../lib/approver.ts";
import type { AskingSettings } from "../../lib/asking-policy.ts";
import { detailOf, type Told } from "../../lib/aws/bus-event.ts";
import type { AccountId, EndpointId, Instant } from "../../lib/ids.ts";
import { httpHandler } from "../../lib/lambda/http-handler.ts";
import { approverSubject, entrySubject, serviceSubject } from "../../lib/ledger.ts";
import { run } from "../../lib/loop/run.ts";
import { answerRoutes, showProblem } from "../../lib/web/answer-routes.ts";
import { linkExpiry, linkToken } from "../../lib/web/links.ts";
import { accountOf, endpointOf, serviceOf } from "../fakes/endpoint-services.ts";
import { fakeWorld, type FakeWorld } from "../fakes/world.ts";

export const publicUrl = "https://abc123.execute-api.eu-west-1.amazonaws.com";
export const service = serviceOf(1);
export const endpoint = endpointOf(1);
export const stranger = accountOf(3);
const alice = "arn:aws:iam::111111111111:user/alice";

export interface Answered {
  readonly status: number;
  readonly html: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly cookies: readonly string[];
}

export interface Asked extends FakeWorld {
  readonly token: string;
  look(endpoint?: EndpointId): Promise<void>;
  connect(account: AccountId, endpoint: EndpointId): Promise<void>;
  entry(entry: Pick<Entry, "principal" | "verdict"> & Partial<Entry>): Promise<void>;
  /** The last event of this type, as the bus tells it. */
  told(type: string): Told;
  http(method: string, options?: Request): Promise<Answered>;
  /** Names the approvers of the service, with these settings. */
  approvers(people: readonly Pick<Approver, "name" | "email" | "arn" | "slack">[], settings?: AskingSettings): Promise<void>;
  /** The link of this approver to the open question, about the first endpoint unless told otherwise. */
  linkOf(name: string, of?: EndpointId): Promise<string>;
  /** The same, whether the question is open or settled. */
  linkOfSettled(name: string): Promise<string>;
  /** Decides this endpoint's question as whoever has its link. */
  answerFor(of: EndpointId, choice: "approve" | "reject", reason: string): Promise<void>;
  /** What happens while the page waits for its turn. */
  whileWaiting(happens: (milliseconds: number) => Promise<void>): void;
  /** A browser of its own, with the cookie that it keeps. */
  browser(): PersonsBrowser;
  /** The newest code mailed to this approver. */
  codeOf(name: string): string;
  /** Fills the form of the page as a person would, and sees the page that comes of it. */
  answer(fields?: Record<string, string>, token?: string): Promise<Answered>;
}

export interface Request {
  readonly path?: "a" | "q";
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly cookie?: string;
  readonly body?: string;
}

export interface PersonsBrowser {
  cookie: string;
  open(token: string, path?: Request["path"]): Promise<Answered>;
  /** Sends a form with the hidden fields of the page it was shown last: what the server answers. */
  press(token: string, fields: Record<string, string>, path?: Request["path"]): Promise<Answered>;
  /** The same, and the page that comes of it, after a redirection too. */
  send(token: string, fields: Record<string, string>, path?: Request["path"]): Promise<Answered>;
  /** Has a code mailed, and enters it. */
  signIn(token: string, name: string, path?: Request["path"]): Promise<Answered>;
}

/** A world with a service in care and, unless said otherwise, a question about the stranger's endpoint. */
export async function asked(prepare: (world: Asked) => Promise<void> = async () => undefined): Promise<Asked> {
  const world = fakeWorld();
  const ports = world.ports();
  let waiting: (milliseconds: number) => Promise<void> = async () => undefined;
  const handler = httpHandler({
    name: "answer",
    routes: answerRoutes({ ...ports, wait: (milliseconds) => waiting(milliseconds) }, publicUrl),
    show: showProblem,
    telling: {
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      counts: { add: () => undefined, write: () => undefined },
    },
  });
  const look = async (of?: EndpointId): Promise<void> => {
    const source = { kind: "sweep" } as const;
    const tasks = of === undefined ? [] : [{ endpoint: of, signal: { kind: "look" } as const, source }];
    await run({ ...ports, judging: ports }, { service, tasks, ...(of === undefined ? { whole: source } : {}) });
  };
  const story: Omit<Asked, "token"> = {
    ...world,
    look,
    connect: async (account, at) => {
      world.ec2.connect({ service, account, endpoint: at });
      await look();
    },
    entry: async (given) => {
      const at = world.clock.now();
      const key = { service, principal: given.principal };
      const expected = await ports.ledger.head(entrySubject(key.service, key.principal));
      const author = given.author ?? alice;
      const after: Entry = { ...key, conditions: {}, version: expected.seq + 1, author, authors: [author], at, ...given };
      await ports.ledger.commit({
        of: "entry",
        key,
        after,
        expected,
        events: [
          {
            type: "EntryAdded",
            at,
            by: { kind: "operator", arn: author },
            because: { rule: "operator", detail: "added" },
            entry: { service, principal: given.principal, version: after.version },
            to: after,
          },
        ],
      });
    },
    told: (type) => {
      const last = world.tables.committed.findLast(({ event }) => event.type === type);
      if (last === undefined) throw new Error(`no ${type} was committed`);
      return detailOf(last);
    },
    approvers: async (people, settings = {}) => {
      for (const person of people) {
        const expected = await ports.ledger.head(approverSubject(person.name));
        const after: Approver = { ...person, addedAt: world.clock.now(), version: expected.seq + 1, reachableSince: world.clock.now() };
        await ports.ledger.commit({
          of: "approver",
          key: person.name,
          after,
          expected,
          events: [
            {
              type: "ApproverAdded",
              name: person.name,
              to: after,
              at: world.clock.now(),
              by: { kind: "operator", arn: alice },
              because: { rule: "operator", detail: "added" },
            },
          ],
        });
      }
      const before = await ports.services.get(service);
      if (before === undefined) throw new Error("the service is not in care");
      const expected = await ports.ledger.head(serviceSubject(service));
      const after = { ...before, asking: { approvers: people.map(({ name }) => name), ...settings }, version: expected.seq + 1 };
      await ports.ledger.commit({
        of: "service",
        key: service,
        after,
        expected,
        events: [
          {
            type: "ServiceChanged",
            service,
            from: before,
            to: after,
            at: world.clock.now(),
            by: { kind: "operator", arn: alice },
            because: { rule: "operator", detail: "set" },
          },
        ],
      });
    },
    linkOf: async (name, of = endpoint) => {
      const connection = (await ports.connections.load([of])).get(of)?.connection;
      if (connection?.status !== "asking") throw new Error("no question is open");
      return linkToken(await ports.keys.link(), {
        question: connection.question.id,
        endpoint: of,
        approver: name,
        expires: linkExpiry(world.clock.now()),
      });
    },
    linkOfSettled: async (name) =>
      linkToken(await ports.keys.link(), {
        question: String(story.told("ApprovalRequested")["question"]),
        endpoint,
        approver: name,
        expires: linkExpiry(world.clock.now()),
      }),
    answerFor: async (of, choice, reason) => {
      const connection = (await ports.connections.load([of])).get(of)?.connection;
      if (connection?.status !== "asking") throw new Error("no question is open");
      const by = { kind: "approver", name: "approvers", channel: "link" } as const;
      const signal = { kind: "answered", question: connection.question.id, choice, by, reason } as const;
      await run(ports, { service, tasks: [{ endpoint: of, signal, source: { kind: "answer" } }] });
    },
    whileWaiting: (happens) => void (waiting = happens),
    codeOf: (name) => {
      const mail = world.people.approvals.findLast(({ attributes }) => attributes["type"] === "Code" && attributes["approver"] === name);
      return /Your code: ([\d ]+)/.exec(mail?.text ?? "")?.[1] ?? "";
    },
    browser: () => {
      let shown = "";
      const keep = (answered: Answered): Answered => {
        const [set] = answered.cookies;
        if (set !== undefined) browser.cookie = set.split(";")[0] ?? "";
        if (answered.status !== 303) shown = answered.html;
        return answered;
      };
      const browser: PersonsBrowser = {
        cookie: "",
        open: async (at, path = "a") => keep(await story.http("GET", { path, token: at, cookie: browser.cookie })),
        press: async (at, fields, path = "a") => {
          const body = new URLSearchParams({ ...hidden(shown), ...fields }).toString();
          return story.http("POST", { path, token: at, cookie: browser.cookie, headers: form, body });
        },
        send: async (at, fields, path = "a") => {
          const answered = keep(await browser.press(at, fields, path));
          return answered.status === 303 ? keep(await story.http("GET", { ...goalOf(answered), cookie: browser.cookie })) : answered;
        },
        signIn: async (at, name, path = "a") => {
          await browser.open(at, path);
          const pressed = await browser.send(at, { do: "code" }, path);
          // Where one was mailed before, a person types the word that shows there is one.
          if (!pressed.html.includes('name="code"')) await browser.send(at, { do: "code", confirm: "code" }, path);
          return browser.send(at, { do: "enter", code: story.codeOf(name) }, path);
        },
      };
      return browser;
    },
    http: async (method, { path = "a", token = tokenOf(), headers = {}, cookie = "", body } = {}) => {
      const event = {
        version: "2.0",
        routeKey: `${method} /${path}/{token}`,
        rawPath: `/${path}/${token}`,
        rawQueryString: "",
        headers,
        ...(cookie === "" ? {} : { cookies: [cookie] }),
        pathParameters: { token },
        isBase64Encoded: true,
        ...(body === undefined ? {} : { body: Buffer.from(body).toString("base64") }),
        requestContext: {
          requestId: "request-1",
          http: { method, path: `/${path}/${token}`, protocol: "HTTP/1.1", sourceIp: "203.0.113.5", userAgent: "story" },
        },
      } as unknown as APIGatewayProxyEventV2;
      const reply = await handler(event, {} as Context);
      return { status: reply.statusCode ?? 0, html: reply.body ?? "", headers: reply.headers ?? {}, cookies: reply.cookies ?? [] };
    },
    answer: async (fields = {}, token = tokenOf()) => {
      const page = await story.http("GET", { token });
      const answered = await story.http("POST", {
        token,
        headers: form,
        body: new URLSearchParams({
          ...hidden(page.html),
          choice: "approve",
          reason: "",
          confirm: stranger.slice(-4),
          ...fields,
        }).toString(),
      });
      return answered.status === 303 ? story.http("GET", goalOf(answered)) : answered;
    },
  };
  await ports.ledger.commit({
    of: "service",
    key: service,
    expected: { seq: 0, hash: "" },
    after: {
      service,
      mode: "enforce",
      outsideAccept: "keep",
      addedAt: "2026-11-01T00:00:00.000Z" as Instant,
      addedBy: alice,
      serviceName: `com.amazonaws.vpce.eu-west-1.${service}`,
      version: 1,
    },
    events: [
      {
        type: "ServiceAdded",
        at: "2026-11-01T00:00:00.000Z" as Instant,
        by: { kind: "operator", arn: alice },
        because: { rule: "operator", detail: "added" },
        service,
        to: {},
      },
    ],
  });
  world.ec2.addService(service);
  let token = "";
  const tokenOf = (): string => token;
  await prepare({ ...story, token });
  await story.connect(stranger, endpoint);
  const question = world.tables.committed.findLast(
    ({ subject, event }) => event.type === "ApprovalRequested" && subject.endsWith(endpoint),
  )?.event;
  if (question?.type === "ApprovalRequested")
    token = linkToken(await ports.keys.link(), {
      question: question.question,
      endpoint,
      approver: "approvers",
      expires: linkExpiry(world.clock.now()),
    });
  return { ...story, token };
}

/** Where a browser goes on. */
const goalOf = ({ headers }: Answered): Pick<Request, "path" | "token"> => {
  const [, path, token = ""] = /^\/([aq])\/([\w-]+)#/.exec(String(headers["location"])) ?? [];
  return { path: path as "a" | "q", token };
};

export const form = {
  "content-type": "application/x-www-form-urlencoded",
  "sec-fetch-site": "same-origin",
};

/** What a page says, without its marks. */
export const textOf = ({ html }: Pick<Answered, "html">): string =>
  html
    .replace(/<style>[\s\S]*<\/style>/, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ");

/** The hidden fields as a browser, or a robot, finds them. */
export const hidden = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
