// Every state of the pages in a real browser, in light, dark and on a telephone: nothing is wrong with any, and a picture of each is put into screenshots/.

import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answered } from "../asking/given.ts";
import { hasBrowser, startBrowser } from "./browser.ts";
import { faultsOnPage } from "./faults-on-page.ts";
import { states } from "./states.ts";

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 320, height: 640 } },
  { name: "phone-dark", colorScheme: "dark", viewport: { width: 320, height: 640 } },
] as const;
const folder = new URL("../../screenshots/", import.meta.url).pathname;

describe.skipIf(!hasBrowser)("the pages in a browser", () => {
  let browser: Browser;
  let server: Server;
  const pages = new Map<string, Answered>();
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    browser = await startBrowser();
    server = createServer(({ url = "" }, response) => {
      const page = pages.get(url.slice(1));
      response.writeHead(page?.status ?? 404, page?.headers as Record<string, string> | undefined);
      response.end(page?.html ?? "");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  test.each(Object.keys(states))("%s", async (name) => {
    const made = await states[name]?.();
    if (made === undefined) throw new Error(`${name} was not made`);
    expect(made.status).not.toBe(303);
    pages.set(name, made);
    const faults: string[] = [];
    for (const { name: look, ...options } of looks) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      // That a page answers 4xx or 5xx is said in the console, and is as it should be.
      page.on("console", (message) => /status of [45]\d\d/.test(message.text()) || faults.push(`${look}: console: ${message.text()}`));
      await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${name}`);
      faults.push(...(await faultsOnPage(page)).map((fault) => `${look}: ${fault}`));
      await page.screenshot({ path: `${folder}${name}-${look}.png`, fullPage: true });
      await context.close();
    }
    expect(faults).toEqual([]);
  });
});
