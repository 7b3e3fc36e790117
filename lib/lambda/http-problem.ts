// What an HTTP caller is told of an error: a status, a code, what to do, and the request's id; never our insides.

import { BadInput, Fault, Refused } from "../faults.ts";

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** Which input was wrong. */
  readonly field?: string;
  /** Finds the request in the log. */
  readonly requestId: string;
}

/** A body over the bound. */
export class TooLarge extends Error {}

export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof BadInput)
    return {
      status: 400,
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      field: error.field,
      requestId,
    };
  if (error instanceof TooLarge) return { status: 413, code: "TooLarge", message: error.message, remedy: "send less at once", requestId };
  if (error instanceof Refused) {
    const status = error.code === "NotFound" ? 404 : 409;
    return { status, code: error.code, message: error.message, remedy: error.remedy, requestId };
  }
  if (error instanceof Fault && error.code === "Contended")
    return {
      status: 503,
      code: error.code,
      message: `Others changed ${error.where} at the same moment, again and again: nothing was done.`,
      remedy: "try again in a moment",
      requestId,
    };
  if (error instanceof Fault && error.code === "CodeNotMailed")
    return {
      status: 503,
      code: error.code,
      message: "The code could not be mailed, so none is waiting for you.",
      remedy: "open the link again in a minute, and have one mailed",
      requestId,
    };
  if (error instanceof Fault && error.retryable)
    return {
      status: 503,
      code: "TryAgain",
      message: "Something that Drawbridge needs did not answer in time.",
      remedy: "try again in a moment",
      requestId,
    };
  return {
    status: 500,
    code: "Failed",
    message: "Drawbridge failed at this request.",
    remedy: `look for ${requestId} in the function's log`,
    requestId,
  };
}
