// Posts JSON to another host: bounded in time and in what is read, and never led on by a redirect.

import { explainError, Fault } from "../faults.ts";
import type { Post } from "../slack/web-api.ts";

const timeoutSeconds = 5;
const charactersReadMax = 1000;

/** The address is a secret, so an error names its host only. */
export const postJson: Post = async (url, json, { bearer, charactersMax = charactersReadMax, timeoutMs = timeoutSeconds * 1000 } = {}) => {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: json,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const after = Number(response.headers.get("retry-after") ?? Number.NaN);
    const text = (await response.text()).slice(0, charactersMax);
    return { status: response.status, text, ...(after > 0 ? { retryAfterSeconds: after } : {}) };
  } catch (error) {
    throw new Fault("NoAnswer", url.host, explainError(error).message, true);
  }
};
