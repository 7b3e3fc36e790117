// SSM's parameter store: put, get one, get some, get by path.

import { flag, optionalNumber, optionalText, text, texts } from "../members.ts";
import { AwsError } from "../service.ts";
import type { Call, Clock, Demand, Service } from "../service.ts";

interface Parameter {
  readonly Name: string;
  readonly Type: string;
  readonly Value: string;
  readonly Version: number;
  readonly LastModifiedDate: Date;
  readonly ARN: string;
  readonly DataType: string;
}

interface State {
  readonly region: string;
  readonly clock: Clock;
  /** By ARN. */
  readonly parameters: Map<string, Parameter>;
}

export function createSsm(options: { clock: Clock; region: string }): Service {
  const state: State = { ...options, parameters: new Map() };
  return {
    signingName: "ssm",
    actions: new Set(Object.keys(ACTIONS)),
    demands: (call) => demandsOf(state, call),
    handle(call) {
      const action = ACTIONS[call.action];
      if (action === undefined) throw new AwsError("UnknownOperationException", "", 404);
      return action(state, call);
    },
  };
}

const ACTIONS: Readonly<Record<string, (state: State, call: Call) => unknown>> = {
  PutParameter: put,
  GetParameter(state, call) {
    const parameter = state.parameters.get(arnOf(state, call, text(call.input, "Name")));
    if (parameter === undefined) throw new AwsError("ParameterNotFound", "");
    return { Parameter: parameter };
  },
  GetParameters(state, call) {
    const names = texts(call.input, "Names");
    const found = names.map((name) => state.parameters.get(arnOf(state, call, name)));
    return { Parameters: found.filter((one) => one !== undefined), InvalidParameters: names.filter((_, at) => found[at] === undefined) };
  },
  GetParametersByPath(state, call) {
    const path = text(call.input, "Path").replace(/\/?$/, "/");
    if (!path.startsWith("/"))
      throw new AwsError(
        "ValidationException",
        'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
      );
    const isDeep = flag(call.input, "Recursive");
    const under = [...state.parameters.values()].filter(
      (one) =>
        one.ARN.split(":")[4] === call.caller.account &&
        one.Name.startsWith(path) &&
        (isDeep || !one.Name.slice(path.length).includes("/")),
    );
    const from = Number(optionalText(call.input, "NextToken") ?? 0);
    const size = Math.min(optionalNumber(call.input, "MaxResults") ?? 10, 10);
    return { Parameters: under.slice(from, from + size), ...(from + size < under.length ? { NextToken: String(from + size) } : {}) };
  },
  DeleteParameter(state, call) {
    if (!state.parameters.delete(arnOf(state, call, text(call.input, "Name")))) throw new AwsError("ParameterNotFound", "");
    return {};
  },
};

function put(state: State, call: Call): unknown {
  const Name = text(call.input, "Name");
  const ARN = arnOf(state, call, Name);
  const before = state.parameters.get(ARN);
  if (before !== undefined && !flag(call.input, "Overwrite")) {
    throw new AwsError(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
  const Type = optionalText(call.input, "Type") ?? before?.Type;
  if (Type === undefined) throw new AwsError("ValidationException", "A parameter type is required when you create a parameter.");
  const Version = (before?.Version ?? 0) + 1;
  const DataType = optionalText(call.input, "DataType") ?? "text";
  state.parameters.set(ARN, {
    Name,
    Type,
    Value: text(call.input, "Value"),
    Version,
    LastModifiedDate: new Date(state.clock.now()),
    ARN,
    DataType,
  });
  return { Version, Tier: "Standard" };
}

function arnOf(state: State, call: Call, name: string): string {
  return name.startsWith("arn:") ? name : `arn:aws:ssm:${state.region}:${call.caller.account}:parameter/${name.replace(/^\//, "")}`;
}

function demandsOf(state: State, call: Call): Demand[] {
  const action = `ssm:${call.action}`;
  const names =
    call.action === "GetParameters"
      ? texts(call.input, "Names")
      : [optionalText(call.input, call.action === "GetParametersByPath" ? "Path" : "Name") ?? ""];
  return names.map((name) => ({ action, resource: arnOf(state, call, name) }));
}
