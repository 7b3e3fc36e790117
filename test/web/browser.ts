// A real browser that `npm ci` brings along, on Linux x64.

import chromium from "@sparticuz/chromium";
import { chromium as playwright, type Browser } from "playwright-core";

export const hasBrowser = process.platform === "linux" && process.arch === "x64";

/** Its own arguments make one process of it, which ends with the first context, and switch web security off. */
const unwanted = new Set(["--single-process", "--no-zygote", "--disable-web-security"]);

export const startBrowser = async (): Promise<Browser> =>
  playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((arg) => !unwanted.has(arg)),
    headless: true,
  });
