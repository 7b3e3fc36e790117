// What a function answers, as an HTTP response: payload format 2.0 with its shortcuts.
import { isMembers, optionalText, texts, type Members } from "./members.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** undefined: an answer that API Gateway turns into Internal Server Error. */
export function apiAnswer(payload: string): ApiAnswer | undefined {
  const answer: unknown = JSON.parse(payload);
  if (!isMembers(answer) || !("statusCode" in answer)) {
    // The shortcut: any JSON without a status is the body of a 200.
    const body = typeof answer === "string" ? answer : JSON.stringify(answer);
    return { status: 200, headers: { "content-type": "application/json" }, cookies: [], body: Buffer.from(body) };
  }
  const status = Number(answer["statusCode"]);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const text = optionalText(answer, "body") ?? "";
  const headers = headersOf(answer);
  return {
    status,
    headers: "content-type" in headers ? headers : { "content-type": "text/plain;charset=utf-8", ...headers },
    cookies: texts(answer, "cookies"),
    body: Buffer.from(text, answer["isBase64Encoded"] === true ? "base64" : "utf8"),
  };
}

function headersOf(answer: Members): Readonly<Record<string, string>> {
  const given = answer["headers"];
  if (!isMembers(given)) return {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
