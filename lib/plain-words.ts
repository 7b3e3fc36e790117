// Grounds as people read them on a telephone: what an entry means for whom, without its version, and times in words. The log and the command keep each to the letter.

import { describedEntry } from "./allow-list.ts";
import { capital } from "./capital.ts";
import type { Because, Rule, Verdict } from "./events.ts";
import type { Instant } from "./ids.ts";
import { utc } from "./when.ts";

/** Grounds that are a person's own words stay as they are. */
const ownWords: ReadonlySet<Rule> = new Set(["approvers", "break-glass", "operator"]);

/** An event or a decision with its ground in plain words. */
export function plainly<Told extends { readonly because: Because; readonly why?: string }>(told: Told): Told {
  const { rule, detail } = told.because;
  return {
    ...told,
    because: ownWords.has(rule) ? told.because : { rule, detail: plain(detail) },
    ...(told.why === undefined ? {} : { why: plain(told.why) }),
  };
}

/** Why people are asked, as a sentence. */
export const whyAsked = ({ rule, detail }: Because): string =>
  rule === "no-entry" ? "Nothing on the allow-list matches this account." : asSentence(plain(detail));

const asSentence = (text: string): string => `${capital(text)}${/[.!?]$/.test(text) ? "" : "."}`;

export function plain(text: string): string {
  const entries = text.replaceAll(
    describedEntry,
    (all: string, kind: string, id: string, name: string | undefined, where: string, verdict: Verdict, at: number) =>
      entryWords(`${kinds[kind] ?? kind}${id}${name ?? ""}`, where, verdict, text.slice(at + all.length)),
  );
  return [...sawWords, ...timeWords].reduce((words, [form, said]) => words.replaceAll(form, said as string), entries);
}

const kinds: Readonly<Record<string, string>> = {
  "account ": "account ",
  "endpoint ": "endpoint ",
  "ou ": "organizational unit ",
  "org ": "organization ",
  anyone: "everybody",
};
const does: Readonly<Record<Verdict, readonly [now: string, otherwise: string]>> = {
  accept: ["accepts it", "would accept it"],
  ask: ["says that people decide", "would have people decide"],
  reject: ["rejects it", "would reject it"],
};

/** The service is named beside it wherever this is read; that an entry is for every service is not. */
function entryWords(who: string, where: string, verdict: Verdict, rest: string): string {
  const entry = `entry for ${who}${where === "every service" ? " at every service" : ""}`;
  // Some texts go on about the entry itself.
  if (rest.startsWith(" might reject it")) return `an ${entry}`;
  if (rest.startsWith(", expired at")) return `the ${entry}`;
  return `an ${entry} ${does[verdict][rest.startsWith(", but ") ? 1 : 0]}`;
}

type Said = readonly [RegExp, string | ((all: string, ...parts: string[]) => string)];

/** What conditions saw: lib/conditions/ says it in the words of the log. */
const sawWords: readonly Said[] = [
  [/(?<=but |; |: )expires: (.+? UTC), it is .+? UTC/g, "it expired on $1"],
  [/(?<=but |; |: )not before: (.+? UTC), it is .+? UTC/g, "it begins only on $1"],
  [/(?<=but |; |: )region: not known, wanted /g, "its Region is not known, and the entry wants "],
  [/(?<=but |; |: )region: (\S+), wanted /g, "it is in $1, and the entry wants "],
  [/(?<=but |; |: )IP address type: not known, wanted /g, "its IP address type is not known, and the entry wants "],
  [/(?<=but |; |: )IP address type: (\S+), wanted /g, "it is of type $1, and the entry wants "],
  [/(?<=but |; |: )at most: it holds (\d+), at most (\d+)/g, "the entry holds $1 already, and no more than $2"],
  [/(?<=but |; |: )at most: /g, ""],
  [/(?<=but |; |: )organization: (?=AWS )/g, ""],
  [/(?<=its organizational unit or organization) at vpce-svc-[\w-]+/g, ""],
];

const timeWords: readonly Said[] = [
  [/, expired at (?=\d{4}-)/g, " expired on "],
  [/was removed at (?=\d{4}-)/g, "was removed on "],
  [
    /\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z| UTC)/g,
    (_, date, time) => utc(`${date ?? ""}T${time ?? ""}:00.000Z` as Instant),
  ],
];
