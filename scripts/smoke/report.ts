// The findings of a smoke run as a file to be sent back, free of what is nobody's business, and as a page to be read.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./points.ts";

export interface Report {
  readonly format: "drawbridge-smoke/1";
  readonly drawbridge: string;
  /** "AWS", or the address of a local AWS. */
  readonly on: string;
  readonly region: string;
  readonly run: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly accounts: 1 | 2;
  readonly outcome: "as told" | "not as told";
  readonly because?: string;
  readonly left: readonly string[];
  readonly findings: readonly Finding[];
  readonly unasked: readonly { readonly assumption: string; readonly text: string }[];
  readonly steps: readonly unknown[];
  readonly raw: unknown;
}

export interface Secrets {
  /** Texts that must not leave, each with what stands for it. */
  readonly words: Readonly<Record<string, string>>;
}

/** Gives the file's path. An earlier file of the day stays as it is. */
export function writeReport(folder: string, report: Report, secrets: Secrets): string {
  mkdirSync(folder, { recursive: true });
  const day = report.startedAt.slice(0, 10);
  const names = ["", ...Array.from({ length: 99 }, (_, at) => `-${String(at + 2)}`)].map((more) =>
    join(folder, `smoke-aws-${day}${more}.json`),
  );
  const path = names.find((name) => !existsSync(name)) ?? join(folder, `smoke-aws-${report.run}.json`);
  writeFileSync(path, `${masked(JSON.stringify(hidden(report), null, 2), secrets)}\n`);
  return path;
}

const nobodysBusiness = new Set([
  "sourceIPAddress",
  "userAgent",
  "accessKeyId",
  "principalId",
  "userName",
  "sessionContext",
  "invokedBy",
  "tlsDetails",
  "Signature",
  "SigningCertURL",
  "UnsubscribeURL",
  "creationDate",
]);

/** Who called, from where and with what: wherever it stands, in JSON inside of text too, and when that text was cut short. */
function hidden(value: unknown): unknown {
  if (typeof value === "string") return hiddenInText(value);
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, nobodysBusiness.has(name) ? "(hidden)" : hidden(member)]));
}

const member = new RegExp(`("(?:${[...nobodysBusiness].join("|")})"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*"?|\\{[^}]*\\}?)`, "g");

function hiddenInText(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.stringify(hidden(JSON.parse(text)));
  } catch {
    return text.replaceAll(member, '$1"(hidden)"');
  }
}

/** A person's or a role's ARN keeps its kind and loses its name. */
const named = /arn:(aws[a-z-]*):(iam|sts)::(\d*):([a-z-]+)\/[^"'\\\s,]+/g;

function masked(text: string, { words }: Secrets): string {
  const nameless = text.replaceAll(named, "arn:$1:$2::$3:$4/(hidden)");
  return Object.entries(words).reduce((rest, [word, instead]) => (word === "" ? rest : rest.replaceAll(word, instead)), nameless);
}

/** The same for what is printed. */
export function pageOf(report: Report): readonly string[] {
  const { findings, unasked } = report;
  const marks = { agrees: "= agrees", differs: "≠ DIFFERS", seen: "· seen", "not observed": "? not observed" } as const;
  const lines = findings.flatMap(({ item, asks, verdict, says, assumption, assumed }) => {
    const against = verdict === "differs" && assumption !== undefined ? ` (local AWS assumes ${assumption}: ${String(assumed)})` : "";
    return [
      `${item === 0 ? "    " : `7.${String(item)}`.padEnd(4)} ${marks[verdict].padEnd(15)} ${asks}`,
      `${" ".repeat(21)}${short(says)}${against}`,
    ];
  });
  const count = (verdict: Finding["verdict"]): string => String(findings.filter((one) => one.verdict === verdict).length);
  return [
    `What AWS does where its documentation is silent, beside what local AWS assumes (${report.on}, ${report.region}):`,
    "",
    ...lines,
    ...unasked.map(({ assumption }) => `     ${marks["not observed"].padEnd(15)} ${assumption}: this run does not ask`),
    "",
    `${count("agrees")} agree, ${count("differs")} differ, ${count("seen")} seen, ${count("not observed")} not observed.`,
  ];
}

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 299)}…` : text);
