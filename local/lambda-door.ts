// Lambda's REST protocol, for the three actions that local AWS has: it is the only service that speaks it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";

import { authorize } from "./authorize.ts";
import type { Identities } from "./identities.ts";
import { isMembers, optionalText, type Members } from "./members.ts";
import { AwsError, type Service } from "./service.ts";

const PATH = /^\/2015-03-31\/functions\/?(?:([^/]+)\/(invocations|configuration))?$/;
const CREDENTIAL = /Credential=([^/,]+)\/\d{8}\/[^/]+\/lambda\/aws4_request/;

/** True: it was a call of Lambda, and is answered. */
export function lambdaDoor(
  lambda: Service,
  identities: Identities,
  region: string,
  log: (line: string) => void,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = new URL(request.url ?? "/", "http://lambda.local").pathname;
    const matched = PATH.exec(path);
    if (matched === null) return false;
    const [, name, leaf] = matched;
    const action = leaf === "invocations" ? "Invoke" : leaf === "configuration" ? "GetFunctionConfiguration" : "ListFunctions";
    answer(request, response, action, decodeURIComponent(name ?? "")).catch((error: unknown) => refuse(response, error, log));
    return true;
  };

  async function answer(request: IncomingMessage, response: ServerResponse, action: string, FunctionName: string): Promise<void> {
    const [, accessKeyId = ""] = CREDENTIAL.exec(request.headers.authorization ?? "") ?? [];
    if (accessKeyId === "") throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    const InvocationType = request.headers["x-amz-invocation-type"];
    const input: Members = { FunctionName, InvocationType, Payload: await bodyOf(request) };
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
