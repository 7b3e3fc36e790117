// What a function writes to its log: one JSON object a line, with the keys of the work it is about.

import { AsyncLocalStorage } from "node:async_hooks";
import { Logger } from "@aws-lambda-powertools/logger";
import { explainError, Fault } from "../faults.ts";

export type LogKeys = Readonly<Record<string, unknown>> & { readonly [key in Reserved]?: never };
/** The logger's own keys: given by us, it drops them from the line. */
type Reserved = "level" | "message" | "sampling_rate" | "service" | "timestamp";

/** One per function, made when it starts. */
export interface Log {
  info(message: string, keys?: LogKeys): void;
  warn(message: string, keys?: LogKeys): void;
  /** With the error's code, words and stack, and whether a retry can help. */
  error(message: string, error: unknown, keys?: LogKeys): void;
}

const keysOfWork = new AsyncLocalStorage<LogKeys>();

/** Puts these keys, such as the connection's id, on every line that `work` and all it calls log. */
export const withLogKeys = <T>(keys: LogKeys, work: () => T): T => keysOfWork.run({ ...keysOfWork.getStore(), ...keys }, work);

export function functionLog(name: string): Log {
  const logger = new Logger({ serviceName: `drawbridge-${name}` });
  const all = (keys: LogKeys): LogKeys => ({ ...keysOfWork.getStore(), ...keys });
  return {
    info: (message, keys = {}) => logger.info(message, all(keys)),
    warn: (message, keys = {}) => logger.warn(message, all(keys)),
    error: (message, error, keys = {}) => logger.error(message, all({ ...keys, ...told(error) })),
  };
}

function told(error: unknown): LogKeys {
  const { code, message } = explainError(error);
  return {
    code,
    reason: message,
    ...(error instanceof Fault ? { where: error.where, retryable: error.retryable } : {}),
    ...(error instanceof Error ? { error } : {}),
  };
}
