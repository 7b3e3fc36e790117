// Approvals through the packaged functions on local AWS, over the wire: confirmed addresses, mail, code, page, decision; robots, and many at once.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import type { Letter } from "../../local/inbox.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { letLoose, robots, type Seen, type Send } from "../asking/robots.ts";
import { leapingClock } from "../faults/leaping-clock.ts";
import { hasBrowser, startBrowser } from "../web/browser.ts";
import { faultsOnPage } from "../web/faults-on-page.ts";
import { changedLinks } from "./changed-links.ts";
import { tally } from "./one-bit.ts";
import { insisting, operator, until, type Operator } from "./operator.ts";
import { volume } from "../volume.ts";

const accounts = { provider: "111111111111", stranger: "333333333333", newcomer: "444444444444" };
const ann = "ann@payments.example";

const clock = leapingClock();
let local: LocalAws;
let service: { id: string; name: string };
let browser: Browser | undefined;

const command = (...words: string[]): Promise<string> => insisting(operator(local, accounts.provider))(...words);
const asked = async <T>(...words: string[]): Promise<T> => JSON.parse(await command(...words, "--json")) as T;

const letters = async (to: string): Promise<Letter[]> =>
  ((await (await fetch(`${local.inbox}.json`)).json()) as Letter[]).filter((letter) => letter.to === to);
const letter = (to: string, about: RegExp): Promise<Letter> =>
  until(async () => (await letters(to)).findLast(({ text }) => about.test(text)));
const linkIn = ({ text }: Letter, path: "a" | "q"): string => new RegExp(`https?://\\S+/${path}/\\S+`).exec(text)?.[0] ?? "";
const codes = async (): Promise<string[]> =>
  (await letters(ann)).flatMap(({ text }) => /^Your code: ([\d ]+)/.exec(text)?.[1]?.replaceAll(" ", "") ?? []);
const roleOf = (name: string): string => `arn:aws:iam::${accounts.provider}:role/${name}`;
/** The command with the session of a role. */
async function withRole(name: string): Promise<Operator> {
  const { Credentials } = await local.call("sts", "AssumeRole", { RoleArn: roleOf(name), RoleSessionName: name });
  const {
    AccessKeyId: accessKeyId = "",
    SecretAccessKey: secretAccessKey = "",
    SessionToken: sessionToken = "",
  } = Credentials as Record<string, string>;
  return operator(local, { accessKeyId, secretAccessKey, sessionToken });
}
interface Shown {
  readonly connection: { readonly status: string };
  readonly history: readonly {
    readonly event: { readonly type: string; readonly by: object; readonly source?: { readonly raw?: string } };
  }[];
}
const shown = (endpoint: string): Promise<Shown> => asked("show", endpoint);

/** Over HTTP, without a browser's own ways. */
const send: Send = async ({ method, path, headers = {}, cookie, body }) => {
  const reply = await fetch(new URL(path, local.api), {
    method,
    headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
    // fetch sends no body with GET; the robots that would are met in test/asking/robots.test.ts.
    ...(body === undefined || method === "GET" ? {} : { body }),
    redirect: "manual",
  });
  const location = reply.headers.get("location");
  return {
    status: reply.status,
    html: await reply.text(),
    cookies: reply.headers.getSetCookie(),
    ...(location === null ? {} : { location }),
  };
};

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({ port: 0, clock, confirmSubscriptions: false, delays: { available: 300 } });
  service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await command("services", "add", service.id, "--no-names", "--yes");
  if (hasBrowser && volume(0, 1) === 1) browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await local.close();
});

