// The approval page in real Chromium: a person decides with the keyboard, a robot that clicks everything does not.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asked, endpoint, stranger, type Asked } from "../asking/given.ts";
import { axeFindings } from "./axe.ts";
import { hasBrowser, startBrowser } from "./browser.ts";
import { faultsOnPage } from "./faults-on-page.ts";
import { states } from "./states.ts";

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

  const visit = async (
    world: Pick<Asked, "http" | "token">,
  ): Promise<{ page: Page; complaints: string[]; headers: Record<string, string>[] }> => {
    const headers: Record<string, string>[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const given = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
        headers.push({ ...given, ":method": request.method ?? "", ":path": request.url ?? "" });
        const token = request.url?.replace("/a/", "") ?? "";
        const body = Buffer.concat(chunks).toString();
        // What stands before it speaks https; this server does not, so a browser would not keep the cookie as it is.
        const cookie = (given["cookie"] ?? "").replace("drawbridge=", "__Host-drawbridge=");
        const sent = { token, headers: given, cookie, ...(body === "" ? {} : { body }) };
        void world.http(request.method ?? "GET", sent).then((reply) => {
          const cookies = reply.cookies.map((set) => set.replace("__Host-", "").replace("; Secure", ""));
          response.writeHead(reply.status, { ...(reply.headers as Record<string, string>), "set-cookie": cookies });
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

  // The others are in every-state.long.ts.
  test.each(["code-wrong", "signed-in", "list-signed-in", "late"])(
    "on a telephone everything is large enough, labelled, and nothing is wrong: %s",
    async (name) => {
      const made = await states[name]?.();
      const { page, complaints } = await visit({ http: async () => made ?? Promise.reject(new Error(name)), token: "x" });
      expect(await faultsOnPage(page)).toEqual([]);
      expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
      await page.close();
    },
  );

  test("whoever enters a code is where they decide, and a wrong code leaves them in its field", async () => {
    const world = await asked((story) => story.approvers([{ name: "ann", email: "ann@example.com" }]));
    const { page, complaints } = await visit({ ...world, token: await world.linkOf("ann") });
    const top = (): Promise<number> => page.evaluate<number>(`document.getElementById("decide")?.getBoundingClientRect().top ?? -1`);
    await page.getByRole("link", { name: "Decide" }).click();
    expect(await top()).toBeLessThan(640 / 2);
    await page.getByRole("button", { name: "Mail me a code" }).click();
    await page.getByLabel("Code from the mail").waitFor();
    const focused = (): Promise<string> => page.evaluate<string>("document.activeElement.id");
    expect(await focused()).toBe("code");
    await page.keyboard.type("0000 0000");
    await page.keyboard.press("Enter");
    await page.locator("#code-wrong").waitFor();
    expect(await focused()).toBe("code");
    await page.keyboard.type(world.codeOf("ann"));
    await page.keyboard.press("Enter");
    await page.getByRole("radio", { name: /^Approve AWS/ }).waitFor();
    expect(await focused()).toBe("decide");
    expect(await top()).toBeLessThan(640 / 2);
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
    await page.reload();
    await page.getByRole("radio", { name: /^Approve AWS/ }).waitFor();
    await page.close();
  });
});
