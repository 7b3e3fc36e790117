// Ten thousand visits of scanners, and a thousand answers at the same moment, through the packaged functions over HTTP.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalAws, type LocalAws } from "../../local/aws.ts";
import type { Letter } from "../../local/inbox.ts";
import { consumer, provider } from "../../scripts/actors.ts";
import { ensurePackaged } from "../../scripts/package.ts";
import { getLinkHandler, letLoose, oneButtonHandler, type Seen, type Send } from "../asking/robots.ts";
import { hasBrowser, startBrowser } from "../web/browser.ts";
import { insisting, operator, until } from "./operator.ts";

const accounts = { provider: "111111111111", stranger: "333333333333" };
const ann = "ann@payments.example";
// Fewer where one only wants to see that it goes.
const visits = Number(process.env["VISITS"] ?? 10_000);
const browserVisits = 20;

let local: LocalAws;
let service: { id: string; name: string };
let browser: Browser | undefined;

const command = (...words: string[]): Promise<string> => insisting(operator(local, accounts.provider))(...words);
const letters = async (): Promise<Letter[]> =>
  ((await (await fetch(`${local.inbox}.json`)).json()) as Letter[]).filter(({ to }) => to === ann);
const codes = async (): Promise<string[]> =>
  (await letters()).flatMap(({ text }) => /^Your code: ([\d ]+)/.exec(text)?.[1]?.replaceAll(" ", "") ?? []);
const typesOf = async (endpoint: string): Promise<string[]> => {
  const { history } = JSON.parse(await command("show", endpoint, "--json")) as { history: { event: { type: string } }[] };
  return history.map(({ event }) => event.type);
};
const decisions = (types: readonly string[]): string[] =>
  types.filter((type) => ["ConnectionApproved", "ConnectionDenied", "ApprovalGiven", "AnswerRefused"].includes(type));

/** What API Gateway or Lambda throttle is sent again, as robots do, and so is what met a connection that was just being closed. */
const send: Send = async ({ method, path, headers = {}, cookie, body }): Promise<Seen> => {
  for (;;) {
    const reply = await fetch(new URL(path, local.api), {
      method,
      headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) },
      ...(body === undefined || method === "GET" ? {} : { body }),
      redirect: "manual",
    }).catch((error: unknown) => {
      if (error instanceof TypeError && /ECONNRESET|UND_ERR_SOCKET/.test(String((error.cause as { code?: string } | undefined)?.code)))
        return undefined;
      throw error;
    });
    if (reply === undefined) continue;
    const location = reply.headers.get("location");
    const seen = {
      status: reply.status,
      html: await reply.text(),
      cookies: reply.headers.getSetCookie(),
      ...(location === null ? {} : { location }),
    };
    if (seen.status !== 429 && seen.status !== 503) return seen;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
};

