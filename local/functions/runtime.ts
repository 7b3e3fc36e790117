// The functions of the stack: invoking them, at once or asynchronously, with their role, their policy and their processes.
import { randomUUID } from "node:crypto";

import { serviceMay } from "../authorize.ts";
import { noPermissions, noResource, type Delivery } from "../delivery.ts";
import type { Identities } from "../identities.ts";
import type { InFlight } from "../in-flight.ts";
import { AwsError, type Clock, type Demand, type Role, type ServicePrincipal } from "../service.ts";
import { invokeAsynchronously, type AsyncConfig, type CallAs } from "./async-invoke.ts";
import { environmentOf, type FunctionDefinition, type Place } from "./definition.ts";
import { createPool, type Pool } from "./pool.ts";
import { isLoop, lineageOf, oneMore, traceHeader } from "./recursion.ts";
import { startProcess, type Outcome } from "./process.ts";

export interface Invocation {
  readonly requestId: string;
  /** What the handler returned, or Lambda's error shape; JSON text. */
  readonly payload: string;
  readonly functionError?: "Unhandled";
}

export interface RunningFunction {
  readonly definition: FunctionDefinition;
  readonly logStream: string;
  readonly pool: Pool;
  /** Its resource policy; a new object when it changes. */
  policy: FunctionPolicy;
  asyncConfig: AsyncConfig;
}

export interface FunctionPolicy {
  readonly Version: string;
  readonly Statement: readonly unknown[];
}

export interface FunctionRuntime {
  /** A function that is there already runs the new code from its next event on, and keeps its policy. */
  readonly register: (definition: FunctionDefinition) => void;
  readonly remove: (name: string) => void;
  /** By name, ARN or qualified ARN. */
  readonly find: (nameOrArn: string) => RunningFunction | undefined;
  readonly all: () => readonly RunningFunction[];
  readonly invoke: (nameOrArn: string, payload: unknown) => Promise<Invocation>;
  /** An asynchronous invocation by another service, which the function's policy must allow. */
  readonly deliver: (principal: ServicePrincipal, functionArn: string, event: unknown) => Promise<Delivery>;
  /** An asynchronous invocation by somebody whose rights are checked already. */
  readonly enqueue: (nameOrArn: string, event: unknown) => void;
  /** Whether a service may invoke it at all. */
  readonly allows: (principal: ServicePrincipal, functionArn: string) => Promise<boolean>;
  readonly prestart: () => Promise<void>;
  readonly crash: (name: string) => void;
  readonly logs: (name: string) => readonly string[];
  readonly close: () => Promise<void>;
}

export interface RuntimeOptions {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly identities: Identities;
  readonly place: () => Place;
  readonly callAs: CallAs;
  /** Throws AccessDenied when the role may not. */
  readonly demand: (role: Role, demands: readonly Demand[]) => Promise<void>;
  readonly processesMax: number;
  /** The waits before the second and third attempt of an asynchronous invocation. */
  readonly asyncRetryMs: readonly number[];
  /** One line of a function's output. */
  readonly print: (functionName: string, line: string, logStream: string) => void;
}

const LOG_LINES_MAX = 2_000;
const RESPONSE_BYTES_MAX = 6_291_556;

