// Calls AWS Organizations with a role of the management account, signed here: two small actions need no client of their own.

import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { Fault } from "../faults.ts";
import { calling } from "./errors.ts";
import type { OrganizationsCall } from "./organizations.ts";

export interface OrganizationsAccess {
  readonly sts: STSClient;
  /** The role that may list parents and describe the organization. */
  readonly role: string;
  /** Where AWS's endpoints are stood in for. */
  readonly endpoint: string | undefined;
}

const patienceMs = 3000;
const target = "AWSOrganizationsV20161128";
/** The service lives in one Region of each partition. */
const homes: Readonly<Record<string, readonly [region: string, domain: string]>> = {
  aws: ["us-east-1", "amazonaws.com"],
  "aws-cn": ["cn-northwest-1", "amazonaws.com.cn"],
  "aws-us-gov": ["us-gov-west-1", "amazonaws.com"],
};

export function organizationsCall({ sts, role, endpoint }: OrganizationsAccess): OrganizationsCall {
  const [region, domain] = homes[role.split(":")[1] ?? ""] ?? (["us-east-1", "amazonaws.com"] as const);
  const url = new URL(endpoint ?? `https://organizations.${region}.${domain}`);
  const signer = new SignatureV4({ service: "organizations", region, sha256: Sha256, credentials: credentialsOf(sts, role) });
  return async (action, input) => {
    const body = JSON.stringify(input);
    const { headers } = await signer.sign({
      method: "POST",
      protocol: url.protocol,
      hostname: url.hostname,
      path: "/",
      headers: { host: url.host, "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` },
      body,
    });
    return calling(`organizations:${action}`, () => exchange(url, headers, body, action));
  };
}

async function exchange(url: URL, headers: Record<string, string>, body: string, action: string): Promise<unknown> {
  const { host: _, ...sent } = headers;
  const reply = await fetch(url, { method: "POST", headers: sent, body, signal: AbortSignal.timeout(patienceMs) });
  const said: unknown = await reply.json();
  if (reply.ok) return said;
  const { __type: type, message } = said as { __type?: unknown; message?: unknown };
  const code = typeof type === "string" ? type.slice(type.lastIndexOf("#") + 1) : `Status${String(reply.status)}`;
  throw new Fault(code, `organizations:${action}`, typeof message === "string" ? message : "AWS gave no reason", reply.status >= 500);
}

const early = 300_000;
/** Whatever else the role may do, this session may not. */
const noMore = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["organizations:ListParents", "organizations:DescribeOrganization"], Resource: "*" }],
});

/** The role's keys, taken anew some minutes before they end. */
function credentialsOf(sts: STSClient, role: string) {
  let kept:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string; readonly expiration: Date }
    | undefined;
  return async () => {
    if (kept !== undefined && kept.expiration.getTime() - early > Date.now()) return kept;
    const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: "drawbridge", Policy: noMore, DurationSeconds: 900 });
    const { Credentials } = await calling("sts:AssumeRole", () => sts.send(command), role);
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined || Expiration === undefined)
      throw new Fault("UnexpectedReply", "sts:AssumeRole", `no credentials for ${role}`, true);
    kept = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
    return kept;
  };
}
