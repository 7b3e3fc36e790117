// Posts JSON to another host: bounded in time and in what is read, and never led on by a redirect.

import type { Post } from "../asking/by-slack.ts";
import { explainError, Fault } from "../faults.ts";

const timeoutSeconds = 5;
const charactersMax = 1000;

/** The address is a secret, so an error names its host only. */
export const postJson: Post = async (url, json) => {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: json,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutSeconds * 1000),
    });
    return { status: response.status, text: (await response.text()).slice(0, charactersMax) };
  } catch (error) {
    throw new Fault("NoAnswer", url.host, explainError(error).message, true);
  }
};
