// Robots that open links as mail scanners do: they look, prefetch, follow links, press every button and send in every form, as found or filled with rubbish.

export interface Seen {
  readonly status: number;
  readonly html: string;
  readonly cookies: readonly string[];
  /** Where a redirection leads. */
  readonly location?: string;
}

export interface Sent {
  readonly method: string;
  /** From the root: `/a/…`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly body?: string;
}

export type Send = (sent: Sent) => Promise<Seen>;

type Robot = (send: Send, path: string) => Promise<void>;

const formType = { "content-type": "application/x-www-form-urlencoded" };

/** Every way of one visit. Each is one robot that knows nothing of the others. */
export const robots: Readonly<Record<string, Robot>> = {
  head: async (send, path) => void (await send({ method: "HEAD", path })),
  get: async (send, path) => void (await send({ method: "GET", path })),
  prefetch: async (send, path) => void (await send({ method: "GET", path, headers: { "sec-purpose": "prefetch", purpose: "prefetch" } })),
  "get with a body": async (send, path) => void (await send({ method: "GET", path, headers: formType, body: "choice=approve&do=code" })),
  "get with a query": async (send, path) => void (await send({ method: "GET", path: `${path}?choice=approve&do=code&confirm=code` })),
  options: async (send, path) => void (await send({ method: "OPTIONS", path })),
  "follows links": async (send, path) => {
    const { html } = await send({ method: "GET", path });
    for (const link of links(html)) await send({ method: "GET", path: link });
  },
  "posts nothing": async (send, path) => void (await send({ method: "POST", path, headers: formType, body: "" })),
  "posts forms as found": async (send, path) => postAll(send, path, asFound, false),
  "posts forms as found, as a browser with cookies": async (send, path) => postAll(send, path, asFound, true),
  "posts forms filled with rubbish": async (send, path) => postAll(send, path, filled, true),
  "posts forms filled with rubbish, again and again": async (send, path) => {
    for (let times = 0; times < 4; times += 1) await postAll(send, path, filled, true);
  },
  "posts from elsewhere": async (send, path) =>
    postAll(send, path, filled, true, { "sec-fetch-site": "cross-site", origin: "https://evil.example" }),
};

/** Fetches, then presses every button of every form that the page, and the pages that follow from it, show. */
async function postAll(
  send: Send,
  path: string,
  fill: (form: string) => Record<string, string>,
  keepsCookies: boolean,
  headers: Readonly<Record<string, string>> = { "sec-fetch-site": "same-origin" },
): Promise<void> {
  let cookie = "";
  const visit = async (sent: Sent): Promise<Seen> => {
    const seen = await send({ ...sent, ...(cookie === "" ? {} : { cookie }) });
    const [set] = seen.cookies;
    if (keepsCookies && set !== undefined) cookie = set.split(";")[0] ?? "";
    return seen.location === undefined ? seen : visit({ method: "GET", path: seen.location.replace(/#.*/, "") });
  };
  const pressed = new Set<string>();
  let { html } = await visit({ method: "GET", path });
  for (let rounds = 0; rounds < 6; rounds += 1) {
    const next = buttons(html).find(({ key }) => !pressed.has(key));
    if (next === undefined) return;
    pressed.add(next.key);
    const body = new URLSearchParams({ ...fill(next.form), ...next.adds }).toString();
    ({ html } = await visit({ method: "POST", path, headers: { ...formType, ...headers }, body }));
  }
}

interface Button {
  readonly key: string;
  readonly form: string;
  readonly adds: Record<string, string>;
}

/** Every button of every form, and every radio button with each of them. */
function buttons(html: string): Button[] {
  return forms(html).flatMap((form) => {
    const submits = [...form.matchAll(/<button[^>]*>/g)].map(([tag]) => tag);
    const radios = [...form.matchAll(/<input[^>]*type="radio"[^>]*>/g)].map(([tag]) => tag);
    return submits.flatMap((submit) => {
      const name = attribute(submit, "name");
      const own = name === "" ? {} : { [name]: attribute(submit, "value") };
      const picks = radios.length === 0 ? [{}] : radios.map((radio) => ({ [attribute(radio, "name")]: attribute(radio, "value") }));
      return picks.map((pick) => ({ key: JSON.stringify([own, pick]), form, adds: { ...own, ...pick } }));
    });
  });
}

const forms = (html: string): string[] => [...html.matchAll(/<form[\s\S]*?<\/form>/g)].map(([form]) => form);
const links = (html: string): string[] => [...html.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = ""]) => href);
const inputs = (form: string): string[] => [...form.matchAll(/<(input|textarea)[^>]*>/g)].map(([tag]) => tag);

const asFound = (form: string): Record<string, string> =>
  Object.fromEntries(
    inputs(form).flatMap((tag) => (attribute(tag, "type") === "radio" ? [] : [[attribute(tag, "name"), attribute(tag, "value")]])),
  );

/** What form fillers put in: something that looks right for the kind of field. */
const filled = (form: string): Record<string, string> =>
  Object.fromEntries(
    inputs(form).flatMap((tag) => {
      const [type, name, value] = [attribute(tag, "type"), attribute(tag, "name"), attribute(tag, "value")];
      if (type === "radio") return [];
      if (type === "hidden") return [[name, value]];
      const numeric = attribute(tag, "inputmode") === "numeric";
      return [[name, numeric ? "12345678".slice(0, Number(attribute(tag, "maxlength")) === 4 ? 4 : 8) : "test"]];
    }),
  );

const attribute = (tag: string, name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "";

/** Lets so many robots of every kind loose on the paths, several at a time. */
export async function letLoose(send: Send, paths: readonly string[], visits: number, atOnce = 8): Promise<void> {
  const kinds = Object.values(robots);
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < visits) {
        const index = next;
        next += 1;
        await kinds[index % kinds.length]?.(send, paths[index % paths.length] ?? "");
      }
    }),
  );
}

/** A handler as many systems have it: the link decides when it is opened. */
export const getLinkHandler =
  (decided: () => void): Send =>
  async ({ method }) => {
    if (method === "GET") decided();
    return { status: 200, html: "<h1>Approved</h1>", cookies: [] };
  };

/** A handler with a page that asks to confirm by one button. */
export const oneButtonHandler =
  (decided: () => void): Send =>
  async ({ method }) => {
    if (method === "POST") decided();
    return {
      status: 200,
      html: `<form method="post"><input type="hidden" name="token" value="x"><button>Approve</button></form>`,
      cookies: [],
    };
  };
