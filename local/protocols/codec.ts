// One service's way of speaking: from an HTTP request to an action with its input, and from a result to an HTTP reply.

import type { IncomingMessage } from "node:http";
import { AwsError } from "../service.ts";
import { readJson, writeJson } from "./json.ts";
import type { Model } from "./models.ts";
import { readQuery } from "./query-input.ts";
import type { Reply } from "./refusals.ts";
import { restRoutes } from "./rest-routes.ts";
import { escapeXml, scalarToText } from "./scalars.ts";
import { missingMember } from "./shapes.ts";
import type { Operation } from "./shapes.ts";
import { readXml } from "./xml-input.ts";
import { element, writeMembers } from "./xml-output.ts";

export interface Decoded {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Codec {
  /** Throws `AwsError`: the unknown action, the malformed body. */
  decode(req: IncomingMessage, url: URL, body: string, actions: ReadonlySet<string>): Decoded;
  encode(action: string, result: unknown, requestId: string): Reply;
}

export function codecOf(model: Model): Codec {
  switch (model.protocol) {
    case "ec2":
    case "query":
      return queryCodec(model);
    case "rest-xml":
      return restXmlCodec(model);
    case "json-1.0":
    case "json-1.1":
    case "rest-json":
      return jsonCodec(model);
    default:
      throw new Error(`no codec for the protocol ${String(model.protocol)}`);
  }
}

function queryCodec(model: Model): Codec {
  const isEc2 = model.protocol === "ec2";
  return {
    decode(_req, url, body, actions) {
      const form = new URLSearchParams(body === "" ? url.search : body);
      const action = form.get("Action");
      if (action === null || action === "") {
        throw new AwsError("MissingAction", "The request must contain the parameter Action");
      }
      const operation = actions.has(action) ? model.operation(action) : undefined;
      if (operation === undefined) throw unknownQueryAction(model, action, form.get("Version") ?? "");
      const input = readQuery(operation.input, form, isEc2);
      if (isEc2) refuseMissing(operation, input);
      return { action, input };
    },
    encode(action, result, requestId) {
      const content = writeMembers(required(model, action).output, result);
      const body = isEc2
        ? element("requestId", requestId) + content
        : element(`${action}Result`, content) + element("ResponseMetadata", element("RequestId", requestId));
      return xmlReply(200, element(`${action}Response`, body, model.xmlns), requestId);
    },
  };
}

function unknownQueryAction(model: Model, action: string, version: string): AwsError {
  return model.protocol === "ec2"
    ? new AwsError("InvalidAction", `The action ${action} is not valid for this web service.`)
    : new AwsError("InvalidAction", `Could not find operation ${action} for version ${version === "" ? (model.version ?? "") : version}`);
}

function refuseMissing(operation: Operation, input: Readonly<Record<string, unknown>>): void {
  const missing = missingMember(operation.input, input);
  if (missing !== undefined) throw new AwsError("MissingParameter", `The request must contain the parameter ${missing}`);
}

function restXmlCodec(model: Model): Codec {
  const routes = restRoutes(model.operations());
  return {
    decode(req, url, body, actions) {
      const found = routes.match(req.method ?? "", url);
      if (found === undefined || !actions.has(found.operation.name)) {
        throw new AwsError(
          "UnknownOperationException",
          `${req.method ?? ""} ${url.pathname} is not an operation of this web service.`,
          404,
        );
      }
      const content = body.trim() === "" ? {} : readXml(found.operation.input, body);
      const input = { ...content, ...found.bound };
      const missing = missingMember(found.operation.input, input);
      if (missing !== undefined) {
        throw new AwsError(
          "InvalidInput",
          `1 validation error detected: Value null at '${missing}' failed to satisfy constraint: Member must not be null`,
        );
      }
      return { action: found.operation.name, input };
    },
    encode(action, result, requestId) {
      const { http, output } = required(model, action);
      const headers: Record<string, string> = {};
      for (const member of output.members) {
        const value = (result as Readonly<Record<string, unknown>> | undefined)?.[member.name];
        if (member.traits.httpHeader !== undefined && value !== undefined)
          headers[member.traits.httpHeader.toLowerCase()] = scalarToText(member.shape(), value);
      }
      const reply = xmlReply(http?.[2] ?? 200, element(`${action}Response`, writeMembers(output, result), model.xmlns), requestId);
      return { ...reply, headers: { ...reply.headers, ...headers } };
    },
  };
}

function jsonCodec(model: Model): Codec {
  const contentType = model.protocol === "json-1.0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
  return {
    decode(req, _url, body, actions) {
      const target = String(req.headers["x-amz-target"] ?? "");
      const dot = target.lastIndexOf(".");
      const [prefix, action] = [target.slice(0, dot), target.slice(dot + 1)];
      if (prefix !== model.target || !actions.has(action))
        throw new AwsError(
          "UnknownOperationException",
          `The operation ${target} is not known.`,
          model.signingName === "dynamodb" ? 400 : 404,
        );
      // DynamoDB checks its own bodies: its wording is part of what clients see.
      const shape = model.signingName === "dynamodb" ? undefined : model.operation(action)?.input;
      return { action, input: readJson(shape, body) };
    },
    encode: (_action, result, requestId) => ({
      status: 200,
      headers: { "content-type": contentType, "x-amzn-requestid": requestId },
      body: writeJson(result),
    }),
  };
}

function required(model: Model, action: string): Operation {
  const operation = model.operation(action);
  if (operation === undefined) throw new Error(`${model.signingName} has no operation ${escapeXml(action)} in its model`);
  return operation;
}

function xmlReply(status: number, body: string, requestId: string): Reply {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
