// Lambda's REST protocol, for the few actions that local AWS has: it is the only service that speaks it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";

import { authorize } from "./authorize.ts";
import type { Identities } from "./identities.ts";
import { isMembers, optionalText, type Members } from "./members.ts";
import { AwsError, type Service } from "./service.ts";

const PATH = /^\/2015-03-31\/functions\/?(?:([^/]+)(?:\/(invocations|configuration))?)?$/;
const MAPPINGS = /^\/2015-03-31\/event-source-mappings\/?([^/]*)$/;
const CREDENTIAL = /Credential=([^/,]+)\/\d{8}\/[^/]+\/lambda\/aws4_request/;

/** True: it was a call of Lambda, and is answered. */
export function lambdaDoor(
  lambda: Service,
  identities: Identities,
  region: string,
  log: (line: string) => void,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://lambda.local");
    const asked = askedOf(request.method ?? "GET", pathname, searchParams);
    if (asked === undefined) return false;
    answer(request, response, asked).catch((error: unknown) => refuse(response, error, log));
    return true;
  };

  async function answer(request: IncomingMessage, response: ServerResponse, { action, bound }: Asked): Promise<void> {
    const [, accessKeyId = ""] = CREDENTIAL.exec(request.headers.authorization ?? "") ?? [];
    if (accessKeyId === "") throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    const InvocationType = request.headers["x-amz-invocation-type"];
    const body = await bodyOf(request);
    const given: unknown = action.startsWith("Update") && body !== "" ? JSON.parse(body) : {};
    const input: Members = {
      ...(isMembers(given) ? given : {}),
      ...(action === "Invoke" ? { InvocationType, Payload: body } : {}),
      ...bound,
    };
    const call = { action, input, caller: identities.caller(accessKeyId), region, requestId: randomUUID() };
    await authorize(call.caller, await lambda.demands(call));
    const output: unknown = await lambda.handle(call);
    const members = isMembers(output) ? output : {};
    const failed = optionalText(members, "FunctionError");
    const headers = {
      "content-type": "application/json",
      "x-amzn-requestid": call.requestId,
      ...(failed === undefined ? {} : { "x-amz-function-error": failed }),
    };
    response.writeHead(action === "Invoke" ? Number(members["StatusCode"]) : 200, headers);
    response.end(action === "Invoke" ? optionalText(members, "Payload") : JSON.stringify(members));
  }
}

interface Asked {
  readonly action: string;
  readonly bound: Members;
}

function askedOf(method: string, path: string, query: URLSearchParams): Asked | undefined {
  const matched = PATH.exec(path);
  if (matched !== null) {
    const [, name, leaf] = matched;
    if (name === undefined) return { action: "ListFunctions", bound: {} };
    const configuration = method === "PUT" ? "UpdateFunctionConfiguration" : "GetFunctionConfiguration";
    const action = leaf === "invocations" ? "Invoke" : leaf === "configuration" ? configuration : "GetFunction";
    return { action, bound: { FunctionName: decodeURIComponent(name) } };
  }
  const [, id] = MAPPINGS.exec(path) ?? [];
  if (id === undefined) return undefined;
  const FunctionName = query.get("FunctionName");
  if (id === "") return { action: "ListEventSourceMappings", bound: FunctionName === null ? {} : { FunctionName } };
  return { action: method === "PUT" ? "UpdateEventSourceMapping" : "GetEventSourceMapping", bound: { UUID: decodeURIComponent(id) } };
}

function refuse(response: ServerResponse, error: unknown, log: (line: string) => void): void {
  if (!(error instanceof AwsError)) log(`lambda: ${String(error)}`);
  const refused = error instanceof AwsError ? error : new AwsError("ServiceException", "Internal failure", 500);
  const code = refused.code === "AccessDenied" ? "AccessDeniedException" : refused.code;
  response.writeHead(refused.status, { "content-type": "application/json", "x-amzn-errortype": code });
  response.end(JSON.stringify({ Type: "User", Message: refused.message, message: refused.message }));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
