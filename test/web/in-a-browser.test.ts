// The approval page in real Chromium: a person decides with the keyboard, a robot that clicks everything does not.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asked, endpoint, stranger, type Asked } from "../asking/given.ts";
import { axeFindings } from "./axe.ts";
import { hasBrowser, startBrowser } from "./browser.ts";

describe.skipIf(!hasBrowser)("in a browser", () => {
  let browser: Browser;
  const servers: Server[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    for (const server of servers) server.close();
  });

  const visit = async (world: Asked): Promise<{ page: Page; complaints: string[]; headers: Record<string, string>[] }> => {
    const headers: Record<string, string>[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const given = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
        headers.push({ ...given, ":method": request.method ?? "", ":path": request.url ?? "" });
        const token = request.url?.replace("/a/", "") ?? "";
        const body = Buffer.concat(chunks).toString();
        void world.http(request.method ?? "GET", { token, headers: given, ...(body === "" ? {} : { body }) }).then((reply) => {
          response.writeHead(reply.status, reply.headers as Record<string, string>);
          response.end(reply.html);
          return undefined;
        });
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/a/${world.token}`);
    return { page, complaints, headers };
  };

  test("a person decides with the keyboard, and sees what was recorded", async () => {
    const world = await asked();
    const { page, complaints, headers } = await visit(world);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("radio", { name: /^Approve AWS/ }).focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.type("known from the spring trial");
    await page.keyboard.press("Tab");
    await page.keyboard.type(stranger.slice(-4));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "may connect" }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.textContent("main")).toContain("known from the spring trial");
    expect(world.tables.committed.at(-1)?.event).toMatchObject({ type: "ConnectionApproved", reason: "known from the spring trial" });
    // The page tells nobody where it was, and yet its own form arrives.
    expect(headers.find((one) => one[":method"] === "POST")).toMatchObject({ origin: "null", "sec-fetch-site": "same-origin" });
    expect(headers.some((one) => one["referer"] !== undefined)).toBe(false);
    expect(headers.filter((one) => one[":path"] !== `/a/${world.token}` && one[":path"] !== "/favicon.ico")).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("a wrong confirmation brings the page back where the message is, and a second try decides", async () => {
    const world = await asked();
    const { page } = await visit(world);
    await page.getByRole("radio", { name: /^Reject AWS/ }).check();
    await page.getByLabel("Last four digits").fill("0000");
    await page.getByRole("button").click();
    await page.getByRole("alert").waitFor();
    expect(
      await page.evaluate<boolean>(
        `(({ role, top }) => role === "alert" && top >= 0 && top < innerHeight)({ role: document.activeElement?.getAttribute("role"), top: document.activeElement?.getBoundingClientRect().top })`,
      ),
    ).toBe(true);
    expect(await page.getByRole("radio", { name: /^Reject AWS/ }).isChecked()).toBe(true);
    await page.getByLabel("Last four digits").fill(stranger.slice(-4));
    await page.getByRole("button").click();
    await page.getByRole("heading", { level: 1, name: "may not connect" }).waitFor();
    expect(world.tables.committed.at(-1)?.event.type).toBe("ConnectionDenied");
    await page.close();
  });

  test("a robot that opens, clicks every button and sends every form as found decides nothing", async () => {
    const world = await asked();
    const before = world.tables.committed.length;
    const { page } = await visit(world);
    for (const click of ["input[value=approve]", "input[value=reject]", "button", "label.choice >> nth=0", "button"]) {
      await page.locator(click).click();
      await page.waitForLoadState();
    }
    await page.evaluate("document.forms[0].submit()");
    await page.getByRole("alert").waitFor();
    await page.evaluate("document.forms[0].noValidate = true");
    await page.getByRole("button").click();
    await page.getByRole("alert").waitFor();
    expect(world.tables.committed.length).toBe(before);
    expect((await world.ports().connections.load([endpoint])).get(endpoint)?.connection.status).toBe("asking");
    await page.close();
  });

  test("everything that is touched is large enough, labelled, and nothing is wider than a telephone", async () => {
    const world = await asked();
    const { page } = await visit(world);
    const small = await page.evaluate<string[]>(
      `[...document.querySelectorAll("a, button, input:not([type=hidden]):not([type=radio]), textarea, label.choice")]
        .filter((element) => element.checkVisibility())
        .filter((element) => { const { width, height } = element.getBoundingClientRect(); return width < 44 || height < 44; })
        .map(({ outerHTML }) => outerHTML)`,
    );
    expect(small).toEqual([]);
    expect(
      await page.evaluate<number>(
        `[...document.querySelectorAll("input:not([type=hidden]), textarea")].filter(({ labels }) => labels.length !== 1).length`,
      ),
    ).toBe(0);
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.close();
  });
});
