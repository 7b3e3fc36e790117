// Runs inside a function's own process: loads the handler and answers one invocation at a time, as Lambda's runtime does.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import type { FromFunction, Invoke, LambdaError } from "./process-messages.ts";

type Handler = (event: unknown, context: unknown) => unknown;

// Local AWS is gone: nobody would end this process otherwise.
process.on("disconnect", () => process.exit(0));

const root = process.env["LAMBDA_TASK_ROOT"] ?? process.cwd();
let current: string | undefined;
const machineNow = Date.now;
const loading = load(process.env["_HANDLER"] ?? "");

process.on("uncaughtException", (error) => fatal("Runtime.UncaughtException", error));
process.on("unhandledRejection", (reason) => fatal("Runtime.UnhandledPromiseRejection", reason));
process.on("message", (message: Invoke) => void answer(message));
loading.then(
  () => send({ kind: "ready" }),
  (error: unknown) => send({ kind: "init-error", error: shape(error) }, () => process.exit(1)),
);

async function answer(invoke: Invoke): Promise<void> {
  current = invoke.requestId;
  process.env["_X_AMZN_TRACE_ID"] = invoke.trace;
  // A test's clock that leaps takes the functions with it.
  Date.now = () => machineNow() + invoke.ahead;
  try {
    const handler = await loading;
    const result = await handler(JSON.parse(invoke.payload), contextOf(invoke));
    const payload = JSON.stringify(result) ?? "null";
    send({ kind: "result", requestId: invoke.requestId, payload });
  } catch (error) {
    send({ kind: "error", requestId: invoke.requestId, error: shape(error) });
  }
  current = undefined;
}

async function load(handlerName: string): Promise<Handler> {
  const [, path = "", name = ""] = /^(.*?[^/.]+)\.([^/]+)$/.exec(handlerName) ?? [];
  const file = [".js", ".cjs", ".mjs"].map((extension) => join(root, path + extension)).find((candidate) => existsSync(candidate));
  if (file === undefined) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${path}'`);
  process.chdir(dirname(file) === root ? root : (process.env["LAMBDA_TASK_ROOT"] ?? root));
  const loaded: unknown = file.endsWith(".mjs") ? await import(pathToFileURL(file).href) : createRequire(file)(file);
  const found = name.split(".").reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], loaded);
  if (typeof found !== "function") throw named("Runtime.HandlerNotFound", `${handlerName} is undefined or not exported`);
  if (found.length > 2)
    throw named(
      "Runtime.CallbackHandlerDeprecated",
      "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.",
    );
  return found as Handler;
}

function contextOf(invoke: Invoke): Readonly<Record<string, unknown>> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: invoke.requestId,
    invokedFunctionArn: invoke.functionArn,
    functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: process.env["AWS_LAMBDA_FUNCTION_VERSION"],
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
    getRemainingTimeInMillis: () => Math.max(0, invoke.deadline - machineNow()),
  };
}

/** The process cannot go on after these: Lambda reports them and starts another. */
function fatal(type: string, reason: unknown): void {
  const inner = shape(reason);
  const error: LambdaError = { errorType: type, errorMessage: `${inner.errorType}: ${inner.errorMessage}`, trace: inner.trace };
  if (current === undefined) process.exit(128);
  send({ kind: "error", requestId: current, error }, () => process.exit(128));
}

function shape(reason: unknown): LambdaError {
  if (reason instanceof Error) {
    return { errorType: reason.name, errorMessage: reason.message, trace: (reason.stack ?? "").split("\n") };
  }
  return { errorType: typeof reason, errorMessage: String(reason), trace: [] };
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function send(message: FromFunction, sent?: () => void): void {
  process.send?.(message, undefined, undefined, () => sent?.());
}
