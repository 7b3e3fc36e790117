// What is wrong with a page as a real browser shows it: for a finger, for a screen reader, and for axe.

import type { Page } from "playwright-core";
import { axeFindings } from "./axe.ts";

/** One line for each fault, empty when there is none. */
export async function faultsOnPage(page: Page): Promise<string[]> {
  const faults = await page.evaluate<string[]>(`(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const shown = ({ outerHTML }) => outerHTML.slice(0, 90);
    const named = all("[aria-describedby], [aria-labelledby]")
      .flatMap((element) => (element.getAttribute("aria-describedby") ?? element.getAttribute("aria-labelledby")).trim().split(" "));
    const overflow = document.documentElement.scrollWidth - innerWidth;
    return [
      ...(overflow > 0 ? [overflow + " px too wide"] : []),
      // A choice is pressed by its label.
      ...all("a, button, summary, textarea, label.choice, .choice .grow, input:not([type=hidden]):not([type=radio])")
        .filter((element) => element.checkVisibility())
        .filter((element) => { const { width, height } = element.getBoundingClientRect(); return width < 44 || height < 44; })
        .map((element) => "too small: " + shown(element)),
      ...all("input:not([type=hidden]), textarea").filter(({ labels }) => labels.length !== 1).map((element) => "without its label: " + shown(element)),
      ...all("[id]").filter(({ id }, index, them) => them.findIndex((other) => other.id === id) !== index).map(({ id }) => "twice: " + id),
      ...named.filter((id) => document.getElementById(id) === null).map((id) => "names what is not there: " + id),
      ...all('a[href^="#"]')
        .map((element) => element.getAttribute("href").slice(1))
        .filter((id) => document.getElementById(id) === null)
        .map((id) => "leads to what is not there: " + id),
    ];
  })()`);
  return [...faults, ...(await axeFindings(page))];
}
