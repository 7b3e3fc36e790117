// What the API's replies mean: a value, or a refusal as one clear line.

import { expiredCredentials, refusedCredentials } from "./credentials.ts";
import { Failure } from "./failure.ts";

export interface Reply {
  readonly status: number;
  readonly text: string;
}
/** What was asked, where and as whom, for the words of a refusal. */
export interface Asked {
  readonly origin: string;
  readonly accessKeyId: string;
  readonly what: string;
}

/** The reply's value; or what it refused, in one line. */
export function understood({ status, text }: Reply, asked: Asked): unknown {
  const value = parsed(text);
  if (status >= 200 && status < 300 && value !== undefined) return value;
  const { error } = (value ?? {}) as {
    error?: { code?: unknown; message?: unknown; remedy?: unknown; field?: unknown };
  };
  if (typeof error?.code === "string" && typeof error.message === "string")
    throw new Failure(
      status === 400 ? 2 : 1,
      error.code,
      error.message,
      typeof error.remedy === "string" ? error.remedy : undefined,
      typeof error.field === "string" ? error.field : undefined,
    );
  const { message, Message } = (value ?? {}) as { message?: unknown; Message?: unknown };
  const said = [message, Message].find((each) => typeof each === "string") ?? "";
  throw refusedByAws(status, said, asked);
}

/** Drawbridge says that it did nothing, because others changed the same thing at once. */
export const isContended = (text: string): boolean =>
  (parsed(text) as { error?: { code?: unknown } } | undefined)?.error?.code === "Contended";

/** API Gateway's own answers, which come before Drawbridge sees the request. */
function refusedByAws(status: number, said: string, { origin, accessKeyId, what }: Asked): Failure {
  const key = `access key ${accessKeyId}`;
  if (status === 403 && /expired/i.test(said)) return expiredCredentials({ key });
  if (status === 403 && /signature|security token|invalid/i.test(said)) return refusedCredentials({ key, said });
  if (status === 401 || status === 403)
    return new Failure(
      1,
      "NotAllowed",
      `${/User: (\S+)/.exec(said)?.[1] ?? `The identity of ${key}`} may not ${what}`,
      `it needs the permission execute-api:Invoke on this API; aws sts get-caller-identity tells who you are`,
    );
  if (status === 413)
    return new Failure(
      1,
      "TooLarge",
      `The API takes no request as large as this one (${what})`,
      "give less at once; a policy, in several files that are applied with --keep-others",
    );
  if (status === 429) return new Failure(1, "Throttled", "The API is throttled: too many requests", "try again in a minute");
  if (status === 503 || status === 504)
    return new Failure(
      1,
      "TryAgain",
      `The API did not answer in time (HTTP ${String(status)})`,
      "try again; what was begun may have been done",
    );
  return new Failure(
    1,
    "NotDrawbridge",
    `${origin} does not answer as a Drawbridge does (HTTP ${String(status)})`,
    "check --api or DRAWBRIDGE_API",
  );
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