/** A person's way: the hidden field of the page, and the cookie it set. */
function person(path: string) {
  let cookie = "";
  let html = "";
  const keep = (seen: Seen): Seen => {
    cookie = seen.cookies[0]?.split(";")[0] ?? cookie;
    if (seen.location === undefined) html = seen.html;
    return seen;
  };
  return {
    open: async (): Promise<Seen> => keep(await send({ method: "GET", path, ...(cookie === "" ? {} : { cookie }) })),
    post: async (fields: Record<string, string>, keeps = true): Promise<Seen> => {
      const guard = /name="guard" value="([^"]+)"/.exec(html)?.[1] ?? "";
      const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
      const seen = await send({ method: "POST", path, cookie, headers, body: new URLSearchParams({ guard, ...fields }).toString() });
      if (!keeps) return seen;
      keep(seen);
      return seen.location === undefined ? seen : keep(await send({ method: "GET", path: seen.location.replace(/#.*/, ""), cookie }));
    },
  };
}

beforeAll(async () => {
  await ensurePackaged();
  local = await startLocalAws({ port: 0, delays: { available: 300 } });
  service = await provider(local, accounts.provider).createService(
    "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/payments/50dc6c495c0c9188",
  );
  await command("services", "add", service.id, "--no-names", "--yes");
  await command("approvers", "add", "ann", "--email", ann);
  await command("services", "set", service.id, "--approver", "ann", "--account-answers", "yes", "--yes");
  if (hasBrowser) browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await local.close();
});

test(
  "ten thousand scanner visits decide nothing, have one code mailed, and leave the approver their tries; then of a thousand answers one decides",
  { timeout: 7_200_000 },
  async () => {
    const stranger = consumer(local, accounts.stranger);
    // Two at once come as one message with one list.
    const [endpoint, other] = await Promise.all([stranger.connect(service.name), stranger.connect(service.name)]);
    const list = await until(async () => (await letters()).flatMap(({ text }) => /https?:\/\/\S+\/q\/\S+/.exec(text)?.[0] ?? []).at(-1));
    const listPath = new URL(list).pathname;
    const items = (await send({ method: "GET", path: listPath })).html.split("<li>");
    const path = /href="(\/a\/[\w-]+)"/.exec(items.find((item) => item.includes(endpoint)) ?? "")?.[1] ?? "";
    const link = new URL(path, local.api).href;

    let [opened, pressed] = [0, 0];
    await letLoose(
      getLinkHandler(() => (opened += 1)),
      [path],
      visits,
    );
    await letLoose(
      oneButtonHandler(() => (pressed += 1)),
      [path],
      visits,
    );
    expect(opened, "decisions of a handler that decides when its link is opened").toBeGreaterThan(visits / 2);
    expect(pressed, "decisions of a handler with one button").toBeGreaterThan(visits / 4);

    await letLoose(send, [path, listPath], visits, 16);
    for (let visit = 0; visit < (browser === undefined ? 0 : browserVisits); visit += 1)
      await clickEverything(visit % 2 === 0 ? link : list);
    for (const one of [endpoint, other]) expect(decisions(await typesOf(one))).toEqual([]);
    expect((await codes()).length).toBeLessThanOrEqual(1);

    const approver = person(path);
    await approver.open();
    await approver.post({ do: "code", confirm: "code" });
    const code = await until(async () => (await codes())[1]);
    for (const left of ["4 tries are", "3 tries are", "2 tries are", "1 try is"])
      expect((await approver.post({ do: "enter", code: code === "00000000" ? "11111111" : "00000000" })).html).toContain(`${left} left`);
    expect((await approver.post({ do: "enter", code })).html).toContain("You are <strong>ann</strong>");

    const replies = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => approver.post({ choice: index % 2 === 0 ? "approve" : "approve-account" }, false)),
    );
    // Those who wanted what was decided are shown it; the others are told that they changed nothing.
    for (const { status } of replies) expect([303, 409]).toContain(status);
    expect([0, 1].filter((rest) => replies.some(({ status }, index) => status === 303 && index % 2 === rest))).toHaveLength(1);
    await until(async () => ((await typesOf(endpoint)).includes("ConnectionAvailable") ? true : undefined));
    expect(decisions(await typesOf(endpoint))).toEqual(["ConnectionApproved"]);
    expect(local.acceptsOf(endpoint)).toBe(1);
  },
);

/** A headless browser with a fresh profile that presses everything there is, twice over. */
async function clickEverything(link: string): Promise<void> {
  const context = await (browser as Browser).newContext();
  const page = await context.newPage();
  await page.goto(link);
  for (let index = 0; index < 8; index += 1) {
    const targets = page.locator("button, input[type=radio], summary, label, a");
    const count = await targets.count();
    if (count === 0) break;
    await targets
      .nth(index % count)
      .click({ timeout: 2000, force: true })
      .catch(() => undefined);
    await page.waitForLoadState();
  }
  await page.evaluate("for (const form of document.forms) form.noValidate = true");
  await page
    .locator("button")
    .last()
    .click({ timeout: 2000, force: true })
    .catch(() => undefined);
  await context.close();
}