describe("approvals", () => {
  test("an approver is added, confirms by the command, gets a test, and is named by the service", async () => {
    await command("approvers", "add", "ann", "--email", ann, "--arn", "arn:aws:iam::111111111111:user/ann");
    const mail = await letter(ann, /To confirm this subscription/);
    const mailOf = async (): Promise<string | undefined> =>
      (await asked<{ items: { mail: string }[] }>("approvers", "list")).items[0]?.mail;
    expect(await mailOf()).toBe("pending");
    await command("approvers", "confirm", "ann", "--link", /http\S+/.exec(mail.text)?.[0] ?? "");
    expect(await mailOf()).toBe("confirmed");
    await command("approvers", "test", "ann");
    await letter(ann, /This is only a test/);
    // A scanner opens every link of every mail: the subscription stands.
    for (const { text } of await letters(ann)) for (const [link] of text.matchAll(/https?:\/\/\S+/g)) await fetch(link);
    expect(await mailOf()).toBe("confirmed");
    await command("services", "set", service.id, "--approver", "ann", "--yes");
  });

  test("mail, page, code, approved, available: in `npm run test:long` in a real browser where there is one", async () => {
    const endpoint = await consumer(local, accounts.stranger).connect(service.name);
    const link = linkIn(await letter(ann, /Decide here[^]*Opening the link decides nothing/), "a");
    // Robots come first: what they do on the way is sampled here, ten thousand of them in approvals.long.ts.
    const path = new URL(link).pathname;
    await letLoose(send, [path], 2 * Object.keys(robots).length, 4);
    // Every single bit of a link is changed in every-bit.long.ts.
    const changed = [...changedLinks(path, { choice: "approve" })].filter((_, index) => index % 97 === 0);
    expect(Object.keys(await tally(local.api, changed)).filter((status) => status !== "400" && status !== "404")).toEqual([]);
    expect(await codes()).toHaveLength(1);
    expect((await shown(endpoint)).connection.status).toBe("asking");
    await (browser === undefined ? decideByHand(link) : decideInBrowser(browser, link));
    const done = await until(async () => {
      const now = await shown(endpoint);
      return now.connection.status === "connected" ? now : undefined;
    });
    expect(await codes()).toHaveLength(2);
    const decided = done.history.filter(({ event }) => event.type === "ConnectionApproved");
    expect(decided.map(({ event }) => event)).toMatchObject([
      {
        by: { kind: "approver", name: "ann", channel: "link" },
        source: { raw: expect.stringContaining("link and code, from ") as string },
      },
    ]);
    expect(done.history.some(({ event }) => event.type === "AnswerRefused")).toBe(false);
    expect(local.acceptsOf(endpoint)).toBe(1);
  });

  test("three at once come in one message with one list; many answers at once to one of them are one decision", async () => {
    // Minutes after the question before, the next one's mail does not wait.
    clock.leap(240);
    const newcomer = consumer(local, accounts.newcomer);
    const endpoints = await Promise.all([1, 2, 3].map(async () => newcomer.connect(service.name)));
    const mail = await letter(ann, /connections wait for your approval/);
    const list = linkIn(mail, "q");
    let cookie = "";
    const visit = async (url: string, fields?: Record<string, string>): Promise<Seen> => {
      const guard = fields === undefined ? {} : { guard: /name="guard" value="([^"]+)"/.exec(page.html)?.[1] ?? "" };
      const seen = await send({
        method: fields === undefined ? "GET" : "POST",
        path: new URL(url).pathname,
        ...(cookie === "" ? {} : { cookie }),
        ...(fields === undefined
          ? {}
          : {
              headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
              body: new URLSearchParams({ ...guard, ...fields }).toString(),
            }),
      });
      cookie = seen.cookies[0]?.split(";")[0] ?? cookie;
      return seen;
    };
    /** Where a form leads, the page after it. */
    const go = async (url: string, fields: Record<string, string>): Promise<Seen> => {
      const seen = await visit(url, fields);
      expect(seen.location).toMatch(/^\/[aq]\//);
      return visit(new URL(seen.location ?? "", local.api).href);
    };
    let page: Seen = { status: 0, html: "", cookies: [] };
    page = await visit(list);
    expect(page.html).toContain("questions wait for you");
    page = await go(list, { do: "code", confirm: "code" });
    const code = await until(async () => (await codes())[2]);
    page = await go(list, { do: "enter", code });
    expect(page.html).toContain("You are <strong>ann</strong>");
    const links = [...page.html.matchAll(/href="(\/a\/[\w-]+)"/g)].map(([, path = ""]) => new URL(path, local.api).href);
    expect(links).toHaveLength(3);
    const [first = ""] = links;
    page = await visit(first);
    const replies = await Promise.all(
      Array.from({ length: volume(30, 100) }, (_, index) => visit(first, { choice: index % 2 === 0 ? "approve" : "reject" })),
    );
    // Those who wanted what was decided are shown it; the others are told.
    expect(recordedOf(replies)).toBe(1);
    const decisions = (await Promise.all(endpoints.map(shown))).flatMap(({ history }) =>
      history.filter(({ event }) => event.type === "ConnectionApproved" || event.type === "ConnectionDenied"),
    );
    expect(decisions).toHaveLength(1);
    // What somebody else decides, those who were asked hear by mail.
    const open = await asked<{ items: { connection: { endpoint: string } }[] }>("pending");
    expect(open.items).toHaveLength(2);
    const third = open.items[0]?.connection.endpoint ?? "";
    await command("reject", third, "--reason", "not this one");
    expect((await letter(ann, new RegExp(`^Rejected: [^]*${third}`))).text).toContain("not this one");

    // Of two who must agree one is not enough, however often, nor is one with the entry's author; every set of up to five is in quorum.long.ts.
    const last = open.items[1]?.connection.endpoint ?? "";
    const [bob, cem] = [await withRole("bob"), await withRole("cem")];
    for (const name of ["bob", "cem"])
      await command("approvers", "add", name, "--slack", `U0${name.toUpperCase()}0000`, "--arn", roleOf(name));
    const people = ["ann", "bob", "cem"].flatMap((name) => ["--approver", name]);
    expect((await bob("ask", accounts.newcomer, "--service", service.id, ...people, "--quorum", "2")).code).toBe(0);
    for (const [who, code] of [
      [bob, 1],
      [cem, 0],
      [cem, 1],
      [bob, 1],
    ] as const) {
      expect((await who("approve", last)).code).toBe(code);
      expect((await shown(last)).connection.status).toBe("asking");
    }
    for (const one of links) {
      page = await visit(one);
      if (page.html.includes(last)) await go(one, { choice: "approve" });
    }
    expect((await shown(last)).history.map(({ event }) => event.type)).toContain("ConnectionApproved");
  });
});

