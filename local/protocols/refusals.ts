// How each protocol words a refusal: the code, the HTTP status, and the body around them.

import { AwsError } from "../service.ts";
import type { Model } from "./models.ts";
import { element } from "./xml-output.ts";
import { escapeXml } from "./scalars.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Details that steer the reply and are not members of the error. */
const STEERING = new Set(["queryErrorCode", "denied"]);

export function refuse(model: Pick<Model, "protocol" | "signingName"> & Partial<Model>, error: AwsError, requestId: string): Reply {
  const worded = asServiceWordsIt(model, error);
  switch (model.protocol) {
    case "ec2":
      return xml(
        worded.status,
        `<Response><Errors><Error>${codeAndMessage(worded)}</Error></Errors>${element("RequestID", requestId)}</Response>`,
        requestId,
      );
    case "query":
    case "rest-xml": {
      const type = worded.status >= 500 ? "Receiver" : "Sender";
      const content = `<Error><Type>${type}</Type>${codeAndMessage(worded)}</Error>${element("RequestId", requestId)}`;
      return xml(worded.status, element("ErrorResponse", content, model.xmlns), requestId);
    }
    case "json-1.0":
    case "json-1.1":
    case "rest-json":
      return json(model, worded, requestId);
    default:
      throw new Error(`no refusal for the protocol ${String(model.protocol)}`);
  }
}

function json(model: Pick<Model, "protocol"> & Partial<Model>, error: AwsError, requestId: string): Reply {
  const shape = model.error?.(error.code);
  const type = COMMON.has(error.code)
    ? `com.amazon.coral.service#${error.code}`
    : model.errorNamespace === undefined
      ? error.code
      : `${model.errorNamespace}#${error.code}`;
  const messageName = shape?.members.find((member) => member.name === "Message")?.name ?? "message";
  const details = Object.entries(error.details).filter(([name]) => !STEERING.has(name));
  const body = JSON.stringify({ __type: type, [messageName]: error.message, ...Object.fromEntries(details) });
  const queryCode = error.details["queryErrorCode"];
  return {
    status: error.status,
    headers: {
      "content-type": model.protocol === "json-1.0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1",
      "x-amzn-requestid": requestId,
      ...(typeof queryCode === "string" ? { "x-amzn-query-error": `${queryCode};${error.status >= 500 ? "Receiver" : "Sender"}` } : {}),
    },
    body,
  };
}

/** Errors of AWS's front door, which it names the same for every JSON service. */
const COMMON = new Set([
  "SerializationException",
  "UnknownOperationException",
  "MissingAuthenticationTokenException",
  "IncompleteSignatureException",
  "UnrecognizedClientException",
  "AccessDeniedException",
  "ThrottlingException",
]);

interface Wording {
  readonly code: string;
  readonly status: number;
  readonly message?: string;
}

/** The front door's refusals, by protocol: `[ec2, query and rest-xml, json]`. */
const WORDINGS: Readonly<Record<string, readonly [ec2: Wording, xml: Wording, json: Wording]>> = {
  MissingAuthenticationToken: [
    { code: "MissingAuthenticationToken", status: 403 },
    { code: "MissingAuthenticationToken", status: 403 },
    { code: "MissingAuthenticationTokenException", status: 400 },
  ],
  IncompleteSignature: [
    { code: "IncompleteSignature", status: 400 },
    { code: "IncompleteSignature", status: 400 },
    { code: "IncompleteSignatureException", status: 400 },
  ],
  InvalidClientTokenId: [
    { code: "AuthFailure", status: 401, message: "AWS was not able to validate the provided access credentials" },
    { code: "InvalidClientTokenId", status: 403 },
    { code: "UnrecognizedClientException", status: 400 },
  ],
  MalformedInput: [
    { code: "InvalidParameterValue", status: 400 },
    { code: "MalformedInput", status: 400 },
    { code: "SerializationException", status: 400 },
  ],
  Throttling: [
    { code: "RequestLimitExceeded", status: 503 },
    { code: "Throttling", status: 400 },
    { code: "ThrottlingException", status: 400 },
  ],
};

function asServiceWordsIt(model: Pick<Model, "protocol" | "signingName">, error: AwsError): AwsError {
  if (error.code === "AccessDenied" && error.details["denied"] === true) return denied(model, error);
  if (model.protocol === "rest-xml" && error.code === "MalformedInput") return new AwsError("InvalidInput", error.message);
  const wording = WORDINGS[error.code]?.[model.protocol === "ec2" ? 0 : model.protocol.includes("json") ? 2 : 1];
  return wording === undefined ? error : new AwsError(wording.code, wording.message ?? error.message, wording.status, error.details);
}

function denied(model: Pick<Model, "protocol" | "signingName">, error: AwsError): AwsError {
  switch (model.signingName) {
    case "ec2":
      return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${error.message}`, 403);
    case "sns":
      return new AwsError("AuthorizationError", error.message, 403);
    case "sqs":
      return new AwsError("AccessDeniedException", error.message, 403, { queryErrorCode: "AccessDenied" });
    default:
      return model.protocol.includes("json") ? new AwsError("AccessDeniedException", error.message, 400) : error;
  }
}

function codeAndMessage(error: AwsError): string {
  return element("Code", escapeXml(error.code)) + element("Message", escapeXml(error.message));
}

function xml(status: number, body: string, requestId: string): Reply {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
