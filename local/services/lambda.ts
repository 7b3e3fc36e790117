// AWS Lambda over the wire: invoking the stack's functions, looking at them, changing their environments, switching their sources on
// and off. It creates none.
import type { Mapping, Mappings } from "../functions/mappings.ts";
import { notFound, type FunctionRuntime, type RunningFunction } from "../functions/runtime.ts";
import { flag, optionalText, record, text, textMap, type Members } from "../members.ts";
import { AwsError, type Call, type Service } from "../service.ts";

/** `Invoke` answers the members of the API model; `Payload` is JSON text. */
export function createLambda(runtime: FunctionRuntime, mappings: Mappings): Service {
  const found = (call: Call): RunningFunction => {
    const name = text(call.input, "FunctionName");
    const running = runtime.find(name);
    if (running === undefined) throw notFound(name);
    return running;
  };
  const mappingOf = (call: Call): Mapping => {
    const mapping = mappings.find(text(call.input, "UUID"));
    if (mapping === undefined) throw new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
    return mapping;
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
    GetFunction: (call) => ({ Configuration: configurationOf(found(call)) }),
    GetFunctionConfiguration: (call) => configurationOf(found(call)),
    UpdateFunctionConfiguration(call) {
      const { definition } = found(call);
      const given = call.input["Environment"] === undefined ? {} : { environment: textMap(record(call.input, "Environment"), "Variables") };
      runtime.register({ ...definition, ...given });
      return configurationOf(found(call));
    },
    ListFunctions: () => ({ Functions: runtime.all().map(configurationOf) }),
    ListEventSourceMappings(call) {
      const name = optionalText(call.input, "FunctionName");
      const functionArn = name === undefined ? undefined : found(call).definition.arn;
      return { EventSourceMappings: mappings.of(functionArn).map(mappingRow) };
    },
    GetEventSourceMapping: (call) => mappingRow(mappingOf(call)),
    async UpdateEventSourceMapping(call) {
      const { id, enabled } = mappingOf(call);
      const changed = await mappings.switch(id, call.input["Enabled"] === undefined ? enabled : flag(call.input, "Enabled"));
      return mappingRow(changed ?? mappingOf(call));
    },
  };
  return {
    signingName: "lambda",
    actions: new Set(Object.keys(actions)),
    demands(call) {
      const running = runtime.find(optionalText(call.input, "FunctionName") ?? "");
      // As on AWS: a list has no resource.
      if (call.action === "ListEventSourceMappings") return [{ action: "lambda:ListEventSourceMappings", resource: "*" }];
      const mapping = mappings.find(optionalText(call.input, "UUID") ?? "");
      if (mapping !== undefined)
        return [
          {
            action: `lambda:${call.action}`,
            resource: mapping.functionArn.replace(/:function:.*/, `:event-source-mapping:${mapping.id}`),
            context: { "lambda:FunctionArn": mapping.functionArn },
          },
        ];
      const action = `lambda:${call.action === "Invoke" ? "InvokeFunction" : call.action}`;
      return [{ action, resource: running?.definition.arn ?? "*" }];
    },
    handle: (call) => actions[call.action]?.(call),
  };
}

const mappingRow = ({ id, functionArn, sourceArn, enabled, lastResult = "No records processed" }: Mapping): Members => ({
  UUID: id,
  FunctionArn: functionArn,
  EventSourceArn: sourceArn,
  State: enabled ? "Enabled" : "Disabled",
  LastProcessingResult: lastResult,
});

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