async function decideInBrowser(at: Browser, link: string): Promise<void> {
  const page = await at.newPage({ viewport: { width: 320, height: 640 }, javaScriptEnabled: false });
  const [complaints, faults]: [string[], string[]] = [[], []];
  page.on("console", (message) => complaints.push(message.text()));
  // What looks for faults is a script, and a person needs none: it looks at the same page beside them.
  const beside = await at.newPage({ viewport: { width: 320, height: 640 } });
  const look = async (): Promise<void> => {
    await beside.context().addCookies(await page.context().cookies());
    await beside.goto("about:blank");
    await beside.goto(page.url());
    faults.push(...(await faultsOnPage(beside)));
  };
  await page.goto(link);
  await look();
  await page.getByRole("button", { name: "Mail me a code" }).click();
  await page.getByLabel("Type code").fill("code");
  await page.getByRole("button", { name: "Mail me a code" }).click();
  const code = await until(async () => (await codes())[1]);
  await look();
  await page.getByLabel("Code from the mail").fill(code);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("radio", { name: /^Approve AWS/ }).check();
  await look();
  await page.getByLabel("Reason").fill("known from the spring trial");
  await page.getByRole("button", { name: "Record this decision" }).click();
  await page.getByRole("heading", { level: 1, name: "may connect" }).waitFor();
  await look();
  // Loaded again, the page says the same.
  await page.reload();
  expect(await page.textContent("main")).toContain("Your decision is recorded");
  expect(complaints).toEqual([]);
  expect(faults).toEqual([]);
  await beside.close();
  await page.close();
}

/** Where no browser runs: the same requests. */
async function decideByHand(link: string): Promise<void> {
  const path = new URL(link).pathname;
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
  let { html, cookies } = await send({ method: "GET", path });
  let cookie = cookies[0]?.split(";")[0] ?? "";
  for (const fields of [{ do: "code", confirm: "code" }, { do: "enter" }, { choice: "approve" }]) {
    const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1] ?? "";
    const more = "do" in fields && fields.do === "enter" ? { code: await until(async () => (await codes())[1]) } : {};
    ({ cookies } = await send({
      method: "POST",
      path,
      headers,
      cookie,
      body: new URLSearchParams({ guard, ...fields, ...more }).toString(),
    }));
    cookie = cookies[0]?.split(";")[0] ?? cookie;
    ({ html } = await send({ method: "GET", path, cookie }));
  }
  expect(html).toContain("may connect");
}

/** In how many of the two halves, which want different things, anybody was told that it is recorded. Whoever was not, was told so. */
function recordedOf(replies: readonly Seen[]): number {
  for (const { status } of replies) expect([303, 409, 429, 503]).toContain(status);
  return [0, 1].filter((rest) => replies.some(({ status }, index) => status === 303 && index % 2 === rest)).length;
}
