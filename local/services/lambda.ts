// AWS Lambda over the wire: invoking the stack's functions and looking at them. It creates none.
import { notFound, type FunctionRuntime, type RunningFunction } from "../functions/runtime.ts";
import { optionalText, text, type Members } from "../members.ts";
import { AwsError, type Call, type Service } from "../service.ts";

/** `Invoke` answers the members of the API model; `Payload` is JSON text. */
export function createLambda(runtime: FunctionRuntime): Service {
  const found = (call: Call): RunningFunction => {
    const name = text(call.input, "FunctionName");
    const running = runtime.find(name);
    if (running === undefined) throw notFound(name);
    return running;
  };
  const actions: Readonly<Record<string, (call: Call) => unknown>> = {
    async Invoke(call) {
      const running = found(call);
      const event = parsed(optionalText(call.input, "Payload") ?? "");
      const type = optionalText(call.input, "InvocationType") ?? "RequestResponse";
      if (type === "DryRun") return { StatusCode: 204 };
      if (type === "Event") {
        runtime.enqueue(running.definition.name, event);
        return { StatusCode: 202 };
      }
      const invocation = await runtime.invoke(running.definition.name, event);
      const failed = invocation.functionError === undefined ? {} : { FunctionError: invocation.functionError };
      return { StatusCode: 200, ExecutedVersion: "$LATEST", Payload: invocation.payload, ...failed };
    },
    GetFunctionConfiguration: (call) => configurationOf(found(call)),
    ListFunctions: () => ({ Functions: runtime.all().map(configurationOf) }),
  };
  return {
    signingName: "lambda",
    actions: new Set(Object.keys(actions)),
    demands(call) {
      const running = runtime.find(optionalText(call.input, "FunctionName") ?? "");
      const action = `lambda:${call.action === "Invoke" ? "InvokeFunction" : call.action}`;
      return [{ action, resource: running?.definition.arn ?? "*" }];
    },
    handle: (call) => actions[call.action]?.(call),
  };
}

function parsed(payload: string): unknown {
  if (payload === "") return {};
  try {
    return JSON.parse(payload);
  } catch {
    throw new AwsError("InvalidRequestContentException", "Could not parse request body into json.");
  }
}

function configurationOf(running: RunningFunction): Members {
  const { definition } = running;
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: definition.runtime,
    Role: definition.role.arn,
    Handler: definition.handler,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    Environment: { Variables: definition.environment },
    ...(definition.description === undefined ? {} : { Description: definition.description }),
    State: "Active",
    Version: "$LATEST",
  };
}