export function createRuntime(options: RuntimeOptions): FunctionRuntime {
  const functions = new Map<string, RunningFunction>();
  const logs = new Map<string, string[]>();
  const pools = new Set<Pool>();
  let closed = false;

  const silent = new Set<string>();
  /** Lambda writes the log with the function's own rights; without them there is none, and nobody is told. */
  const openLog = async ({ definition: { name, arn, role }, logStream }: RunningFunction): Promise<void> => {
    const resource = `${arn.replace(":lambda:", ":logs:").replace(/:function:.*/, "")}:log-group:/aws/lambda/${name}:log-stream:${logStream}`;
    try {
      await options.demand(
        role,
        ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => ({ action, resource })),
      );
      silent.delete(name);
    } catch {
      silent.add(name);
    }
  };
  const print = (name: string, line: string): void => {
    if (silent.has(name)) return;
    const lines = logs.get(name) ?? [];
    logs.set(name, lines);
    lines.push(line);
    if (lines.length > LOG_LINES_MAX) lines.splice(0, lines.length - LOG_LINES_MAX);
    options.print(name, line, functions.get(name)?.logStream ?? "");
  };
  const find = (nameOrArn: string): RunningFunction | undefined => functions.get(functionName(nameOrArn));
  const invoke = async (nameOrArn: string, payload: unknown): Promise<Invocation> => {
    const running = find(nameOrArn);
    if (running === undefined) throw notFound(nameOrArn);
    const { name } = running.definition;
    const work = openLog(running).then(() => run(running, payload, options.clock, (line) => print(name, line)));
    return options.inFlight.track(work);
  };
  const enqueue = (nameOrArn: string, event: unknown): void => {
    const running = find(nameOrArn);
    if (running === undefined) throw notFound(nameOrArn);
    invokeAsynchronously(
      {
        ...options,
        // A later attempt may find its function deleted: there is nothing to try any more.
        invoke: (payload) => (closed || find(nameOrArn) === undefined ? undefined : invoke(nameOrArn, payload)),
        log: (line) => print(running.definition.name, line),
      },
      running,
      event,
    );
  };
  const allows = (principal: ServicePrincipal, functionArn: string): Promise<boolean> => {
    const policy = find(functionArn)?.policy;
    if (policy === undefined || policy.Statement.length === 0) return Promise.resolve(false);
    return serviceMay(principal, "lambda:InvokeFunction", functionArn, policy);
  };
  return {
    register(definition) {
      const day = new Date(options.clock.now()).toISOString().slice(0, 10).replaceAll("-", "/");
      const stream = `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`;
      const start = (): ReturnType<typeof startProcess> =>
        startProcess({
          environment: environmentOf(
            definition,
            options.place(),
            options.identities.issue(options.identities.roleByArn(definition.role.arn) ?? definition.role, definition.name),
            stream,
          ),
          root: definition.root,
          memoryMegabytes: definition.memoryMegabytes,
          print: (line) => print(definition.name, line),
        });
      const pool = createPool({ processesMax: options.processesMax, start });
      const before = functions.get(definition.name);
      before?.pool.retire();
      pools.add(pool);
      functions.set(definition.name, {
        definition,
        logStream: stream,
        pool,
        policy: before?.policy ?? { Version: "2012-10-17", Statement: [] },
        asyncConfig: before?.asyncConfig ?? {},
      });
    },
    remove(name) {
      functions.get(name)?.pool.retire();
      functions.delete(name);
    },
    find,
    all: () => [...functions.values()],
    invoke,
    enqueue,
    allows,
    async deliver(principal, functionArn, event) {
      if (find(functionArn) === undefined) return noResource(functionArn);
      if (!(await allows(principal, functionArn))) return noPermissions(principal.service, "lambda:InvokeFunction", functionArn);
      enqueue(functionArn, event);
      return undefined;
    },
    async prestart() {
      for (const running of functions.values()) await running.pool.prestart();
    },
    crash: (name) => find(name)?.pool.crash(),
    logs: (name) => logs.get(name) ?? [],
    async close() {
      closed = true;
      await Promise.all([...pools].map((pool) => pool.close()));
    },
  };
}

async function run(running: RunningFunction, event: unknown, clock: Clock, print: (line: string) => void): Promise<Invocation> {
  const requestId = randomUUID();
  const { name, arn, timeoutSeconds, recursiveLoop } = running.definition;
  const lineage = oneMore(lineageOf(event), name);
  if (recursiveLoop !== "Allow" && isLoop(lineage, name)) return stopped(requestId, print);
  const payload = JSON.stringify(event) ?? "null";
  const started = performance.now();
  const outcome = await running.pool.run(() => {
    print(`START RequestId: ${requestId} Version: $LATEST`);
    const now = Date.now();
    const trace = traceHeader(lineage, clock.now());
    return { requestId, functionArn: arn, payload, trace, deadline: now + timeoutSeconds * 1000, ahead: clock.now() - now };
  });
  const result = answerOf(requestId, outcome);
  if (!outcome.ok) print(`ERROR RequestId: ${requestId} ${result.payload}`);
  print(`END RequestId: ${requestId} Duration: ${(performance.now() - started).toFixed(2)} ms`);
  return result;
}

/** The function is not woken; its event fails as any other does. */
function stopped(requestId: string, print: (line: string) => void): Invocation {
  const errorMessage = "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped it.";
  const payload = JSON.stringify({ errorType: "RecursiveInvocationException", errorMessage });
  print(`ERROR RequestId: ${requestId} ${payload}`);
  return { requestId, payload, functionError: "Unhandled" };
}

function answerOf(requestId: string, outcome: Outcome): Invocation {
  if (!outcome.ok) return { requestId, payload: JSON.stringify(outcome.error), functionError: "Unhandled" };
  const bytes = Buffer.byteLength(outcome.payload);
  if (bytes <= RESPONSE_BYTES_MAX) return { requestId, payload: outcome.payload };
  const errorMessage = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
  return { requestId, payload: JSON.stringify({ errorType: "Function.ResponseSizeTooLarge", errorMessage }), functionError: "Unhandled" };
}

/** `observe`, `arn:aws:lambda:…:function:observe`, `…:observe:$LATEST` */
function functionName(nameOrArn: string): string {
  const parts = nameOrArn.split(":");
  return (parts[0] === "arn" ? parts[6] : parts[0]) ?? "";
}

export function notFound(nameOrArn: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Function not found: ${nameOrArn}`, 404);
}
