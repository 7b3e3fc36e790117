// What a function writes to its log: one JSON object a line, with the keys of the work it is about.

import { AsyncLocalStorage } from "node:async_hooks";
import { explainError, Fault } from "../faults.ts";

export type LogKeys = Readonly<Record<string, unknown>> & { readonly [key in Reserved]?: never };
/** The line's own keys: ours, whatever somebody gives. */
type Reserved = "level" | "message" | "service" | "timestamp";

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

/** Lambda keeps each line of standard output as one event of the log. */
export function functionLog(name: string, print: (line: string) => void = toStandardOutput): Log {
  const say = (level: "INFO" | "WARN" | "ERROR", message: string, keys: LogKeys): void => {
    const own = { level, message, timestamp: new Date().toISOString(), service: `drawbridge-${name}` };
    print(json({ ...own, ...keysOfWork.getStore(), ...keys, ...own }));
  };
  return {
    info: (message, keys = {}) => say("INFO", message, keys),
    warn: (message, keys = {}) => say("WARN", message, keys),
    error: (message, error, keys = {}) => say("ERROR", message, { ...keys, ...told(error) }),
  };
}

export const toStandardOutput = (line: string): void => void process.stdout.write(`${line}\n`);

function told(error: unknown): LogKeys {
  const { code, message } = explainError(error);
  return {
    code,
    reason: message,
    ...(error instanceof Fault ? { where: error.where, retryable: error.retryable } : {}),
    ...(error instanceof Error ? { error } : {}),
  };
}

/** A line is worth more than what cannot be written in it. */
function json(line: object): string {
  try {
    return JSON.stringify(line, written);
  } catch (error) {
    const shallow = Object.entries(line).map(([key, value]) => [key, typeof value === "object" ? String(value) : value] as const);
    return JSON.stringify({ ...Object.fromEntries(shallow), unwritable: explainError(error).message }, written);
  }
}

/** How deep a chain of causes is told. */
const causesMax = 5;

function written(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Error ? errorOf(value, causesMax) : value;
}

const errorOf = ({ name, message, stack, cause }: Error, left: number): object => ({
  name,
  message,
  stack,
  ...(cause instanceof Error && left > 0 ? { cause: errorOf(cause, left - 1) } : {}),
});
