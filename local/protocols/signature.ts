// Reads who signed a request and for which service. The signature itself is not checked: any secret is right on local AWS.

import type { IncomingMessage } from "node:http";
import { AwsError } from "../service.ts";

export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  /** The signing name: `ec2`, `sqs`, `events` … */
  readonly service: string;
}

/** Nothing when the request is not signed at all; throws `IncompleteSignature` when it is signed badly. */
export function readScope(req: IncomingMessage, url: URL): Scope | undefined {
  const header = req.headers.authorization;
  if (header !== undefined) return scopeOfHeader(header, req);
  const presigned = url.searchParams.get("X-Amz-Credential");
  return presigned === null ? undefined : scopeOf(presigned, presigned);
}

function scopeOfHeader(header: string, req: IncomingMessage): Scope {
  if (!header.startsWith("AWS4-")) {
    throw new AwsError("IncompleteSignature", `Unsupported AWS 'algorithm': '${header.split(" ")[0] ?? ""}'.`);
  }
  const parts = new Map(
    header
      .slice(header.indexOf(" ") + 1)
      .split(/,\s*/)
      .map((part): [string, string] => {
        const at = part.indexOf("=");
        return [part.slice(0, at).trim(), part.slice(at + 1)];
      }),
  );
  const missing = ["Credential", "SignedHeaders", "Signature"].filter((name) => (parts.get(name) ?? "") === "");
  const isDated = req.headers["x-amz-date"] !== undefined || req.headers.date !== undefined;
  const complaints = [
    ...missing.map((name) => `Authorization header requires '${name}' parameter.`),
    ...(isDated ? [] : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]),
  ];
  if (complaints.length > 0) throw new AwsError("IncompleteSignature", `${complaints.join(" ")} Authorization=${header}`);
  return scopeOf(parts.get("Credential") ?? "", header);
}

function scopeOf(credential: string, given: string): Scope {
  const [accessKeyId, date, region, service, end, ...more] = credential.split("/");
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    end !== "aws4_request" ||
    more.length > 0
  ) {
    throw new AwsError(
      "IncompleteSignature",
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request, got '${given}'`,
    );
  }
  return { accessKeyId, region, service };
}
