// What approvers hold in their hands: letters, the links in them, and the form behind a link.

import { accounts, type World } from "./world.ts";

export const lettersAbout = (world: World, text: string): number =>
  world.local.letters.filter((letter) => letter.text.includes(text)).length;

export function linkTo(world: World, endpoint: string): string {
  const letter = world.local.letters.find(({ text }) => text.includes(endpoint));
  return /https?:\/\/\S+\/a\/\S+/.exec(letter?.text ?? "")?.[0] ?? "";
}

/** Approves as a person would who has read the page. */
export async function approve(link: string): Promise<Response> {
  const page = await (await fetch(link)).text();
  const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]): [string, string] => [
    attribute(input, "name"),
    attribute(input, "value"),
  ]);
  return post(link, [...hidden, ["choice", "approve"], ["confirm", accounts.unknown.slice(-4)], ["reason", "known"]]);
}

export const post = (link: string, fields: [string, string][]): Promise<Response> =>
  fetch(link, { method: "POST", headers: { origin: new URL(link).origin }, body: new URLSearchParams(fields) });

const attribute = (tag: string, name: string): string => (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replaceAll("&amp;", "&");
